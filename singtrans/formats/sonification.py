"""Sound for checking notes by ear, with the recording in the left channel and the notes in the right channel."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np

from singtrans import audio
from singtrans.errors import InputError
from singtrans.formats.format import Format
from singtrans.formats.options import NOTES, PLAIN, Options
from singtrans.notes import Note, Transcription
from singtrans.pitch import midi_to_hz

RATE = 44_100
_LONGEST = 2**30 - 1000  # largest number of frames of four bytes in a WAV file
_BLOCK_SECONDS = 10.0
_PARTIALS = (1.0, 0.5, 0.25, 0.12)  # amplitudes for a soft tone whose pitch is clear on small loudspeakers
_PEAK = 0.35
_ATTACK, _RELEASE = 0.012, 0.03  # seconds
_DECAY = 1.2  # seconds until the amplitude has fallen to a third, so that repeated notes have audible onsets


class _Sink:
    """Output file for soundfile. The first error is stored, because soundfile drops errors in its callbacks."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.failure: OSError | None = None
        self.seek, self.tell, self.flush = file.seek, file.tell, file.flush

    def write(self, data: bytes) -> int:
        """Write all data, unless an earlier write has failed."""
        if self.failure is None:
            try:
                self._file.write(data)
                self._file.flush()
            except OSError as error:
                self.failure = error
        return len(data)

    def check(self) -> None:
        """Raise the stored error, if there is one."""
        if self.failure is not None:
            raise self.failure


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write 16-bit stereo sound at 44.1 kHz, block by block. Without a recording, the notes are in both channels.

    Raises:
        InputError: if the recording cannot be read, or there is more sound than a WAV file can hold.
        OSError: if the file cannot be written.
    """
    import soundfile

    sink = _Sink(file)
    with soundfile.SoundFile(sink, "w", RATE, 2, format="WAV", subtype="PCM_16") as out:
        done = 0
        for left in _recording(transcription, options):
            _check_length(done + len(left))
            right = synthesize(transcription.notes, done, len(left))
            out.write(np.stack([right if options.audio is None else left, right], 1))
            done += len(left)
            sink.check()
    sink.check()


def _check_length(frames: int) -> None:
    if frames > _LONGEST:
        raise InputError(f"more than {_LONGEST / RATE / 3600:.1f} hours do not fit into a WAV file.")


def synthesize(notes: Sequence[Note], first: int, count: int) -> np.ndarray:
    """Synthesise notes at their fractional pitch.

    Args:
        notes: notes in time order.
        first: index of the first sample at :data:`RATE`.
        count: number of samples.

    Returns:
        (count,) float32 samples between -1 and 1.
    """
    sound = np.zeros(count, np.float32)
    for note in notes:
        start, stop = round(note.onset * RATE), round((note.offset + _RELEASE) * RATE)
        low, high = max(start, first), min(stop, first + count)
        if low < high:
            since = (
                np.arange(low - start, high - start) / RATE
            )  # the phase starts at the onset, so blocks have no effect
            sound[low - first : high - first] += _tone(note, since)
    return sound


def _tone(note: Note, since: np.ndarray) -> np.ndarray:
    hz = float(midi_to_hz(note.pitch))
    partials = [(n, share) for n, share in enumerate(_PARTIALS, 1) if n * hz < RATE / 2]
    tone = sum(share * np.sin(2 * np.pi * n * hz * since) for n, share in partials)
    envelope = np.minimum(1, since / _ATTACK) * np.exp(-since / _DECAY)
    envelope *= np.clip((note.duration + _RELEASE - since) / _RELEASE, 0, 1)
    return (_PEAK / sum(_PARTIALS) * tone * envelope).astype(np.float32)


def _recording(transcription: Transcription, options: Options) -> Iterator[np.ndarray]:
    """Yield blocks of the recording, or of silence with the length of the transcription."""
    if options.audio is not None:
        yield from audio.blocks(options.audio, RATE, _BLOCK_SECONDS)
        return
    last = max((note.offset for note in transcription.notes), default=0.0) + _RELEASE
    left, block = round(max(transcription.duration, last) * RATE), round(_BLOCK_SECONDS * RATE)
    _check_length(left)  # checked before gigabytes of silence are written
    while left > 0:
        yield np.zeros(min(left, block), np.float32)
        left -= block


FORMAT = Format(
    name="wav",
    description="sound for checking the notes: the recording on the left, the notes on the right",
    endings=(".sonified.wav", ".wav"),
    aliases=("sonification",),
    write=write,
    uses=NOTES | {"audio"},
    precision="one sample, fractional pitch",
)
