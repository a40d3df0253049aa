"""Joint search for metre, tempo, downbeat and note values.

A hypothesis is a combination of tracked beats, a metre, and the position in the bar where the first note starts. For
each hypothesis, the Viterbi algorithm finds the positions of all notes. In compound metres, positions are multiples of
a sixth of a beat. In other metres, they are multiples of a quarter or a third of a beat. The algorithm maximises the
likelihood of the singer's timing and of the steps between successive positions. The probabilities of these steps are
their relative frequencies in songs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.melody.metre import Metre
from singtrans.melody.tempo_curve import SLOTS, TICKS, TempoCurve, nearest_slots, ticks_of

METRES = (Metre(2, 4), Metre(3, 4), Metre(4, 4), Metre(6, 8), Metre(9, 8), Metre(12, 8))
LONGEST = 8 * SLOTS  # largest distance of two notes in positions; larger ones are treated like this one
_SHIFTS = ((0, 3), (0, 2, 4))  # positions by which the tracked beats may be off
_LOWEST, _HIGHEST = 48.0, 170.0  # beats per minute
_TIMING = 0.03  # seconds, standard deviation of a singer's onset
_STRAY = 8.0  # largest cost of an onset's time


@dataclass(frozen=True, slots=True, eq=False)
class Hypotheses:
    """Hypotheses about the rhythm of a melody. All arrays have one entry per hypothesis.

    Attributes:
        curve: (hypotheses,) index of the tempo curve.
        metre: (hypotheses,) index in `METRES`.
        start: (hypotheses,) position of the first note in its bar, in slots (`SLOTS` per beat).
    """

    curve: np.ndarray
    metre: np.ndarray
    start: np.ndarray

    def __len__(self) -> int:
        return len(self.curve)

    def take(self, chosen: np.ndarray) -> "Hypotheses":
        """Return the chosen hypotheses."""
        return Hypotheses(self.curve[chosen], self.metre[chosen], self.start[chosen])

    @property
    def is_compound(self) -> np.ndarray:
        """(hypotheses,) 1 for compound metres, else 0."""
        return np.array([metre.is_compound for metre in METRES], int)[self.metre]

    @property
    def bar(self) -> np.ndarray:
        """(hypotheses,) number of positions in a bar."""
        return np.array([metre.beats * SLOTS for metre in METRES])[self.metre]


@dataclass(frozen=True, slots=True, eq=False)
class Alignments:
    """Positions of all notes under each hypothesis.

    Attributes:
        slots: (notes, hypotheses) positions in slots (`SLOTS` per beat), counted from a bar line.
        likelihood: (hypotheses,) log likelihood of the positions.
        timing: (hypotheses,) log likelihood of the onset times, given the positions.
    """

    slots: np.ndarray
    likelihood: np.ndarray
    timing: np.ndarray


def hypotheses(
    curves: Sequence[TempoCurve], metres: Sequence[int] = range(len(METRES)), *, any_tempo: bool = False
) -> Hypotheses:
    """List the hypotheses for tracked beats.

    Args:
        curves: tracked beats.
        metres: indices in `METRES` of the metres to consider.
        any_tempo: whether to consider tempi below 48 or above 170 beats per minute, too.
    """
    rows = []
    for index, curve in enumerate(curves):
        beats = 60 / curve.period
        near = any_tempo or _LOWEST <= beats <= _HIGHEST
        first = int(nearest_slots(curve.values[:1] * TICKS, curve.compound)[0]) % SLOTS
        for metre in metres if near else ():
            if METRES[metre].is_compound == bool(curve.compound):
                bar = METRES[metre].beats * SLOTS
                for shift in _SHIFTS[curve.compound]:
                    rows += [(index, metre, (start + first) % bar) for start in range(shift, bar, SLOTS)]
    table = np.array(rows, int).reshape(-1, 3)
    return Hypotheses(table[:, 0], table[:, 1], table[:, 2])


def align(curves: Sequence[TempoCurve], found: Hypotheses, steps: np.ndarray) -> Alignments:
    """Find the most likely positions of all notes under each hypothesis.

    Args:
        curves: tracked beats.
        found: hypotheses.
        steps: (metres, positions in a bar, distances to the next note) log probabilities of steps between the positions
            of successive notes.
    """
    ticks, seconds = _tick_positions(curves, found)
    places, timing = _candidates(ticks, seconds, found)
    count, rows = len(ticks), np.arange(len(found))
    bar = found.bar[:, None]
    flat, (_, per_bar, longest) = steps.ravel(), steps.shape
    base = (found.metre * per_bar)[:, None]
    total = timing[0].copy()
    sources = np.zeros(places.shape, np.int8)
    for number in range(1, count):
        before, after = places[number - 1], places[number]
        head = (base + before % bar) * longest
        apart = after[:, :, None] - before[:, None, :]
        scores = flat[head[:, None, :] + np.clip(apart, 0, longest - 1)] + total[:, None, :]
        source = scores.argmax(axis=2)
        sources[number] = source
        total = np.take_along_axis(scores, source[:, :, None], 2)[:, :, 0] + timing[number]
    chosen = total.argmax(axis=1)
    best = total[rows, chosen]
    slots, fits = np.zeros((count, len(found)), int), np.zeros(len(found))
    for number in range(count - 1, -1, -1):
        slots[number] = places[number, rows, chosen]
        fits += timing[number, rows, chosen]
        chosen = sources[number, rows, chosen]
    return Alignments(slots, best - fits, fits)


def _tick_positions(curves: Sequence[TempoCurve], found: Hypotheses) -> tuple[np.ndarray, np.ndarray]:
    """Return two (notes, hypotheses) arrays: fractional positions in ticks, and lengths of a tick in seconds."""
    positions = np.stack([curve.positions - curve.values[0] for curve in curves], axis=1)
    periods = np.stack([curve.periods for curve in curves], axis=1)
    first = ticks_of(found.start, found.is_compound)
    return (
        positions[:, found.curve] * TICKS + first,
        periods[:, found.curve] / TICKS,
    )


def _candidates(ticks: np.ndarray, seconds: np.ndarray, found: Hypotheses) -> tuple[np.ndarray, np.ndarray]:
    """Find three possible positions of each note.

    Returns:
        Two (notes, hypotheses, 3) arrays: the positions, and their log likelihoods given the time of the note.
    """
    slot = nearest_slots(ticks, found.is_compound)
    places = slot[:, :, None] + np.array([-1, 0, 1])
    away = (ticks_of(places, found.is_compound[:, None]) - ticks[:, :, None]) * seconds[:, :, None] / _TIMING
    return places, -np.minimum(0.5 * away**2, _STRAY)
