"""What separates a voice from a mix: one protocol for all engines."""

from collections.abc import Iterable, Iterator
from typing import Protocol

import numpy as np


class Separator(Protocol):
    """Separates the voice of a stereo recording, piece by piece."""

    @property
    def name(self) -> str:
        """What the engine is called."""

    @property
    def sample_rate(self) -> int:
        """Rate of what goes in and of what comes out, in Hz."""

    def __call__(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Separate the voice.

        Args:
            blocks: (n, 2) float32 each, of any lengths; the result does not depend on where they are cut.

        Yields:
            (n, 2) float32, the voice; all together as long as what went in, and in time with it.
        """
