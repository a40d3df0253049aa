"""Packages that only some formats and commands need."""

import importlib
import importlib.util
from collections.abc import Iterable
from types import ModuleType

from singtrans.errors import UsageError

_SCORES = {
    "musicxml": ("partitura",),
    "svg": ("partitura", "verovio"),
    "pdf": ("partitura", "verovio", "typst"),
}
"""Format name -> the packages that its writer asks for."""


def need(package: str, extra: str, purpose: str) -> ModuleType:
    """Import a package that comes with one of the extras.

    Args:
        package: its name.
        extra: the extra of singtrans that brings it.
        purpose: what wants it, to begin the error's sentence with.

    Raises:
        UsageError: if it is not installed.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package.partition(".")[0]:
            raise
        raise _missing(package, extra, purpose) from None


def check_formats(names: Iterable[str]) -> None:
    """Find the packages that formats need, without importing them: before an hour's work, not after it.

    Raises:
        UsageError: if one is not installed.
    """
    for name in names:
        for package in _SCORES.get(name, ()):
            if importlib.util.find_spec(package) is None:
                raise _missing(package, "score", f"-f {name}")


def _missing(package: str, extra: str, purpose: str) -> UsageError:
    return UsageError(
        f'{purpose} needs the package {package}, which is not installed: pip install "singtrans[{extra}]"'
    )
