"""Notes moved onto a grid of note values: straight, triplets, or swing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from singtrans.melody.beats import Beats
from singtrans.notes import Note

_GRID = re.compile(r"1/(?:(4|8|16|32)|(8|16|32)t|(8|16)s(\d\d(?:\.\d+)?)?)", re.ASCII)
_SWING = 200 / 3  # per cent of a pair that its first note lasts: triplet swing
_TIMING = 0.03  # seconds, standard deviation of a singer's onset
_WEAK = 0.7  # cost of each halving of the beat at a note's start: simple rhythms before odd ones
_BREATH = 0.12  # seconds of silence before the next note that no score would write as a rest


@dataclass(frozen=True, slots=True)
class Grid:
    """Places in a beat where notes may start and end.

    Attributes:
        name: as it was written: ``1/16``, ``1/8t`` (triplets), ``1/8s`` (swing), ``1/16s58`` (swing of 58 %).
        steps: places in one pattern, in beats, from 0 on.
        scored: the same places as a score writes them: swing is written straight.
        length: beats after which the pattern repeats.
    """

    name: str
    steps: tuple[float, ...]
    scored: tuple[float, ...]
    length: float

    @property
    def finest(self) -> float:
        """The shortest distance between places, in beats, as a score writes them."""
        return self.length / len(self.steps)

    def place(self, number: np.ndarray | int, *, scored: bool = False) -> np.ndarray:
        """Position in beats of the grid's places, counted from 0 at the start of the recording."""
        number = np.asarray(number)
        steps = np.array(self.scored if scored else self.steps)
        return number // len(steps) * self.length + steps[number % len(steps)]

    def nearest(self, position: float) -> int:
        """The number of the place nearest to a position in beats."""
        guess = round(position / self.finest)
        near = np.arange(guess - 2, guess + 3)
        return int(near[np.argmin(np.abs(self.place(near) - position))])


@dataclass(frozen=True, slots=True)
class Quantized:
    """Notes on a grid.

    Attributes:
        notes: with their new times in seconds.
        spans: of each note, the numbers of the grid's places where it starts and ends.
        moved: (notes,) seconds that each onset was moved, later ones positive.
    """

    notes: tuple[Note, ...]
    spans: tuple[tuple[int, int], ...]
    moved: np.ndarray


def parse_grid(text: str) -> Grid:
    """The grid of a name such as ``1/16``, ``1/8t``, ``1/8s`` or ``1/16s58``; ``swing`` is ``1/8s``.

    Raises:
        ValueError: if it is none.
    """
    match = _GRID.fullmatch("1/8s" if text == "swing" else text)
    if not match:
        raise ValueError(f"{text!r} is no grid: use 1/4, 1/8, 1/16 or 1/32, 1/8t for triplets, 1/8s for swing")
    straight, triplet, swung, share = match.groups()
    step = 4 / int(straight or triplet or swung)
    if triplet:
        places = tuple(2 * step * third / 3 for third in range(3))
        return Grid(text, places, places, 2 * step)
    if swung:
        swing = float(share or _SWING)
        if not 50 <= swing <= 75:
            raise ValueError(f"{text!r}: swing lies between 50 and 75 per cent")
        return Grid(text, (0.0, 2 * step * swing / 100), (0.0, step), 2 * step)
    places = tuple(step * number for number in range(round(1 / step)))
    return Grid(text, places, places, 1.0)


def quantize(notes: Sequence[Note], beats: Beats, grid: Grid) -> Quantized:
    """Move notes onto a grid, all together.

    Among all placings in which every note starts later than the one before it, this is the one that moves onsets
    least while it prefers strong places of the beat. A note's end goes to the nearest place, or to the next
    note's start where hardly a breath lies between.

    Args:
        notes: in time order, not overlapping.
        beats: where the beats are.
        grid: where notes may start and end.
    """
    if not notes:
        return Quantized((), (), np.zeros(0))
    onsets = np.array([note.onset for note in notes])
    starts = _starts(onsets, beats, grid)
    spans = []
    for number, note in enumerate(notes):
        after = starts[number + 1] if number + 1 < len(notes) else None
        end = max(starts[number] + 1, grid.nearest(float(beats.position(note.offset))))
        if after is not None:
            joined = notes[number + 1].onset - note.offset < _BREATH
            end = after if joined else min(end, after)
        spans.append((starts[number], end))
    times = beats.seconds(grid.place(np.array(spans)))
    moved = times[:, 0] - onsets
    placed = tuple(
        replace(note, onset=float(on), offset=float(off)) for note, (on, off) in zip(notes, times, strict=True)
    )
    return Quantized(placed, tuple(spans), moved)


def _starts(onsets: np.ndarray, beats: Beats, grid: Grid) -> list[int]:
    """The place of each onset: Viterbi over the places around each, ever later."""
    positions = beats.position(onsets)
    centres = [grid.nearest(float(position)) for position in positions]
    reach = np.arange(-3, 4)
    totals: list[np.ndarray] = []
    places: list[np.ndarray] = []
    sources = []
    for number, centre in enumerate(centres):
        # Notes faster than the grid push each other along: room for that behind the last one's earliest place.
        lowest = max(0, int(places[-1][0]) + 1 if places else 0)
        at = np.unique(np.maximum(centre + reach, lowest))
        moved = beats.seconds(grid.place(at)) - onsets[number]
        cost = 0.5 * (moved / _TIMING) ** 2 + _WEAK * _weakness(grid, at)
        if number:
            allowed = places[-1][None] < at[:, None]
            before = np.where(allowed, totals[-1][None], np.inf)
            sources.append(np.argmin(before, 1))
            cost = cost + before.min(1)
        totals.append(cost)
        places.append(at)
    chosen = [int(np.argmin(totals[-1]))]
    for source in reversed(sources):
        chosen.append(int(source[chosen[-1]]))
    return [int(at[index]) for at, index in zip(places, reversed(chosen), strict=True)]


def _weakness(grid: Grid, places: np.ndarray) -> np.ndarray:
    """(places,) how many times the beat must be divided to reach each place."""
    within = grid.place(places, scored=True) % 1
    levels = [within * parts % 1 for parts in (1, 2, 3, 4, 6, 8)]
    whole = np.array([(np.minimum(level, 1 - level) < 1e-6) for level in levels])
    return np.array([0, 1, 1.5, 2, 2.5, 3, 4])[np.where(whole.any(0), whole.argmax(0), 6)]
