"""The time before the singer's first beat, in files with tempo changes.

All bars of `Beats` are complete, so this time has a tempo of its own. If it is very short, this tempo is higher than
the tempi that other programs can play. In this case, the first bar becomes shorter than the others.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from singtrans.melody.beats import TICKS, Beats

FASTEST = 960.0
"""Highest tempo before the first beat, in quarter notes per minute; many programs allow no tempo above 999."""

_LARGEST = 255  # numerator of a time signature in MIDI
_UNITS = [Fraction(1, 2**number) for number in range(5)]  # of bars, in quarter notes; the coarsest possible one is used


@dataclass(frozen=True, slots=True)
class FirstBar:
    """The first bar of a file.

    Attributes:
        numerator, denominator: time signature of the bar.
        beats: beats of the file, whose first bar has this time signature; other bars have ``beats.metre``.
    """

    numerator: int
    denominator: int
    beats: Beats

    @property
    def length(self) -> Fraction:
        """Length of the bar in quarter notes."""
        return Fraction(4 * self.numerator, self.denominator)


def first_bar(beats: Beats) -> FirstBar:
    """Shorten the first bar if the tempo before the singer's first beat is above `FASTEST` and above the song's tempo.

    The times of the beats do not change. If there are less than 4 ms before the first beat, the tempo can still be
    above `FASTEST`.

    Args:
        beats: beats whose first segment is the time before the singer's first beat.
    """
    bar, before, seconds = beats.metre.bar, float(beats.quarters[1]), float(beats.times[1])
    unchanged = FirstBar(beats.metre.numerator, beats.metre.denominator, beats)
    if 60.0 * before / seconds <= max(FASTEST, 60.0 / beats.quarter + 1e-6):
        return unchanged
    after = -before % float(bar)  # quarter notes from the first beat to the next bar line
    most, least = after + seconds * FASTEST / 60.0, after + 1.0 / TICKS
    lengths = [(unit, unit * math.floor(most / unit)) for unit in _UNITS]
    finest = _UNITS[-1]
    unit, length = next((pair for pair in lengths if pair[1] >= least), (finest, finest * math.ceil(least / finest)))
    if length / unit > _LARGEST:
        return unchanged
    quarters = np.append(0.0, beats.quarters[1:] - (before + after - float(length)))
    changed = Beats(beats.times, quarters, beats.metre, beats.confidence)
    return FirstBar(int(length / unit), int(4 / unit), changed)
