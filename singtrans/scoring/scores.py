"""Scores of a system on a data set, and the comparison of two systems."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from singtrans.errors import InputError
from singtrans.extras import need
from singtrans.messages import listed
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
from singtrans.scoring.references import Annotations, Reference
from singtrans.scoring.statistics import Interval, PairedTest, mean_interval, paired_test, ratio_interval
from singtrans.scoring.systems import System

KINDS = ("precision", "recall", "f_measure")
NAMES: tuple[str, ...] = (
    *(f"{name}.{kind}" for name in NOTE_FIGURES.values() for kind in KINDS),
    *PITCH_FIGURES.values(),
)
"""Names of all figures, in the order of reports."""

_EMPTY = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, eq=False)
class FileScores:
    """Scores of one recording.

    Attributes:
        reference: the recording.
        figures: map from names in `NAMES` to values; figures that cannot be computed are absent.
        errors: map from classes in `singtrans.scoring.note_errors.CLASSES` to numbers of notes; None without reference
            notes.
        true_notes: the reference notes, or None.
        found_notes: the estimated notes.
        true_count: number of reference notes, with or without a labelled pitch; None if notes are not labelled.
    """

    reference: Reference
    figures: dict[str, float]
    errors: dict[str, int] | None
    true_notes: tuple[Note, ...] | None
    found_notes: tuple[Note, ...]
    true_count: int | None

    @property
    def name(self) -> str:
        """The recording's name."""
        return self.reference.name


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of one system on several recordings.

    Attributes:
        files: scores of each recording.
    """

    files: tuple[FileScores, ...]

    def values(self, figure: str) -> list[float]:
        """Return the values of one figure for all files that have it."""
        return [file.figures[figure] for file in self.files if figure in file.figures]

    @cached_property
    def means(self) -> dict[str, Interval]:
        """Mean of each figure over files, with its confidence interval. Every file has the same weight."""
        return {name: mean_interval(values) for name in NAMES if (values := self.values(name))}

    @cached_property
    def error_counts(self) -> dict[str, int]:
        """Number of notes of each class in all files; empty without reference notes."""
        counted = [file.errors for file in self.files if file.errors is not None]
        return {name: sum(errors[name] for errors in counted) for name in CLASSES} if counted else {}

    @cached_property
    def error_rates(self) -> dict[str, Interval]:
        """Errors of each class per reference note in all files, with intervals; empty without reference notes."""
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
        system: name of the system.
        failures: one line for each recording that could not be scored and is therefore not part of the means.
        warnings: lines about kinds of figures that were left out, and about estimates that lack notes or a pitch track
            and were scored as if these were empty.
        missing: names of recordings without an estimate. They are scored as if their estimates were empty.
        extra: names of estimates without a reference, which are ignored.
        constant_hz: median difference between the pitches of matched notes in Hz, reference minus estimate, over the
            whole data set.
        shift_hz: number of Hz that was added to the reference notes before scoring.
        tolerances: limits within which notes agree.
    """

    system: str
    failures: tuple[str, ...]
    warnings: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    constant_hz: float
    shift_hz: float
    tolerances: Tolerances

    @cached_property
    def sources(self) -> dict[str, Scores]:
        """Scores of each data set, in the order of their first recordings; empty if there is only one data set."""
        files: dict[str, list[FileScores]] = {}
        for file in self.files:
            files.setdefault(file.reference.source, []).append(file)
        return {source: Scores(tuple(some)) for source, some in files.items()} if len(files) > 1 else {}


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference between two systems in one figure.

    Attributes:
        ours: mean of the first system.
        theirs: mean of the second system.
        gap: mean of the difference over files, with its confidence interval.
        test: test of whether the mean difference is 0.
        files: number of files for which both systems have this figure.
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

    A recording without an estimate is scored as if its estimate were empty. If no estimate has notes, the figures of
    notes are left out. If no estimate has a pitch track, the figures of pitch tracks are left out.

    Args:
        references: the recordings and their labels.
        system: source of the estimates.
        reference_shift_hz: number of Hz to add to the pitch of the reference notes, to correct sharp or flat labels.
        tolerances: limits within which notes agree; by default the limits of mir_eval.
        faults: one line for each unusable recording that is not among the references. These lines become the first
            entries of ``failures`` in the result.

    Raises:
        UsageError: if the packages of the extra ``evaluate`` are not installed.
        InputError: if nothing could be scored.
        ValueError: if the shift moves a note to 0 Hz or below.
    """
    for package in ("mir_eval", "scipy"):
        need(package, "evaluate", "scoring")
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
        read.append((reference, truth, found or Annotations()))
    if not read:
        raise InputError("\n".join(failures) or f"{system.name}: there is nothing to score; give some references.")
    kinds = _ScoredKinds(read)
    scored = (_score(*each, kinds, tolerances) for each in read)
    files = tuple(file for file in scored if file.figures)
    if not files:
        raise InputError(f"{system.name} has nothing to compare with the reference: give notes, or pitch, for both.")
    return Evaluation(
        system=system.name,
        files=files,
        failures=tuple(failures),
        warnings=tuple(kinds.warnings(missing)),
        missing=tuple(file.name for file in files if file.name in set(missing)),
        extra=system.extra,
        constant_hz=constant_pitch_error_hz((truth.notes or (), found.notes or ()) for _, truth, found in read),
        shift_hz=reference_shift_hz,
        tolerances=tolerances,
    )


def compare(ours: Evaluation, theirs: Evaluation) -> dict[str, Difference]:
    """Compare two systems on the recordings that both systems were scored on.

    Returns:
        Map from names of figures to differences, in the order of `NAMES`, for all figures that both systems have.
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


_Read = Sequence[tuple[Reference, Annotations, Annotations]]


class _ScoredKinds:
    """The kinds of figures to score: notes if any estimate has notes, and pitch if any has a pitch track."""

    def __init__(self, read: _Read) -> None:
        self._read = read
        self.notes = any(f.notes is not None for _, t, f in read if t.notes is not None or t.times is not None)
        self.pitch = any(f.pitch is not None for _, t, f in read if t.pitch is not None)

    def warnings(self, missing: Sequence[str]) -> list[str]:
        """Describe the kinds of figures that are left out, and list the estimates that are scored as empty."""
        lines = []
        for kind, what, scored in (("notes", "notes", self.notes), ("pitch", "pitch tracks", self.pitch)):
            lacking = [
                reference.name
                for reference, truth, found in self._read
                if (getattr(truth, kind) is not None or (kind == "notes" and truth.times is not None))
                and getattr(found, kind) is None
            ]
            empty = [name for name in lacking if name not in missing]
            if empty and scored:
                lines.append(f"estimates without {what}, scored as empty: {listed(empty)}")
            elif lacking and not scored:
                lines.append(f"no estimate has {what}; scores of {what} are left out")
        return lines


def _score(
    reference: Reference, truth: Annotations, found: Annotations, kinds: _ScoredKinds, tolerances: Tolerances
) -> FileScores:
    scores: dict[str, float] = {}
    notes, errors = found.notes or (), None
    if kinds.notes and truth.notes is not None:
        scores |= figures(score_notes(truth.notes, notes, tolerances))
        errors = classify(truth.notes, notes, tolerances).counts
    elif kinds.notes and truth.times is not None:
        scores |= figures(score_times(truth.times, found.spans, tolerances))
    if kinds.pitch and truth.pitch is not None:
        scores |= figures(score_pitch(truth.pitch, found.pitch or _EMPTY))
    labelled = truth.notes is not None or truth.times is not None
    return FileScores(reference, scores, errors, truth.notes, notes, len(truth.spans) if labelled else None)
