"""Assembly of decoded frames into a continuous stream, according to their presentation times.

Gaps between frames are filled with silence, and overlaps are cut off. A small deviation from the expected time is
corrected only if it persists. Jitter does not persist, but the gaps left by single lost packets add up.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

_CLEAR_SECONDS = 0.05  # a difference that is corrected at once
_SMALL_SECONDS = 0.004  # a smaller difference can be due to time stamps in milliseconds
_LASTING_SECONDS = 0.4  # a small difference that lasts this long is corrected
_JUMP_SECONDS = 1.0  # a larger difference must be confirmed by the next frame, because a time stamp may be damaged
_OVERLAP_SECONDS = 0.1  # after a larger step back, time starts again, in formats that allow this
LONGEST_SILENCE_SECONDS = 3600.0
"""Limit of the total silence in gaps, in seconds, for files that do not state their length.

Without a limit, a damaged time stamp could add years of silence.
"""


@dataclass(frozen=True, slots=True)
class ClockRules:
    """Rules for the time stamps of a container format.

    Attributes:
        longest_gap: longest gap that is filled with silence, in seconds; longer gaps are left out.
        silence: limit of the total silence in gaps, in seconds.
        restarts: whether the time stamps may start again in the middle of a file, as in joined streams.
    """

    longest_gap: float = math.inf
    silence: float = LONGEST_SILENCE_SECONDS
    restarts: bool = False


@dataclass(frozen=True, slots=True)
class _Frame:
    samples: np.ndarray
    time: float


class PresentationClock:
    """Placement of frames in a continuous stream, according to their presentation times.

    Args:
        rate: sample rate in Hz.
        start: presentation time of the first sample of the result, in seconds.
        rules: rules for the time stamps of the container.
    """

    def __init__(self, rate: int, start: float, rules: ClockRules | None = None) -> None:
        self._rate, self._start, self._rules = rate, start, rules or ClockRules()
        self.position = 0  # number of samples that have been placed
        self._held: _Frame | None = None  # frame after a jump that is not confirmed yet
        self._silence_left = round(self._rules.silence * rate)
        self._small: list[int] = []  # differences in samples, all with the same sign
        self._small_samples = 0
        self._cutting = False  # whether the previous frame was cut off completely

    def place(self, samples: np.ndarray, time: float | None) -> Iterator[np.ndarray]:
        """Place a frame, and yield the arrays to append to the stream.

        Args:
            samples: (n, channels) samples of the frame.
            time: presentation time of the first sample in seconds; None if unknown.
        """
        if self._held is not None:
            yield from self._release(time)
        if time is None:
            yield from self._append(samples)
            return
        lag = self._lag(time)
        if abs(lag) > _JUMP_SECONDS * self._rate:
            self._held = _Frame(samples, time)
            return
        yield from self._shift(samples, time, lag)

    def finish(self) -> Iterator[np.ndarray]:
        """Yield the remaining arrays after the last frame has been placed."""
        if self._held is not None:
            yield from self._release(None)

    def silence(self, seconds: float, channels: int) -> Iterator[np.ndarray]:
        """Yield arrays of silence of the given length, or less if the limit of the total silence is reached."""
        left = min(round(seconds * self._rate), self._silence_left)
        self._silence_left -= left
        while left > 0:
            step = min(left, self._rate)
            left -= step
            self.position += step
            yield np.zeros((step, channels), np.float32)

    def _lag(self, time: float) -> int:
        """Return the number of samples that are missing before ``time``; negative if there are too many."""
        lag = (time - self._start) * self._rate - self.position
        return round(max(-1e15, min(1e15, lag)))

    def _release(self, following: float | None) -> Iterator[np.ndarray]:
        """Place the frame that was held back because of a jump in time.

        If the next frame confirms the jump, the gap is filled with silence if this is allowed, and the clock is set to
        the time of the frame. Otherwise, the frame directly follows the previous one.
        """
        held, self._held = self._held, None
        if held is None:
            return
        end = held.time + len(held.samples) / self._rate
        if following is None or abs(following - end) > _JUMP_SECONDS / 2:
            yield from self._append(held.samples)
            return
        gap = self._lag(held.time) / self._rate
        if 0 < gap <= self._rules.longest_gap:
            yield from self.silence(gap, held.samples.shape[1])
        self._start = held.time - self.position / self._rate  # time starts again, unless the gap was filled
        yield from self._append(held.samples)

    def _shift(self, samples: np.ndarray, time: float, lag: int) -> Iterator[np.ndarray]:
        """Place a frame whose deviation from the expected time is too small to count as a jump."""
        if lag < -_OVERLAP_SECONDS * self._rate and self._rules.restarts:
            self._start = time - self.position / self._rate
            lag = 0
        change = self._change(lag, len(samples))
        self._cutting = -change >= len(samples) > 0
        if change > 0:
            yield from self.silence(change / self._rate, samples.shape[1])
        yield from self._append(samples[max(0, -change) :])

    def _change(self, lag: int, length: int) -> int:
        """Return the number of samples of silence to insert before a frame; negative to cut off its beginning."""
        if abs(lag) > _CLEAR_SECONDS * self._rate or (self._cutting and lag < 0):
            self._small.clear()
            return lag
        if abs(lag) <= _SMALL_SECONDS * self._rate or (self._small and (lag > 0) != (self._small[0] > 0)):
            self._small.clear()
            return 0
        self._small_samples = length + (self._small_samples if self._small else 0)
        self._small.append(lag)
        if self._small_samples < _LASTING_SECONDS * self._rate:
            return 0
        change = min(self._small, key=abs)
        self._small.clear()
        return change

    def _append(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        if len(samples):
            self.position += len(samples)
            yield samples
