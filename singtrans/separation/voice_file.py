"""The separated voice of a recording as a file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from singtrans import audio
from singtrans.files import whole_file
from singtrans.separation.separator import Separator

VOICE_ENDING = ".voice.flac"
"""Ending of files with a separated voice."""

_BITS = "PCM_16"


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def is_voice(path: _Named) -> bool:
    """Whether a file's name is that of a separated voice."""
    return path.name.lower().endswith(VOICE_ENDING)


@dataclass(frozen=True, slots=True)
class VoiceFile:
    """A separated voice.

    Attributes:
        path: a FLAC file, in stereo.
        share: energy of the voice relative to that of the recording, in dB.
        summary: what is known about the recording.
    """

    path: Path
    share: float
    summary: audio.Summary | None


def write_voice(source: audio.Source, separator: Separator, path: Path) -> VoiceFile:
    """Separate the voice of a recording of any length, and write it.

    Raises:
        InputError: if the recording cannot be read, or the file cannot be written.
    """
    import soundfile

    mix, voice, reading = _Energy(), _Energy(), audio.Reading(source)
    blocks = mix.of(audio.stereo_blocks(reading, separator.sample_rate))
    with (
        whole_file(path) as file,
        soundfile.SoundFile(file, "w", separator.sample_rate, 2, format="FLAC", subtype=_BITS) as out,
    ):
        for block in voice.of(separator(blocks)):
            out.write(np.clip(block, -1.0, 1.0))
    floor = 1e-20
    share = float(10.0 * np.log10((voice.sum + floor) / (mix.sum + floor)))
    return VoiceFile(path, share, reading.summary)


class _Energy:
    """Sum of the squares of what passes by."""

    def __init__(self) -> None:
        self.sum = 0.0

    def of(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for block in blocks:
            self.sum += float(np.square(block, dtype=np.float64).sum())
            yield block
