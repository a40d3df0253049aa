"""Settings and fixtures of the whole suite."""

import os
import signal
from pathlib import Path

import pytest
import torch

from singtrans.model.network import Model
from singtrans.model.weights import save_model
from tests.helpers.models import small_config

pytest.register_assert_rewrite("tests.helpers.label_files")


# One thread for each process: the threads of several test processes wait for each other on a busy machine.
torch.set_num_threads(1)
os.environ["OMP_NUM_THREADS"] = "1"  # for the processes that tests start


@pytest.fixture(scope="session", autouse=True)
def default_interrupt_handler():
    """Restore the handler of Ctrl-C, which a shell switches off for background jobs and their children."""
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
