"""What several tests share."""

import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from singtrans.config import Config, NetworkConfig
from singtrans.model import Model, save_model

pytest.register_assert_rewrite("label_files")

SAMPLES = Path(__file__).parent.parent / "sample_audio"


@pytest.fixture(scope="session", autouse=True)
def heard_signals():
    """Ctrl-C is ignored by what a shell starts in the background; the commands under test would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def small_config() -> Config:
    """A network small enough to be made and run at once."""
    network = replace(NetworkConfig(), pitch_channels=4, channels=(4, 4, 4), embedding=16, hidden=8)
    return replace(Config(), network=network)


@pytest.fixture
def small_model() -> Model:
    torch.manual_seed(0)
    return Model(small_config()).eval()


@pytest.fixture
def small_model_file(small_model: Model, tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    save_model(small_model, path)
    return path
