"""Locations of recordings and outputs: paths on this machine, or URLs that fsspec can open.

Examples are URLs that begin with ``s3://``, ``gs://``, ``http://`` or ``memory://``. If a URL needs another package,
fsspec's error message names the package. Inputs are copied to a temporary folder before they are read. Outputs are
written to a temporary folder, and are uploaded when they are complete. URLs are handled only in this module. In object
stores, folders do not have to be created.
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
from singtrans.extras import install_command

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

STREAM = "-"
"""Name of standard input and standard output on the command line."""


@dataclass(frozen=True, order=True)
class Url:
    """A URL that has the same methods and properties as a path, as far as this package uses them."""

    text: str

    def __str__(self) -> str:
        return self.text

    def __truediv__(self, inner: str | PurePath) -> "Url":
        inner = inner if isinstance(inner, str) else inner.as_posix()
        return self if inner == "." else Url(f"{self.text.rstrip('/')}/{inner}")

    @property
    def name(self) -> str:
        """The last part of the URL."""
        return self.text.rstrip("/").rsplit("/", 1)[-1]

    @property
    def stem(self) -> str:
        """The last part of the URL without its ending."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The ending of the last part of the URL, with its dot."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> "Url":
        """The URL of the folder that contains the file."""
        return Url(self.text.rstrip("/").rsplit("/", 1)[0])


Place = Path | Url


def place(text: str) -> Place:
    """Convert text to a URL if it contains ``://``, otherwise to a path. A URL with ``file://`` becomes a path."""
    if isinstance(text, Path | Url) or "://" not in text:
        return text if isinstance(text, Url) else Path(text)
    return Path(unquote(urlsplit(text).path)) if text.startswith("file://") else Url(text)


def exists(place: Place) -> bool:
    """Return whether there is a file or a folder at this place; a broken link counts as a file."""
    if isinstance(place, Path):
        return os.path.lexists(place)
    with _as_input_error(place):
        fs, inner = _file_system(place)
        return fs.exists(inner)


def is_folder(place: Place) -> bool:
    """Return whether there is a folder at this place."""
    if isinstance(place, Path):
        with suppress(OSError):  # such as a name that is too long, which is reported when the file is opened
            return place.is_dir()
        return False
    with _as_input_error(place):
        fs, inner = _file_system(place)
        return fs.isdir(inner) and not fs.isfile(inner)


def files_in(folder: Url) -> list[tuple[Url, PurePosixPath]]:
    """List all files in a folder and its sub-folders in alphabetical order, each with its path inside the folder."""
    with _as_input_error(folder):
        fs, root = _file_system(folder)
        found = []
        for file in sorted(fs.find(root)):
            inner = PurePosixPath(fs._strip_protocol(file)[len(root.rstrip("/")) :].lstrip("/"))
            found.append((folder / inner, inner))
        return found


@contextmanager
def local(place: Place) -> Iterator[Path]:
    """Yield a path on this machine: the given path itself, or a temporary copy of the file at the given URL.

    If an error is raised while the copy is in use, its message contains the URL instead of the path of the copy.

    Raises:
        InputError: if the file at the URL cannot be fetched.
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
    """Change error messages so that they contain the name of the original instead of the path of a temporary copy."""
    try:
        yield
    except SingtransError as error:
        raise type(error)(str(error).replace(str(copy), name)) from error


def upload(file: Path, url: Url) -> None:
    """Upload a file.

    Raises:
        InputError: if the file cannot be uploaded.
    """
    with _as_input_error(url):
        fs, inner = _file_system(url)
        fs.put_file(str(file), inner)


def _file_system(url: Url) -> tuple["AbstractFileSystem", str]:
    try:
        import fsspec
    except ImportError:
        raise UsageError(f"{url}: URLs need fsspec; {install_command('cluster')}") from None
    try:
        return fsspec.core.url_to_fs(url.text)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{url}: {str(error).rstrip('.')}") from None


@contextmanager
def _as_input_error(url: Url) -> Iterator[None]:
    """Convert the errors of any file system to `InputError`."""
    try:
        yield
    except SingtransError:
        raise
    except FileNotFoundError:
        raise InputError(f"{url} does not exist: check the URL.") from None
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"{url} cannot be reached ({what}): check the URL and your access to it.") from error
