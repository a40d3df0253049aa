"""Model files: safetensors with the configuration in their metadata. Torch is not needed to read them.

A model file contains the weights of the network, with the names that they have in torch, and the filters of the front
end, with names that begin with ``front_end.``. Its metadata are the format, the configuration, a checksum and notes on
the training. Reading a model file never runs code from the file.
"""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as serialise

from singtrans.errors import UsageError
from singtrans.files import whole_file
from singtrans.model.config import Config
from singtrans.model.filters import Filters, make_filters
from singtrans.model.heads import HEADS
from singtrans.model.shapes import Shapes, filter_shapes, network_shapes

FORMAT = "singtrans-2"
OLD_FORMAT = "singtrans-1"  # models with the first `OLD_HEADS` heads, whose filters are computed from the configuration
OLD_HEADS = 4
HEADS_WITHOUT_NASAL = 7  # number of heads of models that were made before the head for nasals was added
_FILTERS = "front_end."  # prefix of the names of filters
_PICKLES = frozenset((".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin", ".joblib", ".npy", ".npz"))


@dataclass(frozen=True, eq=False)
class StoredModel:
    """A model whose weights are numpy arrays.

    Attributes:
        name: name of the file without its ending.
        config: configuration of the model.
        network: map from names in torch to weights of the network.
        filters: filters of the front end.
        metadata: all metadata of the file; empty for a model without a file.
    """

    name: str
    config: Config
    network: Mapping[str, np.ndarray]
    filters: Filters
    metadata: Mapping[str, str]

    @property
    def heads(self) -> int:
        """Number of heads of the network. They are the first ones in `HEADS`."""
        return len(self.network["heads.bias"])

    @property
    def parameters_count(self) -> int:
        """Number of trained values."""
        return sum(array.size for array in self.network.values())


def read_model(path: Path) -> StoredModel:
    """Read a model file.

    Raises:
        UsageError: if the file is missing, is not safetensors, was not made by singtrans or is damaged.
    """
    metadata, arrays = _read(path)
    config = Config.from_json(metadata["config"], str(path))
    old = metadata["format"] == OLD_FORMAT
    network = network_shapes(config, OLD_HEADS if old else _stored_heads(arrays))
    filters = {} if old else {_FILTERS + name: shape for name, shape in filter_shapes(config.features).items()}
    try:
        # Shapes are compared before anything is allocated, because a configuration could require any amount of memory.
        _require_shapes(arrays, network | filters)
        kept = (
            Filters(**{name.removeprefix(_FILTERS): arrays[name] for name in filters})
            if filters
            else make_filters(config.features)
        )
    except ValueError as error:
        raise UsageError(f"{path}: weights and configuration disagree ({error}); use an undamaged model") from None
    return StoredModel(path.stem, config, {name: arrays[name] for name in network}, kept, metadata)


def write_model(model: StoredModel, path: Path, notes: Mapping[str, str] | None = None) -> None:
    """Write a model as safetensors. If writing fails, no incomplete file is left.

    Args:
        model: model with all heads; its metadata are not written.
        path: file to write, ``NAME.safetensors``.
        notes: further metadata, such as the settings of the training.

    Raises:
        ValueError: if the model lacks heads.
    """
    if model.heads != len(HEADS):
        raise ValueError("a model that lacks heads cannot be saved")
    arrays = dict(model.network)
    for field in dataclasses.fields(Filters):
        arrays[_FILTERS + field.name] = getattr(model.filters, field.name)
    metadata = {**(notes or {}), "format": FORMAT, "config": model.config.to_json()}
    metadata["sha256"] = checksum(arrays, metadata["config"])
    with whole_file(path) as file:
        file.write(serialise({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata))


def change_config(path: Path, out: Path, config: Config) -> None:
    """Write a copy of a model file with a different configuration of the decoder or of the confidence.

    Args:
        path: model file of any format.
        out: file to write.
        config: configuration whose ``features`` and ``network`` are equal to those of the model.

    Raises:
        UsageError: if the file is missing, is not safetensors, was not made by singtrans or is damaged.
        ValueError: if ``features`` or ``network`` are not equal.
    """
    metadata, arrays = _read(path)
    before = Config.from_json(metadata["config"], str(path))
    if (before.features, before.network) != (config.features, config.network):
        raise ValueError("features and network cannot be changed without training")
    metadata = {**metadata, "config": config.to_json()}
    metadata["sha256"] = checksum(arrays, metadata["config"])
    with whole_file(out) as file:
        file.write(serialise(arrays, metadata))


def read_metadata(path: Path) -> dict[str, str]:
    """Read the metadata of a model file, and check the file against its checksum.

    Raises:
        UsageError: if the file is missing, is not safetensors, was not made by singtrans or is damaged.
    """
    return _read(path)[0]


def checksum(arrays: Mapping[str, np.ndarray], config: str) -> str:
    """Compute the SHA-256 of a configuration and of all arrays with their names, types and shapes."""
    digest = hashlib.sha256(config.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} torch.{array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _stored_heads(arrays: Mapping[str, np.ndarray]) -> int:
    """Return the number of heads that the arrays must have."""
    without_nasal = arrays.get("heads.bias", np.zeros(0)).shape == (HEADS_WITHOUT_NASAL,)
    return HEADS_WITHOUT_NASAL if without_nasal else len(HEADS)


def _require_shapes(arrays: Mapping[str, np.ndarray], shapes: Shapes) -> None:
    """Raise ValueError unless names, shapes and types are as expected, and every value is finite."""
    if different := sorted(arrays.keys() ^ shapes.keys()):
        raise ValueError(f"{different[0][:60]} is {'too much' if different[0] in arrays else 'missing'}")
    for name, array in arrays.items():
        if array.dtype != np.float32 or array.shape != shapes[name]:
            raise ValueError(f"{name} is {array.dtype} {array.shape} instead of float32 {shapes[name]}")
        if not np.isfinite(array).all():
            raise ValueError(f"{name} holds values that are not finite numbers")


def _read(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    if not path.is_file():
        raise UsageError(f"{path}: there is no such model file; `singtrans info` lists the models that are shipped")
    if path.suffix.lower() in _PICKLES:
        raise UsageError(
            f"{path}: {path.suffix} files are pickles, which can run code, and are never opened;"
            " use a .safetensors file made by singtrans"
        )
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (
        SafetensorError,
        OSError,
        ValueError,
        TypeError,
        AttributeError,
    ) as error:  # the last two are raised for types that numpy lacks
        raise UsageError(
            f"{path}: not a readable safetensors file ({str(error).splitlines()[0]}); use a model made by singtrans"
        ) from None
    if metadata.get("format") not in (FORMAT, OLD_FORMAT) or "config" not in metadata or "sha256" not in metadata:
        raise UsageError(f"{path}: not a model of this version of singtrans; train one with `singtrans train`")
    if checksum(arrays, metadata["config"]) != metadata["sha256"]:
        raise UsageError(f"{path}: the file is damaged (its checksum differs); fetch or train it again")
    return metadata, arrays
