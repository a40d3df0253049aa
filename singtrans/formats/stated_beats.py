"""Beats as a file of notes states them, by its changes of tempo and of metre."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from singtrans.melody.beats import DEFAULT_METRE, Beats, beats_from_times
from singtrans.melody.metre import Metre

_MOST_BEATS = 200_000  # a day of them; damaged files claim more


@dataclass(frozen=True, slots=True)
class StatedMetre:
    """The metre that holds for most of a song.

    Attributes:
        metre: the metre.
        since: quarter note at which a bar begins.
    """

    metre: Metre = DEFAULT_METRE
    since: Fraction = Fraction(0)


def stated_beats(
    seconds: Callable[[float], float],
    changes: Iterable[float],
    end: float,
    metre: StatedMetre,
) -> Beats | None:
    """Beats up to the end of a song; None if they are implausible.

    Args:
        seconds: converts quarter notes to seconds.
        changes: quarter notes at which the tempo changes.
        end: the last quarter note that is needed.
        metre: the metre, and where a bar begins.
    """
    count = max(3, int(end) + 2)
    if count > _MOST_BEATS:
        return None
    quarters = np.arange(count, dtype=float)
    offset = metre.since % metre.metre.bar
    if not offset:  # bars count from the beginning
        quarters = np.unique([*quarters, *(quarter for quarter in changes if 0 < quarter < quarters[-1])])
    times = np.array([seconds(quarter) for quarter in quarters.tolist()])
    if times[0] != 0 or not (np.diff(times) > 0).all():
        return None
    if not offset:
        return Beats(times, quarters, metre.metre)
    return beats_from_times(times, metre.metre, offset, quiet=seconds(float(metre.since)))
