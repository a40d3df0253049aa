"""The cache of the functions of librosa, which numba compiles for many seconds.

Processes that write to the same cache at the same time can crash, so each test process has its own cache. It begins as
a copy of the cache that an earlier run has stored. Stored caches are complete, and are never changed.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest


def _stored(config: pytest.Config) -> Path | None:
    """Return the folder for stored caches of this librosa, or None without librosa or without a cache of pytest."""
    librosa, cache = find_spec("librosa"), getattr(config, "cache", None)
    if librosa is None or librosa.origin is None or cache is None:
        return None
    return Path(cache.mkdir(f"librosa-{Path(librosa.origin).stat().st_mtime_ns}"))


def _files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def load(config: pytest.Config) -> None:
    """Make the cache of this process. Call this before numba is imported."""
    own, stored = Path(tempfile.mkdtemp(prefix="numba-")), _stored(config)
    largest = max(stored.glob("complete-*"), key=_files, default=None) if stored else None
    if largest:
        shutil.copytree(largest, own, dirs_exist_ok=True)
    os.environ["NUMBA_CACHE_DIR"] = str(own)
    # Compiling without optimisations takes half the time, and the functions are fast enough for tests.
    os.environ["NUMBA_OPT"] = "0"


def store(config: pytest.Config) -> None:
    """Store the cache of this process if it has more functions than all stored caches, and remove it."""
    own, stored = Path(os.environ["NUMBA_CACHE_DIR"]), _stored(config)
    if stored and _files(own) > max(map(_files, stored.glob("complete-*")), default=0):
        with suppress(OSError):  # the folder cannot be written
            copy = Path(tempfile.mkdtemp(dir=stored))
            shutil.copytree(own, copy, dirs_exist_ok=True)
            copy.rename(stored / f"complete-{copy.name}")
    shutil.rmtree(own, ignore_errors=True)
