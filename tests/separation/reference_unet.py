"""Spleeter's network in plain numpy, as a slow reference for the ONNX graph."""

import numpy as np

LEVELS = 6


def convolve(x, weight, bias, stride, dilation, pads):
    """Apply a convolution to (channels, h, w) values; ``pads`` is (before, after) for both axes."""
    height, width = weight.shape[2:]
    x = np.pad(x, ((0, 0), pads, pads))
    rows = (x.shape[1] - dilation * (height - 1) - 1) // stride + 1
    columns = (x.shape[2] - dilation * (width - 1) - 1) // stride + 1
    result = np.repeat(bias[:, None, None], rows, 1).repeat(columns, 2).astype(np.float64)
    for i in range(height):
        for j in range(width):
            top, left = i * dilation, j * dilation
            part = x[:, top : top + stride * rows : stride, left : left + stride * columns : stride]
            result += np.einsum("oc,chw->ohw", weight[:, :, i, j], part[:, :rows, :columns])
    return result


def convolve_transposed(x, weight, bias):
    """Apply a transposed convolution with stride 2, and cut off one row and column at the start and two at the end."""
    _, out, height, width = weight.shape
    rows, columns = x.shape[1:]
    result = np.zeros((out, 2 * rows + 3, 2 * columns + 3))
    for i in range(height):
        for j in range(width):
            spread = np.einsum("co,chw->ohw", weight[:, :, i, j], x)
            result[:, i : i + 2 * rows : 2, j : j + 2 * columns : 2] += spread
    return result[:, 1:-2, 1:-2] + bias[:, None, None]


def normalise(x, weights, name):
    scale, shift, mean, variance = (
        weights[f"{name}.{part}"][:, None, None] for part in ("weight", "bias", "running_mean", "running_var")
    )
    return (x - mean) / np.sqrt(variance + 1e-3) * scale + shift


def mask(x, weights):
    """Compute the mask from (channels, frames, bins) magnitudes."""
    skipped = []
    for level in range(1, LEVELS + 1):
        name = f"down{level}_conv.1"
        x = convolve(x, weights[f"{name}.weight"], weights[f"{name}.bias"], 2, 1, (1, 2))
        skipped.append(x)
        if level < LEVELS:
            x = normalise(x, weights, f"down{level}_act.0")
            x = np.where(x > 0, x, 0.2 * x)
    x = skipped.pop()
    for level in range(1, LEVELS + 1):
        if level > 1:
            x = np.concatenate([skipped.pop(), x])
        x = convolve_transposed(x, weights[f"up{level}.0.weight"], weights[f"up{level}.0.bias"])
        x = normalise(np.maximum(x, 0), weights, f"up{level}.3")
    x = convolve(x, weights["up7.0.weight"], weights["up7.0.bias"], 1, 2, (3, 3))
    return 1 / (1 + np.exp(-x))
