"""Quantisation of notes to a grid of note values: straight, triplets, or swing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from singtrans.melody.beats import Beats
from singtrans.notes import Note

_GRID = re.compile(r"1/(?:(4|8|16|32)|(8|16|32)t|(8|16)s(\d\d(?:\.\d+)?)?)", re.ASCII)
_SWING = 200 / 3  # per cent of a pair taken by its first note: triplet swing
_TIMING = 0.03  # seconds, standard deviation of a singer's onset
_WEAK = 0.7  # cost of each division of the beat at a note's start; favours simple rhythms
_FINEST = 24  # divisions of a quarter note in the finest grid
_BREATH = 0.12  # seconds; shorter silences before the next note are not written as rests


@dataclass(frozen=True, slots=True)
class Grid:
    """Pattern of positions at which notes may start and end. The pattern repeats.

    Attributes:
        name: name of the grid, such as ``1/16``, ``1/8t`` (triplets), ``1/8s`` (swing) or ``1/16s58`` (swing of 58 %).
        steps: positions in one pattern, in quarter notes, ascending from 0.
        scored: the same positions as they are written in a score; a score shows swing as equal note values.
        length: length of the pattern in quarter notes.
    """

    name: str
    steps: tuple[float, ...]
    scored: tuple[float, ...]
    length: float

    @property
    def finest(self) -> float:
        """Shortest distance between positions in a score, in quarter notes."""
        return self.length / len(self.steps)

    def positions(self, number: np.ndarray | int, *, scored: bool = False) -> np.ndarray:
        """Convert grid indices, counted from 0 at the start of the recording, to positions in quarter notes."""
        number = np.asarray(number)
        steps = np.array(self.scored if scored else self.steps)
        return number // len(steps) * self.length + steps[number % len(steps)]

    def nearest(self, position: float) -> int:
        """Return the grid index nearest to a position in quarter notes."""
        guess = round(position / self.finest)
        near = np.arange(guess - 2, guess + 3)
        return int(near[np.argmin(np.abs(self.positions(near) - position))])


@dataclass(frozen=True, slots=True)
class Quantized:
    """Notes on a grid.

    Attributes:
        notes: notes with their new times.
        spans: grid indices at which each note starts and ends.
        moved: (notes,) seconds by which each onset was moved; positive if it was moved to a later time.
    """

    notes: tuple[Note, ...]
    spans: tuple[tuple[int, int], ...]
    moved: np.ndarray


def parse_grid(text: str) -> Grid:
    """Parse the name of a grid such as ``1/16``, ``1/8t``, ``1/8s`` or ``1/16s58``; ``swing`` means ``1/8s``.

    Raises:
        ValueError: if the text is not the name of a grid.
    """
    match = _GRID.fullmatch("1/8s" if text == "swing" else text)
    if not match:
        raise ValueError(f"{text!r} is not a grid: use 1/4, 1/8, 1/16 or 1/32, 1/8t for triplets, 1/8s for swing")
    straight, triplet, swung, share = match.groups()
    step = 4 / int(straight or triplet or swung)
    if triplet:
        steps = tuple(2 * step * third / 3 for third in range(3))
        return Grid(text, steps, steps, 2 * step)
    if swung:
        swing = float(share or _SWING)
        if not 50 <= swing <= 75:
            raise ValueError(f"{text!r}: swing must be between 50 and 75 per cent")
        return Grid(text, (0.0, 2 * step * swing / 100), (0.0, step), 2 * step)
    steps = tuple(step * number for number in range(round(1 / step)))
    return Grid(text, steps, steps, 1.0)


def quantize(notes: Sequence[Note], beats: Beats, grid: Grid) -> Quantized:
    """Move notes to a grid.

    All onsets are placed jointly, so that the sum of two costs is minimal: a cost for the distances by which onsets are
    moved, and a cost for weak positions in the beat. Each onset is later than the previous one. The end of a note is
    moved to the nearest position, or to the start of the next note if the gap between the two notes is short.

    Args:
        notes: notes in time order, without overlaps.
        beats: the beats.
        grid: the grid.
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
    times = beats.seconds(grid.positions(np.array(spans)))
    moved = times[:, 0] - onsets
    placed = tuple(
        replace(note, onset=float(on), offset=float(off)) for note, (on, off) in zip(notes, times, strict=True)
    )
    return Quantized(placed, tuple(spans), moved)


def note_values(quantized: Quantized, grid: Grid) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """Convert the grid indices of notes to starts and ends in quarter notes, as they are written in a score."""
    places = grid.positions(np.array(quantized.spans, int).reshape(-1, 2), scored=True)
    starts, ends = ([Fraction(float(x)).limit_denominator(_FINEST) for x in column] for column in places.T)
    return tuple(starts), tuple(ends)


def _starts(onsets: np.ndarray, beats: Beats, grid: Grid) -> list[int]:
    """Find ascending grid indices of the onsets with the Viterbi algorithm."""
    positions = beats.sung_position(onsets)
    centres = [grid.nearest(float(position)) for position in positions]
    reach = np.arange(-3, 4)
    totals: list[np.ndarray] = []
    candidates: list[np.ndarray] = []
    sources = []
    for number, centre in enumerate(centres):
        # Notes may be faster than the grid, so a note's indices begin after the lowest one of the previous note.
        lowest = max(0, int(candidates[-1][0]) + 1 if candidates else 0)
        at = np.unique(np.maximum(centre + reach, lowest))
        moved = beats.sung_seconds(grid.positions(at)) - onsets[number]
        cost = 0.5 * (moved / _TIMING) ** 2 + _WEAK * _weakness(grid, at)
        if number:
            allowed = candidates[-1][None] < at[:, None]
            before = np.where(allowed, totals[-1][None], np.inf)
            sources.append(np.argmin(before, 1))
            cost = cost + before.min(1)
        totals.append(cost)
        candidates.append(at)
    chosen = [int(np.argmin(totals[-1]))]
    for source in reversed(sources):
        chosen.append(int(source[chosen[-1]]))
    return [int(at[index]) for at, index in zip(candidates, reversed(chosen), strict=True)]


def _weakness(grid: Grid, indices: np.ndarray) -> np.ndarray:
    """Compute the (indices,) weakness of each position: 0 on a quarter note, and higher for finer divisions of it."""
    within = grid.positions(indices, scored=True) % 1
    levels = [within * parts % 1 for parts in (1, 2, 3, 4, 6, 8)]
    whole = np.array([(np.minimum(level, 1 - level) < 1e-6) for level in levels])
    return np.array([0, 1, 1.5, 2, 2.5, 3, 4])[np.where(whole.any(0), whole.argmax(0), 6)]
