"""Where recordings and outputs are: a path of this machine, or the URL of anything that fsspec can reach.

``s3://``, ``gs://``, ``http://``, ``memory://`` and so on; fsspec says which package each needs. What is read is
copied to a temporary folder first, and what is written is made there and then uploaded as a whole, so that nothing
else needs to know of URLs. Folders of object stores need not be made.
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
"""What stands for standard input or output on the command line."""


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


def exists(at: Place) -> bool:
    """Whether there is anything; a broken link counts."""
    if isinstance(at, Path):
        return os.path.lexists(at)
    with _clearly(at):
        fs, inner = _system(at)
        return fs.exists(inner)


def is_folder(at: Place) -> bool:
    """Whether it is a folder that is there."""
    if isinstance(at, Path):
        with suppress(OSError):  # a name too long, for one: using it will say so
            return at.is_dir()
        return False
    with _clearly(at):
        fs, inner = _system(at)
        return fs.isdir(inner) and not fs.isfile(inner)


def files_in(folder: Url) -> list[tuple[Url, PurePosixPath]]:
    """All files in a folder of a URL and its sub-folders, sorted, each with its path inside it."""
    with _clearly(folder):
        fs, root = _system(folder)
        found = []
        for file in sorted(fs.find(root)):
            inner = PurePosixPath(fs._strip_protocol(file)[len(root.rstrip("/")) :].lstrip("/"))
            found.append((folder / inner, inner))
        return found


@contextmanager
def local(at: Place) -> Iterator[Path]:
    """A path under which it can be read meanwhile.

    Raises:
        InputError: if it cannot be fetched; and whatever is raised meanwhile about the copy names the URL instead.
    """
    if isinstance(at, Path):
        yield at
        return
    with tempfile.TemporaryDirectory(prefix="singtrans-") as folder:
        copy = Path(folder) / (at.name or "recording")
        with _clearly(at):
            fs, inner = _system(at)
            fs.get_file(inner, str(copy))
        with called(copy, at.text):
            yield copy


@contextmanager
def called(copy: Path, name: str) -> Iterator[None]:
    """What is said of a temporary copy is said of what it is a copy of."""
    try:
        yield
    except SingtransError as error:
        raise type(error)(str(error).replace(str(copy), name)) from error


def upload(made: Path, to: Url) -> None:
    """Put a file in its place.

    Raises:
        InputError: if it cannot be put there.
    """
    with _clearly(to):
        fs, inner = _system(to)
        fs.put_file(str(made), inner)


def _system(at: Url) -> tuple["AbstractFileSystem", str]:
    try:
        import fsspec
    except ImportError:
        raise UsageError(f'{at}: URLs need fsspec; pip install "singtrans[cluster]"') from None
    try:
        return fsspec.core.url_to_fs(at.text)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{at}: {str(error).rstrip('.')}") from None


@contextmanager
def _clearly(at: Url) -> Iterator[None]:
    """Every file system raises errors of its own kinds."""
    try:
        yield
    except SingtransError:
        raise
    except FileNotFoundError:
        raise InputError(f"{at} does not exist: check the URL.") from None
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"{at} cannot be reached ({what}): check the URL and your access to it.") from error
