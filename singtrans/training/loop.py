"""The training loop, read from top to bottom."""

import csv
import dataclasses
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from singtrans import interrupt
from singtrans.config import Config
from singtrans.errors import SingtransError
from singtrans.formats import whole_file
from singtrans.model import Model, save_model
from singtrans.training.augment import AugmentConfig
from singtrans.training.batches import Batch, BatchConfig, Excerpts
from singtrans.training.data import Recording
from singtrans.training.loss import LossConfig, losses
from singtrans.training.manifest import Entry
from singtrans.training.validate import validate


@dataclass(frozen=True)
class TrainConfig:
    """How to train.

    Attributes:
        steps: optimiser steps.
        rate: highest learning rate.
        warmup: steps until it is reached; a half cosine takes it to a fiftieth at the last step.
        weight_decay, clip: of AdamW; largest gradient norm.
        average: decay of the running average of the weights, which is what is validated and kept.
        validate_every: steps; the state is saved as often.
        seed: start of all chance.
        bf16: compute in bfloat16 where the processor can.
    """

    steps: int = 6000
    rate: float = 2e-3
    warmup: int = 300
    weight_decay: float = 1e-2
    clip: float = 1.0
    average: float = 0.999
    validate_every: int = 500
    seed: int = 0
    bf16: bool = True
    batch: BatchConfig = field(default_factory=BatchConfig)
    augmentation: AugmentConfig = field(default_factory=AugmentConfig)
    loss: LossConfig = field(default_factory=LossConfig)


def learning_rate(step: int, config: TrainConfig) -> float:
    """Rate at a step, a pure function of it."""
    if step < config.warmup:
        return config.rate * (step + 1) / config.warmup
    done = (step - config.warmup) / max(1, config.steps - config.warmup)
    return config.rate * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done))))


@dataclass
class State:
    """Everything that training changes."""

    model: Model
    average: Model
    optimiser: torch.optim.Optimizer
    step: int = 0
    best: float = -1.0


def train(
    recordings: Sequence[Recording],
    valid: Sequence[Entry],
    folder: Path,
    configs: tuple[Config, TrainConfig],
    resume: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train a model.

    Args:
        recordings: to learn from.
        valid: to validate on, by the path that `transcribe` walks.
        folder: receives ``best.safetensors``, ``last.safetensors``, ``state.pt``, ``config.json``, ``log.csv``
            and ``valid.csv``.
        configs: the model's and the training's.
        resume: go on from ``state.pt``.
        report: called with one line a validation.

    Returns:
        The best model's file.

    Raises:
        SingtransError: if there is nothing to learn from, nothing or something else to resume, or another training
            in the folder.
    """
    model_config, config = configs
    if not recordings:
        raise SingtransError("nothing to train on: every recording is set aside for validation or testing")
    folder.mkdir(parents=True, exist_ok=True)
    state = _begin(model_config, config)
    description = json.dumps({"model": json.loads(model_config.to_json()), "train": dataclasses.asdict(config)})
    if resume:
        _restore(state, folder, description)
    elif (folder / "state.pt").exists():
        raise SingtransError(f"{folder}: holds a training already; go on with --resume, or choose another folder")
    else:
        (folder / "config.json").write_text(description)
        for name in ("log.csv", "valid.csv"):
            (folder / name).unlink(missing_ok=True)
    excerpts = Excerpts(recordings, model_config.features, config.batch, config.augmentation, config.seed)
    began, first = time.monotonic(), state.step
    for batch in _batches(excerpts, state.step, config.steps):
        terms = train_step(state, batch, config)
        if state.step % 20 == 0:
            row = {"step": state.step, "rate": learning_rate(state.step, config)} | terms
            _append(folder / "log.csv", row | {"seconds": time.monotonic() - began})
        if state.step % 100 == 0:
            pace = (time.monotonic() - began) / (state.step - first)
            left = round(pace * (config.steps - state.step) / 60)
            report(f"step {state.step} of {config.steps}: loss {terms['total']:.3f}, about {left} min left")
        if state.step % config.validate_every == 0 or state.step == config.steps:
            _validate_and_save(state, valid, folder, description, report)
    return folder / "best.safetensors"


def train_step(state: State, batch: Batch, config: TrainConfig) -> dict[str, float]:
    """One optimiser step; returns the loss terms and their total."""
    for group in state.optimiser.param_groups:
        group["lr"] = learning_rate(state.step, config)
    # Dropout, too, must not depend on whether training was interrupted.
    torch.manual_seed(config.seed * 1_000_003 + state.step)
    model = state.model.train()
    device = next(model.parameters()).device
    batch = Batch(**{f.name: getattr(batch, f.name).to(device) for f in dataclasses.fields(batch)})
    with torch.no_grad():
        features = model.front_end(batch.samples)
    with torch.autocast(device.type, torch.bfloat16, enabled=config.bf16 and _has_bf16(device)):
        logits = model.network(*features)
    terms = losses(logits, batch, model.config.features, config.loss)
    total = sum(terms.values())
    state.optimiser.zero_grad(set_to_none=True)
    total.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), config.clip)
    state.optimiser.step()
    state.step += 1
    # The average starts as a plain mean, so that it does not remember the random beginning.
    decay = min(config.average, state.step / (state.step + 10))
    with torch.no_grad():
        for kept, new in zip(state.average.parameters(), model.parameters(), strict=True):
            kept.lerp_(new, 1.0 - decay)
    return {name: float(value.detach()) for name, value in terms.items()} | {"total": float(total.detach())}


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported()
    # Without AMX, bfloat16 on a CPU is emulated and slower than single precision.
    return device.type == "cpu" and torch.cpu._is_amx_tile_supported()


def _begin(model_config: Config, config: TrainConfig) -> State:
    torch.manual_seed(config.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model, average = Model(model_config).to(device), Model(model_config).to(device)
    average.load_state_dict(model.state_dict())
    optimiser = torch.optim.AdamW(model.parameters(), lr=config.rate, weight_decay=config.weight_decay)
    return State(model, average.eval(), optimiser)


def _batches(excerpts: Excerpts, first: int, last: int) -> Iterator[Batch]:
    # One process prepares batches while this one learns; more would fight over small machines' cores.
    workers = {"num_workers": 1, "prefetch_factor": 4, "worker_init_fn": _leave_signals_to_the_parent}
    return iter(DataLoader(excerpts, batch_size=None, sampler=range(first, last), **workers))


def _leave_signals_to_the_parent(_worker: int) -> None:
    # Ctrl-C reaches every process of the terminal; the parent ends the worker on its own way out.
    interrupt.ignore()
    # The worker's own errors reach the parent as exceptions; what it prints is about the parent being gone.
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 (for as long as the worker lives)


def _validate_and_save(
    state: State, valid: Sequence[Entry], folder: Path, description: str, report: Callable[[str], None]
) -> None:
    # First of all: whatever happens while validating, the training up to here is not lost.
    _save_state(state, folder, description)
    notes = {"training": description, "step": str(state.step)}
    save_model(state.average, folder / "last.safetensors", notes)
    if not valid:
        save_model(state.average, folder / "best.safetensors", notes)
        report(f"step {state.step}: nothing to validate on, so the latest model is kept as the best")
        return
    scores = validate(state.average, valid)
    _append(folder / "valid.csv", {"step": state.step} | scores.figures)
    kept = scores.target > state.best
    if kept:
        state.best = scores.target
        save_model(state.average, folder / "best.safetensors", notes)
        _save_state(state, folder, description)
    report(f"step {state.step}: {scores.line}{' (best so far)' if kept else ''}")


def _save_state(state: State, folder: Path, description: str) -> None:
    saved = {
        "model": state.model.network.state_dict(),
        "average": state.average.network.state_dict(),
        "optimiser": state.optimiser.state_dict(),
        "step": state.step,
        "best": state.best,
        "description": description,
    }
    with whole_file(folder / "state.pt") as file:
        torch.save(saved, file)


def _restore(state: State, folder: Path, description: str) -> None:
    path = folder / "state.pt"
    if not path.is_file():
        raise SingtransError(f"{path}: there is nothing to resume; start without --resume")
    # weights_only: a checkpoint, like a model, can never run code.
    saved = torch.load(path, map_location="cpu", weights_only=True)
    if saved["description"] != description:
        raise SingtransError(f"{path}: was made with other settings; resume with the same, or start without --resume")
    state.model.network.load_state_dict(saved["model"])
    state.average.network.load_state_dict(saved["average"])
    state.optimiser.load_state_dict(saved["optimiser"])
    state.step, state.best = saved["step"], saved["best"]


def _append(path: Path, row: dict[str, float]) -> None:
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, list(row))
        if new:
            writer.writeheader()
        writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in row.items()})
