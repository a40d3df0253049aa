"""Conversion of pitches in labels (note names, MIDI numbers or Hz) to MIDI numbers, and inference of their unit.

C4 is MIDI number 60. Sharps are # or ♯, and flats are b or ♭; both may be doubled. Cents may follow, as in C#4+12 and
Db4-30. A label may contain two spellings of one note, as in Opencpop and M4Singer: C#4/Db4
"""

import math
import re
from collections.abc import Sequence

from singtrans.formats.text import number
from singtrans.pitch import note_name

UNITS = ("midi", "hz")
REST_LABELS = frozenset(("", "0", "rest", "r", "sil", "silence", "pau", "sp", "ap", "br", "none", "-", "_"))
"""Labels of rests in lower case."""

_NAME = re.compile(r"([a-g])(##|𝄪|x|#|♯|bb|𝄫|b|♭|♮)?(-?\d{1,2})([+-]\d{1,4}(?:\.\d{1,6})?)?", re.ASCII | re.IGNORECASE)
_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"#": 1, "♯": 1, "##": 2, "x": 2, "𝄪": 2, "b": -1, "♭": -1, "bb": -2, "𝄫": -2, "♮": 0, "": 0}
_SUNG_MIDI = 96.0  # C7, 2093 Hz: above the range of voices
_LOW_HZ = 80.0  # a median in Hz is higher; a median of MIDI numbers is lower, except for very high sopranos


def name_to_midi(name: str) -> float:
    """Convert the name of a note, with or without cents, to a MIDI number.

    Raises:
        ValueError: if the text is not a name, or the pitch is outside MIDI 0 to 127.
    """
    spellings = name.split("/")
    if len(spellings) == 2:
        first, second = map(name_to_midi, spellings)
        if abs(first - second) > 0.01:
            raise ValueError(f"{name!r} names two notes")
        return first
    match = _NAME.fullmatch(name.strip())
    if not match:
        raise ValueError(f"{name!r} is not a note name")
    letter, accidental, octave, cents = match.groups(default="")
    midi: float = 12 * (int(octave) + 1) + _STEPS[letter.lower()] + _ACCIDENTALS[accidental.lower()]
    midi += float(cents or 0) / 100
    if not 0 <= midi <= 127:
        raise ValueError(f"{name!r} is outside MIDI 0 to 127")
    return midi


def pitch_label(midi: float) -> str:
    """Return the name of the nearest note, followed by the deviation from it in cents: 61.12 is ``C#4+12``."""
    nearest = min(127, max(0, math.floor(midi + 0.5)))
    cents = round(100 * (midi - nearest))
    return note_name(nearest) + (f"{cents:+d}" if cents else "")


def hz_to_midi(hz: float) -> float:
    """Convert a frequency to a fractional MIDI number.

    Raises:
        ValueError: if the frequency is not above 0.
    """
    if hz <= 0:
        raise ValueError(f"{hz} Hz is not a pitch")
    return 69 + 12 * math.log2(hz / 440)


def label_pitch(label: str) -> float | None:
    """Convert a label, which is a number or the name of a note, to a MIDI number; return None for a rest.

    Raises:
        ValueError: if the label is something else, or the pitch is outside MIDI 0 to 127.
    """
    label = label.strip()
    if label.lower() in REST_LABELS:
        return None
    try:
        midi = number(label)
    except ValueError:
        return name_to_midi(label)
    if not 0 <= midi <= 127:
        raise ValueError(f"{label} is outside MIDI 0 to 127")
    return midi or None


def to_midi(value: float, unit: str) -> float:
    """Convert a value in ``midi`` or ``hz`` to a MIDI number.

    Raises:
        ValueError: if a frequency is not above 0.
    """
    return hz_to_midi(value) if unit == "hz" else value


def guess_unit(values: Sequence[float], highest_midi: float = _SUNG_MIDI) -> str | None:
    """Infer the unit of pitches.

    If no value is above ``highest_midi``, the values are MIDI numbers. If a value is above 127 and the median is at
    least 80, the values are in Hz. Otherwise, the unit is ambiguous, and the result is None.

    Args:
        values: pitches of voiced notes or frames.
        highest_midi: highest value that is accepted as a MIDI number; 127 if MIDI numbers are expected.
    """
    if not values or max(values) <= highest_midi:
        return "midi"
    if max(values) > 127 and sorted(values)[len(values) // 2] >= _LOW_HZ:
        return "hz"
    return None
