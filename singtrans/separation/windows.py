"""Windows over a stream, with context on both sides of the samples that are used."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A part of a stream.

    Attributes:
        samples: (size, channels); zeros where the stream has not begun or is over.
        kept: samples of the stream in the part that this window is used for, from 1 to the stride.
    """

    samples: np.ndarray
    kept: int


def windows(blocks: Iterable[np.ndarray], size: int, stride: int, lead: int) -> Iterator[Window]:
    """Cut a stream into windows that overlap.

    Window ``k`` is used for the samples from ``k * stride`` to ``(k + 1) * stride`` of the stream, and begins ``lead``
    samples before them. Only one window is held in memory, and block boundaries do not affect the result.

    Args:
        blocks: (n, channels) each, of any lengths.
        size: of a window; at least ``lead + stride``.
        stride: from one window to the next.
        lead: context before the part that is used.
    """
    if not 0 <= lead <= size - stride:
        raise ValueError(f"windows of {size} samples have no room for {lead} + {stride}")
    held: np.ndarray | None = None
    filled, left = lead, 0  # samples in ``held``; those of the stream whose window is still to come
    for block in blocks:
        if held is None:
            held = np.zeros((size, block.shape[1]), np.float32)
        start = 0
        while start < len(block):
            taken = min(size - filled, len(block) - start)
            held[filled : filled + taken] = block[start : start + taken]
            filled, left, start = filled + taken, left + taken, start + taken
            if filled == size:
                yield Window(held.copy(), min(stride, left))
                held[: size - stride] = held[stride:].copy()
                filled, left = size - stride, left - min(stride, left)
    while held is not None and left > 0:
        held[filled:] = 0.0
        yield Window(held.copy(), min(stride, left))
        held[: size - stride] = held[stride:].copy()
        filled, left = max(filled - stride, 0), left - min(stride, left)
