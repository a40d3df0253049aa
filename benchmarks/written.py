"""A written song, which is compared with a true score."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from singtrans.formats.score.layout import REST, lay_out
from singtrans.melody.metre import Metre


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """A written song.

    Attributes:
        onsets: (notes,) seconds at which the notes were sung.
        starts, ends: start and end of each note, in quarter notes since a bar line of the written song.
        metre: metre of all bars.
        tempo: beats of the metre per minute.
        tonic: pitch class of the key's tonic; -1 if there is none.
        minor: whether the key is minor.
        symbols: number of notes, rests and ties.
    """

    onsets: np.ndarray
    starts: Sequence[Fraction]
    ends: Sequence[Fraction]
    metre: Metre
    tempo: float
    tonic: int
    minor: bool
    symbols: int


def symbols_of(starts: Sequence[Fraction], ends: Sequence[Fraction], metre: Metre) -> int:
    """Count the symbols (notes, rests and ties) that are needed to write notes.

    Rests after the last note are not counted.

    Args:
        starts: start of each note in quarter notes since a bar line.
        ends: end of each note in quarter notes since that bar line.
        metre: metre of all bars.
    """
    if min(starts, default=Fraction(0)) < 0:
        starts, ends = [start + metre.bar for start in starts], [end + metre.bar for end in ends]
    symbols = [symbol for bar in lay_out(starts, ends, metre) for symbol in bar.symbols]
    heads = len(symbols) + sum(symbol.tied for symbol in symbols)
    # Rests after the last note are not counted: only some scores fill the last bar with them.
    while symbols and symbols[-1].note == REST:
        heads -= 1
        symbols.pop()
    return heads
