"""Frames of several notes in one array, so that all notes of a piece are measured at once.

Values of a note must not depend on which notes are measured together with it, or the result would depend on how a
recording is cut. Sums are therefore taken by `np.add.reduceat`, span by span, and never as differences of running sums.
"""

import numpy as np


class Spans:
    """The frames of several spans, one span after the other.

    Args:
        start, end: (spans,) the first frame of each span, and the first after it. Every span has at least one frame.

    Attributes:
        start, length: (spans,) the first frame of each, and how many it has.
        first: (spans,) the index of each span's first frame in the arrays below.
        owner: (n,) the number of the span that each frame belongs to.
        place: (n,) the number of each frame within its span.

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
        """(n,) the frames of all spans."""
        return self.start[self.owner] + self.place

    def sums(self, values: np.ndarray) -> np.ndarray:
        """(spans,) the sum of each span's values, (n,)."""
        return np.add.reduceat(values, self.first)

    def means(self, values: np.ndarray) -> np.ndarray:
        """(spans,) the mean of each span's values, (n,)."""
        return self.sums(values) / self.length

    def maxima(self, values: np.ndarray) -> np.ndarray:
        """(spans,) the largest of each span's values, (n,)."""
        return np.maximum.reduceat(values, self.first)

    def running_sums(self, values: np.ndarray) -> np.ndarray:
        """(n,) the sum of each span's values, (n,), up to and with each frame."""
        padded = np.zeros((int(self.length.max(initial=0)), len(self)))
        padded[self.place, self.owner] = values
        return padded.cumsum(axis=0)[self.place, self.owner]

    def of(self, chosen: np.ndarray) -> "Spans":
        """The spans that are chosen by (spans,) booleans."""
        return Spans(self.start[chosen], self.start[chosen] + self.length[chosen])


def around(values: np.ndarray, centre: np.ndarray, reach: int) -> np.ndarray:
    """Values near to some frames; the first and the last frame take the place of frames that do not exist.

    Args:
        values: (frames,) with at least one frame.
        centre: (n,) frames.
        reach: frames to either side.

    Returns:
        (n, 2 * reach + 1).
    """
    return values[np.clip(centre[:, None] + np.arange(-reach, reach + 1), 0, len(values) - 1)]
