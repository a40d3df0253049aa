"""Conversion of seconds to ticks of a file with tempo changes."""

from dataclasses import dataclass

import numpy as np

from singtrans.melody.beats import Beats


@dataclass(frozen=True, slots=True, eq=False)
class TempoMap:
    """Tempo changes of a file.

    `of` rounds the changes to the values that are written to the file. Therefore, the computed ticks agree with the
    file up to its end.

    Attributes:
        starts: (changes,) ticks of the changes, ascending from 0.
        lengths: (changes,) length of a quarter note after each change, in microseconds; `of` rounds it to an integer.
        resolution: ticks per quarter note.
    """

    starts: np.ndarray
    lengths: np.ndarray
    resolution: int = 480

    @classmethod
    def of(cls, beats: Beats, resolution: int = 480) -> "TempoMap":
        """Make a tempo map from beats."""
        starts, first = np.unique(np.rint(beats.quarters * resolution), return_index=True)
        lengths = np.rint(1e6 * resolution * np.diff(beats.times[first]) / np.diff(starts))
        starts = starts[:-1]
        # Adjacent lengths that differ only by rounding become equal.
        for number in range(1, len(lengths)):
            if abs(lengths[number] - lengths[number - 1]) <= 1:
                lengths[number] = lengths[number - 1]
        kept = np.append(True, np.diff(lengths) != 0)
        return cls(starts[kept], np.maximum(lengths[kept], 1.0), resolution)

    @classmethod
    def constant(cls, tempo: float, resolution: int = 480) -> "TempoMap":
        """Make a tempo map with a constant tempo, in quarter notes per minute."""
        return cls(np.zeros(1), np.array([60e6 / tempo]), resolution)

    def ticks(self, seconds: np.ndarray | float) -> np.ndarray:
        """Convert an array of times in seconds, of any shape, to fractional ticks."""
        tick = self.lengths / 1e6 / self.resolution
        edges = np.concatenate([[0.0], np.cumsum(np.diff(self.starts) * tick[:-1])])
        at = np.asarray(seconds, float)
        place = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, None)
        return self.starts[place] + (at - edges[place]) / tick[place]

    def changes(self, end: int) -> list[tuple[int, int]]:
        """List the tempo changes before tick ``end``, the first one at 0, as (tick, microseconds per quarter note)."""
        pairs = zip(self.starts.astype(int).tolist(), self.lengths.astype(int).tolist(), strict=True)
        return [(tick, length) for tick, length in pairs if tick == 0 or tick < end]
