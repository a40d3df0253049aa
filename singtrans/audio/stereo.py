"""Any audio file to blocks of stereo samples, for what needs the original channels and rate."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from singtrans.audio.decode import _chain, _decode, _downmix, _read_head, _regroup
from singtrans.errors import InputError

_FADE_SECONDS = 0.01


def stereo_blocks(path: str | Path, sample_rate: int = 44_100) -> Iterator[np.ndarray]:
    """Read a recording piece by piece, with its two channels.

    One channel is doubled. More than two are mixed into one, as `singtrans.audio.blocks` does, and doubled. Samples
    that are not finite become 0.

    Args:
        path: an audio or video file.
        sample_rate: rate of the result, in Hz.

    Yields:
        (n, 2) float32, of about a second each.

    Raises:
        InputError: when the first block is asked for, as for `singtrans.audio.blocks`.
    """
    path = Path(path)
    pieces = _decode(path, _read_head(path))
    first = next(pieces)
    if not 1000 <= first.rate <= 1_000_000:
        raise InputError(f"{path} claims {first.rate} samples a second: record or export it again.")
    chunks = _regroup(_chain(first.samples, (piece.samples for piece in pieces)), first.rate)
    yield from _resample(_in_stereo(chunks, first.samples.shape[1], first.rate), first.rate, sample_rate)


def _in_stereo(chunks: Iterable[np.ndarray], channels: int, rate: int) -> Iterator[np.ndarray]:
    if channels == 2:
        for chunk in chunks:
            yield np.nan_to_num(chunk, nan=0.0, posinf=0.0, neginf=0.0)
    else:
        for mono in _downmix(chunks, round(rate * _FADE_SECONDS)):
            yield np.stack([mono, mono], axis=1)


def _resample(chunks: Iterable[np.ndarray], source: int, target: int) -> Iterator[np.ndarray]:
    """(n, 2) chunks at ``source`` Hz to ``target`` Hz, as if resampled all at once; none is empty."""
    if source == target:
        yield from chunks
        return
    import soxr

    stream = soxr.ResampleStream(source, target, 2, dtype="float32")
    for chunk in chunks:
        if len(resampled := stream.resample_chunk(np.ascontiguousarray(chunk))):
            yield resampled
    if len(resampled := stream.resample_chunk(np.empty((0, 2), np.float32), last=True)):
        yield resampled
