"""Scores of a whole set: one system, or two that are compared."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from singtrans.errors import InputError
from singtrans.notes import Note, PitchTrack
from singtrans.scoring.metrics import (
    NOTE_FIGURES,
    PITCH_FIGURES,
    STANDARD,
    Tolerances,
    constant_pitch_error_hz,
    figures,
    score_notes,
    score_pitch,
    score_times,
    shift_hz,
)
from singtrans.scoring.note_errors import CLASSES, classify
from singtrans.scoring.references import Labels, Reference
from singtrans.scoring.statistics import Interval, PairedTest, mean_interval, paired_test, ratio_interval
from singtrans.scoring.systems import System

KINDS = ("precision", "recall", "f_measure")
NAMES: tuple[str, ...] = (
    *(f"{name}.{kind}" for name in NOTE_FIGURES.values() for kind in KINDS),
    *PITCH_FIGURES.values(),
)
"""All figures, in the order of reports."""

_EMPTY = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, eq=False)
class FileScores:
    """Scores of one recording.

    Attributes:
        reference: which.
        figures: by the names of `NAMES`; those that cannot be known are not there.
        errors: how many notes of each class, by `singtrans.scoring.note_errors.CLASSES`; None without true notes.
        true: the true notes, or None.
        found: the notes that were scored.
        true_count: how many notes there should be, also where only times are labelled; None where neither is.
    """

    reference: Reference
    figures: dict[str, float]
    errors: dict[str, int] | None
    true: tuple[Note, ...] | None
    found: tuple[Note, ...]
    true_count: int | None

    @property
    def name(self) -> str:
        """The recording's name."""
        return self.reference.name


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of recordings by one system.

    Attributes:
        files: of each recording.
    """

    files: tuple[FileScores, ...]

    def values(self, figure: str) -> list[float]:
        """One figure of every file that has it."""
        return [file.figures[figure] for file in self.files if figure in file.figures]

    @cached_property
    def means(self) -> dict[str, Interval]:
        """Mean over files of each figure that is known, every file counting the same, with its interval."""
        return {name: mean_interval(values) for name in NAMES if (values := self.values(name))}

    @cached_property
    def error_counts(self) -> dict[str, int]:
        """How many notes of each class there are in all files; empty without true notes."""
        counted = [file.errors for file in self.files if file.errors is not None]
        return {name: sum(errors[name] for errors in counted) for name in CLASSES} if counted else {}

    @cached_property
    def error_rates(self) -> dict[str, Interval]:
        """Errors of each class per reference note, all files' notes together; empty without true notes."""
        counted = [(f.errors, f.true_count) for f in self.files if f.errors is not None and f.true_count is not None]
        notes = [count for _, count in counted]
        if not sum(notes):
            return {}
        return {name: ratio_interval([errors[name] for errors, _ in counted], notes) for name in CLASSES}


@dataclass(frozen=True, eq=False)
class Evaluation(Scores):
    """Scores of one system.

    Attributes:
        files: scores of each recording.
        system: its name.
        failures: a line for each recording that could not be scored, and is in no mean.
        remarks: lines on what is counted otherwise than one might think.
        missing: names of recordings without an estimate, scored as empty ones.
        extra: names of estimates without a reference, left aside.
        constant_hz: how many Hz the reference is sharp of the estimate, as one number for the whole set.
        shift_hz: how many Hz were added to the reference before scoring.
        tolerances: what counted as correct.
    """

    system: str
    failures: tuple[str, ...]
    remarks: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    constant_hz: float
    shift_hz: float
    tolerances: Tolerances

    @cached_property
    def sources(self) -> dict[str, Scores]:
        """The scores of each data set, in the order of their first recordings, where there are several."""
        files: dict[str, list[FileScores]] = {}
        for file in self.files:
            files.setdefault(file.reference.source, []).append(file)
        return {source: Scores(tuple(some)) for source, some in files.items()} if len(files) > 1 else {}


@dataclass(frozen=True, slots=True)
class Difference:
    """How far one system is ahead of another in one figure.

    Attributes:
        ours: mean of the one.
        theirs: mean of the other.
        gap: mean over files of the difference, with its interval.
        test: whether the mean difference is but chance.
        files: how many have this figure.
    """

    ours: float
    theirs: float
    gap: Interval
    test: PairedTest
    files: int


def evaluate(
    references: Iterable[Reference],
    system: System,
    reference_shift_hz: float = 0.0,
    tolerances: Tolerances = STANDARD,
    faults: Sequence[str] = (),
) -> Evaluation:
    """Score a system on recordings.

    A recording without an estimate counts as one in which nothing was found. Where no estimate at all has a pitch
    track, or none has notes, those figures are left out instead.

    Args:
        references: the recordings with their labels.
        system: where the estimates come from.
        reference_shift_hz: added to the pitch of true notes, for labels that are sharp or flat.
        tolerances: mir_eval's own by default.
        faults: lines on recordings that are known not to be usable, and are not among the references: they become
            the first of the failures.

    Raises:
        InputError: if nothing could be scored.
        ValueError: if a note would fall to 0 Hz or below.
    """
    read, failures, missing = [], list(faults), []
    for reference in references:
        try:
            truth, found = reference.read(), system(reference)
        except InputError as error:
            failures.append(str(error))
            continue
        if truth.notes and reference_shift_hz:
            truth = dataclasses.replace(truth, notes=shift_hz(truth.notes, reference_shift_hz))
        if found is None:
            missing.append(reference.name)
        read.append((reference, truth, found or Labels()))
    if not read:
        raise InputError("\n".join(failures) or f"{system.name}: there is nothing to score; give some references.")
    shown = _Shown(read)
    scored = (_score(*each, shown, tolerances) for each in read)
    files = tuple(file for file in scored if file.figures)
    if not files:
        raise InputError(f"{system.name} has nothing to compare with the reference: give notes, or pitch, for both.")
    return Evaluation(
        system=system.name,
        files=files,
        failures=tuple(failures),
        remarks=tuple(shown.remarks(missing)),
        missing=tuple(file.name for file in files if file.name in set(missing)),
        extra=system.extra,
        constant_hz=constant_pitch_error_hz((truth.notes or (), found.notes or ()) for _, truth, found in read),
        shift_hz=reference_shift_hz,
        tolerances=tolerances,
    )


def compare(ours: Evaluation, theirs: Evaluation) -> dict[str, Difference]:
    """Compare two systems on the recordings that both were scored on.

    Returns:
        By the names of `NAMES`, those that both have.
    """
    others = {file.name: file.figures for file in theirs.files}
    differences = {}
    for name in NAMES:
        pairs = [
            (file.figures[name], others[file.name][name])
            for file in ours.files
            if name in file.figures and name in others.get(file.name, {})
        ]
        if pairs:
            both = np.array(pairs)
            gaps = (both[:, 0] - both[:, 1]).tolist()
            our_mean, their_mean = both.mean(axis=0).tolist()
            differences[name] = Difference(our_mean, their_mean, mean_interval(gaps), paired_test(gaps), len(pairs))
    return differences


_Read = Sequence[tuple[Reference, Labels, Labels]]


class _Shown:
    """Which kinds of figures a set has: those of which at least one estimate knows something."""

    def __init__(self, read: _Read) -> None:
        self._read = read
        self.notes = any(f.notes is not None for _, t, f in read if t.notes is not None or t.times is not None)
        self.pitch = any(f.pitch is not None for _, t, f in read if t.pitch is not None)

    def remarks(self, missing: Sequence[str]) -> list[str]:
        """What is left out, and which recordings count as empty though they have an estimate of the other kind."""
        lines = []
        for kind, what, shown in (("notes", "notes", self.notes), ("pitch", "pitch tracks", self.pitch)):
            lacking = [
                reference.name
                for reference, truth, found in self._read
                if getattr(truth, kind) is not None and getattr(found, kind) is None
            ]
            empty = [name for name in lacking if name not in missing]
            if empty and shown:
                lines.append(f"no {what} where others have some, counted as empty: {', '.join(empty)}")
            elif lacking and not shown:
                lines.append(f"no estimate has {what}: such figures are left out")
        return lines


def _score(reference: Reference, truth: Labels, found: Labels, shown: _Shown, tolerances: Tolerances) -> FileScores:
    scores: dict[str, float] = {}
    notes, errors = found.notes or (), None
    if shown.notes and truth.notes is not None:
        scores |= figures(score_notes(truth.notes, notes, tolerances))
        errors = classify(truth.notes, notes, tolerances).counts
    elif shown.notes and truth.times is not None:
        scores |= figures(score_times(truth.times, found.spans, tolerances))
    if shown.pitch and truth.pitch is not None:
        scores |= figures(score_pitch(truth.pitch, found.pitch or _EMPTY))
    labelled = truth.notes is not None or truth.times is not None
    return FileScores(reference, scores, errors, truth.notes, notes, len(truth.spans) if labelled else None)
