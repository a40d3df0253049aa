"""The engine ``spleeter``: Spleeter's network for the voice (from its model with 2 stems), run with onnxruntime.

The spectrogram of the mix is computed at 44.1 kHz, with frames of 4096 samples and a hop of 1024 samples. The input of
the network is a window of 512 frames of this spectrogram. The output is a mask for the lowest 1024 bins, up to 11 kHz.
Above 11 kHz, the separated voice is silent. Neighbouring windows overlap. The first and the last `_CONTEXT` frames of
each window are not used, so that the edges of the windows do not affect the result.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from singtrans.extras import need
from singtrans.separation.checkpoint import EXTRA, find_checkpoint, read_checkpoint
from singtrans.separation.unet import mask_graph
from singtrans.separation.windows import windows

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SAMPLE_RATE = 44_100
FFT, HOP, BINS, FRAMES = 4096, 1024, 1024, 512
_CONTEXT = 32  # frames
_KEPT = FRAMES - 2 * _CONTEXT
_TOGETHER = 16  # frames that are transformed together
_OVERLAP = FFT - HOP
_DELAY = FFT // 2  # samples; frame 0 is centred on the first sample


class SpleeterSeparator:
    """Separator that uses Spleeter's network.

    Args:
        weights: map from names in torch to arrays; None for the weights of the installed package.
        threads: number of threads of onnxruntime.

    Raises:
        UsageError: if a package is not installed, or the file of weights is damaged.
    """

    name = "spleeter"
    sample_rate = SAMPLE_RATE

    def __init__(self, weights: Mapping[str, np.ndarray] | None = None, threads: int = 1) -> None:
        self._session = _session(read_checkpoint(find_checkpoint()) if weights is None else weights, threads)
        # A periodic Hann window. With a hop of a quarter of its length, its squares add up to 1.5.
        self._window = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)).astype(np.float32)

    def __call__(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Separate the voice; see `Separator`."""
        stream = chain([np.zeros((_DELAY, 2), np.float32)], blocks)
        skip = _DELAY
        tail = np.zeros((_OVERLAP, 2), np.float32)
        for number, window in enumerate(windows(stream, (FRAMES - 1) * HOP + FFT, _KEPT * HOP, _CONTEXT * HOP)):
            sound = _overlap_add(self._frames(window.samples))
            sound[:_OVERLAP] += tail
            tail = sound[_KEPT * HOP :]
            finished = (sound[: _KEPT * HOP] / self._squares(number)[:, None])[: window.kept]
            if skip < len(finished):
                yield finished[skip:]
            skip = max(0, skip - len(finished))

    def _squares(self, number: int) -> np.ndarray:
        """Compute, for each sample that is kept, the sum of the squared Hann windows that cover it, (kept * hop,)."""
        if number:
            return np.full(_KEPT * HOP, 1.5, np.float32)
        frames = np.broadcast_to(self._window[None, None] ** 2, (_KEPT, 2, FFT))  # there are no frames before the first
        return np.maximum(_overlap_add(frames)[: _KEPT * HOP, 0], 1e-6)

    def _frames(self, samples: np.ndarray) -> np.ndarray:
        """Compute (kept, 2, FFT) windowed frames of the voice from (size, 2) samples of the mix."""
        cut = np.lib.stride_tricks.sliding_window_view(samples, FFT, axis=0)[::HOP]
        spectrum = np.concatenate([np.fft.rfft(cut[part] * self._window)[:, :, :BINS] for part in _parts(FRAMES)])
        mix = np.abs(spectrum).astype(np.float32, copy=False).transpose(1, 0, 2)
        (mask,) = self._session.run(["mask"], {"mix": np.ascontiguousarray(mix)[None]})
        voice = spectrum[_CONTEXT : FRAMES - _CONTEXT]
        voice *= mask[0, :, _CONTEXT : FRAMES - _CONTEXT].transpose(1, 0, 2)
        frames = np.empty((_KEPT, 2, FFT), np.float32)
        for part in _parts(_KEPT):
            frames[part] = np.fft.irfft(voice[part], FFT) * self._window
        return frames


def _parts(frames: int) -> Iterator[slice]:
    """Yield slices of a few frames each, so that temporary arrays are small."""
    for first in range(0, frames, _TOGETHER):
        yield slice(first, min(first + _TOGETHER, frames))


def _overlap_add(frames: np.ndarray) -> np.ndarray:
    """Overlap and add frames, (frames, 2, FFT), and return the samples, (frames * hop + overlap, 2)."""
    steps = FFT // HOP
    sound = np.zeros((len(frames) + steps - 1, HOP, 2), np.float32)
    for step in range(steps):
        sound[step : step + len(frames)] += frames[:, :, step * HOP : (step + 1) * HOP].transpose(0, 2, 1)
    return sound.reshape(-1, 2)


def _session(weights: Mapping[str, np.ndarray], threads: int) -> "InferenceSession":
    onnxruntime = need("onnxruntime", EXTRA, "--separator spleeter")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = False  # this saves 20 to 30 MB
    return onnxruntime.InferenceSession(mask_graph(weights), options, providers=["CPUExecutionProvider"])
