"""ONNX graphs of the parts of `singtrans.model.network`, made from a configuration and weights.

Graphs are never read from files. A model file contains only arrays and metadata, so it cannot run code.
"""

from collections.abc import Mapping

import numpy as np

from singtrans.model.config import Config
from singtrans.model.runtime.onnx_file import Graph
from singtrans.model.runtime.spectrum import add_compression, add_spectrum

_CHANNELS = 4
_FLOAT16 = 10  # number of this type in ONNX

Weights = Mapping[str, np.ndarray]
"""Map from the names that weights have in torch to arrays."""


def pitch_graph(config: Config, weights: Weights, kernels: np.ndarray) -> bytes:
    """Make the graph that computes spectrum and pitch from samples.

    Inputs: samples (n,).

    Outputs:
        - spectrum: (1, spectrum_bins, frames).
        - pitch: (frames, pitch_bins) probabilities.
        - half_pitch: the same probabilities in half precision.
    """
    graph = Graph("pitch")
    spectrum = add_spectrum(graph, graph.input("samples", ["n"]), kernels, config.features)
    logits = _add_pitch_head(graph, spectrum, config, weights)
    graph.output(spectrum, "spectrum", [1, config.features.spectrum_bins, "frames"])
    pitch = graph.node("Softmax", logits, axis=1)
    graph.output(pitch, "pitch", ["frames", config.network.pitch_bins])
    half = graph.node("Cast", pitch, to=_FLOAT16)
    graph.output(half, "half_pitch", ["frames", config.network.pitch_bins], np.float16)
    return graph.serialised()


def _add_pitch_head(graph: Graph, spectrum: str, config: Config, weights: Weights) -> str:
    """Add the pitch head: (1, spectrum_bins, frames) spectrum -> (frames, pitch_bins) logits."""
    network, features = config.network, config.features
    shift = np.round(np.log2(network.harmonics) * features.bins_per_octave).astype(int)
    low = max(0, -int(shift.min()))
    high = max(0, int(shift.max()) + network.pitch_bins - features.spectrum_bins)
    padded = graph.node("Pad", spectrum, graph.constant(np.array([0, low, 0, 0, high, 0], np.int64)))
    padded = graph.node("Unsqueeze", padded, graph.constant(np.array([1], np.int64)))
    # Channels with weights of zero are added, because onnxruntime's fast convolutions need a multiple of 4 channels on
    # processors whose vectors have 8 numbers; see its nchwc_transformer.cc.
    unused = -len(shift) % _CHANNELS
    starts = [int(s) + low for s in (*shift, *[shift[0]] * unused)]
    x = graph.node("Concat", *(graph.slice(padded, 2, start, start + network.pitch_bins) for start in starts), axis=1)
    first_weight = np.pad(weights["pitch_head.convolutions.0.weight"], ((0, 0), (0, unused), (0, 0), (0, 0)))
    weights = {**weights, "pitch_head.convolutions.0.weight": first_weight}
    for number in (0, 2, 4):
        x = graph.node("Relu", _add_convolution(graph, x, weights, f"pitch_head.convolutions.{number}"))
    x = _add_convolution(graph, x, weights, "pitch_head.convolutions.6")
    return graph.node("Transpose", graph.reshape(x, network.pitch_bins, -1), perm=[1, 0])


def embedding_graph(config: Config, weights: Weights, band_filters: np.ndarray) -> bytes:
    """Make the graph that computes the LSTM's input from spectrum, bands and motion.

    Inputs:
        - spectrum: (1, spectrum_bins, frames).
        - power: (frames * band_steps, band_window // 2 + 1), power of the short windows' Fourier transforms.
        - motion: (frames, spans * (2 * motion_lags + 1)).

    Outputs: embedding (frames, width).
    """
    network, features = config.network, config.features
    graph = Graph("embedding")
    spectrum = graph.input("spectrum", [1, features.spectrum_bins, "frames"])
    power = graph.input("power", ["steps", features.band_window // 2 + 1])
    motion = graph.input("motion", ["frames", len(network.motion_spans) * (2 * network.motion_lags + 1)])
    magnitudes = graph.node("MatMul", graph.node("Sqrt", power), graph.constant(band_filters))
    bands = add_compression(graph, magnitudes, features)
    steps = features.band_steps
    x = graph.reshape(bands, 1, 1, -1, features.bands)
    for number, strides in ((0, (1, 1)), (2, (steps, 2)), (4, (1, 2))):
        name = f"band_convolutions.{number}"
        x = graph.node("Relu", _add_convolution(graph, x, weights, name, strides, transposed=False, padding=(1, 1)))
    x = graph.reshape(graph.node("Transpose", x, perm=[0, 2, 1, 3]), -1, network.channels[2] * -(-features.bands // 4))
    y = graph.reshape(spectrum, 1, 1, features.spectrum_bins, -1)
    y = graph.node("Relu", _add_convolution(graph, y, weights, "spectrum_convolution.0", (1, 3)))
    width = network.spectrum_channels * -(-features.spectrum_bins // 3)
    y = graph.reshape(graph.node("Transpose", y, perm=[0, 3, 1, 2]), -1, width)
    parts = [
        graph.node("Relu", _add_linear(graph, x, weights, "band_embedding")),
        graph.node("Relu", _add_linear(graph, y, weights, "spectrum_embedding")),
        motion,
    ]
    joined = graph.node("Concat", *parts, axis=1)
    scale, bias = (graph.constant(weights[f"normalise.{name}"]) for name in ("weight", "bias"))
    normalised = graph.node("LayerNormalization", joined, scale, bias, axis=-1, epsilon=1e-5)
    graph.output(normalised, "embedding", ["frames", len(weights["normalise.weight"])])
    return graph.serialised()


def direction_graph(weights: Weights, layer: int, backward: bool) -> bytes:
    """Make the graph of one direction of one layer of the LSTM.

    Inputs: x (frames, width); h and c (1, 1, hidden), the state before the first frame.

    Outputs: y (frames, hidden); last_h and last_c, the state after the last frame.
    """
    suffix = f"_l{layer}" + ("_reverse" if backward else "")
    w, r, input_bias, bias = (
        _in_order(weights[f"lstm.{name}{suffix}"]) for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    )
    hidden = r.shape[1]
    graph = Graph("direction")
    x = graph.reshape(graph.input("x", ["frames", w.shape[1]]), -1, 1, w.shape[1])
    state = [graph.input(name, [1, 1, hidden]) for name in ("h", "c")]
    constants = [graph.constant(array[None]) for array in (w, r, np.concatenate([input_bias, bias]))]
    y, *last = graph.nodes(
        "LSTM", [x, *constants, "", *state], 3, hidden_size=hidden, direction="reverse" if backward else "forward"
    )
    graph.output(graph.reshape(y, -1, hidden), "y", ["frames", hidden])
    for name, value in zip(("last_h", "last_c"), last, strict=True):
        graph.output(value, name, [1, 1, hidden])
    return graph.serialised()


def _in_order(array: np.ndarray) -> np.ndarray:
    """Change the order of gates from torch's (input, forget, cell, output) to ONNX's (input, output, forget, cell)."""
    i, f, c, o = np.split(array, 4)
    return np.concatenate([i, o, f, c])


def heads_graph(weights: Weights) -> bytes:
    """Make the graph that computes the heads' probabilities from the LSTM's output.

    Inputs: x (frames, 2 * hidden).

    Outputs: heads (heads, frames).
    """
    graph = Graph("heads")
    count, width = weights["heads.weight"].shape
    logits = _add_linear(graph, graph.input("x", ["frames", width]), weights, "heads")
    probabilities = graph.node("Transpose", graph.node("Sigmoid", logits), perm=[1, 0])
    graph.output(probabilities, "heads", [count, "frames"])
    return graph.serialised()


def _add_linear(graph: Graph, x: str, weights: Weights, name: str) -> str:
    weight, bias = (graph.constant(weights[f"{name}.{part}"]) for part in ("weight", "bias"))
    return graph.node("Gemm", x, weight, bias, transB=1)


def _add_convolution(
    graph: Graph,
    x: str,
    weights: Weights,
    name: str,
    strides: tuple[int, int] = (1, 1),
    *,
    transposed: bool = True,
    padding: tuple[int, int] | None = None,
) -> str:
    """Add a convolution over frames and bins, as in torch.

    If ``transposed`` is true, the shape of ``x`` is (1, channels, bins, frames), else (1, channels, frames, bins).
    """
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    pads = padding or (weight.shape[2] // 2, weight.shape[3] // 2)
    if transposed:
        weight, pads, strides = weight.transpose(0, 1, 3, 2), pads[::-1], strides[::-1]
    return graph.node(
        "Conv", x, graph.constant(weight), graph.constant(bias), pads=[*pads, *pads], strides=list(strides)
    )
