"""Windows over a stream, with context on both sides of the samples that are used."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """A part of a stream.

    Attributes:
        samples: (size, channels) samples, with zeros before the start and after the end of the stream.
        kept: number of samples after the context that are used, from 1 to the stride.
    """

    samples: np.ndarray
    kept: int


def windows(blocks: Iterable[np.ndarray], size: int, stride: int, lead: int) -> Iterator[Window]:
    """Divide a stream into overlapping windows.

    Window ``k`` is used for the samples from ``k * stride`` to ``(k + 1) * stride`` of the stream. It begins ``lead``
    samples earlier. Only one window is kept in memory, and the lengths of the blocks have no effect on the result.

    Args:
        blocks: blocks of the stream, (n, channels) each, of any length.
        size: length of a window; at least ``lead + stride``.
        stride: distance from one window to the next.
        lead: length of the context before the samples that are used.
    """
    if not 0 <= lead <= size - stride:
        raise ValueError(f"windows of {size} samples have no room for {lead} + {stride}")
    held: np.ndarray | None = None
    filled, left = lead, 0  # number of samples in ``held``; number of samples whose window is still to be made
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
