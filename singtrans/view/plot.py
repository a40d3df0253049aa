"""Plots: notes as boxes over the pitch track and the spectrogram, in several rows (extra ``plot``).

Colours are from the palette of Okabe and Ito, which is safe for colour-blind readers. No information depends on
colour alone: missed notes are dashed outlines, extra notes are hatched, and darker means more certain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from singtrans.audio.spectrogram import Spectrogram, spectrogram
from singtrans.errors import InputError, UsageError
from singtrans.extras import need
from singtrans.files import whole_file
from singtrans.messages import printable_title
from singtrans.notes import Note, Transcription
from singtrans.pitch import note_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle
    from matplotlib.typing import RcKeyType

KINDS = ("png", "svg", "pdf")
NOTE, CURVE, MISSED, EXTRA = "#0072B2", "#000000", "#D55E00", "#E69F00"
"""Colours of found notes, the pitch track, missed notes and extra notes."""

STYLE: "dict[RcKeyType, Any]" = {"svg.fonttype": "none", "svg.hashsalt": "singtrans", "font.size": 9}
"""Text in SVG stays text, which is small and searchable; a fixed salt makes the output reproducible."""

_WIDTH, _ROW = 11.0, 1.9  # inches
_PAGE_ROWS = 6  # on a PDF page
_MARGIN = 2.5  # semitones above and below the notes


@dataclass(frozen=True, slots=True)
class Picture:
    """Content of a plot.

    Attributes:
        transcription: the notes, and the pitch track if there is one.
        audio: the recording, for the spectrogram; None for no spectrogram.
        reference: reference notes to compare with; None for no comparison.
        row_seconds: seconds per row.
    """

    transcription: Transcription
    audio: Path | None = None
    reference: tuple[Note, ...] | None = None
    row_seconds: float = 15.0


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture with what its rows need: extra and missed notes, the background, and the ranges of the axes."""

    picture: Picture
    extra: frozenset[int]
    missed: tuple[Note, ...]
    background: Spectrogram | None
    lowest: float
    highest: float
    duration: float


def plot(picture: Picture, path: Path, *, overwrite: bool = True) -> Path:
    """Draw a .png, .svg or .pdf file; a PDF has pages of six rows, the others one tall picture.

    Raises:
        UsageError: if the suffix is another one, or matplotlib is not installed.
        InputError: if the recording cannot be read, or the file cannot be written.
    """
    kind = path.suffix[1:].lower()
    if kind not in KINDS:
        raise UsageError(f"{path}: pictures are .png, .svg or .pdf")
    need("matplotlib", "plot", "plotting")
    import matplotlib as mpl

    layout = lay_out(picture)
    rows = max(1, int(np.ceil(layout.duration / picture.row_seconds - 1e-9)))
    with mpl.rc_context(STYLE):
        if kind == "pdf":
            _pdf(layout, rows, path, overwrite)
        else:
            if rows * _ROW * 130 > 60_000:
                raise InputError(f"{path}: {rows} rows are too many for one picture; use .pdf or longer rows.")
            figure = _figure(layout, range(rows), rows)
            metadata = {"Date": None} if kind == "svg" else None
            with whole_file(path, overwrite=overwrite) as file:
                figure.savefig(file, format=kind, dpi=130, metadata=metadata)
    return path


def _pdf(layout: Layout, rows: int, path: Path, overwrite: bool) -> None:
    from matplotlib.backends.backend_pdf import PdfPages

    with (
        whole_file(path, overwrite=overwrite) as file,
        PdfPages(file, metadata={"CreationDate": None}) as pages,
    ):
        for first in range(0, rows, _PAGE_ROWS):
            shown = range(first, min(first + _PAGE_ROWS, rows))
            pages.savefig(_figure(layout, shown, _PAGE_ROWS if rows > _PAGE_ROWS else rows))


def lay_out(picture: Picture) -> Layout:
    """Compare the notes with the reference, and compute the range and length of the rows."""
    notes, reference = picture.transcription.notes, picture.reference
    extra: frozenset[int] = frozenset()
    missed: tuple[Note, ...] = ()
    if reference is not None:
        matched = _matched(reference, notes)
        extra = frozenset(range(len(notes))) - set(matched.values())
        missed = tuple(note for number, note in enumerate(reference) if number not in matched)
    track = picture.transcription.pitch
    sung = np.array([note.pitch for note in (*notes, *missed)] or [60.0])
    lowest, highest = sung.min() - _MARGIN, sung.max() + _MARGIN
    if highest - lowest < 12:
        middle = (highest + lowest) / 2
        lowest, highest = middle - 6, middle + 6
    background = spectrogram(picture.audio, lowest, highest) if picture.audio else None
    ends = [note.offset for note in (*notes, *missed)]
    ends += [picture.transcription.duration, float(track.time[-1]) if len(track) else 0.0]
    ends += [background.duration] if background else []
    return Layout(picture, extra, missed, background, lowest, highest, max(ends))


def _matched(reference: Sequence[Note], notes: Sequence[Note]) -> dict[int, int]:
    """Map indices of reference notes to those of matching notes (onset within 50 ms, pitch within 50 cents)."""
    if not reference or not notes:
        return {}
    transcription = need("mir_eval.transcription", "evaluate", "comparing notes")

    from singtrans.pitch import midi_to_hz

    def arrays(some: Sequence[Note]) -> tuple[np.ndarray, np.ndarray]:
        return np.array([(n.onset, n.offset) for n in some]), midi_to_hz(np.array([n.pitch for n in some]))

    pairs = transcription.match_notes(*arrays(reference), *arrays(notes), offset_ratio=None)
    return dict(pairs)


def _figure(layout: Layout, rows: range, room: int) -> "Figure":
    from matplotlib.figure import Figure

    height = room * _ROW + 0.9
    figure = Figure(figsize=(_WIDTH, height))
    figure.suptitle(printable_title(layout.picture.transcription.audio), fontsize=11, y=1 - 0.12 / height, va="top")
    figure.subplots_adjust(left=0.055, right=0.99, top=1 - 0.42 / height, bottom=0.48 / height, hspace=0.28)
    axes = figure.subplots(room, 1, squeeze=False)[:, 0]
    for index, axis in enumerate(axes):
        if index < len(rows):
            draw_row(axis, layout, rows[index] * layout.picture.row_seconds)
        else:
            axis.set_axis_off()
    axes[len(rows) - 1].set_xlabel("seconds")
    _legend(figure, layout)
    return figure


def draw_row(axis: "Axes", layout: Layout, start: float) -> None:
    """Draw one row: background, pitch track, notes with names, and missed notes."""
    stop = start + layout.picture.row_seconds
    if layout.background is not None:
        _background(axis, layout.background, start, stop)
    size = 7 if layout.highest - layout.lowest < 26 else 5.5
    style: dict[str, Any] = {"fontsize": size, "va": "bottom", "ha": "left", "clip_on": True, "zorder": 6}
    for number, note in enumerate(layout.picture.transcription.notes):
        if note.onset < stop and note.offset > start:
            _box(axis, note, number in layout.extra)
            if note.onset >= start:
                axis.text(
                    *(note.onset, note.pitch + 0.62, note.name),
                    **style,
                    bbox={"facecolor": "white", "alpha": 0.65, "edgecolor": "none", "pad": 0.3},
                )
    for note in layout.missed:
        if note.onset < stop and note.offset > start:
            axis.add_patch(rectangle(note, facecolor="none", edgecolor=MISSED, linestyle="--", linewidth=1.6, zorder=5))
    track = layout.picture.transcription.pitch
    low, high = np.searchsorted(track.time, (start, stop))
    axis.plot(track.time[low:high], track.midi[low:high], color=CURVE, linewidth=1.0, zorder=4)
    axis.set_xlim(start, stop)
    axis.set_ylim(layout.lowest, layout.highest)
    pitches = range(int(np.ceil(layout.lowest)), int(np.floor(layout.highest)) + 1)
    shown = [p for p in pitches if p % 12 in (0, 2, 4, 5, 7, 9, 11)]
    axis.set_yticks(shown if len(shown) <= 14 else [p for p in pitches if p % 12 in (0, 5, 9)])
    axis.set_yticklabels([note_name(int(p)) for p in axis.get_yticks()], fontsize=7)
    axis.tick_params(axis="x", labelsize=8)
    axis.grid(axis="y", linewidth=0.3, color="#888888", alpha=0.5)


def _background(axis: "Axes", background: Spectrogram, start: float, stop: float) -> None:
    frames = background.level.shape[1]
    seconds = background.duration / frames
    low, high = max(0, int(start / seconds)), min(frames, int(np.ceil(stop / seconds)) + 1)
    style: dict[str, Any] = {"aspect": "auto", "cmap": "Greys", "vmin": 0.25, "vmax": 1.9, "zorder": 0}
    if low < high:
        axis.imshow(
            background.level[:, low:high],
            origin="lower",
            **style,
            extent=((low - 0.5) * seconds, (high - 0.5) * seconds, background.lowest, background.highest),
        )


def _box(axis: "Axes", note: Note, extra: bool) -> None:
    """Draw a found note: darker with more confidence, hatched if it is extra."""
    from matplotlib.colors import to_rgba

    colour = EXTRA if extra else NOTE
    axis.add_patch(
        rectangle(
            note,
            facecolor=to_rgba(colour, 0.12 + 0.68 * note.confidence),
            edgecolor=colour,
            linewidth=1.0,
            hatch="////" if extra else None,
            zorder=3,
        )
    )


def rectangle(note: Note, **style: Any) -> "Rectangle":
    """Make the box of a note, a semitone high."""
    from matplotlib.patches import Rectangle

    return Rectangle((note.onset, note.pitch - 0.5), note.duration, 1.0, **style)


def _legend(figure: "Figure", layout: Layout) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Artist] = [
        Patch(facecolor=NOTE, alpha=0.8, label="note, certain"),
        Patch(facecolor=NOTE, alpha=0.2, label="unsure"),
    ]
    if len(layout.picture.transcription.pitch):
        handles.append(Line2D([], [], color=CURVE, linewidth=1.0, label="sung pitch"))
    if layout.picture.reference is not None:
        handles.append(
            Patch(facecolor="none", edgecolor=MISSED, linestyle="--", label=f"missed ({len(layout.missed)})")
        )
        handles.append(Patch(facecolor=EXTRA, hatch="////", label=f"extra ({len(layout.extra)})"))
    figure.legend(handles=handles, loc="lower left", ncols=len(handles), fontsize=8, frameon=False, borderaxespad=0.2)
