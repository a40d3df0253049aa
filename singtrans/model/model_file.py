"""Model files: safetensors with the configuration in their metadata. Reading one needs no torch.

A model file holds the network's weights under the names that they have in torch, the front end's filters under
``front_end.``, and in its metadata the format, the configuration, a checksum and notes on the training. It is data
only: nothing in it is ever run.
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
OLD_FORMAT = "singtrans-1"  # has the first `OLD_HEADS` of the heads, and filters that the configuration makes
OLD_HEADS = 4
_FILTERS = "front_end."  # before the names of the filters
_PICKLES = frozenset((".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin", ".joblib", ".npy", ".npz"))


@dataclass(frozen=True, eq=False)
class StoredModel:
    """A model as arrays.

    Attributes:
        name: of its file, without the ending.
        config: of the front end, the network and the decoder.
        network: the network's weights, by the names that they have in torch.
        filters: of the front end.
        metadata: all of the file's metadata; empty for a model that comes from no file.
    """

    name: str
    config: Config
    network: Mapping[str, np.ndarray]
    filters: Filters
    metadata: Mapping[str, str]

    @property
    def heads(self) -> int:
        """How many of `HEADS` the network has."""
        return len(self.network["heads.bias"])

    @property
    def parameters_count(self) -> int:
        """Number of learnt values."""
        return sum(array.size for array in self.network.values())


def read_model(path: Path) -> StoredModel:
    """Read a model that `write_model` wrote.

    Raises:
        UsageError: if the file is missing, is not safetensors, was not made by singtrans or is damaged.
    """
    metadata, arrays = _read(path)
    config = Config.from_json(metadata["config"], str(path))
    old = metadata["format"] == OLD_FORMAT
    network = network_shapes(config, OLD_HEADS if old else len(HEADS))
    filters = {} if old else {_FILTERS + name: shape for name, shape in filter_shapes(config.features).items()}
    try:
        # Compared before anything is made of it: a configuration could ask for any amount of memory.
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
    """Write a model as safetensors, whole or not at all.

    Args:
        model: with all heads; its own metadata are not written.
        path: the file to write, ``NAME.safetensors``.
        notes: more metadata, such as how the model was trained.

    Raises:
        ValueError: if the model lacks heads.
    """
    if model.heads != len(HEADS):
        raise ValueError("a model of the old format cannot be saved")
    arrays = dict(model.network)
    for field in dataclasses.fields(Filters):
        arrays[_FILTERS + field.name] = getattr(model.filters, field.name)
    metadata = {**(notes or {}), "format": FORMAT, "config": model.config.to_json()}
    metadata["sha256"] = checksum(arrays, metadata["config"])
    with whole_file(path) as file:
        file.write(serialise({name: np.ascontiguousarray(array) for name, array in arrays.items()}, metadata))


def change_config(path: Path, out: Path, config: Config) -> None:
    """Write a copy of a model file whose decoder has other costs, or whose confidence has another calibration.

    Args:
        path: a model file of any format.
        out: the file to write.
        config: features and network as they are in ``path``.

    Raises:
        UsageError: as `read_model`.
        ValueError: if features or network differ.
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
    """The metadata of a model file, checked as `read_model` does.

    Raises:
        UsageError: as `read_model`.
    """
    return _read(path)[0]


def checksum(arrays: Mapping[str, np.ndarray], config: str) -> str:
    """SHA-256 of a configuration and of all arrays with their names, types and shapes."""
    digest = hashlib.sha256(config.encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} torch.{array.dtype} {array.shape}".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def _require_shapes(arrays: Mapping[str, np.ndarray], shapes: Shapes) -> None:
    """Raise ValueError unless names, shapes and types are those wanted, and every value is finite."""
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
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:  # the last two: types of torch
        raise UsageError(
            f"{path}: not a readable safetensors file ({str(error).splitlines()[0]}); use a model made by singtrans"
        ) from None
    if metadata.get("format") not in (FORMAT, OLD_FORMAT) or "config" not in metadata or "sha256" not in metadata:
        raise UsageError(f"{path}: not a model of this version of singtrans; train one with `singtrans train`")
    if checksum(arrays, metadata["config"]) != metadata["sha256"]:
        raise UsageError(f"{path}: the file is damaged (its checksum differs); fetch or train it again")
    return metadata, arrays
