"""The training loop."""

import dataclasses
import json
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from singtrans import interrupt
from singtrans.dataset.manifest import Entry
from singtrans.errors import InputError
from singtrans.files import whole_file
from singtrans.model.config import Config
from singtrans.model.network import Model, blended, fold
from singtrans.model.weights import save_model
from singtrans.training.batches import Excerpts, conventions_of
from singtrans.training.config import TrainConfig
from singtrans.training.distributed import ALONE, Processes
from singtrans.training.loader import prepared_batches
from singtrans.training.logs import Logs, is_logged
from singtrans.training.model_card import summarise, write_card
from singtrans.training.progress import NOBODY, Listener, Progress
from singtrans.training.recordings import Recording
from singtrans.training.state import State, begin, require_state, restore, save_state
from singtrans.training.step import Stepped, has_bf16, prepare, train_step
from singtrans.training.validation import validate


@dataclass(frozen=True)
class Data:
    """Data of a training run.

    Attributes:
        entries: entries of the recordings for training.
        recordings: loaded recordings of ``entries``, in the same order.
        valid: entries of the recordings for validation.
        backgrounds: (n,) int16 each; accompaniments to mix in.
        checksum: checksum of all labels and recordings, so that a training run is not resumed with other data.
    """

    entries: Sequence[Entry]
    recordings: Sequence[Recording]
    valid: Sequence[Entry] = ()
    backgrounds: Sequence[np.ndarray] = ()
    checksum: str = ""


def train(  # noqa: PLR0913 (independent settings)
    data: Data,
    folder: Path,
    configs: tuple[Config, TrainConfig],
    *,
    init: Model | None = None,
    inits: Sequence[Model] = (),
    resume: bool = False,
    listener: Listener = NOBODY,
    processes: Processes = ALONE,
    seeds: Sequence[int] = (),
    seconds: float = 0.0,
) -> Path:
    """Train a model, or train several models on the same batches, with different seeds.

    Args:
        data: training and validation data.
        folder: folder for ``best.safetensors``, ``last.safetensors``, ``MODEL_CARD.md``, ``curves.png``, ``log.csv``,
            ``valid.csv``, ``tensorboard/``, ``config.json`` and ``state.pt``.
        configs: configuration of the model, and configuration of the training run.
        init: initial model; None for random weights.
        inits: initial models for ``seeds``, one for each seed.
        resume: whether to resume from ``state.pt``.
        listener: callbacks.
        processes: processes of the training run; only the first one writes and prints.
        seeds: seeds of the random weights and of dropout. For each seed, one model is trained in ``folder/seed-SEED``.
            If no seeds are given, one model with the seed of the configuration is trained in ``folder``.
        seconds: time limit in seconds; 0 for none. If the steps would take longer, the learning rate falls faster.

    Returns:
        The path of the best model. If there are several seeds, it is the best model of the first seed.

    Raises:
        InputError: if there are no training data, there is nothing to resume, the saved training run has other settings
            or data, or the folder contains another training run.
        Stopped: if a signal arrived. The current step is finished, and the state is saved, before this exception is
            raised.
    """
    model_config, config = configs
    if not data.recordings:
        raise InputError("nothing to train on: every recording is set aside for validation or testing")
    places = [(folder / f"seed-{seed}", dataclasses.replace(config, seed=seed)) for seed in seeds] or [(folder, config)]
    own_inits: Sequence[Model | None] = inits or [init] * len(places)
    runs = [
        _begin(data, place, (model_config, own), init=own_init, resume=resume, listener=listener, processes=processes)
        for (place, own), own_init in zip(places, own_inits, strict=True)
    ]
    with interrupt.waiting():
        _steps(runs, config, seconds)
    return places[0][0] / "best.safetensors"


def _begin(
    data: Data,
    folder: Path,
    configs: tuple[Config, TrainConfig],
    *,
    init: Model | None,
    resume: bool,
    listener: Listener,
    processes: Processes,
) -> "_Run":
    """Prepare the training of one model, from random or initial weights or from the saved state."""
    model_config, config = configs
    require_state(folder, resume)
    folder.mkdir(parents=True, exist_ok=True)
    described = {"model": json.loads(model_config.to_json()), "train": dataclasses.asdict(config)}
    state = begin(model_config, config, init, conventions_of(data.recordings))
    # A training run can only be resumed with the same precision, because another precision would change the weights.
    precision = "bfloat16" if config.bf16 and has_bf16(state.device) else "float32"
    described_in_full = described | {"data": data.checksum, "precision": precision}
    run = _Run(data, folder, json.dumps(described_in_full), listener, processes, state, config, init)
    if resume:
        restore(state, folder, run.description)
    elif processes.first:
        with whole_file(folder / "config.json") as file:
            file.write(json.dumps(described, indent=1).encode())
    return run


@dataclass(frozen=True)
class _Run:
    """Training run of one model."""

    data: Data
    folder: Path
    description: str
    listener: Listener
    processes: Processes
    state: State
    config: TrainConfig
    init: Model | None


def _steps(runs: Sequence[_Run], config: TrainConfig, seconds: float) -> None:
    """Run the remaining steps, with validations, logs and checkpoints.

    Args:
        runs: training runs that use the same batches and are at the same step.
        config: configuration of the training run; its seed is used for the batches.
        seconds: time limit, as in `train`.
    """
    first, began = runs[0].state.step, time.monotonic()
    logs = [Logs(r.folder, r.state.step, r.state.validated) if r.processes.first else None for r in runs]
    for run, log in zip(runs, logs, strict=True):
        if run.state.validated < run.state.step and _is_due(run.state, config):
            _validate(run, run.state, log)  # the process was killed during this validation
    with prepared_batches(_excerpts(runs[0], config), first, config.steps) as batches:
        for batch in batches:
            elapsed = time.monotonic() - began
            if _is_stale(runs, config) or (seconds and elapsed > seconds):
                break
            prepared = prepare(runs[0].state, batch)
            over, stopping = elapsed / seconds if seconds else 0.0, False
            # On a GPU, the steps of all models are queued before the first result is needed.
            results = [train_step(run.state, prepared, run.config, run.processes, over) for run in runs]
            for run, log, result in zip(runs, logs, results, strict=True):
                stepped = result()
                stopping |= stepped.stopping
                _report_step(run, log, stepped, (first, time.monotonic() - began))
            if stopping:
                _stop(runs)
            for run, log in zip(runs, logs, strict=True):
                if _is_due(run.state, config):
                    _validate(run, run.state, log)
    for run, log in zip(runs, logs, strict=True):
        if run.state.validated < run.state.step:
            _validate(run, run.state, log)  # the time limit was reached before the last step
        if log:
            log.close()


def _excerpts(run: _Run, config: TrainConfig) -> Excerpts:
    return Excerpts(
        run.data.recordings,
        run.state.model.config.features,
        config.batch,
        config.augmentation,
        config.seed,
        backgrounds=run.data.backgrounds,
        share=(run.processes.rank, run.processes.count),
    )


def _is_stale(runs: Sequence[_Run], config: TrainConfig) -> bool:
    """Return whether no model has improved in its last ``patience`` validations. If so, report it."""
    if not config.patience or any(run.state.stale < config.patience for run in runs):
        return False
    for run in runs:
        run.listener.line(f"step {run.state.step}: no improvement in {run.state.stale} validations; training stops")
    return True


def _report_step(run: _Run, log: Logs | None, stepped: Stepped, since: tuple[int, float]) -> None:
    """Log a step. ``since`` contains the first step of this process, and the time in seconds since that step."""
    if not log:
        return
    state, config, (first, seconds) = run.state, run.config, since
    rate = state.optimiser.param_groups[0]["lr"]
    if is_logged(state.step, config.steps):
        log.training(state.step, {"rate": rate} | stepped.terms | {"seconds": seconds})
    left = seconds / (state.step - first) * (config.steps - state.step)
    run.listener.step(Progress(state.step, config.steps, stepped.terms["total"], rate, left))


def _stop(runs: Sequence[_Run]) -> None:
    """Save the states of all models, and raise `Stopped`."""
    for run in runs:
        if run.processes.first:
            save_state(run.state, run.folder, run.description)
            run.listener.line(f"step {run.state.step}: saved; continue with --resume")
    interrupt.check()
    raise interrupt.Stopped(signal.SIGTERM)  # another process received the signal


def _is_due(state: State, config: TrainConfig) -> bool:
    return state.step > 0 and (state.step % config.validate_every == 0 or state.step == config.steps)


def _validate(run: _Run, state: State, logs: Logs | None) -> None:
    """In the first process, score the model, save it if it is the best so far, and save the state; others wait."""
    if logs:
        _score_and_save(run, state, logs)
    outcome = torch.tensor([state.stale, state.best_step], dtype=torch.int64, device=state.device)
    state.stale, state.best_step = run.processes.broadcast(outcome).tolist()
    state.validated = state.step


def _score_and_save(run: _Run, state: State, logs: Logs) -> None:
    # The state is saved first, so that it is not lost if validation fails.
    save_state(state, run.folder, run.description)
    notes = {"training": run.description, "step": str(state.step)}
    average = blended(fold(state.average, _convention(run)), run.init, run.config.blend)
    save_model(average, run.folder / "last.safetensors", notes)
    line, kept = f"step {state.step}: nothing to validate on, so the latest model is kept as the best", True
    if run.data.valid:
        scores = validate(average, run.data.valid)
        logs.validation(state.step, scores.figures)
        kept = scores.target > state.best
        line = f"step {state.step}: {scores.line}{' (best so far)' if kept else ''}"
        if kept:
            state.best, state.figures = scores.target, scores.figures
    state.stale = 0 if kept else state.stale + 1
    if kept:
        state.best_step = state.step
        save_model(average, run.folder / "best.safetensors", notes)
        rows = summarise(run.data.entries, run.data.recordings)
        write_card(run.folder, rows, run.data.valid, run.description, (state.step, state.figures))
    logs.draw()
    state.validated = state.step
    save_state(state, run.folder, run.description)
    run.listener.line(line)


def _convention(run: _Run) -> int | None:
    """Return the number of the label convention whose corrections are folded into the saved models; None for none."""
    names = conventions_of(run.data.recordings)
    return names.index(run.config.convention) if run.config.convention in names else None
