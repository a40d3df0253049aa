"""Progress of a training run, and the callbacks that report it."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Progress:
    """Progress of a training run.

    Attributes:
        step: number of finished optimiser steps.
        steps: total number of optimiser steps.
        loss: loss of the last batch.
        rate: learning rate.
        seconds_left: estimated time until the last step.
    """

    step: int
    steps: int
    loss: float
    rate: float
    seconds_left: float


@dataclass(frozen=True)
class Listener:
    """Callbacks for the progress of a training run. By default, they do nothing.

    Attributes:
        line: function that is called with a line of text, such as the scores of a validation.
        step: function that is called with the progress after each step.
        read: function that is called with the number of recordings read so far, from 0, and the total number.
    """

    line: Callable[[str], None] = field(default=lambda line: None)
    step: Callable[[Progress], None] = field(default=lambda progress: None)
    read: Callable[[int, int], None] = field(default=lambda done, recordings: None)


NOBODY = Listener()
"""Callbacks that do nothing."""
