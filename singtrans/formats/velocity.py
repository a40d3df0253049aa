"""How loud each note is sung, from the recording; and the MIDI velocity that sounds as loud."""

from collections.abc import Sequence

import numpy as np

from singtrans import audio
from singtrans.notes import Note

_RATE = 16_000
_FRAME = 160  # samples: 10 ms
_LOUD = 112.0  # velocity of the notes that are as loud as nine in ten are not
_SOFTEST = 16


def note_levels(path: audio.Source, notes: Sequence[Note]) -> np.ndarray:
    """Level of each note in a recording, which is read piece by piece.

    Args:
        path: the recording.
        notes: their times in seconds.

    Returns:
        (notes,) dB relative to full scale, RMS over the note; -120 for silence.

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
    """MIDI velocities (1..127) for levels (notes,) in dB; the loud tenth of the notes gets 112 and more.

    A synthesiser turns velocity v into 40 log10(v / 127) dB (MIDI Manufacturers Association, DLS level 1),
    and so 6 dB less is a velocity 0.71 times as high.
    """
    if not len(levels):
        return ()
    loud = float(np.percentile(levels, 90))
    values = _LOUD * 10 ** ((levels - loud) / 40)
    return tuple(int(value) for value in np.clip(np.rint(values), _SOFTEST, 127))
