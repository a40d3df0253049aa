"""Pitch curves within notes, and robust lines through points.

Time is in seconds and pitch is a fractional MIDI number.
"""

from dataclasses import dataclass

import numpy as np

from singtrans.notes import Note, PitchTrack

TRIM = 0.08
"""Length in seconds of the transition at each end of a note, but at most a quarter of the note."""

_REACH = 1.5  # semitones around a note's pitch; values beyond are errors of the pitch track
_SHORTEST_CURVE = 3  # frames
_CLIP = 0.8  # semitones around the median within which a note's mean is taken
_ROUNDS = 8
_TUNED = 4.685  # width of the bisquare weights in standard deviations


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The pitch within the steady part of a note.

    Attributes:
        time: (frames,) seconds, evenly spaced.
        midi: (frames,) fractional MIDI, finite: unvoiced frames are interpolated.
    """

    time: np.ndarray
    midi: np.ndarray

    @property
    def seconds(self) -> float:
        """Time from the first frame to the last."""
        return float(self.time[-1] - self.time[0])

    @property
    def mean(self) -> float:
        """Mean pitch, weighted with a Hann window, so that an incomplete vibrato cycle at an end has little effect."""
        middle = float(np.median(self.midi))
        window = np.hanning(len(self.midi) + 2)[1:-1]
        return float(np.average(np.clip(self.midi, middle - _CLIP, middle + _CLIP), weights=window))


def steady_curve(track: PitchTrack, note: Note) -> Curve | None:
    """Return the curve of a note without its transitions and ornaments; None if too few frames have a usable pitch."""
    start = max([note.onset, *(o.offset for o in note.ornaments if o.onset <= note.onset)])
    stop = min([note.offset, *(o.onset for o in note.ornaments if o.offset >= note.offset)])
    trim = min(TRIM, (stop - start) / 4)
    low, high = np.searchsorted(track.time, (start + trim, stop - trim))
    time, midi = track.time[low:high], track.midi[low:high]
    fine = np.abs(midi - note.pitch) < _REACH
    if fine.sum() < max(_SHORTEST_CURVE, len(time) / 2):
        return None
    first, last = np.flatnonzero(fine)[[0, -1]]
    kept = time[first : last + 1]
    return Curve(kept, np.interp(kept, time[fine], midi[fine]))


@dataclass(frozen=True, slots=True)
class Line:
    """A robust line through points.

    Attributes:
        start, stop: the first and the last x.
        first, last: y at the first and at the last x.
        scatter: standard deviation of the points around the line, estimated from their median absolute deviation.
    """

    start: float
    stop: float
    first: float
    last: float
    scatter: float

    @property
    def mean(self) -> float:
        """The value of y halfway from start to stop."""
        return (self.first + self.last) / 2

    @property
    def change(self) -> float:
        """The change of y from the start to the stop."""
        return self.last - self.first

    def at(self, x: np.ndarray | float) -> np.ndarray:
        """Return the value of y at x, which is an array (n,) or a number; y is constant beyond the ends of the line."""
        return np.asarray(np.interp(x, [self.start, max(self.stop, self.start + 1e-9)], [self.first, self.last]))


def robust_line(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> Line:
    """Fit a line by least squares with bisquare weights, so that outliers have no effect.

    Args:
        x: (points,) ascending; not empty.
        y: (points,).
        weights: (points,) above 0.
    """
    middle = x - x.mean()
    slope, level = 0.0, weighted_median(y, weights)
    scatter = _deviation(y - level)
    for _ in range(_ROUNDS if len(x) > 2 and np.ptp(x) > 0 else 0):
        away = (y - level - slope * middle) / (_TUNED * max(scatter, 1e-6))
        own = weights * np.where(np.abs(away) < 1, (1 - away**2) ** 2, 0.0)
        if (own > 0).sum() < 3:
            break
        design = np.column_stack([np.ones(len(x)), middle]) * np.sqrt(own)[:, None]
        level, slope = np.linalg.lstsq(design, y * np.sqrt(own), rcond=None)[0]
        scatter = _deviation(y - level - slope * middle)
    ends = level + slope * middle[[0, -1]]
    return Line(float(x[0]), float(x[-1]), float(ends[0]), float(ends[1]), scatter)


def weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    """Compute the weighted median of (n,) values."""
    return weighted_quantiles(values, weights, (0.5,))[0]


def weighted_quantiles(values: np.ndarray, weights: np.ndarray, shares: tuple[float, ...]) -> list[float]:
    """Compute weighted quantiles: the values below which the given shares of the total weight lie.

    Args:
        values: (n,); not empty.
        weights: (n,) above 0.
        shares: each between 0 and 1.
    """
    order = np.argsort(values, kind="stable")
    cumulated = np.cumsum(weights[order])
    places = np.searchsorted(cumulated, np.array(shares) * cumulated[-1])
    return [float(values[order][min(place, len(values) - 1)]) for place in places]


def _deviation(residuals: np.ndarray) -> float:
    """Estimate the standard deviation of (n,) normal residuals from the median of their absolute values."""
    return float(1.4826 * np.median(np.abs(residuals)))
