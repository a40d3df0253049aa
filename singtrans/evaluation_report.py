"""Scores of files as a table for people and as JSON for programs."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from singtrans.evaluate import (
    NoteScores,
    Tolerances,
    constant_pitch_error_hz,
    mean_scores,
    pair_files,
    score_notes,
    shift_hz,
)
from singtrans.formats import load_notes, note_stem

_METRICS = {"con": "COn", "coff": "COff", "conp": "COnP", "conpoff": "COnPOff"}
# mir_eval's own names, for those who know these better.
_MIR_EVAL = {
    "con": "Onset",
    "coff": "Offset",
    "conp": "no offset",
    "conpoff": "with offset",
}


@dataclass(frozen=True)
class Report:
    """Scores of one set.

    Attributes:
        files: name and scores of each recording.
        mean: their mean, every file counting the same.
        constant_hz: how many Hz the reference is sharp of the estimate, as one number for the whole set.
        shift_hz: how many Hz were added to the reference before scoring.
        tolerances: what counted as correct.
    """

    files: tuple[tuple[str, NoteScores], ...]
    mean: NoteScores
    constant_hz: float
    shift_hz: float
    tolerances: Tolerances


def score_files(reference: Path, estimate: Path, reference_shift_hz: float = 0.0) -> Report:
    """Score two files or two folders of notes.

    Raises:
        SingtransError: if files are missing or cannot be read.
    """
    pairs = pair_files(reference, estimate)
    notes = [  # of a file with the notes of many recordings, those that the other file is named after
        (
            shift_hz(load_notes(true, name=note_stem(found).name), reference_shift_hz),
            load_notes(found, name=note_stem(true).name),
        )
        for true, found in pairs
    ]
    tolerances = Tolerances()
    scores = [score_notes(true, found, tolerances) for true, found in notes]
    return Report(
        files=tuple((_name(true, Path(reference)), score) for (true, _), score in zip(pairs, scores, strict=True)),
        mean=mean_scores(scores),
        constant_hz=constant_pitch_error_hz(notes),
        shift_hz=reference_shift_hz,
        tolerances=tolerances,
    )


def _name(true: Path, reference: Path) -> str:
    """A recording's path inside the reference folder without its ending, which is unique."""
    return (note_stem(true.relative_to(reference)) if reference.is_dir() else Path(note_stem(true).name)).as_posix()


def table(report: Report) -> str:
    """The report as lines of text: F-measures of each file, then precision, recall and F-measure of the mean."""
    width = max([len(name) for name, _ in report.files] + [9])
    lines = [f"{'file':{width}}  " + "  ".join(f"{name:>7}" for name in _METRICS.values())]
    for name, scores in report.files:
        lines.append(f"{name:{width}}  " + _row(scores, "f_measure"))
    lines.append(f"\nmean of {len(report.files)} file{'s' if len(report.files) != 1 else ''}")
    for kind in ("precision", "recall", "f_measure"):
        lines.append(f"{kind.replace('_', '-'):{width}}  " + _row(report.mean, kind))
    t = report.tolerances
    lines.append(
        f"\nCorrect is: onset within {t.onset * 1000:.0f} ms; pitch within {t.pitch_cents:.0f} cents; offset within"
        f" {t.offset * 1000:.0f} ms or {t.offset_ratio:.0%} of the note, whichever is more. In mir_eval's names: "
        + ", ".join(f"{_METRICS[key]} is {name}" for key, name in _MIR_EVAL.items())
        + "."
    )
    if report.shift_hz:
        lines.append(f"The true notes were moved by {report.shift_hz:+.2f} Hz.")
    lines.append(f"Constant pitch error: the true notes are {report.constant_hz:+.2f} Hz off the scored ones (median).")
    return "\n".join(lines)


def json_report(report: Report) -> str:
    """The report as one JSON object."""
    return json.dumps(
        {
            "tolerances": dataclasses.asdict(report.tolerances),
            "reference_shift_hz": report.shift_hz,
            "constant_pitch_error_hz": report.constant_hz,
            "mean": _named(report.mean),
            "files": {name: _named(scores) for name, scores in report.files},
        },
        indent=2,
    )


def _row(scores: NoteScores, kind: str) -> str:
    return "  ".join(f"{getattr(getattr(scores, key), kind):7.3f}" for key in _METRICS)


def _named(scores: NoteScores) -> dict[str, dict[str, float]]:
    return {name: dataclasses.asdict(getattr(scores, key)) for key, name in _METRICS.items()}
