"""Scores of notes against a reference that has pitches but no times.

There are two figures. The first is whether the number of notes is right. The second is the note error rate: the edit
distance (Levenshtein 1966) between the true semitones and the rounded pitches, divided by the number of true notes.
Before rounding, a base is subtracted from the pitches. The base is a multiple of half a semitone within `REACH` of the
median pitch; the one with the fewest errors is used.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

REACH = 8.0
"""Largest distance between the base and the median pitch, in semitones."""


@dataclass(frozen=True, slots=True)
class SequenceScores:
    """Agreement of a sequence of pitches with true semitones.

    Attributes:
        count: number of true notes.
        found: number of estimated notes.
        errors: edit distance with the best base.
    """

    count: int
    found: int
    errors: int

    @property
    def right_count(self) -> bool:
        """Whether the number of notes is right."""
        return self.found == self.count


def score_sequence(semitones: Sequence[int], pitches: Sequence[float]) -> SequenceScores:
    """Score the pitches of notes against true semitones.

    Args:
        semitones: true notes in order, as semitones above an arbitrary pitch.
        pitches: (notes,) fractional MIDI numbers of the estimated notes, in order.
    """
    if not len(pitches):
        return SequenceScores(len(semitones), 0, len(semitones))
    pitch = np.asarray(pitches, np.float64)
    centre = float(np.median(pitch))
    bases = np.arange(np.ceil(2 * (centre - REACH)), 2 * (centre + REACH)) / 2
    # np.rint rounds halves to even, as the built-in round does.
    candidates = np.unique(np.rint(pitch - bases[:, None]).astype(int), axis=0)
    errors = min(edit_distance(semitones, candidate.tolist()) for candidate in candidates)
    return SequenceScores(len(semitones), len(pitch), errors)


def edit_distance(true: Sequence[int], estimated: Sequence[int]) -> int:
    """Compute the smallest number of insertions, deletions and substitutions that turn one sequence into the other.

    >>> edit_distance([0, 2, 4], [0, 4])
    1
    """
    row = list(range(len(estimated) + 1))
    for i, wanted in enumerate(true, 1):
        diagonal, row[0] = row[0], i
        for j, found in enumerate(estimated, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (wanted != found))
    return row[-1]
