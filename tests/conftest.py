"""Settings and fixtures for all tests."""

import gc
import os
import signal
import sys
from collections.abc import Generator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from singtrans.model.model_file import StoredModel, write_model
from tests.helpers import compiled
from tests.helpers.models import small_stored_model

if TYPE_CHECKING:
    from singtrans.model.network import Model

pytest.register_assert_rewrite("tests.helpers.label_files")

# Map from packages of extras to the test modules that need them.
_NEEDS = {
    "torch": [
        "benchmarks/test_accuracy.py",
        "benchmarks/test_benchmarks.py",
        "benchmarks/test_songs.py",
        "cli/test_train_processes.py",
        "docs/test_doctests.py",
        "model/test_features.py",
        "model/test_network.py",
        "recipe/test_fitting.py",
        "recipe/test_label_by_words.py",
        "recipe/test_main.py",
        "recipe/test_pack.py",
        "recipe/test_posterior_cache.py",
        "recipe/test_tones.py",
        "separation/test_demucs.py",
        "training/test_adapting.py",
        "training/test_batches.py",
        "training/test_conventions.py",
        "training/test_loop.py",
        "training/test_recordings.py",
    ],
    "lxml": ["formats/test_musicxml_writer.py"],
    "mir_eval": [
        "benchmarks/test_teaching.py",
        "cli/test_evaluate_command.py",
        "cli/test_reading_options.py",
        "scoring/test_errors_and_intervals.py",
        "scoring/test_metrics.py",
        "scoring/test_scoring.py",
    ],
    "music21": ["formats/test_musescore.py", "formats/test_sheet_music.py"],
    "pretty_midi": ["formats/test_foreign_readers.py"],
    "verovio": ["robustness/test_fuzzing.py"],
}
collect_ignore = [module for package, modules in _NEEDS.items() if not find_spec(package) for module in modules]

# Without bytecode, each process of the tests compiles all modules again, which takes seconds. So does each process that
# tests start.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Whether an example is generated quickly depends on the load of the machine.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# The order of tests: all others come last. Neighbours usually run in the same process, so modules that use librosa come
# first, because each process compiles its functions, and then those that share a browser. Tests of several seconds come
# before short tests, so that no process is left with one of them at the end.
_FIRST = (
    "separation/test_band_tempo.py",
    "model/test_features.py",
    "docs/test_sample_audio.py",
    "view/",
    "docs/test_readme.py",
    "cli/test_train",
    "batch/test_cluster.py",
    "robustness/test_hostile_",
    "recipe/test_pack",
)


def pytest_configure(config: pytest.Config) -> None:
    compiled.load(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    compiled.store(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def rank(item: pytest.Item) -> int:
        name = item.nodeid.removeprefix("tests/")
        return next((number for number, start in enumerate(_FIRST) if name.startswith(start)), len(_FIRST))

    items.sort(key=rank)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage while modules are imported, and then rarely, and ignore all that has been imported.

    This saves a tenth of the time of many tests.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Return one more process than there are cores, because some tests wait for processes that they start."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (cores or 1) + 1


@pytest.fixture(scope="session", autouse=True)
def one_thread_of_torch():
    """Use one thread, because tests already run in as many processes as there are cores."""
    if find_spec("torch"):
        import torch

        torch.set_num_threads(1)


@pytest.fixture(scope="session", autouse=True)
def default_interrupt_handler():
    """Restore the handler of Ctrl-C, because a shell disables it for background jobs and their children."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def small_stored() -> StoredModel:
    return small_stored_model()


@pytest.fixture
def small_model(small_stored: StoredModel) -> "Model":
    """Return the model of ``small_stored`` in torch."""
    pytest.importorskip("torch")
    from singtrans.model.weights import to_torch

    return to_torch(small_stored)


@pytest.fixture
def small_model_file(small_stored: StoredModel, tmp_path: Path) -> Path:
    path = tmp_path / "small.safetensors"
    write_model(small_stored, path)
    return path
