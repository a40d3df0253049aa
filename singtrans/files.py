"""Writing of files that are never left incomplete, and reading of files with clear errors."""

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
    fcntl = None  # type: ignore[assignment]  # Windows has no such module

MOST_BYTES = 64_000_000
"""Largest size in bytes of a file with notes. Larger files are refused, because reading a file takes 10 to 40
times its size in memory."""

_TEMPORARY = re.compile(r"\.singtrans-[0-9a-f]{32}\.tmp")


@contextlib.contextmanager
def whole_file(path: Path, *, overwrite: bool = True) -> Iterator[BinaryIO]:
    """Open a binary file for writing, and move it to ``path`` only when it is complete.

    Until then, the file is in the same folder under a temporary name. It is removed if writing fails or is interrupted.
    If the process is killed, :func:`sweep` removes the file later.

    Args:
        path: path of the file; its folder must exist.
        overwrite: whether to replace an existing file.

    Yields:
        The open file.

    Raises:
        InputError: if the file exists and ``overwrite`` is False, or the file cannot be written.
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
        if temporary:  # a complete file no longer has this name
            _remove(temporary)
        if lock is not None:
            os.close(lock)


class _Begun(NamedTuple):
    """An open, unfinished file, and the descriptor that holds its lock."""

    path: Path
    file: BinaryIO
    lock: int | None


def _begun(folder: Path) -> _Begun:
    while True:
        # The temporary name has a fixed length, because the final name may have the greatest length that the file
        # system allows. The module tempfile is not used, because its files can only be read by their owner.
        path, lock = folder / f".singtrans-{uuid.uuid4().hex}.tmp", None
        try:
            file = path.open("xb")
            if fcntl is None:
                return _Begun(path, file, None)
            # A second descriptor holds the lock until the file has its final name. The first is closed earlier, because
            # some network file systems report write errors only on closing.
            lock = os.dup(file.fileno())
            with contextlib.suppress(OSError):  # some network file systems have no locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            if os.fstat(lock).st_nlink:
                return _Begun(path, file, lock)
        except BaseException:  # a signal can stop the program at any of these lines
            _remove(path)
            if lock is not None:
                os.close(lock)
            raise
        file.close()  # another process removed it before it was locked
        os.close(lock)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):  # it does not exist
        path.unlink()


def sweep(folder: Path) -> None:
    """Remove the unfinished files that :func:`whole_file` left in a folder when its process was killed.

    A process holds a lock on each unfinished file that it writes, and the lock ends with the process. On file systems
    without locks, no file is removed.
    """
    if fcntl is None:
        return
    with contextlib.suppress(OSError), os.scandir(folder) as entries:  # such as a missing folder
        left = [entry.path for entry in entries if _TEMPORARY.fullmatch(entry.name)]
        for path in left:
            with contextlib.suppress(OSError):  # a process is writing it, or it has been removed
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
        return "the disk is full; free some space or choose another folder."
    if error.errno == errno.EISDIR:
        return "it is a folder; choose another name."
    return f"{error.strerror or error}; choose another folder."


def read_bytes(path: Path, most: int | None = MOST_BYTES) -> bytes:
    """Read the content of a file.

    Args:
        path: path of the file.
        most: largest size in bytes; None for no limit.

    Raises:
        InputError: if the file is missing, cannot be read, or is too large.
    """
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode) and most is not None and status.st_size > most:
            raise InputError(
                f"{path} is {status.st_size / 1e6:.0f} MB large, too large for a file of notes (at most"
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
