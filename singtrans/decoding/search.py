"""Use dynamic programming to search for the best sequence of notes and silences. The frames can be added in pieces.

A note has up to three parts: a lead-in (a scoop or a grace note), a steady part, and a tail (a fall). Lead-ins and
tails are short, and their pitch is near the pitch of the note. Each of them adds the cost of a boundary inside a note.

Position ``t`` is the boundary before frame ``t``. For each position, the search computes these scores:

- ``silence``: best score of all sequences that are silent at ``t``.
- ``ended``: best score of all sequences whose last note ends at ``t``.
- ``begin``: best score of all sequences up to ``t`` if a new note begins there, including the score of its onset.
- ``opened[p]``: best score of all sequences whose last note has pitch ``p`` and is not finished. The score is taken at
  the start of the steady part, and the sum of the gain of ``p`` (see `Evidence`) up to that start is subtracted. The
  score of the same sequence at ``t`` is therefore ``opened[p]`` plus the sum of the gain up to ``t``. A note is
  included in ``opened`` from the position at which it reaches the least length.

A lead-in or a tail has a limited length, so its score is a maximum over the last positions. Sums are subtracted from
these scores in the same way.

The search is fast and uses little memory for three reasons:

- There is no loop over frames. The frames of a block depend on each other only through one number per frame, ``begin``.
  If ``begin`` is given, all other values in the block are running maxima. The search therefore starts with a guess of
  ``begin``. All values before the first position with a wrong guess are right. The guess is corrected, and the values
  after that position are computed again. This takes one iteration per note, not per frame.
- Only three values are stored for each position. Two are for the best note that ends there: its start and its pitch.
  The third is for a note that begins there: the end of the note before it. `singtrans.decoding.ornaments` finds the
  parts of a note later.
- Notes are returned as soon as they are final. A note is final if all sequences that can still become the best one
  contain it. Nearly always, this holds for all notes except those in the last one or two seconds. The values that were
  stored for final notes are deleted.

The search uses only numpy, and needs neither torch nor weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from singtrans.decoding.search_block import Block, Evidence, Limits, Past

_BLOCK = 64  # number of positions that are searched together, about the distance of two notes


@dataclass(frozen=True, slots=True)
class Segment:
    """A note on the frame grid: frames ``start`` to ``end - 1``, with the pitch bin that fits best."""

    start: int
    end: int
    bin: int

    def divided(self, cuts: Sequence[int], bin_of: Callable[[int, int], int]) -> "list[Segment]":
        """Divide the segment.

        Args:
            cuts: frames at which it is divided, in order and counted from its start.
            bin_of: function that returns the pitch bin of a part, whose arguments are the first frame of the part and
                the frame after its last one, counted from the start of the segment.

        Returns:
            The parts; the segment itself if there are no cuts.
        """
        if not cuts:
            return [self]
        edges = pairwise([0, *cuts, self.end - self.start])
        return [Segment(self.start + start, self.start + end, bin_of(start, end)) for start, end in edges]


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

        A recording may end during a note, so the last position has no evidence for or against an offset.
        """
        nothing, flat = np.full(1, -np.inf), np.zeros((1, len(self._past.opened)))
        self._keep([self._search(Evidence(nothing, np.zeros(1), flat, nothing, flat))])
        return self._trace(self._before_silence)

    def _search(self, evidence: Evidence) -> np.ndarray:
        """Search the positions directly before the given frames, and return their (3, positions) back pointers."""
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
        """Return the notes that have become final, and delete the values that are no longer needed."""
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
        """Return the notes up to ``end`` that have not been returned yet, in order."""
        segments = []
        while end > self._base:
            start = self._start(end)
            segments.append(Segment(start, end, int(self._ended_bin[end - self._base])))
            end = int(self._begun_after[start - self._base])
        return segments[::-1]
