"""Times in projects: conversion between ticks and seconds with changes of tempo, the last metre, and the beats."""

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
    """Return the last metre of a project, and the quarter note at which it begins.

    In most songs, the last metre applies to nearly all bars; an earlier metre may apply only to a shortened first bar.

    Args:
        changes: changes of metre in a project.
        keys: names of three fields of a change. These fields hold the index of its first bar, the number of beats in a
            bar, and the note value of a beat, such as 4 for a quarter note.
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
    """Conversion between ticks and seconds in a project whose tempo may change.

    Args:
        changes: (tick, beats per minute) for each change of tempo; the tempo before the first change is 120.
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
        """Convert a tick to seconds."""
        place = max(0, bisect_right(self._ticks, tick) - 1)
        return self._starts[place] + (tick - self._ticks[place]) * self._lengths[place]

    def tick(self, seconds: float) -> float:
        """Convert a time in seconds to a tick."""
        place = max(0, bisect_right(self._starts, seconds) - 1)
        return self._ticks[place] + (seconds - self._starts[place]) / self._lengths[place]

    def all_seconds(self, ticks: np.ndarray) -> np.ndarray:
        """Convert ticks to seconds; the array may have any shape."""
        place = np.maximum(0, np.searchsorted(self._ticks, ticks, "right") - 1)
        return np.array(self._starts)[place] + (ticks - np.array(self._ticks)[place]) * np.array(self._lengths)[place]

    def all_ticks(self, seconds: np.ndarray) -> np.ndarray:
        """Convert times in seconds to ticks; the array may have any shape."""
        place = np.maximum(0, np.searchsorted(self._starts, seconds, "right") - 1)
        since = seconds - np.array(self._starts)[place]
        return np.array(self._ticks)[place] + since / np.array(self._lengths)[place]

    def beats(self, end: float, metre: StatedMetre | None = None) -> Beats | None:
        """Return the beats up to a tick; None if the tempo is always the default of 120.

        Args:
            end: last tick that is needed.
            metre: metre of the project; None for 4/4.
        """
        if self.is_default:
            return None
        resolution = self.resolution
        changes = [tick / resolution for tick in self._ticks]
        return stated_beats(
            lambda quarter: self.seconds(quarter * resolution), changes, end / resolution, metre or StatedMetre()
        )
