"""Files: written whole or not at all, and read with clear errors."""

import contextlib
import errno
import os
import re
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from singtrans.errors import InputError

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]  # Windows has none, and a module has no other way to say so

MOST_BYTES = 64_000_000
"""Files of notes that are larger are refused before they are read: in memory they are 10 to 40 times as large."""

_TEMPORARY = re.compile(r"\.singtrans-[0-9a-f]{32}\.tmp")


@contextlib.contextmanager
def whole_file(path: Path, *, overwrite: bool = True) -> Iterator[BinaryIO]:
    """Open a binary file for writing that takes its place at ``path`` only when all has been written.

    Until then it lies in the same folder under another name, and it is removed if anything fails or the user
    interrupts. What a killed process leaves is removed by :func:`sweep`.

    Args:
        path: where the file goes; its folder must exist.
        overwrite: whether a file that is there already is replaced.

    Yields:
        The open file.

    Raises:
        InputError: if the file exists and ``overwrite`` is False, or it cannot be written.
    """
    if not overwrite and os.path.lexists(path):
        raise InputError(f"{path} already exists: choose another name, or allow it to be overwritten.")
    temporary, lock = None, None
    try:
        temporary, file, lock = _begun(path.parent)
        with file:
            yield file
        temporary.replace(path)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {_remedy(error, path)}") from error
    finally:
        if temporary:
            with contextlib.suppress(OSError):  # it is gone if it took its place
                temporary.unlink()
        if lock is not None:
            os.close(lock)


class _Begun(NamedTuple):
    """A file that is not finished, open, and the descriptor that holds its lock."""

    path: Path
    file: BinaryIO
    lock: int | None


def _begun(folder: Path) -> _Begun:
    while True:
        # A name of fixed length, for the file's own name may be as long as the file system allows; and not
        # tempfile, whose files only their owner may read, whatever the umask.
        path = folder / f".singtrans-{uuid.uuid4().hex}.tmp"
        file = path.open("xb")
        if fcntl is None:
            return _Begun(path, file, None)
        # A second descriptor keeps the lock until the file has its name, for the first is closed before: only then
        # do some network file systems say that they could not write.
        lock = os.dup(file.fileno())
        with contextlib.suppress(OSError):  # some network file systems have no locks
            fcntl.flock(lock, fcntl.LOCK_EX)
        if os.fstat(lock).st_nlink:
            return _Begun(path, file, lock)
        file.close()  # swept away before it had its lock
        os.close(lock)


def sweep(folder: Path) -> None:
    """Remove what processes that were killed have left in a folder: unfinished files of :func:`whole_file`.

    The process that writes such a file holds a lock on it, which ends with the process. Where there are no
    locks, nothing is removed.
    """
    if fcntl is None:
        return
    with contextlib.suppress(OSError), os.scandir(folder) as entries:  # a folder that is not there, for one
        left = [entry.path for entry in entries if _TEMPORARY.fullmatch(entry.name)]
        for path in left:
            with contextlib.suppress(OSError):  # its writer is at work, or it is gone meanwhile
                descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    Path(path).unlink()
                finally:
                    os.close(descriptor)


def _remedy(error: OSError, path: Path) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return f"there is no folder {path.parent}; create it first."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full; free some space or choose another place."
    if error.errno == errno.EISDIR:
        return "it is a folder; choose another name."
    return f"{error.strerror or error}; choose another place."


def read_bytes(path: Path, most: int | None = MOST_BYTES) -> bytes:
    """Content of a file.

    Args:
        path: the file.
        most: bytes that are too many for what is wanted; None if any number may be meant.

    Raises:
        InputError: if it is missing, cannot be read, or is larger.
    """
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode) and most is not None and status.st_size > most:
            raise InputError(
                f"{path} has {status.st_size / 1e6:.0f} MB, too many for the notes of a recording (at most"
                f" {most / 1e6:.0f} MB are read): split it."
            )
        if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise InputError(f"{path} is a pipe or a device: save it to a file first.")
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{path} does not exist: check the path.") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder: give a file with notes.") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}): check its permissions.") from error
    except ValueError:
        raise InputError(f"{str(path)!r} is not a path: names cannot contain a null character.") from None
