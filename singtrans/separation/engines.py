"""The engines by name, made when they are first needed."""

import importlib.util
from enum import StrEnum

from singtrans.extras import missing_package
from singtrans.separation import checkpoint, demucs
from singtrans.separation.separator import Separator


class Engine(StrEnum):
    """Engines that separate the voice."""

    SPLEETER = "spleeter"
    DEMUCS = "demucs"


EXTRAS: dict[Engine, str] = {Engine.SPLEETER: checkpoint.EXTRA, Engine.DEMUCS: demucs.EXTRA}
"""Engine -> the extra of singtrans that installs it."""

_PACKAGES = {
    Engine.SPLEETER: ("onnxruntime", checkpoint.PACKAGE),
    Engine.DEMUCS: ("demucs",),
}


def check_engine(engine: Engine) -> None:
    """Find an engine's packages without importing them.

    Raises:
        UsageError: if one is not installed.
    """
    for package in _PACKAGES[engine]:
        if importlib.util.find_spec(package) is None:
            raise missing_package(package, EXTRAS[engine], f"--separator {engine}")


def make_separator(engine: Engine, threads: int = 1) -> Separator:
    """Load an engine.

    Args:
        engine: the engine.
        threads: number of threads, for engines that use several.

    Raises:
        UsageError: if a package is not installed, or the engine's weights cannot be used.
    """
    check_engine(engine)
    if engine is Engine.DEMUCS:
        return demucs.DemucsSeparator()
    from singtrans.separation.spleeter import SpleeterSeparator

    return SpleeterSeparator(threads=threads)
