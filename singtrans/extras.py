"""Optional packages, and the extras of singtrans that install them."""

import importlib
from types import ModuleType

from singtrans.errors import UsageError


def need(package: str, extra: str, purpose: str) -> ModuleType:
    """Import a package that one of the extras installs.

    Args:
        package: name of the package.
        extra: extra of singtrans that installs it.
        purpose: feature that needs the package; the error message begins with it.

    Raises:
        UsageError: if the package is not installed.
    """
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package.partition(".")[0]:
            raise
        raise missing_package(package, extra, purpose) from None


def missing_package(package: str, extra: str, purpose: str) -> UsageError:
    """Make the error for a missing package; it names the extra that installs it."""
    return UsageError(
        f'{purpose} needs the package {package}, which is not installed: pip install "singtrans[{extra}]"'
    )
