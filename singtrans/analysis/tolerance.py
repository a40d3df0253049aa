"""Tolerances of the comparison with a written melody."""

from dataclasses import dataclass
from enum import StrEnum


class Timing(StrEnum):
    """Times with which sung onsets are compared.

    ``TEMPO`` means the written times at the singer's tempo, and ``CLOCK`` means the written times themselves. ``AUTO``
    chooses ``CLOCK`` if the recording follows the written times, otherwise ``TEMPO``.
    """

    AUTO = "auto"
    TEMPO = "tempo"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Largest deviations from the written melody at which a note counts as right.

    Attributes:
        cents: largest deviation of the pitch from the written pitch in the singer's tuning, in cents.
        seconds: largest deviation of the onset, in seconds.
        timing: times with which the onsets are compared.
    """

    cents: float = 50.0
    seconds: float = 0.05
    timing: Timing = Timing.AUTO
