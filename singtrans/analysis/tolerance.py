"""Tolerances of the comparison with a written melody."""

from dataclasses import dataclass
from enum import StrEnum


class Timing(StrEnum):
    """The times with which onsets are compared."""

    AUTO = "auto"
    TEMPO = "tempo"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Largest deviations from the written melody with which a note is right.

    Attributes:
        cents: deviation of the pitch, in the singer's tuning.
        seconds: deviation of the onset.
        timing: whether the onset is compared with the singer's tempo, or with the times of the written melody.
    """

    cents: float = 50.0
    seconds: float = 0.05
    timing: Timing = Timing.AUTO
