"""Semitones of a written melody whose pitches were measured.

Files such as MIDI and MusicXML contain semitones. Corrected notes and other measured notes have fractional pitches,
which contain the tuning of the voice that was measured. This tuning must not be mistaken for the intended pitch.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from singtrans.melody.tuning import estimate_tuning
from singtrans.notes import Note


def has_semitones(notes: Sequence[Note]) -> bool:
    """Return whether all pitches are whole semitones."""
    return all(float(note.pitch).is_integer() for note in notes)


def semitones_by_tuning(notes: Sequence[Note]) -> list[int] | None:
    """Round fractional pitches to semitones of their own tuning.

    Args:
        notes: notes in time order.

    Returns:
        MIDI numbers: those that the notes state, if the notes state a tuning or corrections of their numbers; otherwise
        the nearest semitones in the tuning that is estimated from the notes. None if this tuning is unclear.
    """
    if any(note.tuning or note.moved for note in notes):
        return [note.note for note in notes]
    tuning = estimate_tuning(notes)
    if tuning is None:
        return None
    return [math.floor(note.pitch - tuning.at((note.onset + note.offset) / 2) + 0.5) for note in notes]


def with_semitones(notes: Sequence[Note], numbers: Iterable[int]) -> tuple[Note, ...]:
    """Return the notes with MIDI numbers as pitches."""
    pairs = zip(notes, numbers, strict=True)
    return tuple(replace(note, pitch=float(number), tuning=0.0, moved=0) for note, number in pairs)
