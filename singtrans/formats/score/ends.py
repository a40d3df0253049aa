"""Choice of the ends of notes in a score: at the next note, or earlier, where the following rest is easy to read.

Most notes are sung shorter than they are written. Therefore, positions on the grid near the sung end, up to the next
note, are compared. The cost of a position grows with its distance in time from the sung end, and with the number of
symbols that the note and the rest after it need. A rest also costs more if it is short or does not begin on a beat.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np

from singtrans.formats.score.values import QUARTER, STRAIGHT_STEP, split
from singtrans.melody.beats import Beats
from singtrans.melody.metre import Metre

_EARLY, _LATE = 0.08, 0.35  # seconds before and after the sung end at which a written end costs 1
_REST, _SYMBOL = 0.8, 0.5  # cost of a rest, and of each symbol after the first
_SHORT = 1.5  # cost of a rest shorter than an eighth note
_OFF_BEAT, _OFF_HALF = 0.4, 1.2  # cost of a rest that begins between beats, and between their halves
_STEP = QUARTER // 4  # divisions between places for ends; a sixteenth note
_LAST_BARS = 4  # only the last bars of a note are compared: the symbols in earlier bars do not depend on its end
_REACH = 2 * QUARTER  # divisions from the sung end within which places are compared


def written_ends(starts: Sequence[Fraction], offsets: Sequence[float], beats: Beats) -> tuple[Fraction, ...]:
    """Choose the ends of notes in a score, in quarter notes like ``starts``.

    Args:
        starts: start of each note, in quarter notes since the first bar line of the beats; ascending.
        offsets: (notes,) end of each note in seconds: the time at which a score would end the note if that is known,
            otherwise the sung end.
        beats: the beats.
    """
    sung = (beats.position(np.array(offsets, float)) * QUARTER).tolist()
    at = [round(start * QUARTER) for start in starts]
    found = []
    for (start, following), offset, position in zip(pairwise([*at, None]), offsets, sung, strict=True):
        assert start is not None
        places = _places(start, position, following)
        seconds = beats.seconds(np.array(places) / QUARTER).tolist()
        costs = [
            _distance(second - offset) + _complexity(start, place, following, beats.metre)
            for place, second in zip(places, seconds, strict=True)
        ]
        found.append(Fraction(places[int(np.argmin(costs))], QUARTER))
    return tuple(found)


def _places(start: int, position: float, following: int | None) -> list[int]:
    """Return the divisions at which a note could end; the start of the next note is one of them if it is near."""
    first = max(start + 1, int(position) - _REACH)
    last = int(max(position, start)) + _REACH
    places = range(-(-first // _STEP) * _STEP, last + 1, _STEP)
    if following is None:
        return list(places)
    near = {place for place in places if place < following}
    return sorted(near | {following} if following <= last + _REACH or not near else near)


def _distance(late: float) -> float:
    """Return the cost of an end that lies ``late`` seconds after the sung end."""
    return (late / (_LATE if late > 0 else _EARLY)) ** 2


def _complexity(start: int, end: int, following: int | None, metre: Metre) -> float:
    cost = _SYMBOL * (_symbols(start, end, metre, rest=False) - 1)
    bar = _bar_length(metre)
    rest_end = -(-end // bar) * bar if following is None else following
    if rest_end == end:
        return cost
    cost += _REST + _SYMBOL * (_symbols(end, min(rest_end, end + 2 * bar), metre, rest=True) - 1)
    beat = int(metre.beat * QUARTER)
    half = QUARTER // 2 if metre.is_compound else max(beat // 2, 1)
    cost += 0 if end % beat == 0 else _OFF_BEAT if end % half == 0 else _OFF_HALF
    return cost + (_SHORT if rest_end - end < QUARTER // 2 else 0)


def _symbols(start: int, end: int, metre: Metre, rest: bool) -> int:
    """Return the number of symbols that the last bars of a note or a rest need; triplets are not considered."""
    bar = _bar_length(metre)
    start = max(start, (end // bar - _LAST_BARS) * bar)
    line = start // bar * bar
    return _symbols_in(start - line, end - line, metre, rest)


@lru_cache(maxsize=4096)
def _symbols_in(start: int, end: int, metre: Metre, rest: bool) -> int:
    """Return the number of symbols that a note or a rest needs if it starts in the first bar."""
    bar = _bar_length(metre)
    start, end = (round(place / STRAIGHT_STEP) * STRAIGHT_STEP for place in (start, end))
    cuts = sorted({start, end, *range((start // bar + 1) * bar, end, bar)})
    return sum(
        len(split(begin % bar, begin % bar + until - begin, metre, rest=rest)) for begin, until in pairwise(cuts)
    )


@cache
def _bar_length(metre: Metre) -> int:
    """Return the length of a bar in divisions."""
    return int(metre.bar * QUARTER)
