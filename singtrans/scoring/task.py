"""The references of one evaluation, and the systems whose output is compared with them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from singtrans.errors import UsageError
from singtrans.scoring.reference_files import check_pair, find_references
from singtrans.scoring.references import NOTHING_CHOSEN, LabelChoice, Reference, select_recordings
from singtrans.scoring.systems import EstimateFile, EstimateFolder, System


@dataclass(frozen=True)
class Task:
    """References, and the systems to score against them.

    Attributes:
        references: the recordings and their labels.
        systems: one system to score, or two to compare.
        faults: one line for each recording that cannot be used, as for `singtrans.scoring.scores.evaluate`.
    """

    references: Sequence[Reference]
    systems: Sequence[System]
    faults: Sequence[str] = ()


def file_task(
    reference: Path, estimate: Path, against: Path | None = None, choice: LabelChoice = NOTHING_CHOSEN
) -> Task:
    """Make a task that scores notes and pitch tracks in files.

    Args:
        reference: file or folder, as for `singtrans.scoring.reference_files.find_references`.
        estimate: a file if ``reference`` is a file, else a folder. If ``reference`` is a file with the notes of several
            recordings, ``estimate`` may be a file or a folder.
        against: second estimate, which is compared with the first; None to score only one.
        choice: options that choose which labels are read, and how.

    Raises:
        InputError: if a path is missing, a file would be compared with a folder, or a folder has nothing to score.
    """
    references = find_references(reference, estimate, choice)
    if against is not None:
        check_pair(reference, against)
    paths = [path for path in (estimate, against) if path is not None]
    return Task(references, [EstimateFolder(p, references) if p.is_dir() else EstimateFile(p) for p in paths])


def model_task(
    data: Path,
    split: str | None,
    model: str,
    against: str | None,
    make_system: Callable[[str], System],
    choice: LabelChoice = NOTHING_CHOSEN,
) -> Task:
    """Make a task that scores a model on recordings.

    Args:
        data: manifest or folder, as for `singtrans.scoring.references.select_recordings`.
        split: name of the split to score, as for `singtrans.scoring.references.select_recordings`.
        model: name of a shipped model, or path of a weight file.
        against: second model, or folder of estimates, which is compared with the first model; None to score only one.
        make_system: function that makes a system from a model's name.
        choice: options that choose which labels are read, and how.

    Raises:
        UsageError: if there is no such split, or ``make_system`` finds no such model.
        InputError: if no recording can be used, or ``against`` is a folder without estimates of the recordings.
    """
    # The models are found first, so that a mistyped name is reported at once.
    first, folder = make_system(model), Path(against) if against and Path(against).is_dir() else None
    second = make_system(against) if against and folder is None else None
    selection = select_recordings(data, split, choice)
    if folder is not None:
        second = EstimateFolder(folder, selection.references)
    return Task(selection.references, [first] if second is None else [first, second], selection.faults)


def choose_task(
    reference: Path,
    estimate: Path | None,
    model: str | None,
    split: str | None,
    against: str | None,
    make_system: Callable[[str], System],
    choice: LabelChoice = NOTHING_CHOSEN,
) -> Task:
    """Choose `file_task` or `model_task` from the options of ``singtrans evaluate``.

    Raises:
        UsageError: if the options ask for both tasks, or for neither.
        InputError: if `file_task` or `model_task` raises it.
    """
    if estimate is None:
        if model is None:
            raise UsageError("give notes to score as ESTIMATE, or a model for transcribing the recordings as --model")
        return model_task(reference, split, model, against, make_system, choice)
    if model is not None:
        raise UsageError(f"{estimate} and --model {model}: give notes to score, or a model to make them, not both")
    if split is not None:
        raise UsageError(f"--split {split}: only a manifest has splits; use it with --model")
    return file_task(reference, estimate, Path(against) if against else None, choice)
