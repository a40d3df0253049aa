"""Plot of the worst transcriptions: the passages with the most errors, with their true and found notes."""

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
from singtrans.view.plot import KINDS, STYLE, Layout, Picture, lay_out
from singtrans.view.rows import CURVE, EXTRA, FILL, MISSED, NOTE, draw_row, rectangle

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

MAX_ROWS = 4
"""Number of recordings in the plot."""

_FIGURE = "COnPOff.f_measure"
_SECONDS = 15.0  # per recording
_STEP = 0.5  # seconds between candidate excerpts
_WIDTH, _ROW = 11.0, 2.4  # inches


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A row of the plot.

    Attributes:
        layout: the notes, and which of them are missed or extra.
        start: start of the row in seconds.
        title: title of the row.
    """

    layout: Layout
    start: float
    title: str


def plot_worst(evaluation: Evaluation, path: Path) -> Path:
    """Draw the recordings with the lowest COnPOff. For each, draw the 15 s with the most missed and extra notes.

    Args:
        evaluation: scores of notes.
        path: path of a .png, .svg or .pdf. An existing file is replaced.

    Raises:
        UsageError: if ``path`` has another suffix, or matplotlib is not installed.
        InputError: if no notes were scored, or the file cannot be written.
    """
    kind = path.suffix[1:].lower()
    if kind not in KINDS:
        raise UsageError(f"{path}: pictures are .png, .svg or .pdf")
    need("matplotlib", "plot", "plotting")
    import matplotlib as mpl

    rows = worst(evaluation)
    if not rows:
        raise InputError(f"{path}: no recording has notes to draw; leave out the plot.")
    metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
    with mpl.rc_context(STYLE), whole_file(path) as file:
        _figure(rows, evaluation.system).savefig(file, format=kind, dpi=130, metadata=metadata)
    return path


def worst(evaluation: Evaluation) -> list[Excerpt]:
    """Return the rows for the recordings with the lowest scores, in order; recordings without notes are left out."""
    # If no estimate has notes, the figure is absent, and there is nothing to draw.
    files = [file for file in evaluation.files if _FIGURE in file.figures and (file.true_notes or file.found_notes)]
    files.sort(key=lambda file: (file.figures[_FIGURE], file.name))
    return [_excerpt(file) for file in files[:MAX_ROWS]]


def _excerpt(file: FileScores) -> Excerpt:
    nothing = np.zeros(0)
    transcription = Transcription(file.found_notes, PitchTrack(nothing, nothing, nothing), 0.0, audio=file.name)
    true = file.true_notes or ()
    layout = lay_out(Picture(transcription, None, true, _SECONDS))
    extra = [file.found_notes[number] for number in layout.extra]
    start = worst_start([*layout.missed, *extra], layout.pages.duration)
    score = file.figures[_FIGURE]
    title = f"{file.name}:  COnPOff {score:.3f};  without a match: {len(layout.missed)} of {len(true)} true notes,"
    return Excerpt(layout, start, f"{title} {len(extra)} of {len(file.found_notes)} found notes")


def worst_start(wrong: Sequence[Note], last: float) -> float:
    """Find the start in seconds of the excerpt with the most wrong notes; the first one if several have as many."""
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
        draw_row(axis, row.layout.row(row.start, row.start + _SECONDS, on_rows=False))
        for note in set(row.layout.picture.reference or ()).difference(row.layout.missed):
            axis.add_patch(rectangle(note, facecolor="none", edgecolor=CURVE, linewidth=0.9, zorder=4))
        axis.set_title(printable_title(row.title), fontsize=9, loc="left", pad=3)
    axes[-1].set_xlabel("seconds")
    figure.legend(handles=_legend(), loc="lower left", ncols=4, fontsize=8, frameon=False, borderaxespad=0.2)
    return figure


def _legend() -> "list[Patch]":
    from matplotlib.patches import Patch

    return [
        Patch(facecolor="none", edgecolor=CURVE, label="true note"),
        Patch(facecolor=FILL, edgecolor=NOTE, alpha=0.9, label="found note with the right onset and pitch"),
        Patch(facecolor="none", edgecolor=MISSED, linestyle="--", label="true note without a match in onset and pitch"),
        Patch(facecolor=EXTRA, hatch="////", label="found note without such a match"),
    ]
