"""Search for the best sequence of notes and silences, by dynamic programming over frames that are given in pieces.

A note has up to three parts: a lead-in (a scoop or a grace note), a steady part, and a tail (a fall). A lead-in and a
tail are short, have the cost of a boundary inside a note, and have a pitch near the note's pitch.

Position ``t`` is before frame ``t``. ``silence`` is the best score of all sequences up to ``t`` that end in silence,
and ``ended`` is the best score of all sequences that end with a note at ``t``. ``begin`` is the best score of a
sequence after which a note can begin at ``t``. ``opened[p]`` is the best score at the start of the steady part of a
note with pitch ``p``, including a lead-in, minus the sum of gain up to that start. The sum of ``opened[p]`` and the
gain up to ``t`` is the score of the note up to ``t``. ``opened`` is delayed by the length of the shortest note. The
scores of lead-ins and tails are maxima over the last positions, also minus sums.

The search is fast and uses little memory for three reasons:

- There is no loop over frames. The frames of a block depend on each other only through one number per frame, ``begin``.
  If ``begin`` is given, all other values in the block are running maxima. The search therefore starts with a guess of
  ``begin``. At the first position where the guess is wrong, all values before it are right, and those after it are
  computed again. This takes one iteration per note, not per frame.
- Only two kinds of back pointers are stored: the start of each note that ends at a position, and the end of the note
  before each note that begins at a position. `singtrans.decoding.ornaments` finds the parts of a note later.
- Notes are returned as soon as they are decided. Nearly always, all sequences that can still be the best have the same
  notes until a second or two ago. These notes are final, and the values for them are deleted.

The search uses only numpy, and needs neither torch nor weights.
"""

from dataclasses import dataclass

import numpy as np

from singtrans.decoding.search_block import Block, Evidence, Limits, Past

_BLOCK = 64  # number of positions that are searched together, about the distance of two notes


@dataclass(frozen=True, slots=True)
class Segment:
    """A note on the frame grid: frames ``start`` to ``end - 1``, with the pitch bin that fits best."""

    start: int
    end: int
    bin: int


class Search:
    """Search for the best sequence of notes.

    Args:
        bins: number of pitch bins.
        limits: limits of notes and their ornaments.
    """

    def __init__(self, bins: int, limits: Limits) -> None:
        self._limits, self._past = limits, Past.nothing(bins, limits)
        self._before_silence = 0  # end of the last note before the silence
        self._next = 0  # next position to search
        self._base = 0  # position of the first back pointer
        self._ended_bin, self._ended_start, self._begun_after = (np.zeros(0, np.int32) for _ in range(3))
        self.needed = 0
        """First frame that an undecided note can contain."""

    def add(self, evidence: Evidence) -> list[Segment]:
        """Add the next frames, and return the notes that have become final, in order."""
        self._keep([self._search(evidence[i : i + _BLOCK]) for i in range(0, len(evidence), _BLOCK)])
        return self._decide()

    def finish(self) -> list[Segment]:
        """Return the remaining notes after all frames have been added.

        A recording may end during a note, so its last position has no evidence for or against an offset.
        """
        nothing, flat = np.full(1, -np.inf), np.zeros((1, len(self._past.opened)))
        self._keep([self._search(Evidence(nothing, np.zeros(1), flat, nothing, flat))])
        return self._trace(self._before_silence)

    def _search(self, evidence: Evidence) -> np.ndarray:
        """Search the positions before some frames, and return their (3, positions) back pointers."""
        block = Block(self._past, evidence, self._next, self._limits)
        positions = np.arange(self._next, self._next + len(evidence))
        silence = block.silence[:-1]
        before = np.concatenate([[self._before_silence], np.where(block.ended > silence, positions, 0)])
        np.maximum.accumulate(before, out=before)
        legato = block.ended - self._limits.legato_cost > silence
        pointers = np.array([block.best_bin, block.best_start, np.where(legato, positions, before[:-1])])
        self._past, self._before_silence = block.past(), int(before[-1])
        self._next += len(evidence)
        return pointers.astype(np.int32)

    def _keep(self, pointers: list[np.ndarray]) -> None:
        kept = np.array([self._ended_bin, self._ended_start, self._begun_after])
        self._ended_bin, self._ended_start, self._begun_after = np.concatenate([kept, *pointers], axis=1)

    def _decide(self) -> list[Segment]:
        """Return the notes that all possible best sequences have, and delete values that are no longer needed."""
        past = self._past
        begun = np.arange(max(self._next - len(past.begin), self._base), self._next)
        open_, tails = past.opened_start[past.opened > -np.inf], past.tail_start[past.tail > -np.inf]
        starts = np.unique(np.concatenate([open_, tails, begun]))
        needed = int(starts[0]) if len(starts) else self._next
        ends = {self._before_silence, *self._begun_after[starts - self._base].tolist()}
        while len(ends) > 1:
            start = self._start(max(ends))
            ends.remove(max(ends))
            ends.add(int(self._begun_after[start - self._base]))
            needed = min(needed, start)
        agreed = ends.pop()
        segments = self._trace(agreed)
        # A note that begins at `agreed` may follow the one that ends there without a gap.
        self._ended_bin, self._ended_start, self._begun_after = (
            pointers[agreed - self._base :].copy()
            for pointers in (self._ended_bin, self._ended_start, self._begun_after)
        )
        self._base = agreed
        self.needed = max(needed, agreed)
        return segments

    def _start(self, end: int) -> int:
        return int(self._ended_start[end - self._base])

    def _trace(self, end: int) -> list[Segment]:
        """Collect notes backwards, from the end of the last one to those already returned. No note ends at 0."""
        segments = []
        while end > self._base:
            start = self._start(end)
            segments.append(Segment(start, end, int(self._ended_bin[end - self._base])))
            end = int(self._begun_after[start - self._base])
        return segments[::-1]
