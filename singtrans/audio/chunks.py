"""Detection of incomplete WAV, AIFF and similar files: the stated size of the sound is compared with the real size.

libsndfile does not report that such a file is incomplete.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MOST_CHUNKS = 1000
_UNFINISHED = 0x7FFF0000  # recorders that cannot seek write a size above this


@dataclass(frozen=True, slots=True)
class _Layout:
    """Layout of the chunks in a file format.

    Attributes:
        start: number of bytes before the first chunk.
        head: `struct` format of the header of a chunk, which consists of the chunk's name and size.
        counted: number of bytes of the header that are included in the size.
        align: alignment of chunks in bytes.
        limit: smallest value of the size field that stands for an unknown size.
    """

    start: int
    head: str
    counted: int = 0
    align: int = 2
    limit: int = _UNFINISHED


_LAYOUTS = {
    b"RIFF": _Layout(12, "<4sI"),
    b"FORM": _Layout(12, ">4sI"),
    b"caff": _Layout(8, ">4sq", align=1, limit=1 << 62),
    b"riff": _Layout(40, "<16sQ", counted=24, align=8, limit=1 << 62),  # W64
}
_SOUND_NAMES = (b"data", b"SSND")


def held_share(path: Path) -> float:
    """Return the size of the sound in the file as a fraction of the stated size; 1 if no size is stated."""
    end = path.stat().st_size
    with path.open("rb") as file:
        magic = file.read(4)
        stated, start = 0, 0
        if magic == b".snd":
            start, stated = _au_sound(file)
        elif layout := _LAYOUTS.get(magic):
            start, stated = _sound_chunk(file, layout, end)
    held = max(0, end - start)
    return held / stated if held < stated else 1.0


def _au_sound(file: BinaryIO) -> tuple[int, int]:
    """Return the position of the sound in an AU file, and its stated size in bytes, which is 0 if unknown."""
    head = file.read(8)
    if len(head) < 8:
        return 0, 0
    start, size = struct.unpack(">II", head)
    return start, size if size < _UNFINISHED else 0


def _sound_chunk(file: BinaryIO, layout: _Layout, end: int) -> tuple[int, int]:
    """Return the position of the sound in its chunk, and its stated size in bytes, which is 0 if unknown."""
    length = struct.calcsize(layout.head)
    place = layout.start
    for _ in range(_MOST_CHUNKS):
        if place + length > end:
            break
        file.seek(place, os.SEEK_SET)
        name, size = struct.unpack(layout.head, file.read(length))
        size -= layout.counted
        if name[:4] in _SOUND_NAMES:
            return place + length, size if 0 < size < layout.limit else 0
        if size < 0:
            break
        place += length + size + -(place + length + size) % layout.align
    return 0, 0
