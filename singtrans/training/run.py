"""Train a model on the recordings in manifests or folders, for the command line."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from singtrans.errors import UsageError
from singtrans.messages import counted
from singtrans.model.config import Config
from singtrans.model.weights import load_model, read_metadata
from singtrans.training.batches import BatchConfig
from singtrans.training.config import TrainConfig
from singtrans.training.distributed import Processes, join, leave
from singtrans.training.load import load_data
from singtrans.training.loop import train
from singtrans.training.progress import NOBODY, Listener
from singtrans.training.state import remove_state, require_state

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainOptions:
    """Options of the command ``train``. Other settings have the defaults of `TrainConfig` and `Config`.

    Attributes:
        steps, rate, validate_every, patience, freeze: see `TrainConfig`. If a value is None, it is taken from
            `FROM_RANDOM`, `FINE_TUNING` or `ADAPTING`.
        batch: number of excerpts per step; None as for ``steps``.
        seconds: length of an excerpt in seconds.
        seed: random seed.
        init: weight file of the initial model; None for random weights.
        accompaniment: folder of recordings that are mixed in as background.
        cache: folder for decoded audio; None for the sub-folder ``cache`` of the output folder.
        pattern: pattern for names of label files, as for `singtrans.dataset.manifest.read_entries`.
        resume: whether to resume the training run in the output folder.
        overwrite: whether to replace a training run in the output folder.
        adapt: whether to adapt ``init`` to one or a few recordings.
    """

    steps: int | None = None
    batch: int | None = None
    seconds: float = 8.0
    rate: float | None = None
    validate_every: int | None = None
    patience: int | None = None
    seed: int = 0
    init: Path | None = None
    freeze: str | None = None
    accompaniment: Path | None = None
    cache: Path | None = None
    pattern: str = ""
    resume: bool = False
    overwrite: bool = False
    adapt: bool = False


FROM_RANDOM = TrainConfig(steps=6000, rate=2e-3, validate_every=500, patience=0)
"""Default settings if training starts from random weights."""

# Fine-tuning needs a lower rate and fewer steps, and stops when the scores no longer improve.
FINE_TUNING = TrainConfig(steps=600, rate=5e-4, validate_every=100, patience=4)
"""Default settings if training starts from a model."""


# Adaptation should correct the errors in the given recordings, and have little effect on others. Therefore, the result
# is the mean of the initial and the trained weights, which keeps most of the corrections and nearly all of the previous
# accuracy (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
ADAPTING = TrainConfig(
    steps=60, rate=3e-4, validate_every=30, patience=0, freeze="early", blend=0.5, batch=BatchConfig(size=8)
)
"""Default settings if a model is adapted to one or a few recordings."""


def run_training(data: Sequence[Path], out: Path, options: TrainOptions, listener: Listener = NOBODY) -> Path:
    """Read and check all data, train a model, and return the path of the best model file.

    Args:
        data: manifests or folders.
        out: folder for all outputs.
        options: see `TrainOptions`.
        listener: callbacks for the progress.

    Raises:
        UsageError: if ``freeze`` is given without ``init``, or there are more processes than excerpts per step.
        InputError: if data cannot be used, in which case the message has one line for each fault; if ``out`` contains a
            training run and ``resume`` is False; or if it contains none and ``resume`` is True.
    """
    processes = join()
    try:
        return _run(data, out, options, listener if processes.first else NOBODY, processes)
    finally:
        leave()


def _run(data: Sequence[Path], out: Path, options: TrainOptions, listener: Listener, processes: Processes) -> Path:
    config = _train_config(options)
    if config.batch.size < processes.count:
        raise UsageError(f"--batch {config.batch.size}: {processes.count} processes need at least one excerpt each")
    if config.freeze != "none" and not options.init:
        raise UsageError(f"--freeze {config.freeze}: random weights cannot be frozen; add --init MODEL")
    if options.overwrite and processes.first:
        remove_state(out)
    require_state(out, options.resume)  # checked before the slow steps
    init = load_model(options.init) if options.init else None
    model_config = init.config if init else Config()
    cache = options.cache or out / "cache"
    _log.debug("training configuration: %s", config)
    rate = model_config.features.sample_rate
    loaded = load_data(data, options.accompaniment, cache, rate, listener.read, options.pattern)
    minutes = sum(r.duration for r in loaded.recordings) / 60
    notes = sum(len(r.notes) for r in loaded.recordings if r.notes is not None)
    listener.line(
        f"{counted(len(loaded.recordings), 'recording')} to train on ({minutes:.1f} min, {counted(notes, 'note')}),"
        f" {len(loaded.valid)} to validate on"
    )
    best = train(
        loaded,
        out,
        (model_config, config),
        init=init,
        resume=options.resume,
        listener=listener,
        processes=processes,
    )
    listener.line(f"the best model is {best}: use it with --model {best}")
    return best


def _train_config(options: TrainOptions) -> TrainConfig:
    names = ("steps", "rate", "validate_every", "patience", "freeze")
    asked = {name: value for name in names if (value := getattr(options, name)) is not None}
    chosen = replace(ADAPTING if options.adapt else FINE_TUNING if options.init else FROM_RANDOM, **asked)
    return replace(
        chosen,
        warmup=min(300, max(1, chosen.steps // 10)),
        seed=options.seed,
        init=read_metadata(options.init)["sha256"] if options.init else "",
        batch=BatchConfig(size=options.batch or chosen.batch.size, seconds=options.seconds),
    )
