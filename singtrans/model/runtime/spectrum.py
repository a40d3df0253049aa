"""Part of an ONNX graph that computes the spectrum of `singtrans.model.features` with fewer multiplications.

The kernel k of a bin contains only frequencies near the frequency of the bin. For the low bins, which have the longest
windows, these frequencies are far below half the sample rate. With a low-pass filter h that passes these frequencies,

    sum over n of x[n] k[n]  =  d * sum over m of (h * x)[d m] k[d m],

where ``h * x`` is a convolution. Therefore, only every d-th sample of the filtered signal is needed. Each bin is
computed with the largest d in `DECIMATIONS` that the frequency of the bin allows (`_HIGHEST`). If the frequency is too
high for all of them, the bin is computed from all samples. The result differs from the exact spectrum by less than 1e-5
of the full scale.
"""

import math
from dataclasses import dataclass

import numpy as np

from singtrans.model.config import FeatureConfig
from singtrans.model.filters import spectrum_frequencies
from singtrans.model.runtime.onnx_file import Graph

DECIMATIONS = (8, 4, 2)
_HIGHEST = 0.3  # frequency limit of the bins, as a share of the decimated rate
_GUARD = (1.1, 40.0)  # factor and number of Hz by which the pass band exceeds the highest bin
_STOPBAND = 110.0  # dB
_BLOCKS = 4  # blocks of decimated samples per hop that are computed together
_GROUPS = 6  # groups of spectrum bins; each group is computed from only the samples that it needs


@dataclass(frozen=True, eq=False)
class Band:
    """Adjacent bins that are computed from the same samples.

    Attributes:
        first: index of the lowest bin of the band.
        last: index of the lowest bin above the band.
        factor: decimation factor; 1 for no decimation.
        taps: (taps,) coefficients of the low-pass filter; the number of taps is odd.
    """

    first: int
    last: int
    factor: int
    taps: np.ndarray

    @property
    def half(self) -> int:
        """Number of taps of the low-pass filter before its middle tap; it has as many taps after the middle tap."""
        return len(self.taps) // 2


def bands(config: FeatureConfig) -> list[Band]:
    """Divide all bins into bands, in order of frequency."""
    hz = spectrum_frequencies(config)
    found, first = [], 0
    for factor in DECIMATIONS:
        last = int(np.searchsorted(hz, _HIGHEST * config.sample_rate / factor))
        if config.hop % (factor * _BLOCKS) == 0 and last > first:
            found.append(Band(first, last, factor, _low_pass(factor, float(hz[last - 1]), config.sample_rate)))
            first = last
    if first < len(hz):
        found.append(Band(first, len(hz), 1, np.ones(1)))
    return found


def margin(config: FeatureConfig) -> int:
    """Return the number of samples that are needed before the first frame's centre and after the last frame's."""
    return config.longest_window // 2 + max(band.half for band in bands(config))


def _low_pass(factor: int, highest: float, rate: int) -> np.ndarray:
    """Compute the taps of a low-pass filter (Kaiser window) for decimation, with a gain of 1 up to the highest bin."""
    edge = _GUARD[0] * highest + _GUARD[1]
    stop = rate / factor - edge
    half = math.ceil((_STOPBAND - 7.95) / (2.285 * 2 * math.pi * (stop - edge) / rate) / 2)
    t = np.arange(-half, half + 1)
    return np.sinc(t / factor) / factor * np.kaiser(2 * half + 1, 0.1102 * (_STOPBAND - 8.7))


def add_spectrum(graph: Graph, samples: str, kernels: np.ndarray, config: FeatureConfig) -> str:
    """Add to a graph the nodes that compute the spectrum.

    Args:
        graph: graph to which nodes are added.
        samples: (n,) samples with `margin` samples on each side.
        kernels: (longest_window, 2 * spectrum_bins).
        config: configuration of the front end.

    Returns:
        The compressed spectrum, (1, spectrum_bins, frames).
    """
    x = graph.reshape(samples, 1, 1, -1)
    reach = margin(config) - config.longest_window // 2
    magnitudes = []
    for band in bands(config):
        own = kernels[:: band.factor, 2 * band.first : 2 * band.last] * band.factor
        hop = config.hop // band.factor
        y, excess = _decimated(graph, x, band, reach, config)
        for columns in np.array_split(np.arange(band.last - band.first), math.ceil(_GROUPS / 2)):
            if len(columns):
                weights = own[:, 2 * columns[0] : 2 * columns[-1] + 2]
                magnitudes.append(_magnitudes(graph, y, weights, hop, excess))
    spectrum = graph.node("Concat", *magnitudes, axis=1) if len(magnitudes) > 1 else magnitudes[0]
    return add_compression(graph, spectrum, config)


def add_compression(graph: Graph, x: str, config: FeatureConfig) -> str:
    """Add nodes that compute the compression, log(1 + c x) / log(1 + c)."""
    scaled = graph.node("Mul", x, graph.constant(np.float32(config.compression)))
    logarithm = graph.node("Log", graph.node("Add", scaled, graph.constant(np.float32(1.0))))
    return graph.node("Mul", logarithm, graph.constant(np.float32(1.0 / math.log1p(config.compression))))


def _decimated(graph: Graph, x: str, band: Band, reach: int, config: FeatureConfig) -> tuple[str, int]:
    """Decimate the samples.

    Each block of output samples is computed by one matrix product; the matrix contains a shifted copy of the filter
    taps for each sample of the block.

    Returns:
        The name of the (1, 1, m) decimated samples, which start at the first sample of the first frame, and the number
        of surplus samples at their end.
    """
    if band.factor == 1:
        return (graph.slice(x, 2, reach, -reach) if reach else x), 0
    block = config.hop // _BLOCKS
    size = block // band.factor
    width = (size - 1) * band.factor + len(band.taps)
    weights = np.zeros((size, 1, width))
    for i in range(size):
        weights[i, 0, i * band.factor : i * band.factor + len(band.taps)] = band.taps
    start = graph.slice(x, 2, reach - band.half, None)
    padded = graph.node("Pad", start, graph.constant(np.array([0, 0, 0, 0, 0, config.hop], np.int64)))
    blocks = graph.node("Conv", padded, graph.constant(weights), strides=[block])
    # This is for one frame; each further frame adds a hop to both lengths.
    length = config.longest_window + reach + band.half + config.hop
    produced = ((length - width) // block + 1) * size
    return graph.reshape(graph.node("Transpose", blocks, perm=[0, 2, 1]), 1, 1, -1), (
        produced - math.ceil(config.longest_window / band.factor)
    )


def _magnitudes(graph: Graph, samples: str, kernels: np.ndarray, hop: int, excess: int) -> str:
    """Add nodes that compute the (1, bins, frames) magnitudes of bins from the samples that the kernels need."""
    rows = np.flatnonzero(kernels.any(axis=1))
    first, last = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 1)
    part = graph.slice(samples, 2, first, -(len(kernels) - last + excess) or None)
    weights = np.concatenate([kernels[first:last, 0::2], kernels[first:last, 1::2]], axis=1).T[:, None]
    real, imaginary = graph.nodes(
        "Split", [graph.node("Conv", part, graph.constant(weights), strides=[hop])], 2, axis=1
    )
    power = graph.node("Add", graph.node("Mul", real, real), graph.node("Mul", imaginary, imaginary))
    return graph.node("Sqrt", graph.node("Add", power, graph.constant(np.float32(1e-12))))
