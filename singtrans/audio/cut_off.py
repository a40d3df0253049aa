"""Whether a file ends in the middle, for formats that do not state their length."""

import os
import struct
from pathlib import Path
from typing import BinaryIO

_LARGEST_OGG_PAGE = 65_307
_MOST_BOXES = 1_000_000


def is_cut_off(path: Path) -> bool:
    """Whether the last page of an Ogg file or the last box of an MP4 file is not there as a whole.

    False for other formats.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        if head[:4] == b"OggS":
            return _ogg(file, size)
        if head[4:8] == b"ftyp":
            return _mp4(file, size)
    return False


def _ogg(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - _LARGEST_OGG_PAGE - 1))
    end = file.read()
    start = end.rfind(b"OggS")
    if start < 0:
        return False  # something else follows the pages
    page = end[start:]
    if len(page) < 27:
        return True
    segments = page[27 : 27 + page[26]]
    return len(page) < 27 + page[26] + sum(segments)


def _mp4(file: BinaryIO, size: int) -> bool:
    place = 0
    for _ in range(_MOST_BOXES):
        file.seek(place, os.SEEK_SET)
        head = file.read(16)
        if len(head) < 8:
            return len(head) > 0
        (length,) = struct.unpack_from(">I", head)
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack_from(">Q", head, 8)
        if length == 0:
            return False  # to the end of the file
        if length < 8:
            return False  # damaged in another way
        place += length
        if place > size:
            return True
    return False
