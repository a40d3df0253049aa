"""Small models, and the recordings that tests transcribe."""

from dataclasses import replace
from pathlib import Path

from singtrans.model.config import Config, NetworkConfig

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_audio"


def small_config() -> Config:
    """A network small enough to be made and run at once."""
    network = replace(NetworkConfig(), pitch_channels=4, channels=(4, 4, 4), embedding=16, hidden=8)
    return replace(Config(), network=network)
