"""Beats of a file of notes, computed from the tempo changes and the metre that the file states."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from singtrans.melody.beats import DEFAULT_METRE, Beats, beats_from_times
from singtrans.melody.metre import Metre

_MOST_BEATS = 200_000  # largest number of beats, enough for a day; damaged files state more


@dataclass(frozen=True, slots=True)
class StatedMetre:
    """The metre of a song, or of most of it.

    Attributes:
        metre: metre of the song.
        since: position of a bar line, in quarter notes since the start of the song.
    """

    metre: Metre = DEFAULT_METRE
    since: Fraction = Fraction(0)


def stated_beats(
    seconds: Callable[[float], float],
    changes: Iterable[float],
    end: float,
    metre: StatedMetre,
) -> Beats | None:
    """Compute the beats up to the end of a song; return None if they are implausible.

    Args:
        seconds: function that converts positions in quarter notes to seconds.
        changes: positions of tempo changes, in quarter notes.
        end: end of the song, in quarter notes.
        metre: metre of the song.
    """
    count = max(3, int(end) + 2)
    if count > _MOST_BEATS:
        return None
    quarters = np.arange(count, dtype=float)
    offset = metre.since % metre.metre.bar
    if not offset:  # bars are counted from the start
        quarters = np.unique([*quarters, *(quarter for quarter in changes if 0 < quarter < quarters[-1])])
    times = np.array([seconds(quarter) for quarter in quarters.tolist()])
    if times[0] != 0 or not (np.diff(times) > 0).all():
        return None
    if not offset:
        return Beats(times, quarters, metre.metre)
    return beats_from_times(times, metre.metre, offset, quiet=seconds(float(metre.since)))
