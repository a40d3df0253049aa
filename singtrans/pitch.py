"""Hz and MIDI numbers: the one place where the one becomes the other."""

from typing import overload

import numpy as np

NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@overload
def hz_to_midi(hz: np.ndarray) -> np.ndarray: ...
@overload
def hz_to_midi(hz: float) -> float: ...
def hz_to_midi(hz: np.ndarray | float) -> np.ndarray | float:
    """Fractional MIDI number of a frequency in Hz above 0, of any shape; 440 Hz is 69."""
    return 69.0 + 12.0 * np.log2(np.asarray(hz) / 440.0)


@overload
def midi_to_hz(midi: np.ndarray) -> np.ndarray: ...
@overload
def midi_to_hz(midi: float) -> float: ...
def midi_to_hz(midi: np.ndarray | float) -> np.ndarray | float:
    """Frequency in Hz of a fractional MIDI number, of any shape."""
    return 440.0 * 2.0 ** ((np.asarray(midi) - 69.0) / 12.0)


def note_name(number: int) -> str:
    """Name of an integer MIDI number: 60 is ``C4``, 70 is ``A#4``."""
    return f"{NOTE_NAMES[number % 12]}{number // 12 - 1}"
