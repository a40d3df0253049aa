"""Conversion of FFmpeg's frames, in any sample format, to arrays of samples."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from av import AudioFrame, AudioResampler

_LOUDEST = 2.0  # full scale is 1; larger samples, as from damaged packets, are clipped


class Converter:
    """Converter from frames to (samples, channels) float32 arrays. The format may change from one frame to the next."""

    def __init__(self, first: "AudioFrame") -> None:
        self.rate = first.sample_rate
        self._layout = first.layout
        self._kind: tuple[object, ...] = ()
        self._resampler: AudioResampler | None = None

    def convert(self, frame: "AudioFrame") -> Iterator[np.ndarray]:
        """Convert a frame; yield (samples, channels) arrays with the sample rate and layout of the first frame."""
        import av

        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or kind != self._kind:
            same = frame.layout.name == self._layout.name and frame.sample_rate == self.rate
            wanted = (None, None) if same else (self._layout, self.rate)
            # Samples are packed, because PyAV can only read the first eight planes.
            self._kind, self._resampler = kind, av.AudioResampler("flt", *wanted)
        frame.pts = None  # the converter would fill gaps in the time stamps
        for converted in self._resampler.resample(frame):
            samples = converted.to_ndarray().reshape(converted.samples, -1)
            yield np.clip(samples, -_LOUDEST, _LOUDEST)
