"""Ticks to seconds and back under changes of tempo, and the beats of a project."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from singtrans.formats.json_file import finite
from singtrans.formats.stated_beats import StatedMetre, stated_beats
from singtrans.melody.beats import DEFAULT_TEMPO, Beats
from singtrans.melody.metre import Metre


def last_metre(changes: Sequence[Any], keys: tuple[str, str, str]) -> StatedMetre:
    """The last of several changes of metre, which holds for most of a song: the first one may be a shortened bar.

    Args:
        changes: as they stand in a project.
        keys: names of a change's first bar, of its beats in a bar, and of its unit, such as 4 for quarter notes.
    """
    found, bar = StatedMetre(), 0
    try:
        for change in changes:
            stated = zip(keys, (0, 4, 4), strict=True)
            first, beats, unit = (int(finite(change.get(key, default))) for key, default in stated)
            since = found.since + found.metre.bar * max(0, first - bar)
            found, bar = StatedMetre(Metre(beats, unit), since), first
    except (ValueError, TypeError, AttributeError):
        return StatedMetre()
    return found


class TickClock:
    """Ticks to seconds under changes of tempo.

    Args:
        changes: (tick, beats per minute); 120 before the first.
        resolution: ticks per beat.

    Raises:
        ValueError: if a tempo or the resolution is not above 0.
    """

    def __init__(self, changes: Sequence[tuple[float, float]], resolution: float) -> None:
        known = {0.0: DEFAULT_TEMPO} | dict(sorted(changes))
        if not all(0 < tempo < 1e6 for tempo in known.values()) or not resolution > 0:
            raise ValueError("a tempo is above 0")
        self.resolution = resolution
        self.is_default = set(known.values()) == {DEFAULT_TEMPO}
        self._ticks = sorted(known)
        self._lengths = [60.0 / known[tick] / resolution for tick in self._ticks]
        self._starts = [0.0]
        for (first, second), length in zip(pairwise(self._ticks), self._lengths, strict=False):
            self._starts.append(self._starts[-1] + (second - first) * length)

    def seconds(self, tick: float) -> float:
        """Seconds at a tick."""
        place = max(0, bisect_right(self._ticks, tick) - 1)
        return self._starts[place] + (tick - self._ticks[place]) * self._lengths[place]

    def tick(self, seconds: float) -> float:
        """The tick at a time in seconds."""
        place = max(0, bisect_right(self._starts, seconds) - 1)
        return self._ticks[place] + (seconds - self._starts[place]) / self._lengths[place]

    def all_seconds(self, ticks: np.ndarray) -> np.ndarray:
        """Seconds at ticks, of any shape."""
        place = np.maximum(0, np.searchsorted(self._ticks, ticks, "right") - 1)
        return np.array(self._starts)[place] + (ticks - np.array(self._ticks)[place]) * np.array(self._lengths)[place]

    def all_ticks(self, seconds: np.ndarray) -> np.ndarray:
        """Ticks at times in seconds, of any shape."""
        place = np.maximum(0, np.searchsorted(self._starts, seconds, "right") - 1)
        since = seconds - np.array(self._starts)[place]
        return np.array(self._ticks)[place] + since / np.array(self._lengths)[place]

    def beats(self, end: float, metre: StatedMetre | None = None) -> Beats | None:
        """The beats up to a tick; None where the tempo is 120 throughout, as in projects that nobody gave one.

        Args:
            end: the last tick that is needed.
            metre: 4/4 if None.
        """
        if self.is_default:
            return None
        resolution = self.resolution
        changes = [tick / resolution for tick in self._ticks]
        return stated_beats(
            lambda quarter: self.seconds(quarter * resolution), changes, end / resolution, metre or StatedMetre()
        )
