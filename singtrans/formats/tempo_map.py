"""Seconds to ticks under the tempo of each beat, as it is written to a file."""

from dataclasses import dataclass

import numpy as np

from singtrans.melody.beats import Beats


@dataclass(frozen=True, slots=True, eq=False)
class TempoMap:
    """The tempo of each beat, rounded as files state it, so that no rounding adds up.

    Attributes:
        lengths: (beats,) whole microseconds of each beat; neighbours that differ by rounding alone are equal.
        resolution: ticks per beat.
    """

    lengths: np.ndarray
    resolution: int = 480

    @classmethod
    def of(cls, beats: Beats, resolution: int = 480) -> "TempoMap":
        """The tempo map of beats."""
        lengths = np.diff(np.rint(beats.times * 1e6))
        for number in range(1, len(lengths)):
            if abs(lengths[number] - lengths[number - 1]) <= 1:
                lengths[number] = lengths[number - 1]
        return cls(lengths, resolution)

    def ticks(self, seconds: np.ndarray | float) -> np.ndarray:
        """Ticks (fractional) at times in seconds, of any shape."""
        edges = np.concatenate([[0.0], np.cumsum(self.lengths)]) / 1e6
        beyond = np.maximum(0.0, np.asarray(seconds) - edges[-1]) / (self.lengths[-1] / 1e6)
        return self.resolution * (np.interp(seconds, edges, np.arange(len(edges))) + beyond)

    def changes(self, end: int) -> list[tuple[int, int]]:
        """(tick, microseconds per beat) of each change of tempo before a tick, the first one at 0."""
        found: list[tuple[int, int]] = []
        for beat, length in enumerate(self.lengths.astype(int).tolist()):
            if (not found or length != found[-1][1]) and (beat == 0 or beat * self.resolution < end):
                found.append((beat * self.resolution, length))
        return found
