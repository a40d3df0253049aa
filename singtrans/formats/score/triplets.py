"""Triplets, which are parts of a bar that are divided into three, and positions of notes in bars with triplets."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from singtrans.formats.score.values import QUARTER, STRAIGHT_STEP, TRIPLET_STEP
from singtrans.melody.metre import Metre

_HALF, _EIGHTH = 2 * QUARTER, QUARTER // 2


@dataclass(frozen=True, slots=True)
class Triplet:
    """A part of a bar that is divided into three.

    Attributes:
        start: start in divisions.
        length: length in divisions: the length of a half, a quarter or an eighth note.
    """

    start: int
    length: int

    @property
    def end(self) -> int:
        """End of the triplet in divisions."""
        return self.start + self.length


def find_triplets(positions: Sequence[int], metre: Metre) -> tuple[Triplet, ...]:
    """Find the triplets that the starts and ends of notes need, in time order.

    Args:
        positions: starts and ends of notes, in divisions since the first bar line.
        metre: the metre.
    """
    bar = int(metre.bar * QUARTER)
    # A triplet is two beats, one beat or half a beat long. Beats of compound metres have three parts without triplets.
    lengths = (_EIGHTH,) if metre.is_compound or metre.denominator > 4 else (_HALF, QUARTER, _EIGHTH)
    found: list[Triplet] = []
    parts: dict[int, set[int]] = {}
    for position in set(positions):
        start = position // bar * bar
        part = (position - start) // lengths[0] * lengths[0]
        parts.setdefault(start + part, set()).add(position)
    for start in sorted(parts):
        end = min(start + lengths[0], (start // bar + 1) * bar)
        found += _in_part(start, end, sorted(parts[start]), lengths)
    return tuple(found)


def _in_part(start: int, end: int, positions: Sequence[int], lengths: Sequence[int]) -> list[Triplet]:
    """Find triplets in a part of a bar that is no longer than ``lengths[0]``."""
    inside = [position - start for position in positions if start < position < end]
    if all(position % STRAIGHT_STEP == 0 for position in inside):
        return []
    length, half = end - start, lengths[0] // 2
    halves_divide = half in inside or len(lengths) == 1 or length < lengths[0]
    thirds = all(position % (lengths[0] // 3) == 0 for position in inside)
    if length == lengths[0] and (len(lengths) == 1 or thirds or (length < _HALF and not halves_divide)):
        return [Triplet(start, length)]
    if len(lengths) == 1:
        return []
    middle = start + half
    return _in_part(start, min(middle, end), positions, lengths[1:]) + _in_part(middle, end, positions, lengths[1:])


class Places:
    """Positions that are allowed for the starts and ends of notes in bars with triplets.

    Args:
        triplets: triplets in time order.
    """

    def __init__(self, triplets: Sequence[Triplet]) -> None:
        self._triplets = {
            unit: triplet
            for triplet in triplets
            for unit in range(triplet.start, triplet.end, _EIGHTH)  # all triplets begin and end on eighth notes
        }

    def _step(self, position: int) -> int:
        return TRIPLET_STEP if position // _EIGHTH * _EIGHTH in self._triplets else STRAIGHT_STEP

    def nearest(self, position: int) -> int:
        """Return the allowed position that is nearest to a position."""
        step, within = self._step(position), position % _EIGHTH
        return position - within + round(within / step) * step

    def after(self, place: int) -> int:
        """Return the first allowed position after another allowed position."""
        return place + self._step(place)


def fit(spans: Sequence[tuple[int, int]], metre: Metre) -> tuple[list[tuple[int, int]], tuple[Triplet, ...]]:
    """Move the start and the end of each note to the nearest allowed positions.

    Args:
        spans: start and end of each note, in divisions since the first bar line; in time order, not overlapping.
        metre: the metre.

    Returns:
        The moved spans, and the triplets that they need.
    """
    places = Places(find_triplets([position for span in spans for position in span], metre))
    starts: list[int] = []
    for start, _ in spans:
        place = places.nearest(start)
        starts.append(max(place, places.after(starts[-1])) if starts else place)
    fitted = []
    for start, following, (_, end) in zip(starts, [*starts, math.inf][1:], spans, strict=True):
        fitted.append((start, int(min(max(places.nearest(end), places.after(start)), following))))
    return fitted, find_triplets([position for span in fitted for position in span], metre)
