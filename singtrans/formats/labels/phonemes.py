"""Conversion of phoneme labels to notes. Each label states the note of its phoneme, as in Chinese singing data sets."""

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
"""Initials of Pinyin: consonants that belong to the same note as the next phoneme."""

_AGREEING = 0.05  # largest difference of the sums of note and phoneme lengths, relative to the recording's length


@dataclass(frozen=True, slots=True)
class PhonemeLabel:
    """Label of one phoneme.

    Attributes:
        phoneme: name of the phoneme.
        pitch: MIDI number of the phoneme's note; None for a rest.
        note_seconds: length of the note in seconds, which is stated with each phoneme of the note.
        seconds: length of the phoneme in seconds.
        is_slurred: whether the phoneme continues the previous one on a new note.
    """

    phoneme: str
    pitch: float | None
    note_seconds: float
    seconds: float
    is_slurred: bool = False


def notes_of_phonemes(phonemes: Sequence[PhonemeLabel]) -> Iterator[Note]:
    """Yield the notes of a recording. The first note or rest begins at 0 s, and each further one follows without a gap.

    The lengths of the notes are used if their sum agrees with the sum of the lengths of the phonemes. Otherwise, the
    lengths of the phonemes are used.

    Raises:
        ValueError: if a note is invalid.
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
    """Yield the phonemes of each note."""
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
