"""Spleeter's network for one source as an ONNX graph: a U-Net whose input is the spectrogram of the mix.

R. Hennequin, A. Khlif, F. Voituret, M. Moussallam: "Spleeter: a fast and efficient music source separation tool with
pre-trained models", JOSS 5(50), 2020.

Six convolutions with a stride of 2 halve the numbers of frames and bins, and six transposed convolutions double them
again. The second to sixth transposed convolutions also receive the outputs of the fifth to first convolutions. The last
layer computes a mask from 0 to 1. The product of the mix and the mask is the separated source.
"""

from collections.abc import Mapping

import numpy as np

from singtrans.model.runtime.onnx_file import Graph

DOWN = (16, 32, 64, 128, 256, 512)
"""Numbers of channels after the convolutions; after the transposed ones, they are 256, 128, 64, 32, 16 and 1."""

FACTOR = 2 ** len(DOWN)
"""The number of frames and the number of bins must be multiples of this factor."""

_KERNEL, _LAST_KERNEL, _LAST_DILATION = 5, 4, 2
_PADS = [1, 1, 2, 2]  # before and after, over frames and over bins, as in TensorFlow
_SLOPE, _EPSILON = 0.2, 1e-3
_NORMALISATION = ("weight", "bias", "running_mean", "running_var")

Weights = Mapping[str, np.ndarray]
"""Map from names in torch to arrays."""


def shapes(channels: int = 2) -> dict[str, tuple[int, ...]]:
    """Return a map from the names of the weights in torch to their shapes, for a number of audio channels."""
    found: dict[str, tuple[int, ...]] = {}
    inputs = channels
    for number, size in enumerate(DOWN, 1):
        found[f"down{number}_conv.1.weight"] = (size, inputs, _KERNEL, _KERNEL)
        found[f"down{number}_conv.1.bias"] = (size,)
        if number < len(DOWN):  # there is no activation after the last one
            found |= {f"down{number}_act.0.{name}": (size,) for name in _NORMALISATION}
        inputs = size
    for number, size in enumerate((*reversed(DOWN[:-1]), 1), 1):
        found[f"up{number}.0.weight"] = (inputs, size, _KERNEL, _KERNEL)
        found[f"up{number}.0.bias"] = (size,)
        found |= {f"up{number}.3.{name}": (size,) for name in _NORMALISATION}
        inputs = 2 * size
    found["up7.0.weight"] = (channels, 1, _LAST_KERNEL, _LAST_KERNEL)
    found["up7.0.bias"] = (channels,)
    return found


def mask_graph(weights: Weights, channels: int = 2) -> bytes:
    """Make the graph that computes the mask of the source from the magnitudes of the mix.

    Inputs: magnitudes of the mix, (1, channels, frames, bins); frames and bins are multiples of `FACTOR`.

    Outputs: mask, (1, channels, frames, bins), from 0 to 1.

    Raises:
        ValueError: if an array is missing or has another shape.
    """
    for name, shape in shapes(channels).items():
        if name not in weights or weights[name].shape != shape:
            raise ValueError(f"{name} is not there in the shape {shape}")
    graph = Graph("mask")
    x = graph.input("mix", [1, channels, "frames", "bins"])
    skipped = []
    for number in range(1, len(DOWN) + 1):
        x = _add_down(graph, x, weights, f"down{number}_conv.1")
        skipped.append(x)
        if number < len(DOWN):
            x = graph.node("LeakyRelu", _add_normalisation(graph, x, weights, f"down{number}_act.0"), alpha=_SLOPE)
    x = _add_up(graph, skipped.pop(), weights, "up1")
    for number in range(2, len(DOWN) + 1):
        x = _add_up(graph, graph.node("Concat", skipped.pop(), x, axis=1), weights, f"up{number}")
    pads = [_LAST_DILATION * (_LAST_KERNEL - 1) // 2] * 4
    x = graph.node("Conv", x, *_constants(graph, weights, "up7.0"), dilations=[_LAST_DILATION] * 2, pads=pads)
    graph.output(graph.node("Sigmoid", x), "mask", [1, channels, "frames", "bins"])
    return graph.serialised()


def _add_down(graph: Graph, x: str, weights: Weights, name: str) -> str:
    """Add a convolution that halves the numbers of frames and bins."""
    return graph.node("Conv", x, *_constants(graph, weights, name), strides=[2, 2], pads=_PADS)


def _add_up(graph: Graph, x: str, weights: Weights, name: str) -> str:
    """Add a transposed convolution that doubles the numbers of frames and bins."""
    x = graph.node("ConvTranspose", x, *_constants(graph, weights, f"{name}.0"), strides=[2, 2], pads=_PADS)
    return _add_normalisation(graph, graph.node("Relu", x), weights, f"{name}.3")


def _constants(graph: Graph, weights: Weights, name: str) -> list[str]:
    return [graph.constant(weights[f"{name}.{part}"]) for part in ("weight", "bias")]


def _add_normalisation(graph: Graph, x: str, weights: Weights, name: str) -> str:
    """Add batch normalisation with the statistics from training: a factor and a constant for each channel."""
    weight, bias, mean, variance = (weights[f"{name}.{part}"].astype(np.float64) for part in _NORMALISATION)
    scale = weight / np.sqrt(variance + _EPSILON)
    scaled = graph.node("Mul", x, graph.constant(scale[:, None, None]))
    return graph.node("Add", scaled, graph.constant((bias - mean * scale)[:, None, None]))
