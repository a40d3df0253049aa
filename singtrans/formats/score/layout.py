"""Division of notes on a grid into bars, and into symbols: note heads, rests, triplets and ties."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from singtrans.errors import InputError
from singtrans.formats.score.triplets import Triplet, fit
from singtrans.formats.score.values import QUARTER, Value, split, split_triplet
from singtrans.melody.metre import Metre

MOST_BARS = 5000  # more than two hours; without a limit, a damaged time would make millions of rests
REST = -1
"""The note number of a rest."""


@dataclass(frozen=True, slots=True)
class ScoreSymbol:
    """One note head or rest.

    Attributes:
        start: number of divisions after the first bar line.
        value: note value.
        note: index of the note in the transcription; `REST` for a rest.
        triplet: triplet that contains the symbol; None if there is none.
        tied: whether a tie leads to the next symbol.
        first: whether the symbol is the first one of its note.
    """

    start: int
    value: Value
    note: int
    triplet: Triplet | None
    tied: bool
    first: bool

    @property
    def end(self) -> int:
        """End of the symbol: number of divisions after the first bar line."""
        return self.start + self.value.length


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        number: the printed number; 0 for a pickup.
        start: number of divisions after the first bar line; negative for a pickup.
        length: number of divisions; smaller for a pickup, and often for the last bar of a song with a pickup.
        symbols: notes and rests that fill the bar; empty if nothing is sung in the bar.
    """

    number: int
    start: int
    length: int
    symbols: tuple[ScoreSymbol, ...]


def lay_out(starts: Sequence[Fraction], ends: Sequence[Fraction], metre: Metre) -> tuple[Bar, ...]:
    """Divide notes into bars; empty bars before the first note are left out.

    If the first note starts a beat or more after a bar line, and notes follow in other bars, the first bar is a pickup.
    In this case, the last bar is shortened by the length of the pickup, unless something is sung in the part that would
    be removed.

    Args:
        starts: start of each note, in quarter notes since a bar line.
        ends: end of each note, not later than the start of the next one.
        metre: metre of all bars.

    Raises:
        InputError: if there would be more than `MOST_BARS` bars.
    """
    length = int(metre.bar * QUARTER)
    origin = int(starts[0] // metre.bar) * length if starts else 0
    spans = [
        (round(start * QUARTER) - origin, round(end * QUARTER) - origin)
        for start, end in zip(starts, ends, strict=True)
    ]
    count = -(-spans[-1][1] // length) if spans else 1
    if count > MOST_BARS:
        raise InputError(f"the notes span {count} bars, too many for sheet music ({MOST_BARS}): correct their times.")
    spans, triplets = fit(spans, metre)
    first = _pickup_start(spans[0][0], triplets, metre) if count > 1 else 0
    if first:
        spans = [(start - length, end - length) for start, end in spans]
        triplets = tuple(Triplet(triplet.start - length, triplet.length) for triplet in triplets)
        first -= length
    return _bars(first, spans, triplets, metre)


def _pickup_start(start: int, triplets: Sequence[Triplet], metre: Metre) -> int:
    """Return where the first bar begins.

    If the first note starts less than a beat after the bar line, the first bar begins at the bar line. If the first
    note starts later, the first bar begins at this note, or at the triplet that contains this note.
    """
    if start < metre.beat * QUARTER:
        return 0
    return next((triplet.start for triplet in triplets if triplet.start < start < triplet.end), start)


def _bars(first: int, spans: Sequence[tuple[int, int]], triplets: Sequence[Triplet], metre: Metre) -> tuple[Bar, ...]:
    """Fill bars from ``first`` on with the notes and with rests between them."""
    length = int(metre.bar * QUARTER)
    stop = _end(first, spans[-1][1] if spans else 0, length, triplets)
    edges = sorted({edge for triplet in triplets for edge in (triplet.start, triplet.end)})
    symbols: dict[int, list[ScoreSymbol]] = {}
    now = first
    for number, (start, end) in enumerate([*spans, (stop, stop)]):
        for begin, until, note in ((now, start, REST), (start, end, number)):
            for part in _parts(begin, until, length, edges):
                found = symbols.setdefault(part[0] // length, [])
                triplet = _triplet_at(part[0], triplets)
                for at, value in _values(*part, triplet, metre, rest=note == REST):
                    tied = note != REST and at + value.length < until
                    found.append(ScoreSymbol(at, value, note, triplet, tied, at == begin))
        now = end
    bars = []
    for bar in range(first // length, -(-stop // length)):
        begin, found = max(first, bar * length), symbols.get(bar, [])
        sung = any(symbol.note != REST for symbol in found)
        bars.append(Bar(bar + 1, begin, min((bar + 1) * length, stop) - begin, tuple(found) if sung else ()))
    return tuple(bars)


def _end(first: int, sung: int, bar: int, triplets: Sequence[Triplet]) -> int:
    """Return where the last bar ends.

    Without a pickup, the last bar is complete. With a pickup, it is shorter by the length of the pickup, unless
    something is sung in the part that would be removed.
    """
    stop = max(bar, -(-sung // bar) * bar)
    short = stop - -first % bar
    last = triplets[-1].end if triplets else 0
    return short if max(sung, last) <= short else stop


def _parts(start: int, end: int, bar: int, edges: Sequence[int]) -> list[tuple[int, int]]:
    """Cut a span of time at bar lines and at the edges of triplets."""
    lines = range((start // bar + 1) * bar, end, bar)
    inside = edges[bisect_right(edges, start) : bisect_left(edges, end)]
    return list(pairwise(sorted({start, end, *lines, *inside}))) if start < end else []


def _values(start: int, end: int, triplet: Triplet | None, metre: Metre, rest: bool) -> Iterator[tuple[int, Value]]:
    """Yield the start and the note value of each symbol in a part of a bar.

    The part is completely inside one triplet, or completely outside all triplets.
    """
    if triplet is None:
        line = start // int(metre.bar * QUARTER) * int(metre.bar * QUARTER)
        values = split(start - line, end - line, metre, rest=rest)
    else:
        values = split_triplet(start - triplet.start, end - triplet.start, triplet.length, rest=rest)
    for value in values:
        yield start, value
        start += value.length


def _triplet_at(start: int, triplets: Sequence[Triplet]) -> Triplet | None:
    """Return the triplet that contains a part of a bar."""
    place = bisect_right(triplets, start, key=lambda triplet: triplet.start) - 1
    return triplets[place] if place >= 0 and start < triplets[place].end else None
