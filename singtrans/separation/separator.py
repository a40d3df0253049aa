"""Protocol of the engines that separate a voice from a mix."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np


class Separator(Protocol):
    """Engine that separates the voice from a stereo recording, block by block."""

    @property
    def name(self) -> str:
        """Name of the engine."""

    @property
    def sample_rate(self) -> int:
        """Sample rate of input and output, in Hz."""

    def __call__(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Separate the voice.

        Args:
            blocks: blocks of the recording, (n, 2) float32 each. Their lengths may differ, and have no effect on the
                result.

        Yields:
            Blocks of the voice, (n, 2) float32 each. Together, they have the length of the recording, and they are
            aligned with it.
        """
