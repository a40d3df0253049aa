"""Division of a note or a rest inside a bar into note values that are easy to read.

A symbol must not hide the beats. A symbol may cover a position that is metrically stronger than both its start and its
end only in a plain syncopation, such as an eighth, a quarter and an eighth note in one half of a 4/4 bar. Of the
allowed divisions, the one with the fewest symbols is chosen.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from singtrans.melody.metre import Metre

QUARTER = 24
"""Number of divisions in a quarter note. A thirty-second note has 3, and a sixteenth note in a triplet has 4."""

STRAIGHT_STEP = 3
"""Number of divisions between allowed positions of notes outside triplets."""

TRIPLET_STEP = 2
"""Number of divisions between allowed positions of notes in triplets."""

_PLAIN = {192: "breve", 96: "whole", 48: "half", 24: "quarter", 12: "eighth", 6: "16th", 3: "32nd"}
_DOTTED = {length * 3 // 2: name for length, name in _PLAIN.items() if length * 3 % 2 == 0}
_HALF, _BEAT, _EIGHTH = 1, 2, 3  # levels of positions in a bar: 0 is the bar line
_NOTHING = 99  # level that stands for no position
_CUT = 0.01  # cost of a cut at a weak position, per level
_SYNCOPATION = 0.005  # cost of a symbol that covers a stronger position than its start


@dataclass(frozen=True, slots=True)
class Value:
    """A note value.

    Attributes:
        length: length in divisions.
        type: MusicXML's name of the note value.
        dots: number of dots, 0 or 1.
    """

    length: int
    type: str
    dots: int


_Levels = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class _Bar:
    """Properties of a bar that determine where notes and rests are divided.

    Attributes:
        level: function that returns the metrical weakness of a position; 0 for the strongest position.
        step: number of divisions between positions.
        rest: whether a rest is divided; False for a note.
        compound: whether beats have three parts.
    """

    level: _Levels
    step: int
    rest: bool
    compound: bool


@cache
def split(start: int, end: int, metre: Metre, *, rest: bool = False) -> tuple[Value, ...]:
    """Divide a note or a rest that is inside one bar and outside triplets into note values.

    Args:
        start, end: divisions since the bar line; multiples of `STRAIGHT_STEP`.
        metre: the metre.
        rest: whether a rest is divided; rests show every beat.
    """
    lengths = {length: Value(length, name, 0) for length, name in _PLAIN.items()}
    if not rest or metre.is_compound:
        lengths |= {length: Value(length, name, 1) for length, name in _DOTTED.items()}
    bar = _Bar(_bar_levels(metre), STRAIGHT_STEP, rest, metre.is_compound)
    return _fewest(start, end, lengths, bar)


@cache
def split_triplet(start: int, end: int, window: int, *, rest: bool = False) -> tuple[Value, ...]:
    """Divide a note or a rest that is inside one triplet into note values.

    Args:
        start, end: divisions since the beginning of the triplet; multiples of `TRIPLET_STEP`.
        window: length of the triplet in divisions.
        rest: whether a rest is divided.
    """
    both = [(_PLAIN, 0)] if rest else [(_PLAIN, 0), (_DOTTED, 1)]
    lengths = {
        length * 2 // 3: Value(length * 2 // 3, name, dots)
        for names, dots in both
        for length, name in names.items()
        if length * 2 % 3 == 0
    }
    return _fewest(start, end, lengths, _Bar(_triplet_levels(window), TRIPLET_STEP, rest, False))


@cache
def _bar_levels(metre: Metre) -> _Levels:
    """Return a function that computes the metrical weakness of a position in a bar; the weakness of a bar line is 0."""
    beat, unit = int(metre.beat * QUARTER), int(metre.unit * QUARTER)
    bar = int(metre.bar * QUARTER)
    has_half = metre.beats == 4 or (metre.beats == 6 and not metre.is_compound)

    def level(position: int) -> int:
        within = position % bar
        if within == 0:
            return 0
        if has_half and within == bar // 2:
            return _HALF
        if within % beat == 0:
            return _BEAT
        step, weakness = (unit, _EIGHTH + 1) if metre.is_compound else (beat // 2, _EIGHTH)
        while within % step and step > 1:
            step, weakness = step // 2, weakness + 1
        return weakness

    return level


@cache
def _triplet_levels(window: int) -> _Levels:
    def level(position: int) -> int:
        if position % window == 0:
            return 0
        step, weakness = window // 3, _EIGHTH
        while position % step and step > 1:
            step, weakness = step // 2, weakness + 1
        return weakness

    return level


def _fewest(start: int, end: int, lengths: dict[int, Value], bar: _Bar) -> tuple[Value, ...]:
    """Find the cheapest sequence of note values from ``start`` to ``end`` by dynamic programming."""
    costs: dict[int, float] = {start: 0.0}
    last: dict[int, Value] = {}
    for now in range(start, end, bar.step):
        if now not in costs:
            continue
        for length, value in lengths.items():
            after = now + length
            if after > end or not _shows_beats(now, after, bar):
                continue
            cost = costs[now] + 1 + _SYNCOPATION * (_strongest(now, after, bar) < bar.level(now))
            cost += _CUT * bar.level(after) if after < end else 0
            if cost <= costs.get(after, math.inf):  # of equally cheap cuts, prefer the one with a short last symbol
                costs[after], last[after] = cost, value
    found: list[Value] = []
    while end > start:
        found.append(last[end])
        end -= last[end].length
    return tuple(reversed(found))


def _strongest(start: int, end: int, bar: _Bar) -> int:
    """Return the level of the strongest position inside a symbol, without its start and its end."""
    return min((bar.level(position) for position in range(start + bar.step, end, bar.step)), default=_NOTHING)


def _shows_beats(start: int, end: int, bar: _Bar) -> bool:
    """Return whether a symbol from ``start`` to ``end`` is allowed: it must not hide the beats."""
    inside = [bar.level(position) for position in range(start + bar.step, end, bar.step)]
    strongest, before, after = _strongest(start, end, bar), bar.level(start), bar.level(end)
    if bar.rest:
        return strongest > before and (strongest > after or (bar.compound and strongest == after))
    if bar.compound and strongest <= _BEAT:
        return max(before, after) <= _BEAT
    if min(before, after) <= strongest:
        return True
    return max(before, after) - strongest == 1 and inside.count(strongest) == 1
