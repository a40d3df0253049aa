"""Separate the voice of a recording, and write it to a file."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from singtrans import audio
from singtrans.files import whole_file
from singtrans.separation.balance import Balance, BalanceMeter
from singtrans.separation.separator import Separator

if TYPE_CHECKING:
    from soundfile import SoundFile

VOICE_ENDING = ".voice.flac"
"""Ending of the names of files with a separated voice."""

_BITS = "PCM_16"


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def is_voice(path: _Named) -> bool:
    """Return whether the name of a file has the ending of a separated voice, in upper or lower case."""
    return path.name.lower().endswith(VOICE_ENDING)


@dataclass(frozen=True, slots=True)
class VoiceFile:
    """Result of a separation.

    Attributes:
        balance: levels of the voice and of the rest of the recording.
        summary: information about the recording after it has been read.
    """

    balance: Balance
    summary: audio.Summary | None


def write_voice(
    source: audio.Source,
    separator: Separator,
    voice: Path | None,
    to_transcribe: Path | None = None,
    instruments: float = 0.0,
) -> VoiceFile:
    """Separate the voice of a recording of any length, and write it to a stereo FLAC file.

    Args:
        source: the recording.
        separator: the engine.
        voice: file for the voice; None not to write it.
        to_transcribe: file for the voice mixed with quieter instruments; None not to write it.
        instruments: fraction of the amplitude of the instruments that is kept in ``to_transcribe``.

    Raises:
        InputError: if the recording cannot be read, or a file cannot be written.
    """
    mix, meter, reading = _Mix(), BalanceMeter(separator.sample_rate), audio.Reading(source)
    with ExitStack() as stack:
        files = [
            (stack.enter_context(_flac(path, separator.sample_rate)), share)
            for path, share in ((voice, 0.0), (to_transcribe, instruments))
            if path is not None
        ]
        for block in separator(mix.passing(audio.stereo_blocks(reading, separator.sample_rate))):
            whole = mix.take(len(block))
            meter.add(whole, block)
            for file, share in files:
                file.write(np.clip(block + share * (whole - block), -1.0, 1.0))
    return VoiceFile(meter.balance(), reading.summary)


@contextmanager
def _flac(path: Path, rate: int) -> "Iterator[SoundFile]":
    import soundfile

    with whole_file(path) as file, soundfile.SoundFile(file, "w", rate, 2, format="FLAC", subtype=_BITS) as out:
        yield out


class _Mix:
    """Blocks of a mix that are kept until the separator has returned the corresponding voice."""

    def __init__(self) -> None:
        self._waiting: deque[np.ndarray] = deque()

    def passing(self, blocks: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        for block in blocks:
            self._waiting.append(block)
            yield block

    def take(self, count: int) -> np.ndarray:
        """Remove and return the next (count, 2) samples."""
        taken: list[np.ndarray] = []
        while count > 0:
            block = self._waiting.popleft()
            if len(block) > count:
                self._waiting.appendleft(block[count:])
            taken.append(block[:count])
            count -= len(taken[-1])
        return np.concatenate(taken)
