"""The tempo of a singer, as a smooth map from times in a written melody to times in the recording."""

from dataclasses import dataclass

import numpy as np

NEIGHBOURS = 14
"""Number of neighbouring notes that are used to estimate the singer's tempo at a point."""

_ROUNDS = 5
_TUNED = 3.0  # width of the bisquare weights in standard deviations
_TIGHTEST = 0.02  # seconds, smallest standard deviation
# Largest deviation of the tempo, delay in seconds and median scatter of the delay, for a recording with the written
# times.
_SAME_RATE, _SAME_START, _SAME_SCATTER = 0.005, 0.15, 0.06


@dataclass(frozen=True, slots=True, eq=False)
class TimeMap:
    """Map from times in the written melody to times in the recording.

    The map is linear between the points. Before the first and after the last point, it continues with the mean tempo.

    Attributes:
        written: (points,) times in the written melody in seconds, ascending.
        sung: (points,) times in the recording in seconds.
        rate: mean tempo in written seconds per sung second; above 1 if the singer is faster than the written tempo.
    """

    written: np.ndarray
    sung: np.ndarray
    rate: float

    def at(self, written: np.ndarray) -> np.ndarray:
        """Convert (n,) times in the written melody to (n,) times in the recording, in seconds."""
        inside = np.interp(written, self.written, self.sung)
        before = np.minimum(written - self.written[0], 0) / self.rate
        after = np.maximum(written - self.written[-1], 0) / self.rate
        return inside + before + after


def same_clock(length: float) -> TimeMap:
    """Return the identity map, for a recording that follows the written times, such as singing to a backing track.

    Args:
        length: length of the written melody in seconds.
    """
    ends = np.array([0.0, max(length, 1.0)])
    return TimeMap(ends, ends, 1.0)


def runs_with(written: np.ndarray, sung: np.ndarray) -> bool:
    """Return whether the sung onsets follow the written times, with the same tempo and almost the same start.

    Args:
        written: (n,) written onsets in seconds, ascending.
        sung: (n,) sung onsets of the same notes in seconds.
    """
    if len(written) < 4:
        return False
    (line,) = _lines(written, sung, np.ones(len(written)), len(written), slice(1))
    away = sung - written
    start = float(np.median(away))
    together = abs(start) < _SAME_START and np.median(np.abs(away - start)) < _SAME_SCATTER
    return bool(together and abs(line[1] - 1) < _SAME_RATE)


def follow_tempo(written: np.ndarray, sung: np.ndarray) -> TimeMap:
    """Estimate the map by LOWESS: lines are fitted locally, with low bisquare weights for early and late notes.

    Args:
        written: (n,) written onsets in seconds, ascending; two or more.
        sung: (n,) sung onsets of the same notes in seconds.
    """
    neighbours = min(NEIGHBOURS, len(written))
    weights = np.ones(len(written))
    level = _lines(written, sung, weights, neighbours)[:, 0]
    for _ in range(_ROUNDS):
        away = sung - level
        scale = max(_TIGHTEST, 1.4826 * float(np.median(np.abs(away))))
        weights = np.clip(1 - (away / (_TUNED * scale)) ** 2, 0.01, None) ** 2
        level = _lines(written, sung, weights, neighbours)[:, 0]
    middle = len(written) // 2
    ((_, slope),) = _lines(written, sung, weights, len(written), slice(middle, middle + 1))
    rate = 1 / min(max(float(slope), 0.1), 10.0)
    return TimeMap(written, np.maximum.accumulate(level), rate)


def _lines(
    written: np.ndarray, sung: np.ndarray, weights: np.ndarray, neighbours: int, points: slice = slice(None)
) -> np.ndarray:
    """Fit a line to the neighbours of each point, and return its value and slope at the point, (points, 2)."""
    count, at = len(written), np.arange(len(written))[points]
    first = np.clip(at - neighbours // 2, 0, count - neighbours)
    index = first[:, None] + np.arange(neighbours)
    x = written[index] - written[at, None]
    # Near the ends, where all neighbours are on one side, fewer neighbours are used.
    side = np.minimum(at - first, first + neighbours - 1 - at)
    farthest = np.minimum(neighbours - 1, neighbours // 2 + 1 + 2 * side)
    reach = np.take_along_axis(np.sort(np.abs(x), axis=1), farthest[:, None], axis=1)
    reach = np.maximum(reach * 1.1, 1e-9)
    own = weights[index] * np.clip(1 - (np.abs(x) / reach) ** 3, 0, None) ** 3 if neighbours < count else weights[index]
    y = sung[index]
    total = own.sum(axis=1)
    mean_x, mean_y = (own * x).sum(axis=1) / total, (own * y).sum(axis=1) / total
    spread = (own * (x - mean_x[:, None]) ** 2).sum(axis=1)
    together = (own * (x - mean_x[:, None]) * (y - mean_y[:, None])).sum(axis=1)
    slope = np.where(spread > 1e-9, together / np.maximum(spread, 1e-9), 1.0)
    return np.column_stack([mean_y - slope * mean_x, slope])
