"""Names and files of the shipped models."""

from contextlib import suppress
from pathlib import Path

from singtrans.errors import UsageError

DEFAULT = "solo"
# In a checkout, the models are beside the package; in a wheel, they are inside it.
_PACKAGE = Path(__file__).parent.parent
_CHECKOUT = _PACKAGE.parent
_FOLDER = (_CHECKOUT if (_CHECKOUT / "pyproject.toml").is_file() else _PACKAGE) / "models"


def shipped_models() -> dict[str, Path]:
    """Return a map from the names of the shipped models to their files."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.safetensors"))}


def find_model(name: str | Path) -> Path:
    """Return the model file for the name of a shipped model, or for a path.

    Raises:
        UsageError: if there is no such model or file.
    """
    shipped = shipped_models()
    wanted = DEFAULT if name == "default" else str(name)
    if wanted in shipped:
        return shipped[wanted]
    path = Path(name)
    with suppress(OSError):  # such as a name that is too long
        if path.is_file():
            return path
    if path.suffix == ".safetensors" or path.parent != Path():
        raise UsageError(f"{name}: there is no such model file; give a path to a .safetensors file that exists")
    known = ", ".join(sorted(shipped)) or "none"
    raise UsageError(f"{name}: there is no model of this name; shipped: {known}; or give a path to a weight file")
