"""Classes of note errors: every reference note has one class, and unmatched estimated notes are extra.

The classes follow Molina et al., "Evaluation framework for automatic singing transcription", ISMIR 2014, made
exclusive: the classes are tried in the order of `CLASSES`, and a note that has been assigned to one is not available
to the next. Onset, pitch and offset agree within the tolerances of the scores.

- correct: onset, pitch and offset agree (COnPOff; mir_eval's matching).
- split: two or more estimated notes overlap mostly with this note, and together cover at least 40 % of it. Each has
  at least 40 % of its length in it, and no more in another note. Pitch is ignored (Molina's S).
- merged: the reverse: one of two or more reference notes that overlap mostly with one estimated note (Molina's M).
- wrong offset: onset and pitch agree (COnP; Molina's OBOff).
- octave: the onset agrees, and the pitch is one, two or three octaves off.
- wrong pitch: the onset agrees (COn; Molina's OBP requires the offset as well).
- late onset, early onset: the pitch agrees, and the two notes share at least 40 % of the longer one (Molina's OBOn
  requires the offset as well).
- missed: none of these. Molina's ND does not overlap with any estimated note; here it may overlap, for example with a
  note of another pitch and another onset.
- extra: an estimated note that is assigned to no reference note (Molina's PU, with the same difference).
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
"""In the order in which they are tried; all but ``extra`` are classes of reference notes."""

SHARE = 0.4
"""Share of its length that a note must have in common with another to match it; Molina's value."""

_MIN_SHARE = SHARE - 1e-9  # tolerates rounding of times: exactly 40 % is enough
_OCTAVES = (1, -1, 2, -2, 3, -3)


@dataclass(frozen=True, slots=True)
class NoteErrors:
    """The class of every note.

    Attributes:
        reference: one of `CLASSES` for each reference note.
        extra: indices of the estimated notes that are extra.
    """

    reference: tuple[str, ...]
    extra: tuple[int, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Number of notes of each class, in the order of `CLASSES`; all but ``extra`` add up to the reference notes."""
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
    """The classes assigned so far, and the notes that are still unassigned."""

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
        """Assign reference notes to a class, and make them and the estimated notes unavailable."""
        for number in true:
            self.classes[number] = name
        self.free_true = self.free_true[~np.isin(self.free_true, true)]
        self.free_found = self.free_found[~np.isin(self.free_found, found)]

    def match(self, name: str, cents: float, offset_ratio: float | None = None, octaves: int = 0) -> None:
        """Match unassigned notes with mir_eval, the estimate moved up by octaves; infinite cents match any pitch."""
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
        """Find ``split`` or ``merged`` notes: those that match several notes of the other side."""
        split = name == "split"
        wholes, parts = (self.free_true, self.free_found) if split else (self.free_found, self.free_true)
        if not len(wholes) or len(parts) < 2:
            return
        whole_spans, part_spans = (self.true, self.found) if split else (self.found, self.true)
        overlap = (self.overlap if split else self.overlap.T)[np.ix_(wholes, parts)]
        owner = overlap.argmax(axis=0)  # the note that overlaps most with a part
        inside = overlap.max(axis=0) >= _MIN_SHARE * np.diff(part_spans[parts])[:, 0]
        for index, whole in enumerate(wholes.tolist()):
            members = np.flatnonzero(inside & (owner == index))
            length = float(np.diff(whole_spans[whole])[0])
            if len(members) >= 2 and overlap[index, members].sum() >= _MIN_SHARE * length:
                those = parts[members].tolist()
                self.assign(name, *(([whole], those) if split else (those, [whole])))

    def match_shifted(self) -> None:
        """Pair overlapping notes of one pitch as late or early onsets, those with the largest share first."""
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
