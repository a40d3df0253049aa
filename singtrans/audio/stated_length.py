"""Length of a recording as stated in its container, if this length is reliable."""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from singtrans.audio.chunks import held_share
from singtrans.audio.cut_off import find_ending

if TYPE_CHECKING:
    from av import AudioStream
    from av.container import InputContainer

_TRACK_FORMATS = ("mov", "avi", "flac", "wav", "caf", "aiff", "ape", "wv", "tta", "au", "w64")
"""Formats whose headers state the length of each track."""

_FILE_FORMATS = ("flv",)
"""Formats whose headers state the length of the whole file."""

_HEAD_BYTES = 65_536
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_ASF_BROADCAST = 1  # flag which means that the lengths are invalid


@dataclass(frozen=True, slots=True)
class Stated:
    """Stated length of a file.

    Attributes:
        seconds: stated length in seconds; None if the file states no reliable length.
        tolerance: possible difference between the stated length and the real length, in seconds.
        cut_off: whether the file is incomplete.
    """

    seconds: float | None
    tolerance: float = 0.5
    cut_off: bool = False


def stated_length(container: "InputContainer", track: "AudioStream", path: Path) -> Stated:
    """Read the length of a track from the header of the file.

    Estimates based on the file size and the bit rate are not used, because they are wrong for incomplete files.
    """
    names = container.format.name.split(",")
    begin = (container.start_time or 0) / 1e6
    late = max(0.0, float((track.start_time or 0) * (track.time_base or 0)) - begin)
    only_sound = not [stream for stream in container.streams if stream.type == "video"]
    seconds = None
    if set(names) & set(_TRACK_FORMATS) or ("mp3" in names and _has_mp3_index(path)):
        if track.duration and track.time_base:
            seconds = late + float(track.duration * track.time_base)
            if "caf" in names:  # FFmpeg changes the length according to the size of the file
                seconds /= held_share(path)
    elif "matroska" in names:
        seconds = _clock_time(track.metadata.get("DURATION", ""))
        if seconds is None and only_sound and len(container.streams.audio) == 1 and container.duration:
            seconds = container.duration / 1e6
        seconds = seconds - max(0.0, begin) if seconds else None  # these formats state the time of the end
    elif "asf" in names and only_sound:
        seconds = _asf_length(path)
    elif set(names) & set(_FILE_FORMATS) and only_sound and container.duration:
        seconds = container.duration / 1e6
    ending = find_ending(path)
    if ending.fragmented and ending.cut_off:
        seconds = None  # FFmpeg returns the sum of the existing fragments
    return Stated(seconds, max(0.5, 0.01 * seconds) if seconds else 0.5, ending.cut_off)


def _clock_time(text: str) -> float | None:
    """Convert a time such as ``00:01:02.500000000`` to seconds."""
    try:
        hours, minutes, seconds = text.strip("\0 ").split(":")
        return 3600 * int(hours) + 60 * int(minutes) + float(seconds)
    except ValueError:
        return None


def _asf_length(path: Path) -> float | None:
    """Read the length from the header of a WMA file.

    FFmpeg's own result is not used, because it depends on the packets that the file contains.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    start = head.find(_ASF_FILE_PROPERTIES)
    if start < 0 or len(head) < start + 92:
        return None
    duration, _, preroll, flags = struct.unpack_from("<QQQI", head, start + 64)
    seconds = duration / 1e7 - preroll / 1e3
    return seconds if seconds > 0 and not flags & _ASF_BROADCAST else None


def _has_mp3_index(path: Path) -> bool:
    """Return whether an MP3 file begins with a frame that states the length."""
    with path.open("rb") as file:
        head = file.read(10)
        if head.startswith(b"ID3") and len(head) == 10:
            a, b, c, d = head[6:]
            file.seek(10 + (a << 21 | b << 14 | c << 7 | d))
        else:
            file.seek(0)
        frame = file.read(_HEAD_BYTES)
    return any(mark in frame for mark in (b"Xing", b"Info", b"VBRI"))
