"""Which errors were made: every reference note is of one class, and estimated notes without a counterpart are extra.

The classes follow Molina et al., "Evaluation framework for automatic singing transcription", ISMIR 2014, made
exclusive: the first that fits is taken, in the order of `CLASSES`, and the notes that it used are out of the game.
Onset, pitch and offset agree within the tolerances of the scores.

- correct: onset, pitch and offset agree (COnPOff; mir_eval's matching).
- split: two or more estimated notes lie mostly in this one, and together cover at least 40 % of it. Each has at least
  40 % of its length in it, and no more in another. Pitch is not looked at (Molina's S).
- merged: the other way round: it is one of two or more reference notes that lie mostly in one estimated note (M).
- wrong offset: onset and pitch agree (COnP; OBOff).
- octave: the onset agrees, and the pitch is one, two or three octaves off.
- wrong pitch: the onset agrees (COn; Molina's OBP asks for the offset as well).
- late onset, early onset: pitch agrees, and the two notes share at least 40 % of the longer one (Molina's OBOn asks
  for the offset as well).
- missed: none of these. Molina's ND does not overlap with any estimated note; here it may, with one of another
  pitch, say, that begins elsewhere.
- extra: an estimated note that none of these has used (Molina's PU, with the same difference).
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
"""In the order in which they are tried; all but ``extra`` are of reference notes."""

SHARE = 0.4
"""Molina's: what two notes must have in common to be taken for one."""

_LEAST = SHARE - 1e-9  # so that exactly 40 % is enough, however times are rounded
_OCTAVES = (1, -1, 2, -2, 3, -3)


@dataclass(frozen=True, slots=True)
class NoteErrors:
    """The class of every note.

    Attributes:
        reference: one of `CLASSES` for each reference note.
        extra: numbers of the estimated notes that are extra.
    """

    reference: tuple[str, ...]
    extra: tuple[int, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many notes of each class, in the order of `CLASSES`; all but ``extra`` add up to the reference's."""
        return {name: self.reference.count(name) for name in CLASSES[:-1]} | {"extra": len(self.extra)}


def classify(reference: Sequence[Note], estimate: Sequence[Note], tolerances: Tolerances = STANDARD) -> NoteErrors:
    """Say of every reference note what became of it, and which estimated notes are extra.

    Args:
        reference: what was sung.
        estimate: what was transcribed.
        tolerances: what counts as agreeing.
    """
    if not reference or not estimate:
        return NoteErrors(("missed",) * len(reference), tuple(range(len(estimate))))
    sorting = _Sorting(reference, estimate, tolerances)
    ratio = tolerances.offset_ratio
    sorting.match("correct", tolerances.pitch_cents, ratio)
    sorting.group("split")
    sorting.group("merged")
    sorting.match("wrong_offset", tolerances.pitch_cents)
    for octaves in _OCTAVES:
        sorting.match("octave", tolerances.pitch_cents, octaves=octaves)
    sorting.match("wrong_pitch", np.inf)
    sorting.shifted()
    return NoteErrors(tuple(sorting.classes), tuple(sorting.free_found.tolist()))


class _Sorting:
    """The classes given so far, and the notes that are still free."""

    def __init__(self, reference: Sequence[Note], estimate: Sequence[Note], tolerances: Tolerances) -> None:
        self.classes = ["missed"] * len(reference)
        self.tolerances = tolerances
        self.true, self.true_hz = note_arrays(reference)
        self.found, self.found_hz = note_arrays(estimate)
        self.free_true = np.arange(len(reference))
        self.free_found = np.arange(len(estimate))
        starts = np.maximum.outer(self.true[:, 0], self.found[:, 0])
        self.overlap = np.maximum(0.0, np.minimum.outer(self.true[:, 1], self.found[:, 1]) - starts)

    def use(self, name: str, true: Sequence[int], found: Sequence[int]) -> None:
        """Give reference notes a class, and take them and estimated notes out of the game."""
        for number in true:
            self.classes[number] = name
        self.free_true = self.free_true[~np.isin(self.free_true, true)]
        self.free_found = self.free_found[~np.isin(self.free_found, found)]

    def match(self, name: str, cents: float, offset_ratio: float | None = None, octaves: int = 0) -> None:
        """Match free notes with mir_eval, the estimate taken up by a number of octaves; any pitch with inf cents."""
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
        self.use(name, self.free_true[true].tolist(), self.free_found[found].tolist())

    def group(self, name: str) -> None:
        """Find notes of which the other side has several parts: ``split`` or ``merged`` ones."""
        split = name == "split"
        wholes, parts = (self.free_true, self.free_found) if split else (self.free_found, self.free_true)
        if not len(wholes) or len(parts) < 2:
            return
        whole_spans, part_spans = (self.true, self.found) if split else (self.found, self.true)
        overlap = (self.overlap if split else self.overlap.T)[np.ix_(wholes, parts)]
        home = overlap.argmax(axis=0)  # the note in which most of a part lies
        inside = overlap.max(axis=0) >= _LEAST * np.diff(part_spans[parts])[:, 0]
        for place, whole in enumerate(wholes.tolist()):
            members = np.flatnonzero(inside & (home == place))
            length = float(np.diff(whole_spans[whole])[0])
            if len(members) >= 2 and overlap[place, members].sum() >= _LEAST * length:
                those = parts[members].tolist()
                self.use(name, *(([whole], those) if split else (those, [whole])))

    def shifted(self) -> None:
        """Pair notes of one pitch that lie mostly together, those that share most first: late and early onsets."""
        true, found = self.free_true, self.free_found
        longer = np.maximum.outer(np.diff(self.true[true])[:, 0], np.diff(self.found[found])[:, 0])
        cents = np.abs(1200 * np.subtract.outer(np.log2(self.true_hz[true]), np.log2(self.found_hz[found])))
        shared = self.overlap[np.ix_(true, found)] / longer
        near = (shared >= _LEAST) & (cents <= self.tolerances.pitch_cents)
        for one, other in sorted(np.argwhere(near).tolist(), key=lambda pair: -shared[tuple(pair)]):
            mine, theirs = true[one], found[other]
            if mine in self.free_true and theirs in self.free_found:
                late = self.found[theirs, 0] > self.true[mine, 0]
                self.use("late_onset" if late else "early_onset", [mine], [theirs])
