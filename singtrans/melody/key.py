"""Key estimation, and key-aware rounding of sung pitches to note numbers.

A pitch halfway between two semitones could be rounded to either. If one of them belongs to the key and the other does
not, the one in the key is more likely. Therefore, a pitch between a note of the key and a note that is foreign to the
key is rounded to the foreign note only if it is within a quarter of a semitone of that note.

The probabilities of the keys are estimated under two assumptions: most notes of a melody belong to its key, and the
error of each sung pitch is normally distributed. A minor key may have only the natural seventh, or both sevenths. A
major key and its relative minor are not distinguished, because they have the same notes.

Several keys can be likely, for example for a pentatonic melody. Therefore, each of the twelve notes of the octave has a
probability of being foreign, which is the total probability of the keys that do not contain the note. The rounding
boundary between two adjacent semitones is moved in proportion to the difference between their probabilities of being
foreign. If the melody seems to have no key, these probabilities are near 0, and pitches are rounded to the nearest
semitone.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from singtrans.errors import UsageError
from singtrans.melody.tuning import AUTO, apply_tuning
from singtrans.messages import shown
from singtrans.notes import Note, Transcription

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_HARMONIC_MINOR = (0, 2, 3, 5, 7, 8, 10, 11)  # with both sevenths
_NAMES = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
_LINE = "FCGDAEB"  # the line of fifths
_LAST_SHARP, _LAST_FLAT = 12, -8  # B sharp and F flat, in fifths from C
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SIGNS = {"#": "#", "♯": "#", "sharp": "#", "b": "b", "♭": "b", "flat": "b", "": ""}
_ALTERED = {"#": 1, "b": -1, "": 0}
_SCATTER = 0.35  # semitones, standard deviation of sung pitches around their notes
_REACH = 0.75  # semitones from a note of the key to the rounding boundary with a foreign note
_FOREIGN = 0.05  # share of notes that are foreign to the key
_SURE = 0.25  # seconds; shorter notes have less weight
_CLEAR = 0.9  # total probability of the keys that are named to the user


@dataclass(frozen=True, slots=True)
class Key:
    """A key.

    Attributes:
        name: name such as ``Bb`` or ``F#m``.
        tonic: pitch class of the tonic, 0 (C) to 11 (B).
        minor: whether the key is minor.
        fifths: number of sharps in the key signature, or minus the number of flats; -7 to 7.
    """

    name: str
    tonic: int
    minor: bool
    fifths: int

    def transposed(self, semitones: int) -> "Key":
        """Return the key that is ``semitones`` higher, spelled with as few sharps or flats as possible."""
        return self if semitones % 12 == 0 else key_of(self.tonic + semitones, self.minor)

    @property
    def foreign(self) -> np.ndarray:
        """(12,) array for the pitch classes from C to B: 1 if the pitch class is foreign to the key, else 0."""
        return _foreign(self.tonic, _HARMONIC_MINOR if self.minor else _MAJOR)

    def spell(self, number: int) -> tuple[str, int, int]:
        """Spell an integer MIDI number as step, alteration and octave.

        The twelve pitch classes are spelled as twelve adjacent notes on the line of fifths: two notes, then the seven
        notes of the key, then three further notes. Double accidentals are avoided, except for the raised seventh of a
        minor key.
        """
        fifth = (7 * number - (self.fifths - 3)) % 12 + self.fifths - 3
        if fifth > _LAST_SHARP and not (self.minor and fifth == self.fifths + 8):
            fifth -= 12
        elif fifth < _LAST_FLAT:
            fifth += 12
        step, alter = _LINE[(fifth + 1) % 7], (fifth + 1) // 7
        return step, alter, (number - _STEPS[step] - alter) // 12 - 1


def parse_key(text: str) -> Key | str:
    """Parse the value of ``--key``: ``auto``, or a key such as ``C``, ``Bb``, ``F#m``, ``d minor``, ``E flat major``.

    Raises:
        UsageError: if the text is not a key.

    >>> parse_key("E flat major").name, parse_key("d minor").name
    ('Eb', 'Dm')
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
        raise UsageError(
            f"--key {shown(text)}: a signature has at most seven sharps or flats; use the key's other name"
        )
    return Key(letter + sign + "m" * minor, (_STEPS[letter] + raised) % 12, minor, fifths)


def key_of(tonic: int, minor: bool) -> Key:
    """Return the major or minor key with a given tonic, spelled with as few sharps or flats as possible.

    >>> key_of(3, False).name, key_of(3, True).name
    ('Eb', 'D#m')

    Args:
        tonic: pitch class of the tonic (0 for C), or any MIDI number.
        minor: whether the key is minor.
    """
    key = parse_key(_MINOR_NAMES[tonic % 12] + "m" if minor else _NAMES[tonic % 12])
    assert isinstance(key, Key)  # these are names of keys
    return key


def apply_tuning_and_key(
    transcription: Transcription, tuning: float | str | None, key: Key | str | None
) -> Transcription:
    """Set the note numbers of a transcription with `apply_tuning`, then `apply_key`."""
    return apply_key(apply_tuning(transcription, tuning), key)


def apply_key(transcription: Transcription, key: Key | str | None) -> Transcription:
    """Round the pitches of a transcription to note numbers, taking a key into account.

    The pitches themselves and the tuning do not change.

    Args:
        transcription: notes with their tuning.
        key: the key; ``auto`` (`AUTO`) to estimate it from the notes; None to change nothing.
    """
    if key is None:
        return transcription
    foreign = key.foreign if isinstance(key, Key) else _estimate(transcription.notes)[0]
    return replace(transcription, notes=tuple(_rounded(note, foreign) for note in transcription.notes))


def describe_key(notes: Sequence[Note]) -> str:
    """Describe in one line the key that ``auto`` estimates, and the effect of this key on the notes."""
    foreign, likely = _estimate(notes)
    order = np.argsort(-likely, kind="stable")
    names = [int(key) for key in order[: 1 + int(np.argmax(likely[order].cumsum() > _CLEAR))]]
    moved = sum(_rounded(note, foreign).moved != 0 for note in notes)
    # Even if no key is clear, the likely keys may agree on a note.
    shared = ""
    if 12 in names or len(names) > 3:
        what, shared = "key: none is clear", " to fit more of the likely keys"
    elif len(names) > 1:
        what = f"key: {', '.join(_NAMES[n] for n in names[:-1])} or {_NAMES[names[-1]]} major, or one of their minors"
    else:
        what = f"key: {_NAMES[names[0]]} major or {_MINOR_NAMES[(names[0] + 9) % 12]} minor"
    if not moved:
        return f"{what}; no note is moved"
    return f"{what}; {moved} of {len(notes)} notes moved by a semitone{shared}"


def likely_key(notes: Sequence[Note]) -> Key | None:
    """Estimate the key of a melody. For a minor key, return its relative major; if no key is clear, return None."""
    likely = _estimate(notes)[1]
    best = int(np.argmax(likely))
    key = parse_key(_NAMES[best]) if best < len(_NAMES) and likely[best] > _CLEAR else None
    return key if isinstance(key, Key) else None


def _foreign(tonic: int, scale: tuple[int, ...]) -> np.ndarray:
    foreign = np.ones(12)
    foreign[[(tonic + step) % 12 for step in scale]] = 0.0
    return foreign


def _estimate(notes: Sequence[Note]) -> tuple[np.ndarray, np.ndarray]:
    """Estimate the probabilities of all keys from the notes of a melody.

    Returns:
        Two arrays: (12,) probabilities that each pitch class is foreign to the key, and (13,) probabilities of each
        major key (including its relative minor) and of no key.
    """
    if not notes:
        return np.zeros(12), np.eye(13)[12]
    relative = np.array([note.pitch - note.tuning for note in notes])
    weight = np.array([note.confidence * min(1.0, note.duration / _SURE) for note in notes])
    apart = (relative[:, None] - np.arange(12) + 6.0) % 12.0 - 6.0
    near = np.exp(-0.5 * (apart / _SCATTER) ** 2) + 1e-12
    # 12 major keys (natural minor has the same notes), 12 minor keys with both sevenths, and no key at all.
    minor = [_foreign(tonic + 9, _HARMONIC_MINOR) for tonic in range(12)]
    outside = np.array([*(_foreign(tonic, _MAJOR) for tonic in range(12)), *minor, np.zeros(12)])
    count = outside.sum(axis=1, keepdims=True)
    own = np.where(count > 0, 1.0 - _FOREIGN, 1.0) / (12 - count)
    shares = np.where(outside > 0, _FOREIGN / np.maximum(count, 1), own)
    score = weight @ np.log(near @ shares.T)
    likely = np.exp(score - score.max())
    likely /= likely.sum()
    return likely @ outside, np.append(likely[:12] + likely[12:24], likely[24])


def _rounded(note: Note, foreign: np.ndarray) -> Note:
    """Round the pitch of a note to an integer, given the (12,) probabilities that pitch classes are foreign."""
    relative = note.pitch - note.tuning
    low = math.floor(relative)
    # The boundary lies halfway, moved towards the neighbour that is more foreign.
    border = 0.5 + (_REACH - 0.5) * (foreign[(low + 1) % 12] - foreign[low % 12])
    if border == 0.5:
        return replace(note, moved=0)
    number = low if relative - low < border else low + 1
    return replace(note, moved=number - math.floor(relative + 0.5))
