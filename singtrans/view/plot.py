"""Plots of transcriptions, divided into rows and pages: the spectrogram, the notes as boxes, and the pitch track.

A PDF contains all pages. For .png and .svg, each page is a separate file. Plots need the extra ``plot``.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from singtrans.audio.spectrogram import Spectrogram, spectrogram
from singtrans.errors import UsageError
from singtrans.extras import need
from singtrans.files import whole_file
from singtrans.messages import printable_title
from singtrans.notes import Note, Transcription
from singtrans.view.pages import PAGE_ROWS, Pages, divide
from singtrans.view.rows import CURVE, EXTRA, FILL, MISSED, NOTE, Row, draw_row

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.typing import RcKeyType

KINDS = ("png", "svg", "pdf")

STYLE: "dict[RcKeyType, Any]" = {"svg.fonttype": "none", "svg.hashsalt": "singtrans", "font.size": 9}
"""Settings of matplotlib. In SVG files, text is not converted to outlines, and a fixed salt makes ids reproducible."""

DOTS = 150
"""Resolution of a .png in dots per inch."""

_WIDTH, _ROW, _EDGES = 11.69, 1.84, 0.9  # inches: four rows fill a landscape page of A4
_LEFT, _RIGHT = 0.05, 0.985  # edges of the rows, relative to the width
_TITLE = 0.36  # inches above the first row
_GAP = 0.4  # inches between rows, for the numbers of the axis
_MARGIN = 9.0  # semitones of the spectrogram above and below the notes


@dataclass(frozen=True, slots=True)
class Picture:
    """Content of a plot.

    Attributes:
        transcription: the notes, and the pitch track if there is one.
        audio: the recording, for the spectrogram; None for no spectrogram.
        reference: reference notes to compare with; None for no comparison.
        row_seconds: length of a row in seconds; None to choose it by the length of the recording.
    """

    transcription: Transcription
    audio: Path | None = None
    reference: tuple[Note, ...] | None = None
    row_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture, and the data that are drawn in its rows.

    Attributes:
        picture: the picture.
        extra: indices of the found notes that match no reference note.
        missed: reference notes that match no found note.
        background: spectrogram; None to draw none.
        pages: division into rows and pages.
    """

    picture: Picture
    extra: frozenset[int]
    missed: tuple[Note, ...]
    background: Spectrogram | None
    pages: Pages

    def row(self, start: float, stop: float, *, on_rows: bool = True) -> Row:
        """Return the row between two times in seconds."""
        found = self.picture.transcription
        return Row(start, stop, found.notes, self.extra, self.missed, found.pitch, self.background, on_rows)


def files_of(path: Path, pages: int) -> list[Path]:
    """Return the paths of a plot: ``path`` for one page or a PDF, else ``song-1.png``, ``song-2.png`` and so on."""
    if pages == 1 or path.suffix.lower() == ".pdf":
        return [path]
    digits = len(str(pages))
    return [path.with_name(f"{path.stem}-{number:0{digits}}{path.suffix}") for number in range(1, pages + 1)]


def plot(picture: Picture, path: Path, *, overwrite: bool = True) -> list[Path]:
    """Draw one .pdf, or a .png or .svg for each page, and return the paths of the files.

    Raises:
        UsageError: if ``path`` has another suffix, a file exists and ``overwrite`` is False, or matplotlib is not
            installed.
        InputError: if the recording cannot be read, or a file cannot be written.
    """
    kind = path.suffix[1:].lower()
    if kind not in KINDS:
        raise UsageError(f"{path}: pictures are .png, .svg or .pdf")
    need("matplotlib", "plot", "plotting")
    import matplotlib as mpl

    layout = lay_out(picture)
    targets = files_of(path, layout.pages.count)
    if not overwrite and (there := [target for target in targets if target.exists()]):
        raise UsageError(f"{there[0]} already exists; use --overwrite, or choose another name with -o")
    with mpl.rc_context(STYLE):
        figures = _figures(layout)
        if kind == "pdf":
            _pdf(figures, path, overwrite)
            return targets
        metadata = {"Date": None} if kind == "svg" else None
        for target, figure in zip(targets, figures, strict=True):
            with whole_file(target, overwrite=overwrite) as file:
                figure.savefig(file, format=kind, dpi=DOTS, metadata=metadata)
    return targets


def _pdf(figures: "Iterator[Figure]", path: Path, overwrite: bool) -> None:
    from matplotlib.backends.backend_pdf import PdfPages

    with (
        whole_file(path, overwrite=overwrite) as file,
        PdfPages(file, metadata={"CreationDate": None}) as pages,
    ):
        for figure in figures:
            pages.savefig(figure)


def lay_out(picture: Picture) -> Layout:
    """Compare the notes with the reference, and divide the recording into rows and pages."""
    notes, reference = picture.transcription.notes, picture.reference
    extra: frozenset[int] = frozenset()
    missed: tuple[Note, ...] = ()
    if reference is not None:
        matched = _matched(reference, notes)
        extra = frozenset(range(len(notes))) - set(matched.values())
        missed = tuple(note for number, note in enumerate(reference) if number not in matched)
    track = picture.transcription.pitch
    sung = np.array([note.pitch for note in (*notes, *missed)] or [60.0])
    lowest, highest = float(sung.min()) - _MARGIN, float(sung.max()) + _MARGIN
    background = spectrogram(picture.audio, lowest, highest) if picture.audio else None
    ends = [note.offset for note in (*notes, *missed)]
    ends += [picture.transcription.duration, float(track.time[-1]) if len(track) else 0.0]
    ends += [background.duration] if background else []
    return Layout(picture, extra, missed, background, divide(max(ends), picture.row_seconds))


def _matched(reference: Sequence[Note], notes: Sequence[Note]) -> dict[int, int]:
    """Map indices of reference notes to indices of matching notes (onset within 50 ms, pitch within 50 cents)."""
    if not reference or not notes:
        return {}
    transcription = need("mir_eval.transcription", "evaluate", "comparing notes")

    from singtrans.pitch import midi_to_hz

    def arrays(some: Sequence[Note]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([(n.onset, n.offset) for n in some]), midi_to_hz(np.array([n.pitch for n in some]))

    pairs = transcription.match_notes(*arrays(reference), *arrays(notes), offset_ratio=None)
    return dict(pairs)


def _figures(layout: Layout) -> "Iterator[Figure]":
    """Yield a figure for each page; only one is in memory at a time."""
    from matplotlib.figure import Figure

    pages = layout.pages
    room = min(PAGE_ROWS, pages.rows)
    height = room * _ROW + _EDGES
    for page in range(pages.count):
        figure = Figure(figsize=(_WIDTH, height))
        name = printable_title(layout.picture.transcription.audio)
        title = f"{name} ({page + 1} of {pages.count})" if pages.count > 1 else name
        figure.suptitle(title, fontsize=11, y=1 - 0.12 / height, va="top")
        for number, (start, stop) in enumerate(pages.on_page(page)):
            width = (_RIGHT - _LEFT) * (stop - start) / pages.row_seconds
            bottom = height - _TITLE - (number + 1) * _ROW + _GAP
            axis = figure.add_axes((_LEFT, bottom / height, min(width, _RIGHT - _LEFT), (_ROW - _GAP) / height))
            draw_row(axis, layout.row(start, stop))
            _clock(axis, pages.duration)
            if number == len(pages.on_page(page)) - 1:
                axis.set_xlabel("time" if pages.duration > 60 else "seconds", fontsize=8, labelpad=1)
        _legend(figure, layout)
        yield figure


def _clock(axis: "Axes", duration: float) -> None:
    """Label the time axis in minutes and seconds if the recording is longer than a minute."""
    if duration <= 60:
        return
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.xaxis.set_major_locator(MaxNLocator(nbins=16, steps=[1, 2, 3, 5, 10], integer=True))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{int(seconds) // 60}:{int(seconds) % 60:02}"))


def _legend(figure: "Figure", layout: Layout) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Artist] = [
        Patch(facecolor=FILL, edgecolor=NOTE, alpha=0.9, label="note, certain"),
        Patch(facecolor=FILL, edgecolor=NOTE, alpha=0.3, label="unsure"),
    ]
    if len(layout.picture.transcription.pitch):
        handles.append(Line2D([], [], color=CURVE, linewidth=1.0, label="sung pitch"))
    if layout.picture.reference is not None:
        handles.append(
            Patch(facecolor="none", edgecolor=MISSED, linestyle="--", label=f"missed ({len(layout.missed)})")
        )
        handles.append(Patch(facecolor=EXTRA, hatch="////", label=f"extra ({len(layout.extra)})"))
    figure.legend(handles=handles, loc="lower left", ncols=len(handles), fontsize=8, frameon=False, borderaxespad=0.2)
