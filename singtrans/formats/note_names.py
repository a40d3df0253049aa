"""Pitch as labels state it: note names, MIDI numbers, Hz; and the rule where the unit is not said.

C4 is MIDI 60; sharps are # or ♯, flats b or ♭, doubled too; cents may follow: C#4+12, Db4-30; two spellings of one note
may stand side by side, as in Opencpop and M4Singer: C#4/Db4
"""

import math
import re
from collections.abc import Sequence

from singtrans.formats.text import number
from singtrans.pitch import note_name

UNITS = ("midi", "hz")
REST_LABELS = frozenset(("", "0", "rest", "r", "sil", "silence", "pau", "sp", "ap", "br", "none", "-", "_"))
"""Labels, in lower case, that say that nothing is sung."""

_NAME = re.compile(r"([a-g])(##|𝄪|x|#|♯|bb|𝄫|b|♭|♮)?(-?\d{1,2})([+-]\d{1,4}(?:\.\d{1,6})?)?", re.ASCII | re.IGNORECASE)
_STEPS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"#": 1, "♯": 1, "##": 2, "x": 2, "𝄪": 2, "b": -1, "♭": -1, "bb": -2, "𝄫": -2, "♮": 0, "": 0}
_SUNG_MIDI = 96.0  # C7, 2093 Hz: above the range of voices
_LOW_HZ = 80.0  # the median of sung Hz lies above; that of MIDI numbers below, but for the highest sopranos


def name_to_midi(name: str) -> float:
    """MIDI number of a note's name, with its cents if it has some.

    Raises:
        ValueError: if it is not a name, or is outside MIDI 0 to 127.
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
    """The name of a fractional MIDI number with its cents, as :func:`name_to_midi` reads it: 61.12 is ``C#4+12``."""
    nearest = min(127, max(0, math.floor(midi + 0.5)))
    cents = round(100 * (midi - nearest))
    return note_name(nearest) + (f"{cents:+d}" if cents else "")


def hz_to_midi(hz: float) -> float:
    """Fractional MIDI number of a frequency.

    Raises:
        ValueError: if it is not above 0.
    """
    if hz <= 0:
        raise ValueError(f"{hz} Hz is not a pitch")
    return 69 + 12 * math.log2(hz / 440)


def label_pitch(label: str) -> float | None:
    """MIDI number that a label states as a number or a note's name; None for a rest.

    Raises:
        ValueError: if it is none of them, or is outside MIDI 0 to 127.
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
    """MIDI number of a value in ``midi`` or ``hz``.

    Raises:
        ValueError: if a frequency is not above 0.
    """
    return hz_to_midi(value) if unit == "hz" else value


def guess_unit(values: Sequence[float], highest_midi: float = _SUNG_MIDI) -> str | None:
    """Guess the unit of pitches that do not state it.

    If none is above ``highest_midi``, they are MIDI numbers. If one is above 127 and their median is
    at least 80 they are Hz. Else they could be both, and the answer is None.

    Args:
        values: of the voiced notes or frames only.
        highest_midi: 127 where MIDI numbers are the rule.
    """
    if not values or max(values) <= highest_midi:
        return "midi"
    if max(values) > 127 and sorted(values)[len(values) // 2] >= _LOW_HZ:
        return "hz"
    return None
