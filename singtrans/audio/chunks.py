"""The share of the sound that a WAV, AIFF or similar file still holds, by the sizes in its header.

libsndfile takes what is there for the whole when such a file was cut short.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_MOST_CHUNKS = 1000
_UNFINISHED = 0x7FFF0000  # recorders that cannot go back write a size above this


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a format stores its chunks.

    Attributes:
        start: bytes before the first chunk.
        head: struct format of a chunk's head: its name and its size.
        counted: bytes of the head that the size includes.
        align: chunks begin at multiples of this.
        limit: sizes from here on mean that the size is unknown.
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
    """Stored bytes of sound over stated bytes; 1 if the file states no size or is of another format."""
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
    """Where the sound of an AU file starts, and how many bytes it has; 0 bytes if unknown."""
    head = file.read(8)
    if len(head) < 8:
        return 0, 0
    start, size = struct.unpack(">II", head)
    return start, size if size < _UNFINISHED else 0


def _sound_chunk(file: BinaryIO, layout: _Layout, end: int) -> tuple[int, int]:
    """Where the chunk of sound starts, and how many bytes it has; 0 bytes if unknown."""
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
