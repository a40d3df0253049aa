"""Recognition of the columns of a table by common names for times, pitch and units."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SYNONYMS = {
    "onset": ("onset", "start", "begin", "time", "timestamp", "t", "tmin", "xmin"),
    "offset": ("offset", "end", "stop", "tmax", "xmax"),
    "duration": ("duration", "dur", "length"),
    "confidence": ("confidence",),
}
_PITCHES = {
    "hz": (
        *("hz", "pitch_hz", "hz_pitch", "frequency", "frequency_hz", "freq", "freq_hz", "note_hz", "f0_hz"),
        *("average_pitch_hz", "value_hz", "hertz", "pitch_frequency", "note_frequency"),
    ),
    "midi": (
        *("midi", "pitch_midi", "midi_pitch", "midi_note", "note_midi", "midi_number", "midi_note_number"),
        *("midinote", "note_number", "f0_midi", "midi_f0"),
    ),
    "": ("pitch", "value", "f0"),
    "name": ("note", "note_name", "pitch_name"),
}
_MILLISECONDS = re.compile(r"(?<=.)_(?:ms|msecs?|milliseconds?)$")
USUALLY_MIDI = ("pitch", "note", "note_name", "pitch_name")
"""Names of pitch columns whose values can be any MIDI number up to 127, even outside the range of singing."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of a table, as indices; the index of a missing column is -1.

    Attributes:
        onset: column of the start, or of the time.
        offset: column of the end.
        duration: column of the length.
        pitch: column of the pitch.
        confidence: column of the confidence.
        unit: ``midi``, ``hz``, ``name`` (a number or the name of a note), or empty if the header does not state it.
        pitch_name: name of the pitch column in lower case with underscores.
        second: number of time units per second: 1, or 1000 if the header states milliseconds.
    """

    onset: int
    offset: int
    duration: int
    pitch: int
    confidence: int
    unit: str
    pitch_name: str
    second: float = 1.0


def find_columns(names: Sequence[str]) -> Columns:
    """Find columns by their names. Case, spaces, punctuation and a unit of seconds, such as ``(s)``, are ignored."""
    known = [_plain(name) for name in names]
    second = 1.0
    if any(_MILLISECONDS.search(name) for name in known):
        known, second = [_MILLISECONDS.sub("", name) for name in known], 1000.0
    places = {role: _first(known, synonyms) for role, synonyms in _SYNONYMS.items()}
    for unit, synonyms in _PITCHES.items():
        place = _first(known, synonyms)
        if place >= 0:
            return Columns(**places, pitch=place, unit=unit, pitch_name=known[place], second=second)
    return Columns(**places, pitch=-1, unit="", pitch_name="", second=second)


def _plain(name: str) -> str:
    name = re.sub(r"[\W_]+", "_", name.lower()).strip("_")
    name = re.sub(r"(?<=.)_(s|sec|secs|seconds)$", "", name)
    return re.sub(r"^(start|begin|onset|offset|end|stop)_time(?=_|$)", r"\1", name)


def _first(known: Sequence[str], synonyms: Sequence[str]) -> int:
    return next((known.index(name) for name in synonyms if name in known), -1)
