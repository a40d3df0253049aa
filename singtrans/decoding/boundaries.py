"""Exact times of notes: boundaries between the frames, brought into order."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

REACH = 4
"""Frames before a boundary's own and after it whose posteriors have a say in where it is: 80 ms at the default hop."""

_BLUR = 2.5  # frames, standard deviation; how far a label's triangle reaches to either side, at the default hop
_STEP = 0.125  # frames
_OFFSETS = np.arange(-REACH, REACH + 1)
_PLACES = np.arange(-1.5, 1.5 + _STEP / 2, _STEP)
_NEARNESS = np.exp(-0.5 * ((_OFFSETS - _PLACES[:, None]) / _BLUR) ** 2)  # (places, frames)


class Timed(Protocol):
    """A note with its boundaries: on the frame grid, and finer."""

    @property
    def start(self) -> int: ...  # noqa: D102 (see the class)
    @property
    def end(self) -> int: ...  # noqa: D102
    @property
    def onset(self) -> float: ...  # noqa: D102
    @property
    def offset(self) -> float: ...  # noqa: D102


def times(found: Sequence[Timed], hop: float, duration: float) -> list[tuple[float, float]]:
    """Onset and offset of each note in seconds, in order and inside the recording.

    Args:
        found: all notes of a recording, in order.
        hop: seconds from frame to frame.
        duration: of the recording, in seconds.
    """
    if not found:
        return []
    grid = np.array([(f.start, f.end) for f in found]).ravel()
    fine = np.array([(f.onset, f.offset) for f in found]).ravel()
    # Boundaries alternate: onset, offset, onset ... Where a note follows with no gap, offset and onset are one
    # boundary, of which both heads know.
    offsets = np.arange(1, len(grid) - 1, 2)
    joined = offsets[grid[offsets] == grid[offsets + 1]]
    fine[joined] = fine[joined + 1] = 0.5 * (fine[joined] + fine[joined + 1])
    fine[offsets] = np.minimum(fine[offsets], fine[offsets + 1])
    shortest = np.tile([0.5, 0.0], len(found))[:-1]  # frames: a note, then a gap
    # What is out of order goes back to the frame grid, which is in order, until all is.
    while len(wrong := np.flatnonzero(np.diff(fine) < shortest)):
        back = np.concatenate([wrong, wrong + 1])
        back = np.concatenate([back, joined[np.isin(joined, back)] + 1, joined[np.isin(joined + 1, back)]])
        fine[back] = grid[back]
    times = np.minimum(np.maximum(fine, 0.0) * hop, duration)
    return [(float(on), float(off)) for on, off in times.reshape(-1, 2)]


def shifts(probability: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """How far boundaries lie from the frames that the search chose, in fractional frames, at most 1.5 either way.

    A boundary is where the probability nearby, `REACH` frames to either side, is highest after a blur. For one of the
    labels' triangles that is its peak. Where the network hesitates between two places 60 to 100 ms apart, it lies
    between them, nearer to the likelier one. Where the recording begins or ends nearby, as many frames count on either
    side as there are on both: those that are missing would push it inwards.

    Args:
        probability: (frames,) from 0 to 1, with `REACH` frames around each boundary where the recording has them.
        frames: (n,) the frames that the search chose, as they are counted in ``probability``.

    Returns:
        (n,) frames; positive for a boundary that lies later.
    """
    reach = np.minimum(REACH, np.minimum(frames, len(probability) - 1 - frames))
    near = probability[np.clip(frames[:, None] + _OFFSETS, 0, len(probability) - 1)]
    near = np.where(np.abs(_OFFSETS) <= reach[:, None], near, 0.0)
    blurred = (_NEARNESS * near[:, None]).sum(axis=2)
    best, every = blurred.argmax(axis=1), np.arange(len(frames))
    top = blurred[every, best]
    known = (reach >= 1) & (top > 0.0)
    place = np.where(known, _PLACES[best], 0.0)
    # Between the places that were tried, by the parabola through three of them.
    inside = known & (best > 0) & (best < len(_PLACES) - 1)
    before = blurred[every, np.maximum(best - 1, 0)]
    after = blurred[every, np.minimum(best + 1, len(_PLACES) - 1)]
    bend = 2.0 * top - before - after
    bent = inside & (bend > 0.0)
    return place + np.where(bent, 0.5 * _STEP * (after - before) / np.where(bent, bend, 1.0), 0.0)
