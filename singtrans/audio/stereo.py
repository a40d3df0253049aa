"""Reading of recordings as blocks of stereo samples."""

from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np

from singtrans.audio.blocks import regroup, resample
from singtrans.audio.channels import finite, mix, pick
from singtrans.audio.reading import FADE_SECONDS, Reading
from singtrans.audio.recording import Source, as_recording


def stereo_blocks(source: Source | Reading, sample_rate: int = 44_100) -> Iterator[np.ndarray]:
    """Read a recording piece by piece in stereo.

    A mono recording, or the chosen channel, is used for both channels. More than two channels are first mixed into one,
    as in `singtrans.audio.blocks`. NaN and infinite samples are replaced with 0.

    Args:
        source: audio or video file, optionally with a choice of sound track and channel; or a `Reading`, whose summary
            is set at the end.
        sample_rate: sample rate of the result, in Hz.

    Yields:
        Blocks of (n, 2) float32 samples, each about one second long.

    Raises:
        InputError: under the conditions listed for `Reading`, when the first block is read.
    """
    reading = source if isinstance(source, Reading) else Reading(source)
    pieces = reading.pieces()
    first = next(pieces)
    samples = (piece.samples for piece in chain([first], pieces))
    chosen = as_recording(reading.source).channel
    chunks = _in_stereo(regroup(samples, first.rate), first.samples.shape[1], first.rate, chosen)
    yield from (block for block in resample(chunks, first.rate, sample_rate, channels=2) if len(block))


def _in_stereo(chunks: Iterable[np.ndarray], channels: int, rate: int, chosen: int | None) -> Iterator[np.ndarray]:
    if channels == 2 and chosen is None:
        yield from map(finite, chunks)
        return
    for mono in mix(chunks, round(rate * FADE_SECONDS)) if chosen is None else pick(chunks, chosen):
        yield np.stack([mono, mono], axis=1)
