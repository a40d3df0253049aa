"""MIDI pitch bends that follow the sung pitch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.notes import Note, PitchTrack

_STEP = 0.01  # seconds between the points of a curve before the number of points is reduced
_MOST = 100_000  # largest number of points, enough for a quarter of an hour; only damaged files have longer notes
_THIN = 0.04  # largest deviation from the curve in semitones
_CENTRE = 8192
_WIDEST = 24  # semitones; largest range that all synthesisers support


@dataclass(frozen=True, slots=True)
class Bend:
    """A movement of the pitch wheel at ``seconds``, to ``semitones`` above the note's integer MIDI number."""

    seconds: float
    semitones: float


def bends(note: Note, track: PitchTrack) -> list[Bend]:
    """Compute the pitch bends with which a note follows the sung pitch.

    The first bend is at the onset. A further bend is added only where the sung pitch is more than 4 cents from the last
    bend. Across unvoiced frames, the sung pitch is interpolated. A note without voiced frames has one bend, to its
    fractional pitch.

    Args:
        note: note with times relative to the start of the recording.
        track: pitch track of the recording.
    """
    first, last = np.searchsorted(track.time, (note.onset, note.offset))
    # Frames outside the note are not used, because they belong to other notes.
    time, midi = np.asarray(track.time[first:last], float), np.asarray(track.midi[first:last], float)
    voiced = np.isfinite(midi) & (np.abs(midi - note.pitch) <= _WIDEST / 2)
    if not voiced.any():
        return [Bend(note.onset, _limited(note.pitch - note.note))]
    step = max(_STEP, note.duration / _MOST)
    points = note.onset + step * np.arange(max(1, math.ceil(note.duration / step - 1e-9)))
    curve = np.interp(points, time[voiced], midi[voiced]) - note.note
    found: list[Bend] = []
    for seconds, semitones in zip(points.tolist(), curve.tolist(), strict=True):
        if not found or abs(semitones - found[-1].semitones) > _THIN:
            found.append(Bend(seconds, _limited(semitones)))
    return found


def bend_range(curves: Sequence[Sequence[Bend]]) -> int:
    """Return the range of the wheel in semitones in each direction: 2, which is the default of MIDI, or more."""
    farthest = max((abs(bend.semitones) for curve in curves for bend in curve), default=0.0)
    return min(_WIDEST, max(2, math.ceil(farthest)))


def wheel(semitones: float, reach: int) -> int:
    """Return the value of the pitch wheel for mido, -8192 to 8191."""
    return max(-_CENTRE, min(_CENTRE - 1, round(semitones / reach * _CENTRE)))


def _limited(semitones: float) -> float:
    return max(-float(_WIDEST), min(float(_WIDEST), semitones))
