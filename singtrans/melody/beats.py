"""Where the beats of a recording fall: the one bridge between seconds and beats."""

import math
from dataclasses import dataclass

import numpy as np

DEFAULT_TEMPO, DEFAULT_METRE = 120.0, 4  # what MIDI means where nothing is said
_SNAP = 0.04  # seconds: beats that miss the start of the recording by less were meant to begin with it


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """The beats of a recording, in bars of equal metre. The first lies at the start of the recording.

    A singer's first beat seldom does: then the piece before it, or that piece and one beat more, is a beat of
    its own length, so that time stays exact and all beats from the second on are the singer's.

    Attributes:
        times: (beats,) seconds, at least two, ascending, the first 0; before and after, beats go on evenly.
        metre: beats in a bar.
        downbeat: which of the first ``metre`` beats begins a bar.
        confidence: 0..1, how sure it is that these are the beats; 1 where somebody said so.

    Raises:
        ValueError: if the times or the metre are none.
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
        """Beats a minute, the median."""
        steps = np.diff(self.times)
        return 60.0 / float(np.median(steps[1:] if len(steps) > 1 else steps))

    def position(self, seconds: np.ndarray | float) -> np.ndarray:
        """Beats since the start of the recording (fractional) at a time in seconds, of any shape."""
        return _mapped(np.asarray(seconds, float), self.times, np.arange(len(self.times), dtype=float))

    def seconds(self, position: np.ndarray | float) -> np.ndarray:
        """Time in seconds of a position in beats (fractional), of any shape."""
        return _mapped(np.asarray(position, float), np.arange(len(self.times), dtype=float), self.times)


def _mapped(values: np.ndarray, known: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Linear between known points, and straight on beyond the last."""
    slope = (images[-1] - images[-2]) / (known[-1] - known[-2])
    beyond = images[-1] + (values - known[-1]) * slope
    return np.where(values > known[-1], beyond, np.interp(values, known, images))


def steady(tempo: float, phase: float = 0.0, metre: int = 4, downbeat: int = 0, confidence: float = 1.0) -> Beats:
    """Beats of one tempo.

    Args:
        tempo: beats a minute.
        phase: time of any beat, in seconds.
        metre: beats in a bar.
        downbeat: which beat begins a bar, counted from the one at ``phase``.
        confidence: 0..1.

    Raises:
        ValueError: if the tempo is not above 0.
    """
    if not (math.isfinite(tempo) and tempo > 0):
        raise ValueError(f"a tempo is above 0, not {tempo}")
    period = 60.0 / tempo
    return anchored(phase + period * np.arange(3), metre, downbeat, confidence)


def anchored(times: np.ndarray, metre: int = 4, downbeat: int = 0, confidence: float = 1.0) -> Beats:
    """Beats from the start of the recording on, from some beats of it.

    Args:
        times: (beats,) seconds, ascending; at least two.
        metre: beats in a bar.
        downbeat: which of ``times`` begins a bar.
        confidence: 0..1.
    """
    first, last = float(times[1] - times[0]), float(times[-1] - times[-2])
    needed = max(0, 3 - len(times), int(-(times[-1] + _SNAP) // last) + 4)  # three beats that are not the first
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
    elif all_times[0] > 0.4 * first:  # a short beat of its own
        all_times, downbeat = np.concatenate([[0.0], all_times]), downbeat + 1
    else:  # too short for that: the first beat is longer
        all_times[0] = 0.0
    return Beats(all_times, metre, downbeat % metre, confidence)
