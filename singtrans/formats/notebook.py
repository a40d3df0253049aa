"""Picture of a transcription for notebooks: a piano roll with the pitch curve, as SVG in HTML."""

from html import escape

import numpy as np

from singtrans.notes import Transcription
from singtrans.pitch import note_name

_SECOND, _SEMITONE = 60.0, 8.0  # pixels
_LEFT, _TOP = 40.0, 18.0  # pixels; space for the names of notes and for the seconds
_LONGEST = 300.0  # largest length in seconds that is drawn
_MARGIN = 2  # semitones above the highest note and below the lowest one
_COLOUR, _CURVE, _LINE = "#4c78a8", "#d62728", "#dddddd"


def picture(transcription: Transcription) -> str:
    """Return HTML with the notes, the pitch curve and a caption."""
    duration = min(transcription.duration, _LONGEST)
    notes = [note for note in transcription.notes if note.onset < duration]
    low = min((note.note for note in notes), default=60) - _MARGIN
    high = max((note.note for note in notes), default=60) + _MARGIN

    def x(seconds: float) -> float:
        return round(_LEFT + _SECOND * seconds, 1)

    def y(midi: float) -> float:
        return round(_TOP + _SEMITONE * (high + 0.5 - midi), 1)

    width, height = x(duration) + 5, y(low - 0.5) + 5
    parts = []
    for midi in range(low, high + 1):
        if midi % 12 in (0, 4, 7):
            parts.append(f'<path d="M{_LEFT} {y(midi)}H{width}" stroke="{_LINE}"/>')
            parts.append(f'<text x="2" y="{y(midi) + 4}">{note_name(midi)}</text>')
    parts += [f'<text x="{x(second)}" y="12">{second} s</text>' for second in range(0, int(duration) + 1, 5)]
    for note in notes:
        shape = f'x="{x(note.onset)}" y="{y(note.note + 0.5)}" width="{round(_SECOND * note.duration, 1)}"'
        title = f"{note.name}, {note.onset:.2f} to {note.offset:.2f} s"
        parts.append(f'<rect {shape} height="{_SEMITONE}" fill="{_COLOUR}"><title>{title}</title></rect>')
    for times, pitches in _voiced(transcription, duration, low, high):
        points = " ".join(f"{x(t)},{y(m)}" for t, m in zip(times.tolist(), pitches.tolist(), strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{_CURVE}"/>')
    size = f'width="{width}" height="{height}" font-size="11" font-family="sans-serif"'
    caption = f"{escape(transcription.audio)}: {len(transcription.notes)} notes, {transcription.duration:.1f} s"
    if transcription.duration > duration:
        caption += f"; the first {duration:.0f} s are drawn"
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{"".join(parts)}</svg>'
    return f'<div style="overflow-x:auto">{svg}</div><p>{caption}</p>'


def _voiced(
    transcription: Transcription, duration: float, low: float, high: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the times and the pitches of each voiced section of the picture."""
    track = transcription.pitch
    with np.errstate(invalid="ignore"):
        inside = (track.midi > low - 0.5) & (track.midi < high + 0.5) & (track.time <= duration)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(int)))
    return [(track.time[a:b], track.midi[a:b]) for a, b in edges.reshape(-1, 2)]
