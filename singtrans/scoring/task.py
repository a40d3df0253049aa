"""What one evaluation compares: which recordings, and which one or two systems."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from singtrans.errors import UsageError
from singtrans.scoring.references import Reference, check_pair, labelled, recordings
from singtrans.scoring.systems import EstimateFile, EstimateFolder, System


@dataclass(frozen=True)
class Task:
    """What is scored.

    Attributes:
        references: the recordings.
        systems: one, or two that are compared.
        faults: lines on recordings that cannot be used, for `singtrans.scoring.scores.evaluate`.
    """

    references: Sequence[Reference]
    systems: Sequence[System]
    faults: Sequence[str] = ()


def estimates(reference: Path, estimate: Path, against: Path | None = None) -> Task:
    """Score notes and pitch tracks in files.

    Args:
        reference: the truth, as for `singtrans.scoring.references.labelled`.
        estimate: a file where ``reference`` is one, else a folder.
        against: another such.

    Raises:
        InputError: if a path is missing, files and folders are mixed, or a folder has nothing to score.
    """
    references = labelled(reference, estimate)
    if against is not None:
        check_pair(reference, against)
    paths = [path for path in (estimate, against) if path is not None]
    if reference.is_dir():
        return Task(references, [EstimateFolder(path, references) for path in paths])
    return Task(references, [EstimateFile(path) for path in paths])


def listening(
    data: Path, split: str | None, model: str, against: str | None, listener: Callable[[str], System]
) -> Task:
    """Score a model on recordings.

    Args:
        data: a manifest or a folder, as for `singtrans.scoring.references.recordings`.
        split: the part of it, likewise.
        model: a shipped model's name or a file.
        against: another model, or a folder of estimates.
        listener: makes a system of a model.

    Raises:
        UsageError: if there is no such part, or ``listener`` knows no such model.
        InputError: if nothing in the data can be used, or the folder has no estimate.
    """
    # Models before data: a name that is mistyped is said at once.
    first, folder = listener(model), Path(against) if against and Path(against).is_dir() else None
    second = listener(against) if against and folder is None else None
    chosen = recordings(data, split)
    if folder is not None:
        second = EstimateFolder(folder, chosen.references)
    return Task(chosen.references, [first] if second is None else [first, second], chosen.faults)


def choose(
    reference: Path,
    estimate: Path | None,
    model: str | None,
    split: str | None,
    against: str | None,
    listener: Callable[[str], System],
) -> Task:
    """What the command's options ask for: `estimates` or `listening`.

    Raises:
        UsageError: if they ask for both, or neither.
        InputError: as those two do.
    """
    if estimate is None:
        if model is None:
            raise UsageError("give ESTIMATE, notes to score, or --model, to transcribe the recordings with")
        return listening(reference, split, model, against, listener)
    if model is not None:
        raise UsageError(f"{estimate} and --model {model}: give notes to score, or a model to make them, not both")
    if split is not None:
        raise UsageError(f"--split {split}: parts are a manifest's; use it with --model")
    return estimates(reference, estimate, Path(against) if against else None)
