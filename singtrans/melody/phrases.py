"""Phrases: after which notes a singer breathes, or ends a thought.

A singer stops between many notes, for a consonant or to separate them; a breath takes longer than the usual gap of the
song, often follows a long note, and comes every few seconds. The breaths are chosen together, by dynamic programming.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from singtrans.notes import Note

SHORTEST_BREATH = 0.1
"""Seconds; nobody breathes in a shorter gap."""

_BREATH = 0.17  # seconds; a gap of this length is as likely a breath as not
_USUAL = 1.6  # times the song's median gap; likewise
_GAP = 0.1  # seconds by which a longer gap makes a breath e times as likely
_MOST = 3.0  # the most that a gap counts, in log odds
_LONG = 0.5  # log odds of a breath per octave that a note is longer than the median
_PHRASE, _PHRASE_OCTAVES = 4.0, 1.0  # seconds and octaves: usual length of a phrase, and its standard deviation
_REACH = 80  # notes of the longest phrase that is considered between gaps


def find_breaths(notes: Sequence[Note]) -> tuple[bool, ...]:
    """Tell after which notes the singer breathes; never after the last one.

    Args:
        notes: in time order, not overlapping, with the ends that were sung.
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
    """Compute (notes - 1,) log odds of a breath after each note; -inf where there is no time for one."""
    gaps = np.array([after.onset - before.offset for before, after in pairwise(notes)])
    lengths = np.array([note.duration for note in notes[:-1]])
    least = max(_BREATH, _USUAL * float(np.median(gaps)))
    odds = np.minimum((gaps - least) / _GAP, _MOST)
    odds += _LONG * np.clip(np.log2(lengths / np.median(lengths)), -1, 1)
    return np.where(gaps < SHORTEST_BREATH, -np.inf, odds)
