"""One row of a plot: the spectrogram, the sung pitch, and the notes with their names.

Colours are from the palette of Okabe and Ito, which is safe for colour-blind readers. No information depends on
colour alone: notes are filled, missed notes are dashed outlines, extra notes are hatched, and unsure notes are pale.
The sung pitch is a black line with white edges. It is visible on notes and on the spectrogram, even without colours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from singtrans.audio.spectrogram import Spectrogram
from singtrans.notes import Note, PitchTrack
from singtrans.pitch import note_name
from singtrans.view.labels import Box, TextSize, place_labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle

NOTE, FILL, CURVE, MISSED, EXTRA = "#0072B2", "#56B4E9", "#000000", "#D55E00", "#E69F00"
"""Colours: edge of found notes, fill of found notes, pitch track, edge of missed notes, and fill of extra notes."""

_MARGIN = 2.5  # semitones above and below the notes
_NARROWEST = 12.0  # semitones of a row
_TEXT = 7.0  # points
_POINTS = 72.0  # per inch
_WIDE, _HIGH = 0.72, 1.25  # width of a character and height of a line, relative to the size of the text
_DARKEST = 1.3  # level at which the spectrogram would be black; its maximum is 1


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """Content of a row.

    Attributes:
        start, stop: start and end of the row in seconds.
        notes: notes of the recording in time order.
        extra: indices of the extra notes.
        missed: reference notes that were missed.
        track: pitch track.
        background: spectrogram; None to draw none.
        on_rows: whether the box of a note is drawn at the nearest semitone instead of the exact pitch.
    """

    start: float
    stop: float
    notes: Sequence[Note]
    extra: frozenset[int]
    missed: Sequence[Note]
    track: PitchTrack
    background: Spectrogram | None = None
    on_rows: bool = True

    def shown(self, note: Note) -> Note:
        """Return the note with the pitch at which its box is drawn."""
        return replace(note, pitch=float(note.note), tuning=0.0, moved=0) if self.on_rows else note

    def within(self, note: Note) -> bool:
        """Return whether a note is in this row."""
        return note.onset < self.stop and note.offset > self.start

    def pitches(self) -> tuple[float, float]:
        """Return the lower and the upper limit of the pitch axis, which are at least an octave apart."""
        inside = [self.shown(note).pitch for note in (*self.notes, *self.missed) if self.within(note)] or [60.0]
        lowest, highest = min(inside) - _MARGIN, max(inside) + _MARGIN
        more = max(0.0, _NARROWEST - (highest - lowest)) / 2
        return lowest - more, highest + more


def draw_row(axis: "Axes", row: Row) -> None:
    """Draw a row into axes whose size is final."""
    lowest, highest = row.pitches()
    axis.set_xlim(row.start, row.stop)
    axis.set_ylim(lowest, highest)
    if row.background is not None:
        _background(axis, row.background, row.start, row.stop)
    else:
        _black_keys(axis, lowest, highest)
    for number, note in enumerate(row.notes):
        if row.within(note):
            _box(axis, row.shown(note), number in row.extra)
    for note in filter(row.within, row.missed):
        outline = rectangle(
            row.shown(note), facecolor="none", edgecolor=MISSED, linestyle="--", linewidth=1.6, zorder=5
        )
        axis.add_patch(outline)
    _curve(axis, row)
    _names(axis, row)
    _scale(axis, lowest, highest)


def _curve(axis: "Axes", row: Row) -> None:
    low, high = np.searchsorted(row.track.time, (row.start, row.stop))
    time, midi = row.track.time[low:high], row.track.midi[low:high]
    axis.plot(time, midi, color="white", linewidth=2.6, alpha=0.8, zorder=4, solid_capstyle="round")
    axis.plot(time, midi, color=CURVE, linewidth=1.1, zorder=4.1, solid_capstyle="round")


def _names(axis: "Axes", row: Row) -> None:
    lowest, highest = axis.get_ylim()
    figure = axis.get_figure(root=True)
    assert figure is not None  # the axes belong to a figure
    place = axis.get_position()
    wide, high = place.width * figure.get_figwidth(), place.height * figure.get_figheight()
    seconds, semitones = (row.stop - row.start) / wide, (highest - lowest) / high  # per inch
    size = TextSize(_WIDE * _TEXT / _POINTS * seconds, _HIGH * _TEXT / _POINTS * semitones)
    inside = [note for note in row.notes if row.within(note)]
    shown = [row.shown(note) for note in inside]
    boxes = [Box(note.onset, note.offset, note.pitch - 0.5, note.pitch + 0.5) for note in shown]
    missed = [row.shown(note) for note in row.missed if row.within(note)]
    boxes += [Box(note.onset, note.offset, note.pitch - 0.5, note.pitch + 0.5) for note in missed]
    names = [note.name if note.onset >= row.start else "" for note in inside] + [""] * len(missed)
    order = sorted(range(len(boxes)), key=lambda index: boxes[index].left)
    places = place_labels(
        [names[i] for i in order], [boxes[i] for i in order], size, Box(row.start, row.stop, lowest, highest)
    )
    for index, found in zip(order, places, strict=True):
        if found and names[index]:
            axis.text(
                *(found.left, (found.bottom + found.top) / 2, names[index]),
                fontsize=_TEXT,
                va="center",
                ha="left",
                zorder=6,
                bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.2},
            )


def _scale(axis: "Axes", lowest: float, highest: float) -> None:
    pitches = range(int(np.ceil(lowest)), int(np.floor(highest)) + 1)
    shown = [p for p in pitches if p % 12 in (0, 2, 5, 7, 9)]  # the names of E and B would touch the names of F and C
    axis.set_yticks(shown if len(shown) <= 11 else [p for p in pitches if p % 12 in (0, 5, 9)])
    axis.set_yticklabels([note_name(int(p)) for p in axis.get_yticks()], fontsize=_TEXT)
    axis.tick_params(axis="x", labelsize=8)
    axis.grid(axis="y", linewidth=0.4, color="#777777", alpha=0.5)


def _black_keys(axis: "Axes", lowest: float, highest: float) -> None:
    for pitch in range(int(np.floor(lowest)), int(np.ceil(highest)) + 1):
        if pitch % 12 in (1, 3, 6, 8, 10):
            axis.axhspan(pitch - 0.5, pitch + 0.5, color="#f0f0f0", linewidth=0, zorder=0)


def _background(axis: "Axes", background: Spectrogram, start: float, stop: float) -> None:
    frames = background.level.shape[1]
    seconds = background.duration / frames
    low, high = max(0, int(start / seconds)), min(frames, int(np.ceil(stop / seconds)) + 1)
    style: dict[str, Any] = {
        "aspect": "auto",
        "interpolation": "bilinear",
        "cmap": "Greys",
        "vmin": 0.35,
        "vmax": _DARKEST,
        "zorder": 0,
    }
    if low < high:
        limits = axis.get_ylim()
        axis.imshow(
            background.level[:, low:high],
            origin="lower",
            **style,
            extent=((low - 0.5) * seconds, (high - 0.5) * seconds, background.lowest, background.highest),
        )
        axis.set_xlim(start, stop)
        axis.set_ylim(limits)


def _box(axis: "Axes", note: Note, extra: bool) -> None:
    """Draw a found note. The box is darker for a higher confidence, and hatched if the note is extra."""
    from matplotlib.colors import to_rgba

    colour, edge = (EXTRA, "#8A5F00") if extra else (FILL, NOTE)
    axis.add_patch(
        rectangle(
            note,
            facecolor=to_rgba(colour, 0.1 + 0.8 * note.confidence),
            edgecolor=edge,
            linewidth=1.2,
            hatch="////" if extra else None,
            zorder=3,
        )
    )


def rectangle(note: Note, **style: Any) -> "Rectangle":
    """Make the box of a note, which is a semitone high."""
    from matplotlib.patches import Rectangle

    return Rectangle((note.onset, note.pitch - 0.5), note.duration, 1.0, **style)
