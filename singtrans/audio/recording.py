"""Which part of which file to read, and what decoding it yields."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from singtrans.errors import InputError, UsageError

_EXACT_SECONDS = 0.1  # a file whose last bytes are missing may hold all of its sound
_CHANNELS = {"mix": None, "left": 1, "right": 2}


@dataclass(frozen=True, slots=True)
class Recording:
    """A file, and which of its sound to read.

    Attributes:
        path: an audio or video file.
        track: number of the sound track, from 1; None to choose the best.
        channel: number of the channel, from 1 (left); None to mix all.
    """

    path: Path
    track: int | None = None
    channel: int | None = None

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of a recording's sound to read.

    Attributes:
        track: number of the sound track, from 1; None to choose the best.
        channel: number of the channel, from 1 (left); None to mix all.
    """

    track: int | None = None
    channel: int | None = None

    def of(self, path: Path) -> "Path | Recording":
        """The file with this choice; the path alone where nothing is chosen."""
        return path if self == Selection() else Recording(path, self.track, self.channel)


Source = str | Path | Recording
"""What every function of this package reads: a path, or a path with a choice of track and channel."""


def as_recording(source: Source) -> Recording:
    """The source as a `Recording`."""
    return source if isinstance(source, Recording) else Recording(Path(source))


def parse_channel(text: str) -> int | None:
    """Number of a channel from ``left``, ``right``, ``mix`` or a number from 1; None is the mix.

    Raises:
        UsageError: if it is none of these.
    """
    if text in _CHANNELS:
        return _CHANNELS[text]
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 1024:
        return int(text)
    raise UsageError(f"--channel {text}: use left, right, mix or the number of a channel, from 1")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some decoded sound: ``samples`` is (frames, channels) float32, ``rate`` in Hz."""

    rate: int
    samples: np.ndarray


@dataclass(frozen=True, slots=True)
class Header:
    """What is known about a recording before it is decoded.

    Attributes:
        stated: length in seconds that the file states; None if it states none.
        track: number of the sound track that is read, from 1.
        tracks: how many sound tracks there are.
        silent: numbers of the tracks that were found silent.
    """

    stated: float | None = None
    track: int = 1
    tracks: int = 1
    silent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known about a recording once all of it is decoded.

    Attributes:
        header: what was known before.
        seconds: length of the sound, silence in place of gaps included.
        lost: seconds of packets that could not be decoded.
        crashed: whether the decoder crashed before the end.
        cut_off: whether the file ends in the middle.
        tolerance: by how many seconds the stated length may differ from the real one.
    """

    header: Header
    seconds: float
    lost: float = 0.0
    crashed: bool = False
    cut_off: bool = False
    tolerance: float = 0.05

    @property
    def missing(self) -> str:
        """How much of the recording is missing, in words; empty if it is complete."""
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
        """Which of several sound tracks was read, in words; empty if there was no choice."""
        header = self.header
        others = header.tracks - 1 - len(set(header.silent) - {header.track})
        if header.track == 1 and not others:
            return ""
        why = " (track 1 is silent)" if 1 in header.silent and header.track != 1 else ""
        return f"sound track {header.track} of {header.tracks} was read{why}; --track chooses another"


Decoding = Generator[Header | Piece | Summary, None, None]
"""Decoded sound in order: perhaps a header, then at least one piece, then a summary."""


def damaged(path: Path) -> InputError:
    """The error for a recording of which nothing is left."""
    return InputError(f"{path} is damaged, nothing in it can be decoded: copy or export it again.")


def not_a_recording(path: Path) -> InputError:
    """The error for a file that no decoder can read."""
    return InputError(
        f"{path} is not a recording that can be read (not sound, damaged, or an unknown format):"
        " convert it to WAV or FLAC."
    )
