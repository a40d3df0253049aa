"""The separated voice of a recording as a file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from singtrans import audio
from singtrans.files import whole_file
from singtrans.separation.separator import Separator

VOICE_ENDING = ".voice.flac"
"""Ending of files with a separated voice."""

_BITS = "PCM_16"


@dataclass(frozen=True, slots=True)
class VoiceFile:
    """A separated voice.

    Attributes:
        path: a FLAC file, in stereo.
        share: energy of the voice relative to that of the recording, in dB.
    """

    path: Path
    share: float


def write_voice(recording: Path, separator: Separator, path: Path, *, overwrite: bool = True) -> VoiceFile:
    """Separate the voice of a recording of any length, and write it.

    Raises:
        InputError: if the recording cannot be read, or the file cannot be written.
    """
    import soundfile

    mix, voice = _Energy(), _Energy()
    blocks = mix.of(audio.stereo_blocks(recording, separator.sample_rate))
    with (
        whole_file(path, overwrite=overwrite) as file,
        soundfile.SoundFile(file, "w", separator.sample_rate, 2, format="FLAC", subtype=_BITS) as out,
    ):
        for block in voice.of(separator(blocks)):
            out.write(np.clip(block, -1.0, 1.0))
    floor = 1e-20
    return VoiceFile(path, float(10.0 * np.log10((voice.sum + floor) / (mix.sum + floor))))


class _Energy:
    """Sum of the squares of what passes by."""

    def __init__(self) -> None:
        self.sum = 0.0

    def of(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for block in blocks:
            self.sum += float(np.square(block, dtype=np.float64).sum())
            yield block
