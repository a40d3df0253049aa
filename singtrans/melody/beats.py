"""The beats of a recording, and the conversion between seconds and quarter notes."""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from singtrans.melody.metre import Metre

DEFAULT_TEMPO, DEFAULT_METRE = 120.0, Metre(4, 4)  # MIDI's defaults
_SHORT = 0.15  # quarter notes; a bar that begins this close to the start of the recording is moved to the start
_LEAST = 0.002  # least number of seconds between two changes of tempo
TICKS = 480  # per quarter note: the finest position of a note


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """Beats of a recording, in bars of the same metre. The first bar begins at the start of the recording.

    The time before the singer's first beat may have a different tempo, so that all bars are complete.

    Attributes:
        times: (points,) at least two times in seconds, ascending from 0. The tempo is constant between adjacent times,
            and stays the same after the last one.
        quarters: (points,) position of each time in quarter notes, ascending from 0.
        metre: metre of all bars.
        confidence: confidence in the beats, from 0 to 1; 1 for beats that the user stated.

    Raises:
        ValueError: if the times or positions are invalid.
    """

    times: np.ndarray
    quarters: np.ndarray
    metre: Metre = DEFAULT_METRE
    confidence: float = 1.0

    def __post_init__(self) -> None:
        for values in (self.times, self.quarters):
            if values.ndim != 1 or len(values) < 2 or values[0] != 0 or not (np.diff(values) > 0).all():
                raise ValueError("beats need at least two times and positions, ascending from 0")
        if len(self.times) != len(self.quarters):
            raise ValueError("beats need as many positions as times")

    @property
    def quarter(self) -> float:
        """Median length of a quarter note in seconds."""
        lengths, weights = np.diff(self.times) / np.diff(self.quarters), np.diff(self.quarters)
        if len(lengths) > 1:  # leave out the time before the singer's first beat
            lengths, weights = lengths[1:], weights[1:]
        order = np.argsort(lengths, kind="stable")
        middle = np.searchsorted(np.cumsum(weights[order]), 0.5 * weights.sum())
        return float(lengths[order][min(middle, len(order) - 1)])

    @property
    def tempo(self) -> float:
        """Median tempo in beats of the metre per minute."""
        return 60.0 / (self.quarter * float(self.metre.beat))

    def position(self, seconds: np.ndarray | float) -> np.ndarray:
        """Convert a time in seconds, or an array of times, to fractional quarter notes since the recording's start."""
        return _interpolate(np.asarray(seconds, float), self.times, self.quarters)

    def seconds(self, position: np.ndarray | float) -> np.ndarray:
        """Convert a fractional position in quarter notes, or an array of such positions, to seconds."""
        return _interpolate(np.asarray(position, float), self.quarters, self.times)

    def sung_position(self, seconds: np.ndarray) -> np.ndarray:
        """Convert times as `position` does, but extend the tempo after the first beat to the time before this beat.

        The tempo before the first beat can be so high that a few milliseconds are several quarter notes.

        Args:
            seconds: array of times in seconds.

        Returns:
            Fractional quarter notes, which can be negative.
        """
        return _extend(seconds, self.times[1:], self.quarters[1:]) if len(self.times) > 2 else self.position(seconds)

    def sung_seconds(self, position: np.ndarray) -> np.ndarray:
        """Convert an array of positions to seconds; the inverse of `sung_position`."""
        return _extend(position, self.quarters[1:], self.times[1:]) if len(self.times) > 2 else self.seconds(position)


def _interpolate(values: np.ndarray, known: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Interpolate linearly between known points, and extrapolate linearly beyond the last one."""
    slope = (images[-1] - images[-2]) / (known[-1] - known[-2])
    beyond = images[-1] + (values - known[-1]) * slope
    return np.where(values > known[-1], beyond, np.interp(values, known, images))


def _extend(values: np.ndarray, known: np.ndarray, images: np.ndarray) -> np.ndarray:
    """Interpolate linearly between known points, and extrapolate linearly before the first and beyond the last one."""
    slope = (images[1] - images[0]) / (known[1] - known[0])
    before = images[0] + (values - known[0]) * slope
    return np.where(values < known[0], before, _interpolate(values, known, images))


def constant_beats(
    tempo: float,
    phase: float = 0.0,
    metre: Metre = DEFAULT_METRE,
    downbeat: int = 0,
    confidence: float = 1.0,
    quiet: float = 0.0,
) -> Beats:
    """Make beats of a constant tempo.

    >>> beats = constant_beats(120.0)
    >>> float(beats.seconds(4)), float(beats.position(1.0))
    (2.0, 2.0)

    Args:
        tempo: beats of the metre per minute.
        phase: time of any beat, in seconds.
        metre: metre of all bars.
        downbeat: index of a beat that begins a bar, counted from the beat at ``phase``.
        confidence: confidence in the beats, from 0 to 1.
        quiet: length of the time before the first note, in seconds.

    Raises:
        ValueError: if the tempo is not a number above 0.
    """
    if not (math.isfinite(tempo) and tempo > 0):
        raise ValueError(f"a tempo is above 0, not {tempo}")
    quarter = 60.0 / tempo / float(metre.beat)
    return beats_from_times(phase + quarter * np.arange(2), metre, downbeat * metre.beat, confidence, quiet)


def beats_from_times(
    times: np.ndarray,
    metre: Metre = DEFAULT_METRE,
    downbeat: Fraction | int = 0,
    confidence: float = 1.0,
    quiet: float = 0.0,
) -> Beats:
    """Make beats from the times of quarter notes, and extend them back to the start of the recording.

    The time from 0 to the last beat before the first sung note is stretched or compressed so that a bar line lies at
    time 0.

    Args:
        times: (quarters,) times of quarter notes in seconds, ascending; at least two.
        metre: metre of all bars.
        downbeat: position at which a bar begins, in quarter notes after the first of ``times``.
        confidence: confidence in the beats, from 0 to 1.
        quiet: length of the time before the first note, in seconds.
    """
    quarters = np.arange(len(times)) - float(downbeat)
    clock = _Line(times, quarters)
    start, step, bar = clock.quarters_at(0.0), float(min(metre.unit, Fraction(1))), float(metre.bar)
    lead = math.floor(clock.quarters_at(quiet) / step + 1e-6) * step
    if abs(lead - start) < _SHORT and lead % bar < 1e-6:
        head_times, head = [0.0], [0.0]
    else:
        if clock.seconds_at(lead) < _LEAST:  # the first note starts before the first quarter note of the recording
            lead = math.floor(clock.quarters_at(quiet) * TICKS) / TICKS
            lead = max(lead, math.ceil(clock.quarters_at(_LEAST) * TICKS) / TICKS)
        head_times, head = [0.0, clock.seconds_at(lead)], [0.0, _lead_in(lead % bar, lead - start, bar)]
    later = (times > head_times[-1] + _LEAST) & (quarters > lead + 0.5 / TICKS)
    more = (max(lead, quarters[-1]) + 4 * np.arange(1, 3)).tolist()
    rest_times = [*times[later], *map(clock.seconds_at, more)]
    rest = np.array([*quarters[later], *more]) - lead + head[-1]
    return Beats(np.append(head_times, rest_times), np.append(head, rest), metre, confidence)


def _lead_in(length: float, natural: float, bar: float) -> float:
    """Choose the number of quarter notes for the time before the singer's first beat.

    Args:
        length: smallest number of quarter notes with which a bar line lies at time 0.
        natural: number of quarter notes for which this time has the tempo of the singer.
        bar: number of quarter notes in a bar.

    Returns:
        ``length`` plus a number of whole bars, chosen so that the ratio of the sum to ``natural`` is as near to 1 as
        possible.
    """
    natural = max(natural, 1e-3)
    lengths = (length + bar * number for number in range(math.ceil(natural / bar) + 2))
    return min((x for x in lengths if x > 0.5 / TICKS), key=lambda x: abs(math.log(x / natural)))


class _Line:
    """Conversion between seconds and quarter notes, which is extrapolated beyond the first and the last known time."""

    def __init__(self, times: np.ndarray, quarters: np.ndarray) -> None:
        first, last = times[1] - times[0], times[-1] - times[-2]
        far = 1e6
        self._times = np.concatenate([[times[0] - far * first], times, [times[-1] + far * last]])
        self._quarters = np.concatenate([[quarters[0] - far], quarters, [quarters[-1] + far]])

    def quarters_at(self, seconds: float) -> float:
        return float(np.interp(seconds, self._times, self._quarters))

    def seconds_at(self, quarters: float) -> float:
        return float(np.interp(quarters, self._quarters, self._times))
