"""Protocol of the engines that run the network with onnxruntime or torch."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class Embedded:
    """Outputs of the part of the network before the LSTM.

    Attributes:
        features: (frames, width) input of the LSTM.
        pitch: (frames, pitch_bins) float16 probabilities. This precision is sufficient, because the decoder uses sums
            and weighted means of these values over several bins.
    """

    features: np.ndarray
    pitch: np.ndarray


class Direction(Protocol):
    """One direction of one layer of the LSTM, with its current state."""

    backward: bool

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Process the next frames in this direction: (frames, width) -> (frames, hidden), both in order of time."""
        ...


class Engine(Protocol):
    """A network on one device. Each part of the network is run by one of the methods.

    Attributes:
        margin: number of samples that `embed` needs before the centre of the first frame and after the centre of
            the last one.
        reach: number of frames on each side of a frame that affect the result of `embed` for this frame.
        layers: number of layers of the LSTM.
        heads: number of heads.
    """

    @property
    def margin(self) -> int: ...  # noqa: D102 (see the class)
    @property
    def reach(self) -> int: ...  # noqa: D102
    @property
    def layers(self) -> int: ...  # noqa: D102
    @property
    def heads(self) -> int: ...  # noqa: D102

    def embed(self, samples: np.ndarray) -> Embedded:
        """Run the part before the LSTM on (n,) samples, which have been divided by the level of the recording."""
        ...

    def direction(self, layer: int, *, backward: bool) -> Direction:
        """Return one direction of a layer, in its state at the start of a sequence."""
        ...

    def probabilities(self, context: np.ndarray) -> np.ndarray:
        """Compute the probabilities of the heads, (heads, frames), from the LSTM's output, (frames, 2 * hidden)."""
        ...

    def start_thread(self) -> None:
        """Prepare the current thread to call the other methods."""
        ...
