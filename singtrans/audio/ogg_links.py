"""Links of chained Ogg files.

A chained Ogg file consists of several recordings, one after the other, which are called links. They may have different
codecs and sample rates.
"""

import mmap
import os
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import BinaryIO

_PAGE = b"OggS"
_FLAGS = 5  # position in a page's header
_BEGINS = 2  # flag: a stream begins with this page
_HEADER = 27  # bytes before the table of segments


@dataclass(frozen=True, slots=True)
class Link:
    """Position of a link in a file: the index of its first byte, and the index after its last byte."""

    start: int
    end: int


def ogg_links(path: Path) -> list[Link]:
    """Return the links of an Ogg file in order; the list is empty for a file in another format."""
    with path.open("rb") as file:
        if file.read(4) != _PAGE:
            return []
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            starts: list[int] = []
            begins, place, following = False, 0, 0
            while (place := content.find(_PAGE, place)) >= 0 and place + _HEADER <= len(content):
                began, begins = begins, bool(content[place + _FLAGS] & _BEGINS)
                if begins and (not began or not starts or place != following):  # several streams may begin together
                    starts.append(place)
                segments = content[place + _HEADER - 1]
                table = content[place + _HEADER : place + _HEADER + segments]
                place += _HEADER + segments + sum(table)
                following = place
            return [Link(a, b) for a, b in zip(starts, [*starts[1:], len(content)], strict=True)]


class LinkFile(BufferedIOBase):
    """File object that gives access to only one link of a file."""

    def __init__(self, file: BinaryIO, link: Link) -> None:
        self._file, self._link = file, link
        self._file.seek(link.start)

    def readable(self) -> bool:
        """Return True: the link can be read."""
        return True

    def seekable(self) -> bool:
        """Return True: the position can be changed."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to ``size`` bytes; if ``size`` is None or negative, read the rest of the link."""
        left = max(0, self._link.end - self._file.tell())
        return self._file.read(left if size is None or size < 0 else min(size, left))

    def tell(self) -> int:
        """Return the position within the link."""
        return self._file.tell() - self._link.start

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move to a position within the link."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self.tell(), os.SEEK_END: self._link.end - self._link.start}[whence]
        self._file.seek(self._link.start + max(0, base + offset))
        return self.tell()
