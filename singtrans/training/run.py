"""One training from manifests to the best model, as the command line asks for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from singtrans.config import Config
from singtrans.errors import SingtransError
from singtrans.training.batches import BatchConfig
from singtrans.training.data import Recording, load_recording, require_world
from singtrans.training.loop import TrainConfig, train
from singtrans.training.manifest import Entry, read_entries


@dataclass(frozen=True)
class TrainOptions:
    """What a user chooses; everything else has its default in `TrainConfig` and `Config`."""

    steps: int
    batch: int
    seconds: float
    rate: float
    validate_every: int
    seed: int


def run_training(
    data: Sequence[Path],
    out: Path,
    options: TrainOptions,
    cache: Path | None = None,
    resume: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Path:
    """Read all data, check it, train, and return the best model's file.

    Args:
        data: manifests or folders.
        out: folder for everything that is written.
        options: see there.
        cache: folder for decoded audio; ``out / "cache"`` if None.
        resume: go on from the state in ``out``.
        report: receives one line at a time.

    Raises:
        SingtransError: naming every recording that cannot be used, one a line, before training starts.
    """
    entries = [entry for path in data for entry in read_entries(path)]
    recordings, valid, faults = _load(entries, cache or out / "cache")
    if faults:
        raise SingtransError("\n".join(faults))
    minutes = sum(r.duration for r in recordings) / 60
    notes = sum(len(r.notes) for r in recordings if r.notes is not None)
    report(f"{len(recordings)} recordings to train on ({minutes:.0f} min, {notes} notes), {len(valid)} to validate on")
    config = TrainConfig(
        steps=options.steps,
        rate=options.rate,
        warmup=min(300, max(1, options.steps // 10)),
        validate_every=options.validate_every,
        seed=options.seed,
        batch=BatchConfig(size=options.batch, seconds=options.seconds),
    )
    return train(recordings, valid, out, (Config(), config), resume, report)


def _load(entries: Sequence[Entry], cache: Path) -> tuple[list[Recording], list[Entry], list[str]]:
    """Training recordings in memory, validation entries, and a line for each recording that cannot be used."""
    rate = Config().features.sample_rate
    recordings, valid, faults = [], [], []
    require_world()
    for entry in entries:
        try:
            if entry.split == "train":
                recordings.append(load_recording(entry, rate, cache))
            elif entry.split == "valid":
                # It is read again by the path that `transcribe` walks; here, only whether it can be.
                load_recording(entry, rate, cache)
                valid.append(entry)
        except SingtransError as error:
            faults.append(str(error))
    return recordings, valid, faults
