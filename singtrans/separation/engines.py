"""Functions that check and load the engines for separating voices."""

import importlib.util

from singtrans.extras import missing_package
from singtrans.separation import checkpoint, demucs
from singtrans.separation.choices import Engine
from singtrans.separation.separator import Separator

EXTRAS: dict[Engine, str] = {Engine.SPLEETER: checkpoint.EXTRA, Engine.DEMUCS: demucs.EXTRA}
"""Map from engines to the extras of singtrans that install them."""

_PACKAGES = {
    Engine.SPLEETER: ("onnxruntime", checkpoint.PACKAGE),
    Engine.DEMUCS: ("demucs",),
}


def check_engine(engine: Engine) -> None:
    """Check that the packages of an engine are installed, without importing them.

    Raises:
        UsageError: if a package is not installed.
    """
    for package in _PACKAGES[engine]:
        if importlib.util.find_spec(package) is None:
            raise missing_package(package, EXTRAS[engine], f"--separator {engine}")


def make_separator(engine: Engine, threads: int = 1) -> Separator:
    """Load an engine.

    Args:
        engine: engine to load.
        threads: number of threads; Demucs ignores it.

    Raises:
        UsageError: if a package is not installed, or the engine's weights cannot be used.
    """
    check_engine(engine)
    if engine is Engine.DEMUCS:
        return demucs.DemucsSeparator()
    from singtrans.separation.spleeter import SpleeterSeparator

    return SpleeterSeparator(threads=threads)
