"""The beats of a recording, and the conversion between seconds and beats."""

import math
from dataclasses import dataclass

import numpy as np

DEFAULT_TEMPO, DEFAULT_METRE = 120.0, 4  # MIDI's defaults
_SNAP = 0.04  # seconds; a beat this close to the start of the recording is moved to the start


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """The beats of a recording, in bars of equal metre.

    The first beat lies at the start of the recording. A singer's first beat seldom does. Then the first interval has
    a length of its own, so that all beats from the second on are the singer's.

    Attributes:
        times: (beats,) seconds, at least two, ascending, the first 0. Outside of them, beats continue evenly.
        metre: beats in a bar.
        downbeat: index, among the first ``metre`` beats, of the one that begins a bar.
        confidence: 0..1; 1 for beats that the user stated.

    Raises:
        ValueError: if the times or the metre are invalid.
    """

    times: np.ndarray
    metre: int = 4
    downbeat: int = 0
    confidence: float = 1.0

    def __post_init__(self) -> None:
        if self.times.ndim != 1 or len(self.times) < 2 or self.times[0] != 0 or not (np.diff(self.times) > 0).all():
            raise ValueError("beats need two times at least, ascending from 0")
        if not 0 <= self.downbeat < self.metre:
            raise ValueError(f"the downbeat is one of the first {self.metre} beats, not {self.downbeat}")

    @property
    def tempo(self) -> float:
        """Median tempo in beats per minute."""
        steps = np.diff(self.times)
        return 60.0 / float(np.median(steps[1:] if len(steps) > 1 else steps))

    def position(self, seconds: np.ndarray | float) -> np.ndarray:
        """Convert times in seconds, of any shape, to beats since the start of the recording (fractional)."""
        return _interpolate(np.asarray(seconds, float), self.times, np.arange(len(self.times), dtype=float))

    def seconds(self, position: np.ndarray | float) -> np.ndarray:
        """Convert positions in beats (fractional), of any shape, to seconds."""
        return _interpolate(np.asarray(position, float), np.arange(len(self.times), dtype=float), self.times)


def _interpolate(values: np.ndarray, known: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Interpolate linearly between known points, and extrapolate beyond the last."""
    slope = (images[-1] - images[-2]) / (known[-1] - known[-2])
    beyond = images[-1] + (values - known[-1]) * slope
    return np.where(values > known[-1], beyond, np.interp(values, known, images))


def constant_beats(
    tempo: float, phase: float = 0.0, metre: int = 4, downbeat: int = 0, confidence: float = 1.0
) -> Beats:
    """Make beats of a constant tempo.

    >>> constant_beats(120.0).times
    array([0. , 0.5, 1. , 1.5])

    Args:
        tempo: beats per minute.
        phase: time of any beat, in seconds.
        metre: beats in a bar.
        downbeat: index of a beat that begins a bar, counted from the one at ``phase``.
        confidence: 0..1.

    Raises:
        ValueError: if the tempo is not a number above 0.
    """
    if not (math.isfinite(tempo) and tempo > 0):
        raise ValueError(f"a tempo is above 0, not {tempo}")
    period = 60.0 / tempo
    return beats_from_times(phase + period * np.arange(3), metre, downbeat, confidence)


def beats_from_times(times: np.ndarray, metre: int = 4, downbeat: int = 0, confidence: float = 1.0) -> Beats:
    """Extend some beats of a recording to its start.

    Args:
        times: (beats,) seconds, ascending; at least two.
        metre: beats in a bar.
        downbeat: index in ``times`` of a beat that begins a bar.
        confidence: 0..1.
    """
    first, last = float(times[1] - times[0]), float(times[-1] - times[-2])
    needed = max(0, 3 - len(times), int(-(times[-1] + _SNAP) // last) + 4)  # at least three beats after the first
    times = np.concatenate([times, times[-1] + last * np.arange(1, needed + 1)])
    before = math.floor((times[0] + _SNAP) / first)
    if before < 0:  # beats before the recording
        drop = int(np.searchsorted(times, -_SNAP))
        times, downbeat, before = times[drop:], downbeat - drop, 0
    lead = times[0] + first * np.arange(-before, 0)
    all_times = np.concatenate([lead, times])
    downbeat += before
    if abs(all_times[0]) <= _SNAP:
        all_times[0] = 0.0
    elif all_times[0] > 0.4 * first:  # an extra, short first beat
        all_times, downbeat = np.concatenate([[0.0], all_times]), downbeat + 1
    else:  # too short: lengthen the first beat
        all_times[0] = 0.0
    return Beats(all_times, metre, downbeat % metre, confidence)
