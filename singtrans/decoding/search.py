"""The best sequence of notes and silences, by dynamic programming over frames that come in pieces.

A note has up to three parts: a lead-in (a scoop, a grace note), its steady part, and a tail (a fall). Lead-in and tail
are short, cost what a boundary inside a note costs, and have a pitch near the note's instead of the note's own.

Position ``t`` lies before frame ``t``. Of everything before ``t``, ``silence`` is the best score that ends in
silence and ``ended`` the best that ends with a note at ``t``; ``begin`` is the score with which a note can begin there.
``opened[p]`` is the best score with which the steady part of a note of pitch ``p`` can have begun, a lead-in before it
included, less all gain summed up to its start, so that adding the sum up to ``t`` gives the score up to ``t``; it
lags behind by the shortest note. Lead-ins and tails are maxima over the last positions, likewise with sums taken off.

Three things make it fast and small:

- No loop over frames. What couples the frames of a block to each other is one number per frame, ``begin``. With a
  guess at it, everything in the block is a running maximum. Where the guess proves wrong, what lies before is right
  already and what lies behind is computed again: one turn per note, not per frame.
- Back pointers only: where a note that ends here began, and where the note before a note that begins here ended.
  The parts of a note are found afterwards, by `singtrans.decoding.ornaments`.
- What is decided is handed out at once. All sequences that can still win go back to one common note (they nearly
  always do within a second or two); everything up to it is certain, and what only it needed is forgotten.

Pure numpy: neither torch nor weights are needed.
"""

from dataclasses import dataclass

import numpy as np

from singtrans.decoding.search_block import Block, Evidence, Limits, Past

_BLOCK = 64  # positions that are searched at once: about as many as lie between two notes


@dataclass(frozen=True, slots=True)
class Segment:
    """A note on the frame grid: frames ``start`` to ``end - 1``, with the pitch bin that fits it best."""

    start: int
    end: int
    bin: int


class Search:
    """Finds the best sequence of notes.

    Args:
        bins: number of pitches.
        limits: of notes and their ornaments.
    """

    def __init__(self, bins: int, limits: Limits) -> None:
        self._limits, self._past = limits, Past.nothing(bins, limits)
        self._before_silence = 0  # where the last note before the silence ended
        self._next = 0  # the position to be searched next
        self._base = 0  # the position that the back pointers start with
        self._ended_bin, self._ended_start, self._begun_after = (np.zeros(0, np.int32) for _ in range(3))
        self.needed = 0
        """The first frame that an undecided note can contain."""

    def add(self, evidence: Evidence) -> list[Segment]:
        """Take in the next frames; what is decided by now, in order, and was not handed out before."""
        self._keep([self._search(evidence[i : i + _BLOCK]) for i in range(0, len(evidence), _BLOCK)])
        return self._decide()

    def finish(self) -> list[Segment]:
        """The rest, once all frames are in.

        A recording may stop in the middle of a note: its very end is neither for nor against an offset.
        """
        nothing, flat = np.full(1, -np.inf), np.zeros((1, len(self._past.opened)))
        self._keep([self._search(Evidence(nothing, np.zeros(1), flat, nothing, flat))])
        return self._trace(self._before_silence)

    def _search(self, evidence: Evidence) -> np.ndarray:
        """Search the positions before some frames; (3, positions) back pointers of theirs."""
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
        """Hand out what all sequences that can still win agree on, and forget what only that needed."""
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
        # A note that ended at `agreed` may be followed at once by one that began there.
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
        """Walk back from the last note's end to what was handed out before; position 0 ends no note."""
        segments = []
        while end > self._base:
            start = self._start(end)
            segments.append(Segment(start, end, int(self._ended_bin[end - self._base])))
            end = int(self._begun_after[start - self._base])
        return segments[::-1]
