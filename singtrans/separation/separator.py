"""Protocol of the engines that separate a voice from a mix."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np


class Separator(Protocol):
    """Engine that separates the voice of a stereo recording, piece by piece."""

    @property
    def name(self) -> str:
        """Name of the engine."""

    @property
    def sample_rate(self) -> int:
        """Sample rate of input and output, in Hz."""

    def __call__(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Separate the voice.

        Args:
            blocks: (n, 2) float32 each, of any lengths. The lengths have no effect on the result.

        Yields:
            (n, 2) float32 samples of the voice, without delay. The total length equals the length of the input.
        """
