"""Weight files: safetensors with the configuration in their metadata."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialise
from torch import Tensor

from singtrans.errors import UsageError
from singtrans.files import whole_file
from singtrans.model.config import Config
from singtrans.model.features import filter_shapes
from singtrans.model.network import HEADS, Model, Network

FORMAT = "singtrans-2"
OLD_FORMAT = "singtrans-1"  # has the first `OLD_HEADS` of the heads, and filters that the configuration makes
OLD_HEADS = 4
_FILTERS = "front_end."  # before the names of the filters
_PICKLES = frozenset((".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".bin", ".joblib", ".npy", ".npz"))


def save_model(model: Model, path: Path, notes: Mapping[str, str] | None = None) -> None:
    """Write ``model`` as safetensors, whole or not at all.

    Args:
        model: its network's weights, its front end's filters and its configuration are written.
        path: the file to write, ``NAME.safetensors``.
        notes: more metadata, such as how the model was trained.

    Raises:
        ValueError: if the model has corrections of conventions, which are folded first (`fold`), or lacks heads.
    """
    metadata = {**(notes or {}), "format": FORMAT, "config": model.config.to_json()}
    if model.network.corrections is not None:
        raise ValueError("a model in training has corrections: fold it before it is saved")
    if model.network.heads.out_features != len(HEADS):
        raise ValueError("a model of the old format cannot be saved")
    tensors = model.network.state_dict() | model.front_end.state_dict(prefix=_FILTERS)
    weights = {k: v.detach().cpu().contiguous() for k, v in tensors.items()}
    metadata["sha256"] = _checksum(weights, metadata["config"])
    with whole_file(path) as file:
        file.write(serialise(weights, metadata))


def change_config(path: Path, out: Path, config: Config) -> None:
    """Write a copy of a weight file whose decoder has other costs, or whose confidence has another calibration.

    Args:
        path: a weight file of any format.
        out: the file to write.
        config: features and network as they are in ``path``.

    Raises:
        UsageError: as `load_model` does.
        ValueError: if features or network differ.
    """
    metadata, weights = _read(path)
    before = Config.from_json(metadata["config"], str(path))
    if (before.features, before.network) != (config.features, config.network):
        raise ValueError("features and network cannot be changed without training")
    metadata = {**metadata, "config": config.to_json()}
    metadata["sha256"] = _checksum(weights, metadata["config"])
    with whole_file(out) as file:
        file.write(serialise(weights, metadata))


def load_model(path: Path) -> Model:
    """Read a model that `save_model` wrote, ready to listen (in evaluation mode, on the CPU).

    Raises:
        UsageError: if the file is missing, is not safetensors, was not made by singtrans or is damaged.
    """
    metadata, weights = _read(path)
    config = Config.from_json(metadata["config"], str(path))
    old = metadata["format"] == OLD_FORMAT
    heads = OLD_HEADS if old else len(HEADS)
    try:
        # Compared before anything is made of it: a configuration could ask for any amount of memory.
        with torch.device("meta"):
            wanted = Network(config, heads).state_dict()
            if not old:
                wanted |= {_FILTERS + name: t for name, t in filter_shapes(config.features).items()}
        _refuse_others(weights, wanted)
        model = Model(config, path.stem, heads=heads)
        if not old:
            model.front_end.load_filters(
                {name: weights.pop(_FILTERS + name) for name in filter_shapes(config.features)}
            )
        model.network.load_state_dict(weights)
    except (RuntimeError, ValueError) as error:
        reason = str(error).splitlines()[0].rstrip(":")
        raise UsageError(f"{path}: weights and configuration disagree ({reason}); use an undamaged model") from None
    return model.eval()


def _refuse_others(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Raise ValueError unless names, shapes and types are those wanted, and every weight is finite."""
    if strange := sorted(weights.keys() ^ wanted.keys()):
        raise ValueError(f"{strange[0][:60]} is {'too much' if strange[0] in weights else 'missing'}")
    for name, tensor in weights.items():
        here, there = (f"{t.dtype} {tuple(t.shape)}".removeprefix("torch.") for t in (tensor, wanted[name]))
        if here != there:
            raise ValueError(f"{name} is {here} instead of {there}")
        if not tensor.isfinite().all():
            raise ValueError(f"{name} holds what is no finite number")


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of a weight file, checked as `load_model` does."""
    return _read(path)[0]


def _read(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    if not path.is_file():
        raise UsageError(f"{path}: there is no such model file; `singtrans info` lists the models that are shipped")
    if path.suffix.lower() in _PICKLES:
        raise UsageError(
            f"{path}: {path.suffix} files are pickles, which can run code, and are never opened;"
            " use a .safetensors file made by singtrans"
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, ValueError) as error:
        raise UsageError(
            f"{path}: not a readable safetensors file ({str(error).splitlines()[0]}); use a model made by singtrans"
        ) from None
    if metadata.get("format") not in (FORMAT, OLD_FORMAT) or "config" not in metadata or "sha256" not in metadata:
        raise UsageError(f"{path}: not a model of this version of singtrans; train one with `singtrans train`")
    if _checksum(weights, metadata["config"]) != metadata["sha256"]:
        raise UsageError(f"{path}: the file is damaged (its checksum differs); fetch or train it again")
    return metadata, weights


def _checksum(weights: Mapping[str, Tensor], config: str) -> str:
    digest = hashlib.sha256(config.encode())
    for name in sorted(weights):
        tensor = weights[name].contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
