"""Repair of damaged MIDI files, as far as possible, before a library reads them.

Invalid meta events, such as an impossible key signature, do not affect notes, so they are replaced with empty text
events. A track that is cut off by the end of the file is closed there. Content around the tracks, as in a RIFF file
(``.rmi``), is removed.
"""

import re
from dataclasses import dataclass

_TEXT_EVENT, _END_EVENT = 0x01, 0x2F
_END = bytes((0, 0xFF, _END_EVENT, 0))
_CHUNK_NAME = re.compile(rb"[A-Za-z ]{4}")
_MOST_SURROUNDING = 1024  # largest number of bytes before the header, in a RIFF or a MacBinary file


@dataclass(frozen=True, slots=True)
class MendedMidi:
    """A repaired MIDI file.

    Attributes:
        content: bytes of the file.
        cut_off: whether the original file ends in the middle of a track, or lacks tracks.
    """

    content: bytes
    cut_off: bool


def mend_midi(content: bytes) -> MendedMidi:
    """Repair a MIDI file.

    Raises:
        ValueError: if the file has no header or no track.
    """
    start = content.find(b"MThd", 0, _MOST_SURROUNDING)
    header = content[start : start + 14]
    if start < 0 or len(header) < 14:
        raise ValueError("no header")
    stated = int.from_bytes(header[10:12])
    place = start + 8 + int.from_bytes(header[4:8])
    tracks: list[bytes] = []
    cut_off = False
    while place + 8 <= len(content) and len(tracks) < stated:
        end = _chunk_end(content, place)
        if content[place : place + 4] == b"MTrk":
            track, complete = _mended_track(content[place + 8 : end])
            cut_off |= not complete and end >= len(content)
            tracks.append(track)
        place = end
    if not tracks:
        raise ValueError("no track")
    head = b"MThd" + (6).to_bytes(4) + header[8:10] + len(tracks).to_bytes(2) + header[12:14]
    chunks = (b"MTrk" + len(track).to_bytes(4) + track for track in tracks)
    return MendedMidi(head + b"".join(chunks), cut_off or len(tracks) < stated)


def _chunk_end(content: bytes, start: int) -> int:
    """Return the position of the end of a chunk.

    The stated size is used if another chunk or the end of the file follows. Otherwise, the chunk ends where the next
    track starts.
    """
    end = start + 8 + int.from_bytes(content[start + 4 : start + 8])
    if end == len(content) or (end < len(content) and _CHUNK_NAME.match(content, end)):
        return end
    following = content.find(b"MTrk", start + 8)
    return following if following >= 0 else len(content)


def _mended_track(track: bytes) -> tuple[bytes, bool]:
    """Replace the invalid meta events of a track; return all its events, and whether the track has an end event."""
    out, place, status = bytearray(), 0, 0
    try:
        while place < len(track):
            event = _event(track, place, status)
            if event.is_end:
                return bytes(out) + _END, True
            out += event.content
            place, status = event.following, event.status
    except IndexError:  # the track ends in the middle of an event
        pass
    return bytes(out) + _END, False


@dataclass(frozen=True, slots=True)
class _Event:
    """An event with its delta time.

    Attributes:
        content: repaired bytes of the event.
        following: position of the next event.
        status: running status after the event.
        is_end: whether the event ends the track.
    """

    content: bytes
    following: int
    status: int
    is_end: bool = False


def _event(track: bytes, start: int, status: int) -> _Event:
    """Read one event.

    Raises:
        IndexError: if the track ends in the middle of the event.
    """
    place = _number(track, start)[1]
    head = place
    if track[place] == 0xFF:
        kind = track[place + 1]
        size, place = _number(track, place + 2)
        following = _within(track, place + size)
        if kind == _END_EVENT:
            return _Event(b"", following, status, is_end=True)
        readable = _is_readable(kind, track[place:following])
        empty = track[start:head] + bytes((0xFF, _TEXT_EVENT, 0))
        return _Event(track[start:following] if readable else empty, following, status)
    if track[place] in (0xF0, 0xF7):
        size, place = _number(track, place + 1)
        following = _within(track, place + size)
        return _Event(track[start:following], following, status)
    if track[place] >= 0x80:
        status, place = track[place], place + 1
    following = _within(track, place + (1 if 0xC0 <= status < 0xE0 else 2))
    return _Event(track[start:following], following, status)


def _within(track: bytes, place: int) -> int:
    if place > len(track):
        raise IndexError(place)
    return place


def _number(content: bytes, place: int) -> tuple[int, int]:
    """Read a variable-length number; return the number, and the position after it."""
    value = 0
    while content[place] & 0x80:
        value, place = (value | content[place] & 0x7F) << 7, place + 1
    return value | content[place], place + 1


def _is_readable(kind: int, data: bytes) -> bool:
    from mido.midifiles.meta import build_meta_message, meta_charset

    try:
        with meta_charset("latin1"):  # an earlier error can leave mido with another character set
            build_meta_message(kind, list(data))
    except Exception:  # the library raises many types of errors for damaged events
        return False
    return True
