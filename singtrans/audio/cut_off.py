"""Detection of incomplete Ogg and MP4 files."""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_LARGEST_OGG_PAGE = 65_307
_MOST_BOXES = 1_000_000


@dataclass(frozen=True, slots=True)
class Ending:
    """Result of inspecting the end of a file.

    Attributes:
        cut_off: whether the last page of an Ogg file or the last box of an MP4 file is incomplete.
        fragmented: whether the file is a fragmented MP4 file, whose header states no length.
    """

    cut_off: bool = False
    fragmented: bool = False


def find_ending(path: Path) -> Ending:
    """Inspect the last page of an Ogg file, or the boxes of an MP4 file. Other formats are not inspected."""
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        if head[:4] == b"OggS":
            return Ending(_ogg(file, size))
        if head[4:8] == b"ftyp":
            return _mp4(file, size)
    return Ending()


def _ogg(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - _LARGEST_OGG_PAGE - 1))
    end = file.read()
    start = end.rfind(b"OggS")
    if start < 0:
        return False  # other content follows the pages
    page = end[start:]
    if len(page) < 27:
        return True
    segments = page[27 : 27 + page[26]]
    return len(page) < 27 + page[26] + sum(segments)


def _mp4(file: BinaryIO, size: int) -> Ending:
    place, fragmented = 0, False
    for _ in range(_MOST_BOXES):
        file.seek(place, os.SEEK_SET)
        head = file.read(16)
        if len(head) < 8:
            return Ending(len(head) > 0, fragmented)
        fragmented |= head[4:8] == b"moof"
        (length,) = struct.unpack_from(">I", head)
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack_from(">Q", head, 8)
        if length < 8:
            break  # size 0 means up to the end of the file; other sizes are damaged
        place += length
        if place > size:
            return Ending(True, fragmented)
    return Ending(False, fragmented)
