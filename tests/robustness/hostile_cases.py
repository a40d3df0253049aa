"""Hostile recordings: a tune in all kinds of files, and the possible outcomes.

The tune is the first six notes of a sample recording.
"""

import os
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import soundfile

from singtrans import audio

TUNE, SILENT = "all notes of the tune", "no notes"
PART, ANY = "notes of the readable part, or a message", "any notes, or a message"
"""Expected outcomes. Any other value is a part of the expected message, which explains why there are no notes."""

RATE = 16_000
SECONDS = 2.95
SOURCE = Path(__file__).parents[2] / "sample_audio" / "frere_jacques.flac"


@dataclass(frozen=True)
class Case:
    """One hostile recording.

    Attributes:
        name: description of the recording.
        outcome: one of the outcomes above, or a part of the expected message.
        make: function that makes the recording in an empty folder and returns its path.
        long: whether it takes more than a few seconds.
    """

    name: str
    outcome: str
    make: Callable[[Path], Path]
    long: bool = False


@cache
def tune() -> np.ndarray:
    """Return a phrase of six notes, (n,) float32 at `RATE`."""
    return audio.load(SOURCE, RATE)[: round(SECONDS * RATE)]


def wav(path: Path, samples: np.ndarray | None = None, rate: int = RATE, **kind: str) -> Path:
    soundfile.write(path, tune() if samples is None else samples, rate, **kind)
    return path


def encoded(path: Path, codec: str, rate: int = 48_000, **options: str) -> Path:
    """Encode the tune with one of PyAV's encoders; the ending determines the container."""
    samples = audio.load(SOURCE, rate)[: round(SECONDS * rate)]
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = 128_000
        for start in range(0, len(samples), 4800):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 4800], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


CONTAINERS: dict[str, Callable[[Path], Path]] = {
    "wav": lambda f: wav(f / "a.wav"),
    "flac": lambda f: wav(f / "a.flac"),
    "ogg": lambda f: wav(f / "a.ogg"),
    "aiff": lambda f: wav(f / "a.aiff"),
    "au": lambda f: wav(f / "a.au"),
    "caf": lambda f: wav(f / "a.caf"),
    "w64": lambda f: wav(f / "a.w64"),
    "mp3": lambda f: wav(f / "a.mp3"),
    "opus": lambda f: encoded(f / "a.opus", "libopus"),
    "m4a": lambda f: encoded(f / "a.m4a", "aac"),
    "aac": lambda f: encoded(f / "a.aac", "aac"),
    "mkv": lambda f: encoded(f / "a.mkv", "flac"),
    "webm": lambda f: encoded(f / "a.webm", "libopus"),
    "wma": lambda f: encoded(f / "a.wma", "wmav2"),
    "avi": lambda f: encoded(f / "a.avi", "pcm_s16le"),
}


def holding(name: str, content: bytes) -> Callable[[Path], Path]:
    """Return a function that makes a file with the given name and content."""

    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def patched(path: Path, offset: int, layout: str, *values: int) -> Path:
    """Replace bytes of a file, such as those of a number in its header."""
    content = bytearray(path.read_bytes())
    struct.pack_into(layout, content, offset, *values)
    path.write_bytes(content)
    return path


def shortened(path: Path, size: int) -> Path:
    os.truncate(path, size)
    return path


def room_for(folder: Path, number: int) -> Path:
    """Make an empty folder for a case."""
    room = folder / f"{number:03}"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    return room
