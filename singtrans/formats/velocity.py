"""Loudness of notes in a recording, and the corresponding MIDI velocities."""

from collections.abc import Sequence

import numpy as np

from singtrans import audio
from singtrans.notes import Note

_RATE = 16_000
_FRAME = 160  # samples: 10 ms
_LOUD = 112.0  # velocity for the loudness that nine of ten notes do not exceed
_SOFTEST = 16


def note_levels(path: audio.Source, notes: Sequence[Note]) -> np.ndarray:
    """Measure the level of each note in a recording. The recording is read piece by piece.

    Args:
        path: path of the recording.
        notes: notes with times in seconds.

    Returns:
        (notes,) RMS levels in dB relative to full scale; -120 for silence.

    Raises:
        InputError: if the recording cannot be read.
    """
    energies = [
        np.add.reduceat(block.astype(np.float64) ** 2, np.arange(0, len(block), _FRAME))
        for block in audio.blocks(path, _RATE, block_seconds=30.0)
        if len(block)
    ]
    total = np.concatenate([[0.0], np.cumsum(np.concatenate(energies))]) if energies else np.zeros(2)
    spans = np.array([(note.onset, note.offset) for note in notes]).reshape(-1, 2)
    at = np.interp(spans * _RATE / _FRAME, np.arange(len(total)), total)
    mean = (at[:, 1] - at[:, 0]) / ((spans[:, 1] - spans[:, 0]) * _RATE)
    return 10 * np.log10(np.maximum(mean, 1e-12))


def velocities(levels: np.ndarray) -> tuple[int, ...]:
    """Convert (notes,) levels in dB to MIDI velocities (16..127). The loudest tenth of the notes gets 112 or more.

    A synthesiser plays velocity v at a level of 40 log10(v / 127) dB (MIDI Manufacturers Association, DLS level 1).
    Therefore, lowering the level by 6 dB multiplies the velocity by 0.71.
    """
    if not len(levels):
        return ()
    loud = float(np.percentile(levels, 90))
    values = _LOUD * 10 ** ((levels - loud) / 40)
    return tuple(int(value) for value in np.clip(np.rint(values), _SOFTEST, 127))
