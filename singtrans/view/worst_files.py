"""A picture of the recordings that were transcribed worst: true notes and those found, where most is wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singtrans.errors import InputError, UsageError
from singtrans.extras import need
from singtrans.files import whole_file
from singtrans.messages import printable_title
from singtrans.notes import Note, PitchTrack, Transcription
from singtrans.scoring.scores import Evaluation, FileScores
from singtrans.view.plot import (
    CURVE,
    EXTRA,
    KINDS,
    MISSED,
    NOTE,
    STYLE,
    Drawn,
    Picture,
    draw_row,
    prepared,
    rectangle,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

SHOWN = 4
"""Recordings in the picture."""

_FIGURE = "COnPOff.f_measure"
_SECONDS = 15.0  # of each
_STEP = 0.5  # seconds, from one place to look at to the next
_WIDTH, _ROW = 11.0, 2.4  # inches


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A row of the picture.

    Attributes:
        drawn: the notes, and which of them are missed or extra.
        start: where the row begins, in seconds.
        title: what stands above it.
    """

    drawn: Drawn
    start: float
    title: str


def plot_worst(evaluation: Evaluation, path: Path) -> Path:
    """Draw the recordings with the lowest COnPOff, of each the 15 s with the most missed and extra notes.

    Args:
        evaluation: scores of notes.
        path: a .png, .svg or .pdf; it is replaced if it exists.

    Raises:
        UsageError: if the ending is another, or matplotlib is not installed.
        InputError: if no notes were scored, or the file cannot be written.
    """
    kind = path.suffix[1:].lower()
    if kind not in KINDS:
        raise UsageError(f"{path}: pictures are .png, .svg or .pdf")
    need("matplotlib", "plot", "plotting")
    import matplotlib as mpl

    rows = worst(evaluation)
    if not rows:
        raise InputError(f"{path}: no recording has notes that could be drawn; leave out the picture.")
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    with mpl.rc_context(STYLE), whole_file(path) as file:
        _figure(rows, evaluation.system).savefig(file, format=kind, dpi=130, metadata=metadata)
    return path


def worst(evaluation: Evaluation) -> list[Excerpt]:
    """The rows, the worst first; recordings without any notes have nothing to show."""
    # Where no estimate has notes, true notes alone have no such figure: the others' lack is not an error to be shown.
    files = [file for file in evaluation.files if _FIGURE in file.figures and (file.true_notes or file.found_notes)]
    files.sort(key=lambda file: (file.figures[_FIGURE], file.name))
    return [_excerpt(file) for file in files[:SHOWN]]


def _excerpt(file: FileScores) -> Excerpt:
    nothing = np.zeros(0)
    transcription = Transcription(file.found_notes, PitchTrack(nothing, nothing, nothing), 0.0, audio=file.name)
    true = file.true_notes or ()
    drawn = prepared(Picture(transcription, None, true, _SECONDS))
    extra = [file.found_notes[number] for number in drawn.extra]
    start = _worst_start([*drawn.missed, *extra], drawn.duration)
    score = file.figures[_FIGURE]
    title = f"{file.name}:  COnPOff {score:.3f};  {len(drawn.missed)} of {len(true)} true notes missed,"
    return Excerpt(drawn, start, f"{title} {len(extra)} of {len(file.found_notes)} extra")


def _worst_start(wrong: Sequence[Note], last: float) -> float:
    """Where the excerpt with most wrong notes starts, in seconds; the first of several."""
    starts = np.arange(0.0, max(last - _SECONDS, 0.0) + _STEP, _STEP)
    onsets = np.array([note.onset for note in wrong])
    inside = [((onsets >= start) & (onsets < start + _SECONDS)).sum() for start in starts]
    return float(starts[int(np.argmax(inside))])


def _figure(rows: Sequence[Excerpt], system: str) -> "Figure":
    from matplotlib.figure import Figure

    height = len(rows) * _ROW + 0.9
    figure = Figure(figsize=(_WIDTH, height))
    figure.suptitle(printable_title(f"{system}: lowest COnPOff first"), fontsize=11, y=1 - 0.1 / height, va="top")
    figure.subplots_adjust(left=0.055, right=0.99, top=1 - 0.7 / height, bottom=0.72 / height, hspace=0.42)
    axes = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
    for axis, row in zip(axes, rows, strict=True):
        draw_row(axis, row.drawn, row.start)
        for note in set(row.drawn.picture.reference or ()).difference(row.drawn.missed):
            axis.add_patch(rectangle(note, facecolor="none", edgecolor=CURVE, linewidth=0.9, zorder=4))
        axis.set_title(printable_title(row.title), fontsize=9, loc="left", pad=3)
    axes[-1].set_xlabel("seconds")
    figure.legend(handles=_legend(), loc="lower left", ncols=4, fontsize=8, frameon=False, borderaxespad=0.2)
    return figure


def _legend() -> "list[Patch]":
    from matplotlib.patches import Patch

    return [
        Patch(facecolor="none", edgecolor=CURVE, label="true note"),
        Patch(facecolor=NOTE, alpha=0.8, label="found, onset and pitch right"),
        Patch(facecolor="none", edgecolor=MISSED, linestyle="--", label="missed: none has its onset and pitch"),
        Patch(facecolor=EXTRA, hatch="////", label="extra: no true one has its onset and pitch"),
    ]
