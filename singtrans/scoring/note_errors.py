"""Classes of note errors.

Every reference note has exactly one class. Estimated notes that match no reference note are extra.

The classes are based on Molina et al., "Evaluation framework for automatic singing transcription", ISMIR 2014. Here,
they are exclusive: they are tried in the order of `CLASSES`, and each note is assigned to the first class that fits.
Onset, pitch and offset agree if they differ by no more than the tolerances of the scores.

- correct: onset, pitch and offset agree (COnPOff; mir_eval's matching).
- split: two or more estimated notes together cover at least 40 % of the reference note. For each of these estimated
  notes, the overlap is at least 40 % of its own length, and no other reference note overlaps with it for longer. Pitch
  is ignored (Molina's S).
- merged: the reverse of split. The note is one of two or more reference notes that together cover at least 40 % of one
  estimated note (Molina's M).
- wrong offset: onset and pitch agree (COnP; Molina's OBOff).
- octave: the onset agrees, and the pitch is one, two or three octaves too low or too high.
- wrong pitch: the onset agrees (COn; in Molina's OBP, the offset must agree, too).
- late onset, early onset: the pitch agrees, and the two notes overlap for at least 40 % of the length of the longer one
  (in Molina's OBOn, the offset must agree, too).
- missed: none of the classes above fits. In Molina's ND, the note overlaps with no estimated note. Here, it may overlap
  with one, for example if both pitch and onset differ.
- extra: an estimated note that is assigned to no reference note. In Molina's PU, the note overlaps with no reference
  note; here, it may overlap with one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.notes import Note
from singtrans.scoring.metrics import STANDARD, Tolerances, note_arrays

CLASSES = (
    *("correct", "split", "merged", "wrong_offset", "octave", "wrong_pitch", "late_onset", "early_onset"),
    *("missed", "extra"),
)
"""The classes in the order in which they are tried. All but ``extra`` are classes of reference notes."""

SHARE = 0.4
"""Smallest share of a note's length that must be covered by a matching note. The value is from Molina et al."""

_MIN_SHARE = SHARE - 1e-9  # allows for rounding of times, so that exactly 40 % is enough
_OCTAVES = (1, -1, 2, -2, 3, -3)


@dataclass(frozen=True, slots=True)
class NoteErrors:
    """The classes of all notes of a recording.

    Attributes:
        reference: one of `CLASSES` for each reference note.
        extra: indices of the estimated notes that are extra.
    """

    reference: tuple[str, ...]
    extra: tuple[int, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Number of notes of each class, in the order of `CLASSES`."""
        return {name: self.reference.count(name) for name in CLASSES[:-1]} | {"extra": len(self.extra)}


def classify(reference: Sequence[Note], estimate: Sequence[Note], tolerances: Tolerances = STANDARD) -> NoteErrors:
    """Assign a class to every reference note, and list the estimated notes that are extra.

    Args:
        reference: the labelled notes.
        estimate: the transcribed notes.
        tolerances: limits within which notes agree.

    >>> sung = [Note(1.0, 2.0, 60), Note(2.0, 3.0, 62)]
    >>> classify(sung, [Note(1.0, 2.0, 60), Note(2.0, 3.0, 74)]).reference
    ('correct', 'octave')
    """
    if not reference or not estimate:
        return NoteErrors(("missed",) * len(reference), tuple(range(len(estimate))))
    matcher = _Matcher(reference, estimate, tolerances)
    ratio = tolerances.offset_ratio
    matcher.match("correct", tolerances.pitch_cents, ratio)
    matcher.group("split")
    matcher.group("merged")
    matcher.match("wrong_offset", tolerances.pitch_cents)
    for octaves in _OCTAVES:
        matcher.match("octave", tolerances.pitch_cents, octaves=octaves)
    matcher.match("wrong_pitch", np.inf)
    matcher.match_shifted()
    return NoteErrors(tuple(matcher.classes), tuple(matcher.free_found.tolist()))


class _Matcher:
    """Assigns classes to notes, and keeps track of the notes that have no class yet."""

    def __init__(self, reference: Sequence[Note], estimate: Sequence[Note], tolerances: Tolerances) -> None:
        self.classes = ["missed"] * len(reference)
        self.tolerances = tolerances
        self.true, self.true_hz = note_arrays(reference)
        self.found, self.found_hz = note_arrays(estimate)
        self.free_true = np.arange(len(reference))
        self.free_found = np.arange(len(estimate))
        starts = np.maximum.outer(self.true[:, 0], self.found[:, 0])
        self.overlap = np.maximum(0.0, np.minimum.outer(self.true[:, 1], self.found[:, 1]) - starts)

    def assign(self, name: str, true: Sequence[int], found: Sequence[int]) -> None:
        """Assign reference notes to a class; these notes and the matching estimated notes get no other class later."""
        for number in true:
            self.classes[number] = name
        self.free_true = self.free_true[~np.isin(self.free_true, true)]
        self.free_found = self.free_found[~np.isin(self.free_found, found)]

    def match(self, name: str, cents: float, offset_ratio: float | None = None, octaves: int = 0) -> None:
        """Use mir_eval to match the notes that have no class yet, and assign the matched reference notes to a class.

        Args:
            name: the class.
            cents: largest difference of pitches in cents; infinite to match notes of any pitch.
            offset_ratio: largest difference of offsets as a share of the reference note's duration; None to ignore
                offsets.
            octaves: number of octaves by which the estimated notes are raised before matching.
        """
        if not len(self.free_true) or not len(self.free_found):
            return
        from mir_eval import transcription

        pairs = transcription.match_notes(
            self.true[self.free_true],
            self.true_hz[self.free_true],
            self.found[self.free_found],
            self.found_hz[self.free_found] * 2.0**octaves,
            onset_tolerance=self.tolerances.onset,
            pitch_tolerance=cents,
            offset_ratio=offset_ratio,
            offset_min_tolerance=self.tolerances.offset,
        )
        true, found = ([pair[side] for pair in pairs] for side in (0, 1))
        self.assign(name, self.free_true[true].tolist(), self.free_found[found].tolist())

    def group(self, name: str) -> None:
        """Assign the class ``split`` or ``merged``, where one note matches several notes of the other sequence."""
        split = name == "split"
        wholes, parts = (self.free_true, self.free_found) if split else (self.free_found, self.free_true)
        if not len(wholes) or len(parts) < 2:
            return
        whole_spans, part_spans = (self.true, self.found) if split else (self.found, self.true)
        overlap = (self.overlap if split else self.overlap.T)[np.ix_(wholes, parts)]
        owner = overlap.argmax(axis=0)  # for each part, the whole that overlaps most with it
        inside = overlap.max(axis=0) >= _MIN_SHARE * np.diff(part_spans[parts])[:, 0]
        for index, whole in enumerate(wholes.tolist()):
            members = np.flatnonzero(inside & (owner == index))
            length = float(np.diff(whole_spans[whole])[0])
            if len(members) >= 2 and overlap[index, members].sum() >= _MIN_SHARE * length:
                those = parts[members].tolist()
                self.assign(name, *(([whole], those) if split else (those, [whole])))

    def match_shifted(self) -> None:
        """Match notes that overlap and have the same pitch, and assign the class ``late_onset`` or ``early_onset``.

        The pairs with the largest overlap are matched first.
        """
        true, found = self.free_true, self.free_found
        longer = np.maximum.outer(np.diff(self.true[true])[:, 0], np.diff(self.found[found])[:, 0])
        cents = np.abs(1200 * np.subtract.outer(np.log2(self.true_hz[true]), np.log2(self.found_hz[found])))
        shared = self.overlap[np.ix_(true, found)] / longer
        near = (shared >= _MIN_SHARE) & (cents <= self.tolerances.pitch_cents)
        for one, other in sorted(np.argwhere(near).tolist(), key=lambda pair: -shared[tuple(pair)]):
            mine, theirs = true[one], found[other]
            if mine in self.free_true and theirs in self.free_found:
                late = self.found[theirs, 0] > self.true[mine, 0]
                self.assign("late_onset" if late else "early_onset", [mine], [theirs])
