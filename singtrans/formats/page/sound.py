"""The recording inside the page: compressed sound, its hash and the outline of its waveform."""

import base64
import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from singtrans import audio

if TYPE_CHECKING:
    from soundfile import SoundFile

RATE = 24_000  # Hz
OUTLINE_HOP = 0.01  # seconds


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """The recording in a page.

    Attributes:
        mime: media type of the compressed sound.
        content: the compressed sound in base64.
        seconds: duration.
        recording: hash of the decoded samples, which is the same in every page of this recording.
        outline: (values,) largest amplitude in each step of `OUTLINE_HOP` seconds, divided by the largest of all.
    """

    mime: str
    content: str
    seconds: float
    recording: str
    outline: np.ndarray


def encode(recording: audio.Source, long_seconds: float) -> Sound:
    """Compress a recording.

    FLAC keeps the exact length, and every browser plays it. Long recordings are compressed with Ogg Vorbis, which needs
    a quarter of the space. Opus is no smaller at this quality, and libsndfile takes ten times as long to encode it.

    Args:
        recording: the recording.
        long_seconds: least duration in seconds of a recording that is compressed with Ogg Vorbis.

    Raises:
        InputError: if the recording cannot be read.
    """
    buffer, length, digest = io.BytesIO(), 0, hashlib.sha256()
    outline = _Outline()
    is_long = audio.seconds(recording) >= long_seconds
    with _writer(buffer, is_long) as out:
        for block in audio.blocks(recording, RATE):
            clipped = np.clip(block, -1, 1).astype(np.float32)
            digest.update(np.rint(clipped * 32767).astype("<i2").tobytes())
            outline.add(clipped)
            out.write(clipped)
            length += len(clipped)
    content = base64.b64encode(buffer.getbuffer()).decode("ascii")
    mime = "audio/ogg" if is_long else "audio/flac"
    return Sound(mime, content, length / RATE, digest.hexdigest()[:32], outline.values())


def _writer(buffer: io.BytesIO, is_long: bool) -> "SoundFile":
    import soundfile

    format, subtype = ("OGG", "VORBIS") if is_long else ("FLAC", "PCM_16")
    return soundfile.SoundFile(buffer, "w", RATE, 1, format=format, subtype=subtype)


class _Outline:
    """Outline of a waveform, collected from blocks of samples."""

    def __init__(self) -> None:
        self._step = round(OUTLINE_HOP * RATE)
        self._rest = np.zeros(0, np.float32)
        self._peaks: list[np.ndarray] = []

    def add(self, block: np.ndarray) -> None:
        samples = np.concatenate([self._rest, np.abs(block)])
        whole = len(samples) // self._step * self._step
        self._peaks.append(samples[:whole].reshape(-1, self._step).max(axis=1))
        self._rest = samples[whole:]

    def values(self) -> np.ndarray:
        peaks = np.concatenate([*self._peaks, self._rest[:1]])
        return peaks / max(float(peaks.max(initial=0.0)), 1e-9)
