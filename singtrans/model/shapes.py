"""Names and shapes of the arrays in a model file, computed from its configuration."""

from typing import TypeAlias

from singtrans.model.config import Config, FeatureConfig

Shapes: TypeAlias = dict[str, tuple[int, ...]]


def network_shapes(config: Config, heads: int) -> Shapes:
    """Return a map from the names that the network's weights have in torch to their shapes.

    Args:
        config: configuration of the model.
        heads: number of heads of the network.
    """
    network, features = config.network, config.features
    pitch, (a, b, c), steps = network.pitch_channels, network.channels, features.band_steps
    motion = len(network.motion_spans) * (2 * network.motion_lags + 1)
    width = network.embedding + network.embedding // 2 + motion
    shapes: Shapes = {}
    _add_layer(shapes, "pitch_head.convolutions.0", pitch, len(network.harmonics), 1, 5)
    _add_layer(shapes, "pitch_head.convolutions.2", pitch, pitch, 3, 5)
    _add_layer(shapes, "pitch_head.convolutions.4", pitch, pitch, 3, 7)
    _add_layer(shapes, "pitch_head.convolutions.6", 1, pitch, 1, 1)
    _add_layer(shapes, "band_convolutions.0", a, 1, 3, 3)
    _add_layer(shapes, "band_convolutions.2", b, a, steps + 2, 3)
    _add_layer(shapes, "band_convolutions.4", c, b, 3, 3)
    _add_layer(shapes, "band_embedding", network.embedding, c * -(-features.bands // 4))
    _add_layer(shapes, "spectrum_convolution.0", network.spectrum_channels, 1, 3, 9)
    spectrum = network.spectrum_channels * -(-features.spectrum_bins // 3)
    _add_layer(shapes, "spectrum_embedding", network.embedding // 2, spectrum)
    _add_layer(shapes, "normalise", width)
    for layer in range(network.layers):
        for suffix in (f"_l{layer}", f"_l{layer}_reverse"):
            gates, inputs = 4 * network.hidden, 2 * network.hidden if layer else width
            shapes |= {f"lstm.weight_ih{suffix}": (gates, inputs), f"lstm.weight_hh{suffix}": (gates, network.hidden)}
            shapes |= {f"lstm.bias_ih{suffix}": (gates,), f"lstm.bias_hh{suffix}": (gates,)}
    _add_layer(shapes, "heads", heads, 2 * network.hidden)
    return shapes


def filter_shapes(config: FeatureConfig) -> Shapes:
    """Return a map from the names of the filters in `singtrans.model.filters.Filters` to their shapes."""
    return {
        "kernels": (config.longest_window, 2 * config.spectrum_bins),
        "band_window": (config.band_window,),
        "band_filters": (config.band_window // 2 + 1, config.bands),
    }


def _add_layer(shapes: Shapes, name: str, *shape: int) -> None:
    shapes[f"{name}.weight"] = shape
    shapes[f"{name}.bias"] = shape[:1]
