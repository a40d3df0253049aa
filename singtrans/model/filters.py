"""Filters of the front end: kernels of the spectrum bins, and triangles of the mel bands.

The filters are computed with numpy when a model is made. Both runtimes use them. ``docs/dependencies.md`` compares them
with the filters of librosa.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from singtrans.model.config import FeatureConfig
from singtrans.pitch import midi_to_hz

_LOWEST_BAND = 60.0  # Hz


def spectrum_frequencies(config: FeatureConfig) -> np.ndarray:
    """Compute the (spectrum_bins,) centre frequencies of the spectrum bins in Hz."""
    return midi_to_hz(config.lowest_midi + np.arange(config.spectrum_bins) / config.bins_per_semitone)


@lru_cache(maxsize=2)
def spectrum_kernels(config: FeatureConfig) -> np.ndarray:
    """Compute the (longest_window, 2 * spectrum_bins) kernels of the spectrum bins.

    Each bin has a windowed cosine and a windowed sine, scaled so that a sinusoid of amplitude 1 gives a magnitude of 1.
    The array is read-only, because later calls with the same configuration return the same array.

    Raises:
        ValueError: if a bin is above half the sample rate.
    """
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
    kernels = both.reshape(len(t), -1).astype(np.float32)
    kernels.setflags(write=False)
    return kernels


def band_window(config: FeatureConfig) -> np.ndarray:
    """Compute the short window, (band_window,), which is a periodic Hann window."""
    t = np.arange(config.band_window)
    return (0.5 - 0.5 * np.cos(2 * np.pi * t / config.band_window)).astype(np.float32)


def band_filters(config: FeatureConfig) -> np.ndarray:
    """Compute the (band_window // 2 + 1, bands) triangular filters on O'Shaughnessy's mel scale.

    They are scaled so that a sinusoid of amplitude 1 gives about 1 at the centre of a band.
    """
    top = 2595.0 * math.log10(1.0 + config.sample_rate / 2 / 700.0)
    bottom = 2595.0 * math.log10(1.0 + _LOWEST_BAND / 700.0)
    mel = np.linspace(bottom, top, config.bands + 2)
    edges = 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    hz = np.fft.rfftfreq(config.band_window, 1.0 / config.sample_rate)[:, None]
    resolution = config.sample_rate / config.band_window
    # Triangles are at least two bins wide, because narrower ones could lie between the bins of the transform.
    rise = np.maximum(edges[1:-1] - edges[:-2], resolution)
    fall = np.maximum(edges[2:] - edges[1:-1], resolution)
    triangles = np.clip(np.minimum((hz - edges[1:-1]) / rise + 1.0, (edges[1:-1] - hz) / fall + 1.0), 0.0, None)
    return (triangles * 2.0 / (config.band_window / 2)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Filters:
    """Filters of a front end.

    Attributes:
        kernels: (longest_window, 2 * spectrum_bins) from `spectrum_kernels`.
        band_window: (band_window,) from `band_window`.
        band_filters: (band_window // 2 + 1, bands) from `band_filters`.
    """

    kernels: np.ndarray
    band_window: np.ndarray
    band_filters: np.ndarray


def make_filters(config: FeatureConfig) -> Filters:
    """Compute the filters of a new model with this configuration."""
    return Filters(spectrum_kernels(config), band_window(config), band_filters(config))
