"""Recordings with a choice of track and channel, and the results of decoding."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from singtrans.errors import InputError, UsageError

_EXACT_SECONDS = 0.1  # if only the last bytes are missing, the file may still have all of its sound
_CHANNELS = {"mix": None, "left": 1, "right": 2}


@dataclass(frozen=True, slots=True)
class Recording:
    """A file with a choice of sound track and channel.

    Attributes:
        path: audio or video file.
        track: number of the sound track, from 1; None to choose the best one.
        channel: number of the channel, from 1 (left); None to mix all channels.
    """

    path: Path
    track: int | None = None
    channel: int | None = None

    @property
    def name(self) -> str:
        """Name of the file without its folder."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class Selection:
    """Choice of sound track and channel.

    Attributes:
        track: number of the sound track, from 1; None to choose the best one.
        channel: number of the channel, from 1 (left); None to mix all channels.
    """

    track: int | None = None
    channel: int | None = None

    def of(self, path: Path) -> "Path | Recording":
        """Combine a path with this choice; return the path alone if nothing is chosen."""
        return path if self == Selection() else Recording(path, self.track, self.channel)


Source = str | Path | Recording
"""Input of the functions in this package: a path, or a path with a choice of track and channel."""


def as_recording(source: Source) -> Recording:
    """Convert a source to a `Recording`."""
    return source if isinstance(source, Recording) else Recording(Path(source))


def parse_channel(text: str) -> int | None:
    """Parse ``left``, ``right``, ``mix`` or a number from 1, and return the number of the channel; None for mix.

    Raises:
        UsageError: if the text is something else.
    """
    if text in _CHANNELS:
        return _CHANNELS[text]
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 1024:
        return int(text)
    raise UsageError(f"--channel {text}: use left, right, mix or the number of a channel, from 1")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of decoded sound: ``samples`` is (frames, channels) float32, and ``rate`` is in Hz."""

    rate: int
    samples: np.ndarray


@dataclass(frozen=True, slots=True)
class Header:
    """Information about a recording that is known before it is decoded.

    Attributes:
        stated: length stated in the file, in seconds; None if no length is stated.
        track: number of the sound track that is read, from 1.
        tracks: number of sound tracks.
        silent: numbers of the silent tracks.
    """

    stated: float | None = None
    track: int = 1
    tracks: int = 1
    silent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """Information about a recording that is known after it has been decoded.

    Attributes:
        header: information that was known before decoding.
        seconds: length of the sound in seconds, including silence in gaps.
        lost: total length of the packets that could not be decoded, in seconds.
        crashed: whether the decoder crashed before the end.
        cut_off: whether the file is incomplete.
        tolerance: possible difference between the stated length and the real length, in seconds.
    """

    header: Header
    seconds: float
    lost: float = 0.0
    crashed: bool = False
    cut_off: bool = False
    tolerance: float = 0.05

    @property
    def missing(self) -> str:
        """Description of the missing part of the recording; empty if the recording is complete."""
        decoded = max(0.0, self.seconds - self.lost)
        stated = self.header.stated or 0.0
        if stated - self.seconds > self.tolerance:
            return f"only {decoded:.1f} of {stated:.1f} s could be decoded"
        if self.lost > max(1.0, 0.05 * self.seconds):
            return f"only {decoded:.1f} of {self.seconds:.1f} s could be decoded"
        if self.cut_off and not (stated and stated - self.seconds < _EXACT_SECONDS):
            return f"the file is cut off after {decoded:.1f} s"
        return f"the decoder crashed after {decoded:.1f} s" if self.crashed else ""

    @property
    def remark(self) -> str:
        """Remark on the choice of the sound track; empty if the first track was read and no other track has sound."""
        header = self.header
        others = header.tracks - 1 - len(set(header.silent) - {header.track})
        if header.track == 1 and not others:
            return ""
        why = " (track 1 is silent)" if 1 in header.silent and header.track != 1 else ""
        return f"sound track {header.track} of {header.tracks} was read{why}; --track chooses another"


Decoding = Generator[Header | Piece | Summary, None, None]
"""Decoded sound in order: an optional header, at least one piece, and a summary."""


def damaged(path: Path) -> InputError:
    """Return the error for a recording that is so damaged that nothing can be decoded."""
    return InputError(f"{path} is damaged, and nothing in it can be decoded: copy or export it again.")


def not_a_recording(path: Path) -> InputError:
    """Return the error for a file that no decoder can read."""
    return InputError(
        f"{path} is not a recording that can be read (not sound, damaged, or an unknown format):"
        " convert it to WAV or FLAC."
    )
