"""Decode with libsndfile: WAV, FLAC, AIFF and other formats that have no clock of their own."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from singtrans.audio.chunks import held_share
from singtrans.audio.recording import Decoding, Header, Piece, Summary

if TYPE_CHECKING:
    from soundfile import SoundFile

_READ_FRAMES = 4096  # a read that fails loses at most this much; larger reads are no faster


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


class _Seekable:
    """A binary file whose places before its start and beyond any file count as its ends.

    Damaged headers lead libsndfile to such places, and an exception in its callbacks would be printed.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.read = file.read
        self.readinto = file.readinto  # type: ignore[attr-defined]  # binary files have it
        self.tell = file.tell

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a place."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return self._file.seek(0, os.SEEK_SET if offset < 0 else os.SEEK_END)


def _open(file: BinaryIO) -> "SoundFile":
    import soundfile

    class ForwardSoundFile(soundfile.SoundFile):  # type: ignore[misc]  # it comes without types
        """A file that is read from its beginning to its end, without the two seeks of soundfile for every read."""

        def seekable(self) -> bool:
            return False

    try:
        # An open file instead of its name: libsndfile would take any text named .au or .vox for raw samples.
        sound = ForwardSoundFile(_Seekable(file))
    except (soundfile.LibsndfileError, TypeError) as error:  # soundfile asks for the rate of anything named .raw
        raise NotForLibsndfileError(str(error)) from error
    if sound.subtype.startswith("MPEG"):
        sound.close()
        raise NotForLibsndfileError("MPEG")
    return sound


def _stated_frames(path: Path, sound: "SoundFile") -> int:
    """Frames that the header states, which may be more than the file holds; 0 if it states none."""
    return round(sound.frames / held_share(path)) if sound.frames else 0
