"""Division of a melody into phrases at the singer's breaths.

The voice stops between many notes, for a consonant or to separate the notes. A breath takes longer than the usual gap
in the song, and often follows a long note. Usually, there is a breath every few seconds. All breaths are chosen
jointly, by dynamic programming.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from singtrans.notes import Note

SHORTEST_BREATH = 0.1
"""Length of the shortest gap that can be a breath, in seconds."""

_BREATH = 0.17  # seconds; length of a gap that is a breath with a probability of 0.5
_USUAL = 1.6  # the same limit as a multiple of the song's median gap
_GAP = 0.1  # seconds; a gap longer by this has e times the odds of a breath
_MOST = 3.0  # largest log odds from a gap
_LONG = 0.5  # log odds of a breath per octave that a note is longer than the median
_PHRASE, _PHRASE_OCTAVES = 4.0, 1.0  # usual length of a phrase in seconds, and its standard deviation in octaves
_REACH = 80  # largest number of possible breaths within a phrase


def find_breaths(notes: Sequence[Note]) -> tuple[bool, ...]:
    """Return for each note whether the singer breathes after it; the value of the last note is always False.

    Args:
        notes: notes with their sung ends, in time order and without overlaps.
    """
    if len(notes) < 2:
        return (False,) * len(notes)
    odds = _log_odds(notes)
    onsets = np.array([note.onset for note in notes])
    ends = np.array([note.offset for note in notes])
    places = [-1, *np.flatnonzero(np.isfinite(odds)).tolist(), len(notes) - 1]  # last notes of possible phrases
    best, source = [0.0], [0]
    for number, place in enumerate(places[1:], 1):
        first = max(0, number - _REACH)
        starts = onsets[np.array(places[first:number]) + 1]
        fit = -0.5 * (np.log2(np.maximum(ends[place] - starts, 0.1) / _PHRASE) / _PHRASE_OCTAVES) ** 2
        totals = np.array(best[first:number]) + fit
        chosen = int(totals.argmax())
        source.append(first + chosen)
        best.append(float(totals[chosen]) + (odds[place] if place + 1 < len(notes) else 0.0))
    breaths = np.zeros(len(notes), bool)
    number = source[-1]
    while number > 0:
        breaths[places[number]] = True
        number = source[number]
    return tuple(breaths.tolist())


def _log_odds(notes: Sequence[Note]) -> np.ndarray:
    """Compute (notes - 1,) log odds of a breath after each note; -inf where the gap is too short for a breath."""
    gaps = np.array([after.onset - before.offset for before, after in pairwise(notes)])
    lengths = np.array([note.duration for note in notes[:-1]])
    least = max(_BREATH, _USUAL * float(np.median(gaps)))
    odds = np.minimum((gaps - least) / _GAP, _MOST)
    odds += _LONG * np.clip(np.log2(lengths / np.median(lengths)), -1, 1)
    return np.where(gaps < SHORTEST_BREATH, -np.inf, odds)
