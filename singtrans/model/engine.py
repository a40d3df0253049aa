"""What the streaming of recordings needs of a runtime: onnxruntime's and torch's engines offer the same."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class Embedded:
    """What the network computes before the LSTM.

    Attributes:
        features: (frames, width) the input of the LSTM.
        pitch: (frames, pitch_bins) float16 probabilities. Half precision is enough: the decoder sums them over bins.
    """

    features: np.ndarray
    pitch: np.ndarray


class Direction(Protocol):
    """One direction of one layer of the LSTM, with the state that it has reached."""

    backward: bool

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """Read the next frames in this direction: (frames, width) -> (frames, hidden), both in the order of time."""
        ...


class Engine(Protocol):
    """The parts of a network, on one device.

    Attributes:
        margin: samples that `embed` needs before the first frame's centre and after the last frame's.
        reach: frames before and after a frame that `embed` looks at.
        layers: of the LSTM.
        heads: how many heads there are.
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
        """Compute everything before the LSTM: (n,) samples, divided by the recording's level -> frames."""
        ...

    def direction(self, layer: int, *, backward: bool) -> Direction:
        """A direction of a layer, at the beginning of a sequence."""
        ...

    def probabilities(self, context: np.ndarray) -> np.ndarray:
        """(frames, 2 * hidden) output of the LSTM -> (heads, frames)."""
        ...

    def start_thread(self) -> None:
        """Prepare a thread that will call the other methods."""
        ...
