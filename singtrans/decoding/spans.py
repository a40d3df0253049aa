"""Frames of several notes in one array, so that all notes in a piece of a recording are measured together.

The values of a note must not depend on the other notes. Otherwise, the result would depend on how the recording is
divided into pieces. Therefore, sums over a span are computed with `np.add.reduceat`, not as differences of running
sums.
"""

import numpy as np


class Spans:
    """Frames of several spans, concatenated.

    Args:
        start, end: (spans,) first frame of each span, and first frame after it. Every span has at least one frame.

    Attributes:
        start, length: (spans,) first frame of each span, and number of its frames.
        first: (spans,) index of each span's first frame in the arrays below.
        owner: (n,) number of the span to which each frame belongs.
        place: (n,) index of each frame within its span.

    Example:
        >>> spans = Spans(np.array([3, 8]), np.array([5, 11]))
        >>> spans.frames.tolist()
        [3, 4, 8, 9, 10]
        >>> spans.sums(np.ones(5)).tolist()
        [2.0, 3.0]
    """

    def __init__(self, start: np.ndarray, end: np.ndarray) -> None:
        self.start, self.length = start, end - start
        last = np.cumsum(self.length)
        self.first = last - self.length
        self.owner = np.repeat(np.arange(len(start)), self.length)
        self.place = np.arange(len(self.owner)) - self.first[self.owner]

    def __len__(self) -> int:
        return len(self.start)

    @property
    def frames(self) -> np.ndarray:
        """(n,) frames of all spans."""
        return self.start[self.owner] + self.place

    def sums(self, values: np.ndarray) -> np.ndarray:
        """Compute (spans,) sums of (n,) values."""
        return np.add.reduceat(values, self.first)

    def means(self, values: np.ndarray) -> np.ndarray:
        """Compute (spans,) means of (n,) values."""
        return self.sums(values) / self.length

    def maxima(self, values: np.ndarray) -> np.ndarray:
        """Compute (spans,) maxima of (n,) values."""
        return np.maximum.reduceat(values, self.first)

    def running_sums(self, values: np.ndarray) -> np.ndarray:
        """Compute (n,) running sums of (n,) values, which start again at the first frame of each span."""
        padded = np.zeros((int(self.length.max(initial=0)), len(self)))
        padded[self.place, self.owner] = values
        return padded.cumsum(axis=0)[self.place, self.owner]

    def of(self, chosen: np.ndarray) -> "Spans":
        """Return the spans that (spans,) booleans select."""
        return Spans(self.start[chosen], self.start[chosen] + self.length[chosen])


def around(values: np.ndarray, centre: np.ndarray, reach: int) -> np.ndarray:
    """Return the values of some frames and their neighbours. Outside the array, its first or last value is repeated.

    Args:
        values: (frames,) values of at least one frame.
        centre: (n,) indices of frames.
        reach: number of frames on each side.

    Returns:
        (n, 2 * reach + 1) values.
    """
    return values[np.clip(centre[:, None] + np.arange(-reach, reach + 1), 0, len(values) - 1)]
