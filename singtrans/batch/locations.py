"""Locations of recordings and outputs: paths of this machine, or URLs that fsspec can reach.

``s3://``, ``gs://``, ``http://``, ``memory://`` and so on; fsspec's errors name the package that each needs. Inputs are
copied to a temporary folder first. Outputs are made there and then uploaded as a whole. No other module handles URLs.
Folders of object stores need not be made.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from singtrans.errors import InputError, SingtransError, UsageError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

STREAM = "-"
"""Stands for standard input or output on the command line."""


@dataclass(frozen=True, order=True)
class Url:
    """A URL that is used like a path."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __truediv__(self, inner: str | PurePath) -> "Url":
        inner = inner if isinstance(inner, str) else inner.as_posix()
        return self if inner == "." else Url(f"{self.text.rstrip('/')}/{inner}")

    @property
    def name(self) -> str:
        """The last part."""
        return self.text.rstrip("/").rsplit("/", 1)[-1]

    @property
    def stem(self) -> str:
        """The last part without its ending."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The ending of the last part, with its dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> "Url":
        """The folder."""
        return Url(self.text.rstrip("/").rsplit("/", 1)[0])


Place = Path | Url


def place(text: str) -> Place:
    """A path, or a URL where there is ``://``; ``file://`` is a path."""
    if isinstance(text, Path | Url) or "://" not in text:
        return text if isinstance(text, Url) else Path(text)
    return Path(unquote(urlsplit(text).path)) if text.startswith("file://") else Url(text)


def exists(place: Place) -> bool:
    """Whether there is a file or a folder; a broken link counts."""
    if isinstance(place, Path):
        return os.path.lexists(place)
    with _as_input_error(place):
        fs, inner = _file_system(place)
        return fs.exists(inner)


def is_folder(place: Place) -> bool:
    """Whether it is a folder that exists."""
    if isinstance(place, Path):
        with suppress(OSError):  # a name that is too long, for example: using it reports that
            return place.is_dir()
        return False
    with _as_input_error(place):
        fs, inner = _file_system(place)
        return fs.isdir(inner) and not fs.isfile(inner)


def files_in(folder: Url) -> list[tuple[Url, PurePosixPath]]:
    """All files in a folder and its sub-folders, sorted, each with its path inside the folder."""
    with _as_input_error(folder):
        fs, root = _file_system(folder)
        found = []
        for file in sorted(fs.find(root)):
            inner = PurePosixPath(fs._strip_protocol(file)[len(root.rstrip("/")) :].lstrip("/"))
            found.append((folder / inner, inner))
        return found


@contextmanager
def local(place: Place) -> Iterator[Path]:
    """Yield a path on this machine: the path itself, or that of a temporary copy of the URL.

    Raises:
        InputError: if it cannot be fetched. Errors that name the copy are changed to name the URL.
    """
    if isinstance(place, Path):
        yield place
        return
    with tempfile.TemporaryDirectory(prefix="singtrans-") as folder:
        copy = Path(folder) / (place.name or "recording")
        with _as_input_error(place):
            fs, inner = _file_system(place)
            fs.get_file(inner, str(copy))
        with named_in_errors(copy, place.text):
            yield copy


@contextmanager
def named_in_errors(copy: Path, name: str) -> Iterator[None]:
    """Change errors that name a temporary copy to name what it is a copy of."""
    try:
        yield
    except SingtransError as error:
        raise type(error)(str(error).replace(str(copy), name)) from error


def upload(file: Path, url: Url) -> None:
    """Upload a file.

    Raises:
        InputError: if it cannot be uploaded.
    """
    with _as_input_error(url):
        fs, inner = _file_system(url)
        fs.put_file(str(file), inner)


def _file_system(url: Url) -> tuple["AbstractFileSystem", str]:
    try:
        import fsspec
    except ImportError:
        raise UsageError(f'{url}: URLs need fsspec; pip install "singtrans[cluster]"') from None
    try:
        return fsspec.core.url_to_fs(url.text)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{url}: {str(error).rstrip('.')}") from None


@contextmanager
def _as_input_error(url: Url) -> Iterator[None]:
    """Turn the errors of any file system into input errors."""
    try:
        yield
    except SingtransError:
        raise
    except FileNotFoundError:
        raise InputError(f"{url} does not exist: check the URL.") from None
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"{url} cannot be reached ({what}): check the URL and your access to it.") from error
