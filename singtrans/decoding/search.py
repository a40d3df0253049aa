"""The best sequence of notes and silences, by dynamic programming over frames that come in pieces.

Position ``t`` lies before frame ``t``. Of everything before ``t``, ``silence`` is the best score that ends in
silence and ``ended`` the best that ends with a note at ``t``. ``open[p]`` is the best score with which a note of
pitch ``p`` can have begun, less all gain summed up to its start, so that adding the sum up to ``t`` gives the score
of the note up to ``t``; it lags behind by the shortest note.

Three things make it fast and small:

- No loop over frames. What couples the frames of a block to each other is one number a frame, the score with which
  a note can begin there. With a guess at it, everything in the block is a running maximum. Where the guess proves
  wrong, what lies before is right already and what lies behind is done again: a turn for each note, not each frame.
- Back pointers only: where a note that ends here began, and where the note before a note that begins here ended.
- What is decided is handed out at once. All sequences that can still win go back to one common note (they nearly
  always do within a second or two); everything up to it is certain, and what only it needed is forgotten.

Pure numpy: neither torch nor weights are needed.
"""

from dataclasses import dataclass

import numpy as np

_BLOCK = 64  # positions that are searched at once: about as many as lie between two notes


@dataclass(frozen=True, slots=True)
class Segment:
    """A note on the frame grid: frames ``start`` to ``end - 1``, with the pitch bin that fits it best."""

    start: int
    end: int
    bin: int


@dataclass(frozen=True, eq=False)
class Evidence:
    """Scores of some frames.

    Attributes:
        onset, offset: (frames,) score of a note's beginning or ending before each frame.
        gain: (frames, bins) score of each frame inside a note of each pitch.
    """

    onset: np.ndarray
    offset: np.ndarray
    gain: np.ndarray


class Search:
    """Finds the best sequence of notes.

    Args:
        bins: number of pitches.
        shortest: frames of the shortest note, at least 1.
        legato_cost: what it costs to go from note to note with no gap.
    """

    def __init__(self, bins: int, shortest: int, legato_cost: float) -> None:
        self._shortest, self._legato_cost = shortest, legato_cost
        self._silence, self._before_silence = 0.0, 0
        self._open = np.full(bins, -np.inf)
        self._open_start = np.zeros(bins, np.int32)
        # Of the last `shortest` positions: the sums of gain up to each, and the score with which a note can begin.
        self._sums = np.zeros((shortest, bins))
        self._begin = np.full(shortest, -np.inf)
        self._gain = np.zeros(bins)  # of the last frame, which counts from the next position on
        self._next = 0  # the position to be searched next
        self._base = 0  # the position that the back pointers start with
        self._ended_bin, self._ended_start, self._begun_after = (np.zeros(0, np.int32) for _ in range(3))
        self.needed = 0
        """The first frame that an undecided note can contain."""

    def add(self, evidence: Evidence) -> list[Segment]:
        """Take in the next frames; what is decided by now, in order, and was not handed out before."""
        pointers = []
        for i in range(0, len(evidence.onset), _BLOCK):
            part = slice(i, i + _BLOCK)
            pointers.append(self._search(evidence.onset[part], evidence.offset[part], evidence.gain[part]))
        self._keep(pointers)
        return self._decide()

    def finish(self) -> list[Segment]:
        """The rest, once all frames are in.

        A recording may stop in the middle of a note: its very end is neither for nor against an offset.
        """
        bins = len(self._open)
        self._keep([self._search(np.full(1, -np.inf), np.zeros(1), np.zeros((1, bins)))])
        return self._trace(self._before_silence)

    def _search(self, onset: np.ndarray, offset: np.ndarray, gain: np.ndarray) -> np.ndarray:
        """Search the positions before some frames; (3, positions) back pointers of theirs."""
        count, shortest = len(onset), self._shortest
        steps = np.concatenate([self._gain[None], gain[:-1]])
        steps[0] += self._sums[-1]
        sums = np.concatenate([self._sums, steps.cumsum(axis=0)])  # from position `_next - shortest` on
        # The guess: no note ends here, so that a note can begin after the silence before the block alone.
        begin = np.concatenate([self._begin, self._silence + onset])
        opened = np.empty((count + 1, len(self._open)))  # row i: before position i of the block
        opened[0] = self._open
        ended, silence = np.empty(count), np.empty(count + 1)  # silence, like opened, before each position
        silence[0] = self._silence
        done = 0
        while done < count:
            self._open_notes(begin, sums, opened, done)
            ended[done:] = (opened[done + 1 :] + sums[shortest + done :]).max(axis=1) + offset[done:]
            silence[done + 1 :] = ended[done:]
            np.maximum.accumulate(silence[done:], out=silence[done:])
            right = np.maximum(ended[done:] - self._legato_cost, silence[done:-1]) + onset[done:]
            wrong = np.flatnonzero(begin[shortest + done :] != right)
            begin[shortest + done :] = right
            # The scores of beginning were right up to the first that was wrong; it counts `shortest` later.
            done = min(done + int(wrong[0]) + shortest, count) if len(wrong) else count
        start = self._starts(opened)
        best = (opened[1:] + sums[shortest:]).argmax(axis=1)
        positions = np.arange(self._next, self._next + count)
        before = np.concatenate([[self._before_silence], np.where(ended > silence[:-1], positions, 0)])
        np.maximum.accumulate(before, out=before)
        legato = ended - self._legato_cost > silence[:-1]
        pointers = np.array([best, start[np.arange(1, count + 1), best], np.where(legato, positions, before[:-1])])
        self._open, self._open_start = opened[-1].copy(), start[-1].copy()
        self._silence, self._before_silence = float(silence[-1]), int(before[-1])
        self._sums, self._begin, self._gain = sums[-shortest:].copy(), begin[-shortest:], gain[-1]
        self._next += count
        return pointers.astype(np.int32)

    def _open_notes(self, begin: np.ndarray, sums: np.ndarray, opened: np.ndarray, done: int) -> None:
        """Fill the rows of ``opened`` behind ``done`` for these scores of beginning."""
        count = len(opened) - 1
        np.subtract(begin[done:count, None], sums[done:count], out=opened[done + 1 :])
        _running_maximum(opened[done:])

    def _starts(self, opened: np.ndarray) -> np.ndarray:
        """(positions + 1, bins): where each open note of ``opened`` began; the earliest of equals."""
        count, first = len(opened) - 1, self._next - self._shortest
        began = np.arange(first, first + count, dtype=np.int32)
        start = np.empty(opened.shape, np.int32)
        start[0] = self._open_start
        np.multiply(opened[1:] > opened[:-1], began[:, None], out=start[1:])
        return _running_maximum(start)

    def _keep(self, pointers: list[np.ndarray]) -> None:
        kept = np.array([self._ended_bin, self._ended_start, self._begun_after])
        self._ended_bin, self._ended_start, self._begun_after = np.concatenate([kept, *pointers], axis=1)

    def _decide(self) -> list[Segment]:
        """Hand out what all sequences that can still win agree on, and forget what only that needed."""
        begun = np.arange(max(self._next - self._shortest, self._base), self._next)
        starts = np.unique(np.concatenate([self._open_start[self._open > -np.inf], begun]))
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


def _running_maximum(rows: np.ndarray) -> np.ndarray:
    """Each row becomes the maximum of itself and all before it, in place; ``np.maximum.accumulate`` is slower."""
    step = 1
    while step < len(rows):
        rows[step:] = np.maximum(rows[step:], rows[:-step])
        step *= 2
    return rows
