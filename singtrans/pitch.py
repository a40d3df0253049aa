"""Conversions between Hz, MIDI numbers and note names. No other module does such conversions."""

from typing import overload

import numpy as np

NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@overload
def hz_to_midi(hz: np.ndarray) -> np.ndarray: ...
@overload
def hz_to_midi(hz: float) -> float: ...
def hz_to_midi(hz: np.ndarray | float) -> np.ndarray | float:
    """Convert a frequency in Hz, or an array of frequencies, to fractional MIDI numbers. Frequencies must be above 0.

    >>> hz_to_midi(np.array([440.0, 220.0])).tolist()
    [69.0, 57.0]
    """
    return 69.0 + 12.0 * np.log2(np.asarray(hz) / 440.0)


@overload
def midi_to_hz(midi: np.ndarray) -> np.ndarray: ...
@overload
def midi_to_hz(midi: float) -> float: ...
def midi_to_hz(midi: np.ndarray | float) -> np.ndarray | float:
    """Convert a fractional MIDI number, or an array of such numbers, to frequencies in Hz.

    >>> midi_to_hz(np.array([69.0, 57.0])).tolist()
    [440.0, 220.0]
    """
    return 440.0 * 2.0 ** ((np.asarray(midi) - 69.0) / 12.0)


def note_name(number: int) -> str:
    """Return the name of an integer MIDI number.

    >>> note_name(60), note_name(70)
    ('C4', 'A#4')
    """
    return f"{NOTE_NAMES[number % 12]}{number // 12 - 1}"
