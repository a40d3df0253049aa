"""Decoding with libsndfile: WAV, FLAC, AIFF and other formats without time stamps."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from singtrans.audio.chunks import held_share
from singtrans.audio.recording import Decoding, Header, Piece, Summary

if TYPE_CHECKING:
    from soundfile import SoundFile

_READ_FRAMES = 16384  # a failed read loses at most this number; each read takes 10 us besides its decoding


class NotForLibsndfileError(Exception):
    """Error for a file that libsndfile cannot read, or cannot read to its end."""


def decode(path: Path) -> Decoding:
    """Decode a file piece by piece.

    Raises:
        NotForLibsndfileError: if libsndfile does not know the format, or cannot continue because the file is damaged.
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
    """Return the length in the header, in seconds; None if there is no length or libsndfile cannot read the file."""
    try:
        with path.open("rb") as file, _open(file) as sound:
            return sound.frames / sound.samplerate if sound.frames else None
    except NotForLibsndfileError:
        return None


class _Seekable:
    """Binary file in which an invalid position is replaced with the start or the end of the file.

    If a header is damaged, libsndfile may seek to a position before the start or far after the end. An exception in
    its callback would be printed as a traceback.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read = file.read
        self.readinto = file.readinto  # type: ignore[attr-defined]  # binary files have it
        self.tell = file.tell

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position, or to the start or the end if the position is invalid."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return self._file.seek(0, os.SEEK_SET if offset < 0 else os.SEEK_END)


def _open(file: BinaryIO) -> "SoundFile":
    import soundfile

    class ForwardSoundFile(soundfile.SoundFile):  # type: ignore[misc]  # it has no type stubs
        """A file that is read from start to end, without the two seeks that soundfile makes for every read."""

        def seekable(self) -> bool:
            return False

    try:
        # An open file is passed, because libsndfile would read any file named .au or .vox as raw samples.
        sound = ForwardSoundFile(_Seekable(file))
    except (soundfile.LibsndfileError, TypeError) as error:  # soundfile requires a rate for files named .raw
        raise NotForLibsndfileError(str(error)) from error
    if sound.subtype.startswith("MPEG"):
        sound.close()
        raise NotForLibsndfileError("MPEG")
    return sound


def _stated_frames(path: Path, sound: "SoundFile") -> int:
    """Return the number of frames stated in the header; 0 if none is stated. The file may contain fewer frames."""
    return round(sound.frames / held_share(path)) if sound.frames else 0
