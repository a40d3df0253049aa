"""Conversion between model files and the torch module `Model`; see `singtrans.model.model_file`."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import torch

from singtrans.model.filters import Filters
from singtrans.model.model_file import FORMAT, StoredModel, read_metadata, read_model, write_model
from singtrans.model.network import Model

__all__ = ["FORMAT", "from_torch", "load_model", "read_metadata", "save_model", "to_torch"]


def save_model(model: Model, path: Path, notes: Mapping[str, str] | None = None) -> None:
    """Write a model as safetensors. If writing fails, no incomplete file is left.

    Args:
        model: model whose weights, filters and configuration are written.
        path: file to write, ``NAME.safetensors``.
        notes: further metadata, such as the settings of the training.

    Raises:
        ValueError: if the model lacks heads, or has corrections of conventions, which must be folded first (`fold`).
    """
    write_model(from_torch(model), path, notes)


def load_model(path: Path) -> Model:
    """Read a model file as a torch module in evaluation mode, on the CPU.

    Raises:
        UsageError: if the file is missing, is not safetensors, was not made by singtrans or is damaged.
    """
    return to_torch(read_model(path))


def to_torch(stored: StoredModel) -> Model:
    """Convert a model whose weights are numpy arrays to a torch module in evaluation mode, on the CPU."""
    model = Model(stored.config, stored.name, heads=stored.heads)
    model.front_end.load_filters(
        {f.name: torch.tensor(getattr(stored.filters, f.name)) for f in dataclasses.fields(Filters)}
    )
    model.network.load_state_dict({name: torch.tensor(array) for name, array in stored.network.items()})
    return model.eval()


def from_torch(model: Model) -> StoredModel:
    """Convert a torch module to a model whose weights are numpy arrays. The two models share no memory.

    Raises:
        ValueError: if the model has corrections of conventions, which must be folded first (`fold`).
    """
    if model.network.corrections is not None:
        raise ValueError("a model in training has corrections: fold it before it is saved")
    network, filters = (
        {name: tensor.detach().cpu().contiguous().clone().numpy() for name, tensor in part.state_dict().items()}
        for part in (model.network, model.front_end)
    )
    return StoredModel(model.name, model.config, network, Filters(**filters), {})
