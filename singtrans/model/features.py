"""The front end, which converts samples to features of frames.

There are two kinds of features, both on a logarithmic frequency axis:

- the *spectrum*, a variable-Q transform with long windows at low frequencies and shorter windows at high frequencies,
  which resolves pitches a few cents apart;
- the *bands*, a mel spectrogram with a short window, which has a fine time resolution.

Frame ``i`` is centred on sample ``i * hop``. Each frame has ``band_steps`` short windows, which are evenly spaced
within the frame.
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from singtrans.model.config import FeatureConfig
from singtrans.model.filters import band_filters, band_window, spectrum_kernels

_GROUPS = 6  # groups of spectrum bins; each group is computed from only the samples that it needs


class FrontEnd(nn.Module):
    """Computation of the spectrum and the bands.

    The filters are computed from the configuration when a model is made, and are then saved with the weights:

    - ``kernels`` (longest_window, 2 * spectrum_bins): a windowed cosine and a windowed sine for each bin;
    - ``band_window`` (band_window,): the short window;
    - ``band_filters`` (band_window // 2 + 1, bands): the responses of the mel bands.

    Let x be the samples in a window, and c the compression. The spectrum is ``log(1 + c |x @ kernels|) / log(1 + c)``,
    where ``| |`` is the magnitude of the two values of each bin. The bands are
    ``log(1 + c (|rfft(x * band_window)| @ band_filters)) / log(1 + c)``.

    Shape:
        - samples: (batch, n), divided by the recording's `level`, with ``margin`` samples before the centre of the
          first frame and at least as many after the centre of the last one. Samples beyond the recording are 0.
        - spectrum: (batch, frames, spectrum_bins); silence is 0, and a sinusoid of amplitude 1 is 1.
        - bands: (batch, frames * band_steps, bands), on the same scale.
    """

    def __init__(self, config: FeatureConfig) -> None:
        super().__init__()
        self.kernels: Tensor
        self.band_window: Tensor
        self.band_filters: Tensor
        self.config = config
        self.margin = config.longest_window // 2
        self.register_buffer("kernels", torch.tensor(spectrum_kernels(config)))
        self._groups = _groups(self.kernels)
        self.register_buffer("band_window", torch.from_numpy(band_window(config)))
        self.register_buffer("band_filters", torch.from_numpy(band_filters(config)))
        self._scale = 1.0 / math.log1p(config.compression)

    def load_filters(self, filters: Mapping[str, Tensor]) -> None:
        """Replace the filters with others of the same shapes."""
        self.load_state_dict(dict(filters))
        self._groups = _groups(self.kernels)

    def frames(self, n: int) -> int:
        """Return the number of frames of ``n`` samples: one at every multiple of the hop up to the end."""
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
        # The short windows of a frame are symmetric around its centre.
        start = self.margin - c.band_window // 2 - (c.band_steps - 1) * step // 2
        short = samples[:, start:].unfold(-1, c.band_window, step)[:, : frames * c.band_steps]
        transform = torch.view_as_real(torch.fft.rfft(short * self.band_window))
        magnitude = transform.square().sum(dim=-1).sqrt()  # several times faster than abs()
        bands = magnitude @ self.band_filters
        return self._compress(spectrum), self._compress(bands)

    def _compress(self, x: Tensor) -> Tensor:
        return torch.log1p(x * self.config.compression) * self._scale


def _groups(kernels: Tensor) -> list[tuple[slice, slice]]:
    """Divide the columns of ``kernels`` into groups; return the rows that each group needs, and its columns."""
    groups = []
    for columns in np.array_split(np.arange(kernels.shape[1] // 2), _GROUPS):
        inside = slice(2 * int(columns[0]), 2 * int(columns[-1]) + 2)
        rows = torch.nonzero(kernels[:, inside].any(dim=1))
        groups.append((slice(int(rows[0]), int(rows[-1]) + 1), inside))
    return groups
