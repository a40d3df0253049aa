"""What several tests share."""

import signal
from pathlib import Path

import pytest
import torch

from singtrans.model.network import Model
from singtrans.model.weights import save_model
from tests.helpers.models import small_config

pytest.register_assert_rewrite("tests.helpers.label_files")


@pytest.fixture(scope="session", autouse=True)
def heard_signals():
    """Ctrl-C is ignored by what a shell starts in the background; the commands under test would inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def small_model() -> Model:
    torch.manual_seed(0)
    return Model(small_config()).eval()


@pytest.fixture
def small_model_file(small_model: Model, tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    save_model(small_model, path)
    return path
