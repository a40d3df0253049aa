"""Refinement of the boundaries of notes to times between frames."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

REACH = 4
"""Number of frames on each side of a boundary that are used to refine its position: 80 ms at the default hop."""

_BLUR = 2.5  # standard deviation in frames: half the width of a label's triangle at the default hop
_STEP = 0.125  # frames
_OFFSETS = np.arange(-REACH, REACH + 1)
_PLACES = np.arange(-1.5, 1.5 + _STEP / 2, _STEP)
_NEARNESS = np.exp(-0.5 * ((_OFFSETS - _PLACES[:, None]) / _BLUR) ** 2)  # (places, frames)


class Timed(Protocol):
    """A note with its boundaries on the frame grid (start, end), and refined in fractional frames (onset, offset)."""

    @property
    def start(self) -> int: ...  # noqa: D102 (see the class)
    @property
    def end(self) -> int: ...  # noqa: D102
    @property
    def onset(self) -> float: ...  # noqa: D102
    @property
    def offset(self) -> float: ...  # noqa: D102


def times(found: Sequence[Timed], hop: float, duration: float) -> list[tuple[float, float]]:
    """Compute the onset and offset of each note in seconds. All times are in order and inside the recording.

    Args:
        found: all notes of a recording, in order.
        hop: distance between frames in seconds.
        duration: length of the recording in seconds.
    """
    if not found:
        return []
    grid = np.array([(f.start, f.end) for f in found]).ravel()
    fine = np.array([(f.onset, f.offset) for f in found]).ravel()
    # Onsets and offsets alternate. If a note follows without a gap, its onset and the offset before it are one
    # boundary, whose position is the mean of both heads.
    offsets = np.arange(1, len(grid) - 1, 2)
    joined = offsets[grid[offsets] == grid[offsets + 1]]
    fine[joined] = fine[joined + 1] = 0.5 * (fine[joined] + fine[joined + 1])
    fine[offsets] = np.minimum(fine[offsets], fine[offsets + 1])
    shortest = np.tile([0.5, 0.0], len(found))[:-1]  # frames: for a note, and for a gap
    # Boundaries that are out of order are moved back to the frame grid, until all are in order.
    while len(wrong := np.flatnonzero(np.diff(fine) < shortest)):
        back = np.concatenate([wrong, wrong + 1])
        back = np.concatenate([back, joined[np.isin(joined, back)] + 1, joined[np.isin(joined + 1, back)]])
        fine[back] = grid[back]
    times = np.minimum(np.maximum(fine, 0.0) * hop, duration)
    return [(float(on), float(off)) for on, off in times.reshape(-1, 2)]


def shifts(probability: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """Compute the distance of each refined boundary from the frame that the search found, -1.5 to 1.5 frames.

    The refined boundary is where the blurred probability is highest. The blurred probability is computed from `REACH`
    frames on each side. If the probability has the shape of a triangle, as in the training targets, the boundary is at
    its peak. If there are two likely positions 60 to 100 ms apart, the boundary is between them, and nearer to the
    likelier one. Near the start or end of a recording, the same number of frames is used on both sides, because missing
    frames on one side would move the boundary inwards.

    Args:
        probability: (frames,) probabilities of a boundary. They include `REACH` frames on each side of every boundary,
            as far as the recording has these frames.
        frames: (n,) frames that the search found, as indices of ``probability``.

    Returns:
        (n,) distances in frames, positive if the refined boundary is later.
    """
    reach = np.minimum(REACH, np.minimum(frames, len(probability) - 1 - frames))
    near = probability[np.clip(frames[:, None] + _OFFSETS, 0, len(probability) - 1)]
    near = np.where(np.abs(_OFFSETS) <= reach[:, None], near, 0.0)
    blurred = (_NEARNESS * near[:, None]).sum(axis=2)
    best, every = blurred.argmax(axis=1), np.arange(len(frames))
    top = blurred[every, best]
    known = (reach >= 1) & (top > 0.0)
    place = np.where(known, _PLACES[best], 0.0)
    # The maximum between the tried positions is found with a parabola through three of them.
    inside = known & (best > 0) & (best < len(_PLACES) - 1)
    before = blurred[every, np.maximum(best - 1, 0)]
    after = blurred[every, np.minimum(best + 1, len(_PLACES) - 1)]
    bend = 2.0 * top - before - after
    bent = inside & (bend > 0.0)
    return place + np.where(bent, 0.5 * _STEP * (after - before) / np.where(bent, bend, 1.0), 0.0)
