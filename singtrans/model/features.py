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
from singtrans.pitch import midi_to_hz

_LEVEL_BLOCKS = 1000  # blocks of 20 ms whose squares are held and added at once
_GROUPS = 6  # of the spectrum's bins, each of which is computed from no more samples than it needs


class Level:
    """How loud the singing in a recording is, gathered block by block.

    The level is the mean of the log RMS amplitude of 20 ms blocks, each weighted with its amplitude. A gain on the
    recording moves it by exactly that gain, and silence in front of the singing or after it does not move it.
    """

    def __init__(self, sample_rate: int) -> None:
        self._size = sample_rate // 50
        self._rest: list[np.ndarray] = []
        self._waiting = 0
        self._weight = 0.0
        self._sum = 0.0

    def add(self, samples: np.ndarray) -> None:
        """Take in the next samples of the recording, (n,); how it is cut has no part in the value."""
        self._rest.append(samples)
        self._waiting += len(samples)
        group = self._size * _LEVEL_BLOCKS
        if self._waiting < group:
            return
        joined = np.concatenate(self._rest)
        whole = len(joined) // group * group
        for start in range(0, whole, group):
            weight, total = self._sums(joined[start : start + group])
            self._weight, self._sum = self._weight + weight, self._sum + total
        self._rest, self._waiting = [joined[whole:].copy()], len(joined) - whole

    @property
    def value(self) -> float:
        """RMS amplitude; 0 for digital silence or less than 20 ms."""
        weight, total = self._sums(np.concatenate(self._rest)) if self._rest else (0.0, 0.0)
        weight, total = self._weight + weight, self._sum + total
        return math.exp(total / weight) if weight > 0.0 else 0.0

    def _sums(self, samples: np.ndarray) -> tuple[float, float]:
        whole = len(samples) // self._size * self._size
        # Squares in double precision: a recording may be so quiet that they vanish in single precision.
        rms = np.sqrt(np.mean(samples[:whole].reshape(-1, self._size).astype(np.float64) ** 2, axis=1))
        rms = rms[rms > 0.0]
        return float(rms.sum()), float((rms * np.log(rms)).sum())


def level(samples: np.ndarray, sample_rate: int) -> float:
    """RMS amplitude of the singing in ``samples`` (n,); see `Level`."""
    gatherer = Level(sample_rate)
    step = sample_rate * 60
    for start in range(0, len(samples), step):
        gatherer.add(samples[start : start + step])
    return gatherer.value


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
        self.register_buffer("kernels", _spectrum_kernels(config))
        self._groups = _groups(self.kernels)
        self.register_buffer("band_window", torch.hann_window(config.band_window))
        self.register_buffer("band_filters", _band_filters(config))
        self._scale = 1.0 / math.log1p(config.compression)

    def load_filters(self, filters: Mapping[str, Tensor]) -> None:
        """Use these filters, of the shapes of `filter_shapes`, instead of those that the configuration makes."""
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


def filter_shapes(config: FeatureConfig) -> dict[str, Tensor]:
    """Tensors without values, shaped as a front end's filters: what a weight file must hold."""
    return {
        "kernels": torch.empty(config.longest_window, 2 * config.spectrum_bins, device="meta"),
        "band_window": torch.empty(config.band_window, device="meta"),
        "band_filters": torch.empty(config.band_window // 2 + 1, config.bands, device="meta"),
    }


def spectrum_frequencies(config: FeatureConfig) -> np.ndarray:
    """(spectrum_bins,) centre frequencies of the spectrum in Hz."""
    return midi_to_hz(config.lowest_midi + np.arange(config.spectrum_bins) / config.bins_per_semitone)


def _spectrum_kernels(config: FeatureConfig) -> Tensor:
    """(longest_window, 2 * spectrum_bins): each bin's windowed cosine and sine, scaled so that a sinusoid gives 1."""
    hz = spectrum_frequencies(config)
    if hz[-1] >= config.sample_rate / 2:
        raise ValueError(f"the spectrum's highest bin ({hz[-1]:.0f} Hz) needs a higher sample rate")
    shrink = np.maximum(hz / config.knee_hz, 1.0) ** config.window_exponent
    width = np.clip(config.longest_window / shrink, config.shortest_window, config.longest_window)
    t = np.arange(config.longest_window) - config.longest_window // 2
    window = np.where(np.abs(t)[:, None] < width / 2, 0.5 + 0.5 * np.cos(2 * np.pi * t[:, None] / width), 0.0)
    window *= 2.0 / window.sum(axis=0)
    phase = 2 * np.pi * t[:, None] * hz / config.sample_rate
    both = np.stack([window * np.cos(phase), window * np.sin(phase)], axis=-1)
    return torch.from_numpy(both.reshape(len(t), -1)).float()


def _groups(kernels: Tensor) -> list[tuple[slice, slice]]:
    """Rows and columns of ``kernels`` that leave out a part of its zeros: shorter windows need fewer samples."""
    groups = []
    for columns in np.array_split(np.arange(kernels.shape[1] // 2), _GROUPS):
        inside = slice(2 * int(columns[0]), 2 * int(columns[-1]) + 2)
        rows = torch.nonzero(kernels[:, inside].any(dim=1))
        groups.append((slice(int(rows[0]), int(rows[-1]) + 1), inside))
    return groups


def _band_filters(config: FeatureConfig) -> Tensor:
    """(band_window // 2 + 1, bands): triangles on the mel scale (O'Shaughnessy's), a sinusoid gives about 1."""
    top = 2595.0 * math.log10(1.0 + config.sample_rate / 2 / 700.0)
    bottom = 2595.0 * math.log10(1.0 + 60.0 / 700.0)
    mel = np.linspace(bottom, top, config.bands + 2)
    edges = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    hz = np.fft.rfftfreq(config.band_window, 1.0 / config.sample_rate)[:, None]
    resolution = config.sample_rate / config.band_window
    # A triangle narrower than the transform's bins would fall between them: none is narrower than two bins.
    rise = np.maximum(edges[1:-1] - edges[:-2], resolution)
    fall = np.maximum(edges[2:] - edges[1:-1], resolution)
    triangles = np.clip(np.minimum((hz - edges[1:-1]) / rise + 1.0, (edges[1:-1] - hz) / fall + 1.0), 0.0, None)
    return torch.from_numpy(triangles * 2.0 / (config.band_window / 2)).float()
