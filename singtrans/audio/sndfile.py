"""Decode with libsndfile: WAV, FLAC, AIFF and other formats that have no clock of their own."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from singtrans.audio.recording import Decoding, Header, Piece, Summary

if TYPE_CHECKING:
    from soundfile import SoundFile

_READ_FRAMES = 4096  # a read that fails loses at most this much; larger reads are no faster
_UNFINISHED = 0x7FFF0000  # recorders that cannot go back write a size above this
_MOST_CHUNKS = 1000


class NotForLibsndfileError(Exception):
    """libsndfile does not read this content, or cannot read on."""


def decode(path: Path) -> Decoding:
    """Decode a file piece by piece.

    Raises:
        NotForLibsndfileError: if libsndfile does not know the content, or cannot go on because of damage.
    """
    import soundfile

    done = 0
    with path.open("rb") as file:
        sound = _open(file)
        try:
            stated = _stated_frames(path, sound)
            rate = sound.samplerate
            header = Header(stated / rate if stated else None)
            yield header
            while len(samples := sound.read(_READ_FRAMES, dtype="float32", always_2d=True)):
                done += len(samples)
                yield Piece(rate, samples)
        except soundfile.LibsndfileError as error:
            raise NotForLibsndfileError(str(error)) from error
        finally:
            sound.close()
    yield Summary(header, done / rate)


def stated_seconds(path: Path) -> float | None:
    """Length that the header states; None if libsndfile does not read the file or it states none."""
    try:
        with path.open("rb") as file, _open(file) as sound:
            return sound.frames / sound.samplerate if sound.frames else None
    except NotForLibsndfileError:
        return None


def _open(file: BinaryIO) -> "SoundFile":
    import soundfile

    try:
        # An open file instead of its name: libsndfile would take any text named .au or .vox for raw samples.
        sound = soundfile.SoundFile(file)
    except (soundfile.LibsndfileError, TypeError) as error:  # soundfile asks for the rate of anything named .raw
        raise NotForLibsndfileError(str(error)) from error
    if sound.subtype.startswith("MPEG"):
        sound.close()
        raise NotForLibsndfileError("MPEG")
    return sound


def _stated_frames(path: Path, sound: "SoundFile") -> int:
    """Frames that the header states, which may be more than the file holds; 0 if it states none."""
    frames: int = sound.frames
    for chunk in _chunks(path):
        if chunk.name in (b"data", b"SSND") and 0 < chunk.held < chunk.size < _UNFINISHED:
            return round(frames * chunk.size / chunk.held)
    return frames


class _Chunk:
    """A chunk of a RIFF or AIFF file: its name, its size by its header, and how many of these bytes are there."""

    def __init__(self, name: bytes, size: int, held: int) -> None:
        self.name, self.size, self.held = name, size, held


def _chunks(path: Path) -> Iterator[_Chunk]:
    """The chunks of a WAV or AIFF file; nothing for other files."""
    end = path.stat().st_size
    with path.open("rb") as file:
        form = file.read(12)[:4]
        if form not in (b"RIFF", b"FORM"):
            return
        order = "<" if form == b"RIFF" else ">"
        for _ in range(_MOST_CHUNKS):
            head = file.read(8)
            if len(head) < 8:
                return
            name, size = struct.unpack(f"{order}4sI", head)
            start = file.tell()
            yield _Chunk(name, size, min(size, end - start))
            file.seek(start + size + size % 2)
