"""The sung pitch as MIDI pitch bends: range, curve, thinning."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.notes import Note, PitchTrack

_STEP = 0.01  # seconds between the points of a curve before it is thinned
_MOST = 100_000  # points of a curve, a quarter of an hour: only a damaged file has a longer note
_THIN = 0.04  # semitones that the wheel may be off the curve
_CENTRE = 8192
_WIDEST = 24  # semitones: what every synthesiser understands


@dataclass(frozen=True, slots=True)
class Bend:
    """A movement of the wheel: at ``seconds``, to ``semitones`` from the note's integer pitch."""

    seconds: float
    semitones: float


def bends(note: Note, track: PitchTrack) -> list[Bend]:
    """How the sung pitch of one note moves about its integer MIDI number, in as few steps as stay within 4 cents.

    The first movement is at the note's onset. In unvoiced frames the last bend holds. A note without voiced frames
    keeps its own fractional pitch.

    Args:
        note: whose onset and offset are on the recording's clock.
        track: the pitch over time.
    """
    first, last = np.searchsorted(track.time, (note.onset, note.offset))
    # Not the frames beyond either end: they belong to the neighbours.
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
    """Semitones that the whole wheel must reach to either side: 2, what MIDI means unless told, or more."""
    farthest = max((abs(bend.semitones) for curve in curves for bend in curve), default=0.0)
    return min(_WIDEST, max(2, math.ceil(farthest)))


def wheel(semitones: float, reach: int) -> int:
    """mido's value of the pitch wheel, -8192 to 8191."""
    return max(-_CENTRE, min(_CENTRE - 1, round(semitones / reach * _CENTRE)))


def _limited(semitones: float) -> float:
    return max(-float(_WIDEST), min(float(_WIDEST), semitones))
