"""Small models for tests, and the folder of recordings."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from singtrans.model.config import Config, NetworkConfig
from singtrans.model.filters import make_filters
from singtrans.model.heads import HEADS
from singtrans.model.model_file import StoredModel
from singtrans.model.shapes import network_shapes

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_audio"


def small_config() -> Config:
    """Return the configuration of a small network, so that tests are fast."""
    network = replace(NetworkConfig(), pitch_channels=4, channels=(4, 4, 4), embedding=16, hidden=8)
    return replace(Config(), network=network)


def small_stored_model(config: Config | None = None, heads: int = len(HEADS), seed: int = 0) -> StoredModel:
    """Make a model without torch. Its random weights have the same distribution as new layers in torch."""
    config, rng = config or small_config(), np.random.default_rng(seed)
    weights = {}
    for name, shape in network_shapes(config, heads).items():
        layer = name.rpartition(".")[0]
        if layer == "normalise":
            weights[name] = np.full(shape, 1.0 if name.endswith("weight") else 0.0, np.float32)
            continue
        inputs = np.prod(network_shapes(config, heads).get(f"{layer}.weight", (0, config.network.hidden))[1:])
        bound = 1.0 / np.sqrt(inputs)
        weights[name] = rng.uniform(-bound, bound, shape).astype(np.float32)
    return StoredModel("untrained", config, weights, make_filters(config.features), {})
