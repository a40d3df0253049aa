"""Training state, and functions to save and restore it."""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from singtrans.errors import InputError
from singtrans.files import whole_file
from singtrans.model.config import Config
from singtrans.model.network import Model
from singtrans.training.config import FREEZABLE, TrainConfig

FILE = "state.pt"

_MOST_CHANGES = 3  # largest number of changes that a message lists
_LONGEST_VALUE = 20  # characters; a message does not state longer values


@dataclass
class State:
    """Training state.

    Attributes:
        model: model that is being trained.
        average: model with the running average of the weights, which is validated and saved.
        optimiser: optimiser with its moments.
        step: number of finished optimiser steps.
        best: best validation score so far.
        best_step: step at which the best score was reached.
        validated: last step that was validated.
        stale: number of validations since the best one.
        figures: scores of the best validation by name.
    """

    model: Model
    average: Model
    optimiser: torch.optim.Optimizer
    step: int = 0
    best: float = -1.0
    best_step: int = 0
    validated: int = 0
    stale: int = 0
    figures: dict[str, float] = field(default_factory=dict)

    @property
    def parameters(self) -> list[Tensor]:
        """Trainable parameters."""
        return [p for p in self.model.parameters() if p.requires_grad]

    @property
    def device(self) -> torch.device:
        """Device of the model."""
        return next(self.model.parameters()).device

    def averaged(self) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield pairs of an averaged weight and the corresponding weight of the model."""
        return zip(self.average.parameters(), self.model.parameters(), strict=True)


def begin(
    model_config: Config, config: TrainConfig, init: Model | None = None, conventions: Sequence[str] = ()
) -> State:
    """Make a state at step 0.

    Args:
        model_config: configuration of the model.
        config: configuration of the training run.
        init: initial model, whose configuration must be ``model_config``; None for random weights.
        conventions: label conventions of the training data; see `singtrans.model.Corrections`.
    """
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model = Model(model_config, conventions=len(conventions)).to(device)
    average = Model(model_config, conventions=len(conventions)).to(device)
    if init is not None:
        model.front_end.load_filters(init.front_end.state_dict())
        average.front_end.load_filters(init.front_end.state_dict())
        model.network.load_state_dict(model.network.state_dict() | _fitting(model, init))
    average.load_state_dict(model.state_dict())
    # With channels last, training is twice as fast on a CPU, and as fast as before on a GPU in bfloat16.
    model.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # its type stubs lack this form
    for part in FREEZABLE[config.freeze]:
        if (module := getattr(model.network, part)) is not None:
            module.requires_grad_(False)
    learning = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(learning, lr=config.rate, weight_decay=config.weight_decay)
    return State(model, average.eval(), optimiser)


def _fitting(model: Model, init: Model) -> dict[str, Tensor]:
    """Return the weights of ``init``, extended to the shapes of ``model``.

    Heads that ``init`` lacks start with a bias of -3, so that they predict a low probability at first.
    """
    given, wanted = init.network.state_dict(), model.network.state_dict()
    for name in ("heads.weight", "heads.bias"):
        lacking = len(wanted[name]) - len(given[name])
        if lacking:
            start = -3.0 if name == "heads.bias" else 0.0
            more = torch.full_like(wanted[name][:lacking], start)
            given[name] = torch.cat([given[name].to(more.device), more])
    return given


_NUMBERS: dict[str, tuple[type, ...]] = {
    "step": (int,),
    "best": (int, float),
    "best_step": (int,),
    "validated": (int,),
    "stale": (int,),
    "figures": (dict,),
}
"""Map from fields of `State` to the types that they may have in a file."""


def save_state(state: State, folder: Path, description: str) -> None:
    """Write the state into ``folder``; if this fails, the previous state is kept.

    Raises:
        InputError: if the file cannot be written.
    """
    saved = {
        "model": state.model.network.state_dict(),
        "average": state.average.network.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "description": description,
    }
    with whole_file(folder / FILE) as file:
        torch.save(saved | {name: getattr(state, name) for name in _NUMBERS}, file)
        file.flush()
        os.fsync(file.fileno())  # so that the file is complete even after a power failure


def require_state(folder: Path, resume: bool) -> None:
    """Check that a training run can start in ``folder``, or be resumed there.

    Raises:
        InputError: if there is nothing to resume, or ``folder`` contains a training run and ``resume`` is False.
    """
    if resume and not (folder / FILE).is_file():
        raise InputError(f"{folder / FILE}: there is nothing to resume; start without --resume")
    if not resume and (folder / FILE).exists():
        raise InputError(f"{folder}: already contains a training run; continue with --resume, or choose another folder")


def remove_state(folder: Path) -> None:
    """Remove the state of a training run, so that another one can start in the same folder.

    Raises:
        InputError: if the state cannot be removed.
    """
    try:
        (folder / FILE).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{folder / FILE} cannot be replaced ({error.strerror}): check its permissions.") from None


def restore(state: State, folder: Path, description: str) -> None:
    """Set ``state`` to the last saved state of the training run in ``folder``.

    Raises:
        InputError: if the saved state is damaged, or was saved with other settings or data.
    """
    path = folder / FILE
    try:
        # With weights_only, a checkpoint cannot run code.
        saved = torch.load(path, map_location="cpu", weights_only=True)
        changes = _changes(json.loads(saved["description"]), json.loads(description))[:_MOST_CHANGES]
        if not changes:
            _fill(state, saved)
    except Exception as error:  # torch, zipfile and pickle raise many types for a damaged file
        raise InputError(f"{path}: damaged ({type(error).__name__}); start again in another folder") from None
    if changes:
        raise InputError(
            f"{path}: was made with other settings or data ({', '.join(changes)}); resume with the same, or start again"
            " in another folder"
        )


def _changes(saved: Any, given: Any, name: str = "") -> list[str]:
    """List the settings that differ between two descriptions, such as ``steps was 200 and is 400``."""
    if isinstance(saved, dict) and isinstance(given, dict):
        # Settings of the model come last, because most of them follow from the initial model.
        keys = sorted(dict.fromkeys([*saved, *given]), key=lambda key: key == "model")
        return [line for key in keys for line in _changes(saved.get(key), given.get(key), key)]
    if saved == given:
        return []
    long = max(len(str(saved)), len(str(given))) > _LONGEST_VALUE  # such as a checksum
    return [f"{name} differs" if long else f"{name} was {saved} and is {given}"]


def _fill(state: State, saved: Mapping[str, Any]) -> None:
    """Copy the content of a saved state into a state."""
    state.model.network.load_state_dict(saved["model"])
    state.average.network.load_state_dict(saved["average"])
    state.optimiser.load_state_dict(saved["optimiser"])
    for name, types in _NUMBERS.items():
        if not isinstance(saved[name], types):
            raise TypeError(name)
        setattr(state, name, saved[name])
