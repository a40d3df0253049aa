"""Mixing of several channels into one."""

from collections.abc import Iterable, Iterator

import numpy as np

_CANCELLED = 0.01  # share of the channels' energy below which they cancel each other in the mean (-20 dB)


def mix(chunks: Iterable[np.ndarray], fade: int) -> Iterator[np.ndarray]:
    """Average the channels, or use the loudest one where they cancel each other.

    Args:
        chunks: arrays of samples, (frames, channels) each.
        fade: length of the cross-fade in frames, which is applied when the weights of the channels change.

    Yields:
        (frames,) samples for each chunk.
    """
    previous = None
    for raw in chunks:
        chunk = finite(raw)
        if chunk.shape[1] == 1:
            yield chunk[:, 0]
            continue
        weights = _weights(chunk, previous)
        mono = chunk @ weights
        if previous is not None and not np.array_equal(weights, previous):
            ramp = np.linspace(0.0, 1.0, len(mono[:fade]), dtype=np.float32)
            mono[:fade] = ramp * mono[:fade] + (1 - ramp) * (chunk[:fade] @ previous)
        previous = weights
        yield mono


def pick(chunks: Iterable[np.ndarray], channel: int) -> Iterator[np.ndarray]:
    """Yield one channel of each (frames, channels) chunk; channels are numbered from 1."""
    for chunk in chunks:
        yield finite(chunk[:, channel - 1])


def finite(samples: np.ndarray) -> np.ndarray:
    """Replace NaN and infinite samples with 0."""
    if np.isfinite(samples).all():
        return samples
    return np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)


def _weights(chunk: np.ndarray, previous: np.ndarray | None) -> np.ndarray:
    """Compute the (channels,) float32 weights with which the channels of a (frames, channels) chunk are mixed."""
    channels = chunk.shape[1]
    mean = np.full(channels, 1 / channels, np.float32)
    energy = np.square(chunk, dtype=np.float64).sum(axis=0)
    if not energy.any():
        return mean if previous is None else previous
    if np.square(chunk @ mean, dtype=np.float64).sum() >= _CANCELLED * energy.mean():
        return mean
    loudest = int(energy.argmax())
    if previous is not None and previous.max() == 1:
        # Channels in anti-phase are about equally loud. The current one is kept unless it is clearly quieter.
        chosen = int(previous.argmax())
        loudest = chosen if energy[chosen] >= 0.5 * energy[loudest] else loudest
    return np.eye(channels, dtype=np.float32)[loudest]
