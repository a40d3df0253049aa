"""The front end: samples to per-frame features.

Two views of the same moment, both on a logarithmic frequency axis:

- a *spectrum* whose windows are long at low frequencies and shorter above (a variable-Q transform), fine enough
  to tell pitches a few cents apart, and
- *bands*, a mel spectrogram of a window short enough to say when something happened.

Frame ``i`` is centred on sample ``i * hop``. The bands' ``band_steps`` windows of a frame lie evenly inside it.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from singtrans.model.config import FeatureConfig
from singtrans.model.filters import band_filters, band_window, spectrum_kernels

_GROUPS = 6  # of the spectrum's bins, each of which is computed from no more samples than it needs


class FrontEnd(nn.Module):
    """Samples to spectrum and bands.

    Its filters are built from the configuration when a model is made, and travel with the weights from then on:
    ``kernels`` (longest_window, 2 * spectrum_bins), each bin's windowed cosine and sine side by side; ``band_window``
    (band_window,); and ``band_filters`` (band_window // 2 + 1, bands). What they make of a frame of samples x around
    its centre, with c the compression: ``log(1 + c |x @ kernels|) / log(1 + c)``, where the magnitude is over a bin's
    two columns; and ``log(1 + c (|rfft(x * band_window)| @ band_filters)) / log(1 + c)``.

    Shape:
        - samples: (batch, n), divided by the recording's `level`, with ``margin`` samples of what came before
          the first frame's centre and at least as many after the last frame's (zeros at a recording's ends).
        - spectrum: (batch, frames, spectrum_bins), 0 is silence, 1 a sinusoid of amplitude 1.
        - bands: (batch, frames * band_steps, bands), likewise.
    """

    def __init__(self, config: FeatureConfig) -> None:
        super().__init__()
        self.kernels: Tensor
        self.band_window: Tensor
        self.band_filters: Tensor
        self.config = config
        self.margin = config.longest_window // 2
        self.register_buffer("kernels", torch.from_numpy(spectrum_kernels(config)))
        self._groups = _groups(self.kernels)
        self.register_buffer("band_window", torch.from_numpy(band_window(config)))
        self.register_buffer("band_filters", torch.from_numpy(band_filters(config)))
        self._scale = 1.0 / math.log1p(config.compression)

    def load_filters(self, filters: Mapping[str, Tensor]) -> None:
        """Use these filters, of the same shapes, instead of those that the configuration makes."""
        self.load_state_dict(dict(filters))
        self._groups = _groups(self.kernels)

    def frames(self, n: int) -> int:
        """Frames in a recording of ``n`` samples: one on every multiple of the hop up to its end."""
        return n // self.config.hop + 1

    def forward(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """See the class for shapes."""
        c = self.config
        frames = (samples.shape[-1] - 2 * self.margin) // c.hop + 1
        long = samples.unfold(-1, c.longest_window, c.hop)[:, :frames]
        parts = [(long[..., rows] @ self.kernels[rows, columns]) for rows, columns in self._groups]
        joined = torch.cat(parts, dim=-1)
        real, imaginary = joined[..., 0::2], joined[..., 1::2]
        spectrum = torch.sqrt(real.square() + imaginary.square() + 1e-12)
        step = c.hop // c.band_steps
        # The first of a frame's short windows is centred half of the steps' span before the frame's centre.
        start = self.margin - c.band_window // 2 - (c.band_steps - 1) * step // 2
        short = samples[:, start:].unfold(-1, c.band_window, step)[:, : frames * c.band_steps]
        transform = torch.view_as_real(torch.fft.rfft(short * self.band_window))
        magnitude = transform.square().sum(dim=-1).sqrt()  # several times faster than abs()
        bands = magnitude @ self.band_filters
        return self._compress(spectrum), self._compress(bands)

    def _compress(self, x: Tensor) -> Tensor:
        return torch.log1p(x * self.config.compression) * self._scale


def _groups(kernels: Tensor) -> list[tuple[slice, slice]]:
    """Rows and columns of ``kernels`` that leave out a part of its zeros: shorter windows need fewer samples."""
    groups = []
    for columns in np.array_split(np.arange(kernels.shape[1] // 2), _GROUPS):
        inside = slice(2 * int(columns[0]), 2 * int(columns[-1]) + 2)
        rows = torch.nonzero(kernels[:, inside].any(dim=1))
        groups.append((slice(int(rows[0]), int(rows[-1]) + 1), inside))
    return groups
