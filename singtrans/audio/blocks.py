"""Conversion of a stream of samples to another block length or sample rate."""

from collections.abc import Iterable, Iterator

import numpy as np


def regroup(arrays: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """Regroup arrays of any length into arrays of length ``size`` along the first axis; the last may be shorter."""
    waiting: list[np.ndarray] = []
    length = 0
    for array in arrays:
        waiting.append(array)
        length += len(array)
        if length < size:
            continue
        joined = np.concatenate(waiting)
        whole = length - length % size
        for start in range(0, whole, size):
            yield joined[start : start + size]
        waiting, length = [joined[whole:]], length - whole
    if length:
        yield np.concatenate(waiting)


def resample(chunks: Iterable[np.ndarray], source: int, target: int, channels: int = 1) -> Iterator[np.ndarray]:
    """Resample float32 chunks from ``source`` to ``target`` Hz. The chunk lengths have no effect on the result.

    Args:
        chunks: (frames,) each, or (frames, channels) if there are several channels.
        source: sample rate of the chunks in Hz.
        target: sample rate of the result in Hz.
        channels: number of channels.

    Yields:
        Resampled chunks with the same number of dimensions as the input; some may be empty.
    """
    if source == target:
        yield from chunks
        return
    import soxr

    stream = soxr.ResampleStream(source, target, channels, dtype="float32")
    for chunk in chunks:
        yield stream.resample_chunk(np.ascontiguousarray(chunk))
    yield stream.resample_chunk(np.empty(0 if channels == 1 else (0, channels), np.float32), last=True)
