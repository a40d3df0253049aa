"""The tempo of a singer: a smooth map from the times of a written melody to the times of the recording."""

from dataclasses import dataclass

import numpy as np

NEIGHBOURS = 14
"""Number of notes around each point from which the singer's tempo is estimated."""

_ROUNDS = 5
_TUNED = 3.0  # width of the bisquare weights in standard deviations
_TIGHTEST = 0.02  # seconds, smallest standard deviation
# Largest deviation of the tempo, delay in seconds and median scatter of the delay, for a recording with the written
# times.
_SAME_RATE, _SAME_START, _SAME_SCATTER = 0.005, 0.15, 0.06


@dataclass(frozen=True, slots=True, eq=False)
class TimeMap:
    """Map from written times to times of the recording.

    Attributes:
        written: (points,) seconds, ascending.
        sung: (points,) seconds. The map is linear between the points, and has the mean tempo beyond them.
        rate: mean tempo: written seconds per sung second, above 1 for a faster singer.
    """

    written: np.ndarray
    sung: np.ndarray
    rate: float

    def at(self, written: np.ndarray) -> np.ndarray:
        """Convert (n,) written seconds to (n,) seconds of the recording."""
        inside = np.interp(written, self.written, self.sung)
        before = np.minimum(written - self.written[0], 0) / self.rate
        after = np.maximum(written - self.written[-1], 0) / self.rate
        return inside + before + after


def same_clock(length: float) -> TimeMap:
    """Return the map of a recording that has the written times, such as one sung to a backing track.

    Args:
        length: seconds.
    """
    ends = np.array([0.0, max(length, 1.0)])
    return TimeMap(ends, ends, 1.0)


def runs_with(written: np.ndarray, sung: np.ndarray) -> bool:
    """Return whether the onsets of a recording seem to follow the written times.

    Args:
        written: (n,) seconds, ascending.
        sung: (n,) seconds.
    """
    if len(written) < 4:
        return False
    (line,) = _lines(written, sung, np.ones(len(written)), len(written), slice(1))
    away = sung - written
    start = float(np.median(away))
    together = abs(start) < _SAME_START and np.median(np.abs(away - start)) < _SAME_SCATTER
    return bool(together and abs(line[1] - 1) < _SAME_RATE)


def follow_tempo(written: np.ndarray, sung: np.ndarray) -> TimeMap:
    """Estimate the map by local lines with bisquare weights (LOWESS), which leave out notes that are early or late.

    Args:
        written: (n,) seconds, ascending; two or more.
        sung: (n,) seconds.
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
    """Compute (points, 2) value and slope at each of the points, from the line through its neighbours."""
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
