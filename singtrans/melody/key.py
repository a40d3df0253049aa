"""The key of a melody, and the integer notes that were meant in it.

Somebody who sings half a semitone off has sung neither of two notes; if one of them is in the song's key and the other
is not, it was the one in the key. So notes of the key reach further than halfway to neighbours that are foreign to it:
to three quarters. A foreign note is written where it was sung within a quarter of a semitone.

Which key, is told by likelihood: a melody keeps to the notes of a key but for some, each of them sung off by a normal
deviate. Minor has its natural seventh, or both. A major key and the minor key with the same notes are not told apart,
since all that is asked is which notes are theirs. Where a melody leaves open which key it is in, as a pentatonic one
does, what is foreign to one of the keys is foreign only in so far as that key is likely; and where it is in none,
nothing is foreign.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from singtrans.errors import UsageError
from singtrans.melody.tuning import AUTO, tuned
from singtrans.messages import shown
from singtrans.notes import Note, Transcription

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 10, 11)  # with both sevenths, as melodies have them
_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_LINE = "FCGDAEB"  # of fifths
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"#": "#", "♯": "#", "sharp": "#", "b": "b", "♭": "b", "flat": "b", "": ""}
_ALTERED = {"#": 1, "b": -1, "": 0}
_SCATTER = 0.35  # semitones, standard deviation of a note that was meant
_REACH = 0.75  # semitones that a note of the key reaches towards a foreign one
_FOREIGN = 0.05  # share of a melody's notes that are foreign to its key
_SURE = 0.25  # seconds: shorter notes say less
_CLEAR = 0.9  # probability of the keys that are named


@dataclass(frozen=True, slots=True)
class Key:
    """A key that somebody states.

    Attributes:
        name: as it is written: ``Bb``, ``F#m``.
        tonic: 0 (C) to 11 (B).
        minor: whether it is a minor key.
        fifths: sharps of its signature, negative for flats; -7 to 7.
    """

    name: str
    tonic: int
    minor: bool
    fifths: int

    @property
    def foreign(self) -> np.ndarray:
        """(12,) 1 for each of C to B that is foreign to the key, else 0."""
        return _foreign(self.tonic, _HARMONIC_MINOR if self.minor else _MAJOR)

    def spell(self, number: int) -> tuple[str, int, int]:
        """Step, alteration and octave of an integer MIDI number as the key writes it.

        Its seven notes are in the middle of twelve on the line of fifths: two lie before them, three behind.
        """
        place = (7 * number - (self.fifths - 3)) % 12 + self.fifths - 3
        step, alter = _LINE[(place + 1) % 7], (place + 1) // 7
        return step, alter, (number - _STEPS[step] - alter) // 12 - 1


def parse_key(text: str) -> Key | str:
    """What ``--key`` states: ``auto``, or a key such as ``C``, ``Bb``, ``F#m``, ``d minor``, ``E flat major``.

    Raises:
        UsageError: if it is none.
    """
    text = text.strip()
    if text.lower() == AUTO:
        return AUTO
    found = re.fullmatch(r"([a-g])[\s-]*(#|b|♯|♭|sharp|flat|)[\s-]*(m|min|minor|maj|major|)", text, re.IGNORECASE)
    if not found:
        raise UsageError(f"--key {shown(text)}: give a key such as C, Bb, F#m or d minor, or auto")
    letter, sign, mode = found[1].upper(), _SIGNS[found[2].lower()], found[3]
    raised, minor = _ALTERED[sign], mode.lower().startswith("mi") or mode == "m"  # a capital M alone is major
    fifths = _LINE.index(letter) - 1 + 7 * raised - 3 * minor
    if abs(fifths) > 7:
        raise UsageError(f"--key {shown(text)}: its signature has more than seven sharps or flats; name it otherwise")
    return Key(letter + sign + "m" * minor, (_STEPS[letter] + raised) % 12, minor, fifths)


def meant(transcription: Transcription, tuning: float | str | None, key: Key | str | None) -> Transcription:
    """The transcription with the integer notes that were meant, under a tuning (`tuned`) and in a key (`keyed`)."""
    return keyed(tuned(transcription, tuning), key)


def keyed(transcription: Transcription, key: Key | str | None) -> Transcription:
    """The transcription with the integer notes that were meant in a key; pitches and tuning stay.

    Args:
        transcription: notes that know their singer's tuning.
        key: which; ``auto`` (`AUTO`), the only text that is taken, to find it in the notes; None to leave them.
    """
    if key is None:
        return transcription
    foreign = key.foreign if isinstance(key, Key) else _found(transcription.notes)[0]
    return replace(transcription, notes=tuple(_written(note, foreign) for note in transcription.notes))


def key_remark(notes: Sequence[Note]) -> str:
    """A line on the key that ``auto`` finds in some notes, and what it makes of them."""
    foreign, likely = _found(notes)
    order = np.argsort(-likely, kind="stable")
    names = [int(key) for key in order[: 1 + int(np.argmax(likely[order].cumsum() > _CLEAR))]]
    moved = sum(_written(note, foreign).moved != 0 for note in notes)
    # Where no key is clear, what the likely ones have in common may still be enough for a note.
    shared = ""
    if 12 in names or len(names) > 3:
        what, shared = "key: none is clear", " that fits more of the likely keys"
    elif len(names) > 1:
        what = f"key: {', '.join(_NAMES[n] for n in names[:-1])} or {_NAMES[names[-1]]} major, or one of their minors"
    else:
        what = f"key: {_NAMES[names[0]]} major or {_MINOR_NAMES[(names[0] + 9) % 12]} minor"
    if not moved:
        return f"{what}; all notes stay"
    return f"{what}; {moved} of {len(notes)} notes written as a neighbour{shared}"


def _foreign(tonic: int, scale: tuple[int, ...]) -> np.ndarray:
    foreign = np.ones(12)
    foreign[[(tonic + step) % 12 for step in scale]] = 0.0
    return foreign


def _found(notes: Sequence[Note]) -> tuple[np.ndarray, np.ndarray]:
    """(12,) how foreign each of C to B is, 0 to 1; and (13,) probabilities of each major or its minor, and of none."""
    if not notes:
        return np.zeros(12), np.eye(13)[12]
    place = np.array([note.pitch - note.tuning for note in notes])
    weight = np.array([note.confidence * min(1.0, note.duration / _SURE) for note in notes])
    apart = (place[:, None] - np.arange(12) + 6.0) % 12.0 - 6.0
    near = np.exp(-0.5 * (apart / _SCATTER) ** 2) + 1e-12
    # Major and natural minor have the same notes; then minor with both its sevenths; then all notes alike.
    minor = [_foreign(tonic + 9, _HARMONIC_MINOR) for tonic in range(12)]
    outside = np.array([*(_foreign(tonic, _MAJOR) for tonic in range(12)), *minor, np.zeros(12)])
    count = outside.sum(axis=1, keepdims=True)
    own = np.where(count > 0, 1.0 - _FOREIGN, 1.0) / (12 - count)
    shares = np.where(outside > 0, _FOREIGN / np.maximum(count, 1), own)
    score = weight @ np.log(near @ shares.T)
    likely = np.exp(score - score.max())
    likely /= likely.sum()
    return likely @ outside, np.append(likely[:12] + likely[12:24], likely[24])


def _written(note: Note, foreign: np.ndarray) -> Note:
    """The note moved to the integer that was meant."""
    place = note.pitch - note.tuning
    low = math.floor(place)
    # A note reaches half a semitone, and on towards what is more foreign than itself.
    border = 0.5 + (_REACH - 0.5) * (foreign[(low + 1) % 12] - foreign[low % 12])
    if border == 0.5:
        return replace(note, moved=0)
    meant = low if place - low < border else low + 1
    return replace(note, moved=meant - math.floor(place + 0.5))
