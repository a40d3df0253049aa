"""Optional packages and the extras that bring them."""

import importlib
from types import ModuleType

from singtrans.errors import UsageError


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
        raise missing_package(package, extra, purpose) from None


def missing_package(package: str, extra: str, purpose: str) -> UsageError:
    """The error that names a missing package and the extra that brings it."""
    return UsageError(
        f'{purpose} needs the package {package}, which is not installed: pip install "singtrans[{extra}]"'
    )
