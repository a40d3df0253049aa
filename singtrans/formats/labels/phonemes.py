"""Notes of labels that state a note for each phoneme, as Chinese data sets of singing do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from singtrans.formats.text import make_note
from singtrans.notes import Note

_INITIALS = frozenset(
    (
        "b",
        "p",
        "m",
        "f",
        "d",
        "t",
        "n",
        "l",
        "g",
        "k",
        "h",
        "j",
        "q",
        "x",
        "zh",
        "ch",
        "sh",
        "r",
        "z",
        "c",
        "s",
        "y",
        "w",
    )
)
"""Pinyin's initials: consonants that share a note with the phoneme after them."""

_AGREEING = 0.05  # of the length of a recording, by which the sums of both kinds of durations may differ


@dataclass(frozen=True, slots=True)
class PhonemeLabel:
    """One phoneme.

    Attributes:
        phoneme: its name.
        pitch: MIDI number of its note; None for a rest.
        note_seconds: length of its note, which all phonemes of a note state.
        seconds: its own length.
        is_slurred: whether it goes on with the phoneme before it on a new note.
    """

    phoneme: str
    pitch: float | None
    note_seconds: float
    seconds: float
    is_slurred: bool = False


def notes_of_phonemes(phonemes: Sequence[PhonemeLabel]) -> Iterator[Note]:
    """The notes, one after the other from 0 s on.

    Where the notes' own lengths add up to the length of the recording they count, else those of their phonemes.

    Raises:
        ValueError: if a note is not valid.
    """
    groups = list(_grouped(phonemes))
    by_notes = sum(group[0].note_seconds for group in groups)
    by_phonemes = sum(phoneme.seconds for phoneme in phonemes)
    use_notes = abs(by_notes - by_phonemes) <= _AGREEING * by_phonemes + _AGREEING
    now = 0.0
    for group in groups:
        length = group[0].note_seconds if use_notes else sum(phoneme.seconds for phoneme in group)
        if length < 0:
            raise ValueError("time goes on")
        pitch = group[0].pitch
        if pitch is not None and length > 0:
            yield make_note(now, now + length, pitch)
        now += length


def _grouped(phonemes: Sequence[PhonemeLabel]) -> Iterator[list[PhonemeLabel]]:
    """The phonemes of each note."""
    group: list[PhonemeLabel] = []
    for phoneme in phonemes:
        before = group[-1] if group else None
        joins = (
            before is not None
            and before.phoneme.lower() in _INITIALS
            and not phoneme.is_slurred
            and (before.pitch, before.note_seconds) == (phoneme.pitch, phoneme.note_seconds)
        )
        if not joins and group:
            yield group
            group = []
        group.append(phoneme)
    if group:
        yield group
