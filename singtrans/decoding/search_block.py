"""Scores of a block of positions, computed without a loop over positions; see `singtrans.decoding.search`."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the search.

    Attributes:
        shortest: least length of a note without its ornaments, in frames; at least 1.
        ornament: greatest length of a lead-in or a tail, in frames; if 0, no ornaments are found.
        legato_cost: cost of a note that has no gap between it and the previous note.
    """

    shortest: int
    ornament: int
    legato_cost: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """Scores of consecutive frames, from which the scores of sequences are computed.

    Attributes:
        onset, offset: (frames,) scores for a note that begins or ends directly before each frame.
        gain: (frames, bins) score of each frame inside the steady part of a note, for each pitch of the note.
        inner: (frames,) score for a boundary between two parts of a note directly before each frame.
        ornament: (frames, bins) score of each frame inside an ornament of a note, for each pitch of the note.
    """

    onset: np.ndarray
    offset: np.ndarray
    gain: np.ndarray
    inner: np.ndarray
    ornament: np.ndarray

    def __len__(self) -> int:
        return len(self.onset)

    def __getitem__(self, frames: slice) -> "Evidence":
        """Return the scores of some of the frames, as views."""
        return Evidence(
            self.onset[frames], self.offset[frames], self.gain[frames], self.inner[frames], self.ornament[frames]
        )


@dataclass(frozen=True, eq=False)
class Past:
    """Values of previous positions that the next block needs.

    The dimension ``past`` is ``shortest + ornament``. The last row belongs to the latest position.

    Attributes:
        opened: (bins,) score of the best unfinished note of each pitch, minus the sum of gain.
        opened_start: (bins,) start of that note.
        sums, ornament_sums: (past, bins) sums of gain and of ornament up to each position.
        begin: (past,) score with which a note can begin.
        inner: (past,) score for a boundary inside a note.
        tail: (ornament, bins) score with which a tail can begin, minus the sum of ornament.
        tail_start: (ornament, bins) start of the note with that tail.
        gain, ornament: (bins,) scores of the last frame, which are added at the next position.
        silence: best score of a sequence that ends in silence.
    """

    opened: np.ndarray
    opened_start: np.ndarray
    sums: np.ndarray
    ornament_sums: np.ndarray
    begin: np.ndarray
    inner: np.ndarray
    tail: np.ndarray
    tail_start: np.ndarray
    gain: np.ndarray
    ornament: np.ndarray
    silence: float

    @classmethod
    def nothing(cls, bins: int, limits: Limits) -> "Past":
        """Return the values before the first frame."""
        past, longest = limits.shortest + limits.ornament, limits.ornament
        return cls(
            opened=np.full(bins, -np.inf),
            opened_start=np.zeros(bins, np.int32),
            sums=np.zeros((past, bins)),
            ornament_sums=np.zeros((past, bins)),
            begin=np.full(past, -np.inf),
            inner=np.full(past, -np.inf),
            tail=np.full((longest, bins), -np.inf),
            tail_start=np.zeros((longest, bins), np.int32),
            gain=np.zeros(bins),
            ornament=np.zeros(bins),
            silence=0.0,
        )


class Block:
    """Search of a block of positions.

    The first rows of ``sums``, ``ornament_sums``, ``begin`` and ``inner`` are copied from the past, and so are the
    first ``limits.ornament`` rows of ``tail``. ``opened[i]`` and ``silence[i]`` are the values before position ``i`` of
    the block.

    Args:
        past: values from the previous block.
        evidence: scores of the frames that directly follow the positions.
        first: number of the first position.
        limits: limits of notes and their ornaments.
    """

    def __init__(self, past: Past, evidence: Evidence, first: int, limits: Limits) -> None:
        self._past, self._evidence, self._first, self._limits = past, evidence, first, limits
        count, bins = evidence.gain.shape
        self._count, self._offset = count, len(past.begin)
        self._sums = _summed(past.sums, past.gain, evidence.gain)
        self._inner = np.concatenate([past.inner, evidence.inner])
        # The guess is that no note ends in this block, so a note can only begin after the silence before the block.
        self._begin = np.concatenate([past.begin, past.silence + evidence.onset])
        self._opened = np.empty((count + 1, bins))
        self._opened[0] = past.opened
        self._whole = np.empty(
            (count, bins)
        )  # score of the best note of each pitch that ends here, without the score of its offset
        if limits.ornament:
            self._ornament_sums = _summed(past.ornament_sums, past.ornament, evidence.ornament)
            self._tail = np.concatenate([past.tail, np.empty((count, bins))])
            # These are the scores that a lead-in and a tail add.
            self._led = self._ornament_sums + self._inner[:, None]
            self._tailed = self._inner[self._offset :, None] - self._ornament_sums[self._offset :]
        self.ended = np.empty(count)
        self.silence = np.empty(count + 1)
        self.silence[0] = past.silence
        self._solve()
        self._starts()

    def _solve(self) -> None:
        """Compute the scores with which notes can begin, and all scores that depend on them."""
        done, limits, evidence = 0, self._limits, self._evidence
        while done < self._count:
            self._score(done)
            self.ended[done:] = self._whole[done:].max(axis=1) + evidence.offset[done:]
            self.silence[done + 1 :] = self.ended[done:]
            np.maximum.accumulate(self.silence[done:], out=self.silence[done:])
            after = np.maximum(self.ended[done:] - limits.legato_cost, self.silence[done:-1])
            right, begin = after + evidence.onset[done:], self._begin[self._offset + done :]
            wrong = np.flatnonzero(begin != right)
            begin[:] = right
            # Scores before the first wrong one were right. The wrong one affects positions from `shortest` after it.
            done = min(done + int(wrong[0]) + limits.shortest, self._count) if len(wrong) else self._count

    def _score(self, done: int) -> None:
        """Compute the scores of the best notes, from row ``done`` on."""
        longest, count = self._limits.ornament, self._count
        entered = self._begin[longest + done : longest + count, None]  # scores at which steady parts begin
        if longest:
            leads = window_maximum(self._leads(done), longest)
            leads += self._led[longest + done : longest + count]
            entered = np.maximum(leads, entered, out=leads)
        np.subtract(entered, self._sums[longest + done : longest + count], out=self._opened[done + 1 :])
        running_maximum(self._opened[done:])
        whole = np.add(self._opened[done + 1 :], self._sums[self._offset + done :], out=self._whole[done:])
        if longest:
            np.add(whole, self._tailed[done:], out=self._tail[longest + done :])
            tails = window_maximum(self._tail[done:-1], longest) + self._ornament_sums[self._offset + done :]
            np.maximum(whole, tails, out=whole)

    def _leads(self, done: int) -> np.ndarray:
        """Compute (ornament + positions - 1, bins) scores with which lead-ins begin, minus the sum of ornament.

        The first ``done`` rows are left out.
        """
        rows = slice(done, self._limits.ornament + self._count - 1)
        return self._begin[rows, None] - self._ornament_sums[rows]

    def _starts(self) -> None:
        """Find the best pitch at each position, and the start of the best note of each pitch.

        Of equal scores, the first one is chosen.
        """
        longest, count, bins = self._limits.ornament, self._count, self._whole.shape[1]
        # For the note whose steady part begins before each position: its start, which may be the start of a lead-in.
        began = np.empty((count + 1, bins), np.int32)
        began[0] = self._past.opened_start
        began[1:] = (self._first - self._limits.shortest + np.arange(count))[:, None]
        if longest:
            leads, place = window_argmax(self._leads(0), longest)
            leads += self._led[longest : longest + count]
            led = leads > self._begin[longest : longest + count, None]
            np.add(
                place,
                np.arange(count, dtype=np.int32)[:, None] + (self._first - self._offset),
                out=began[1:],
                where=led,
            )
        # The last position before which the best open note of this pitch changed, counted from 1.
        latest = np.zeros((count + 1, bins), np.int32)
        better = self._opened[1:] > self._opened[:-1]
        np.multiply(better, np.arange(1, count + 1, dtype=np.int32)[:, None], out=latest[1:])
        running_maximum(latest)
        latest *= bins
        latest += np.arange(bins, dtype=np.int32)
        self._start = began.take(latest)
        self.best_bin = self._whole.argmax(axis=1)
        rows = np.arange(count)
        self.best_start = self._start[rows + 1, self.best_bin]
        if longest:
            self._tail_start = np.concatenate([self._past.tail_start, self._start[1:]])
            steady = self._opened[rows + 1, self.best_bin] + self._sums[self._offset + rows, self.best_bin]
            tailed = np.flatnonzero(self._whole[rows, self.best_bin] > steady)
            own = self.best_bin[tailed, None]
            windows = tailed[:, None] + np.arange(longest)
            best = self._tail[windows, own].argmax(axis=1)
            self.best_start[tailed] = self._tail_start[tailed + best, own[:, 0]]

    def past(self) -> Past:
        """Return the values that the next block needs."""
        before, longest, evidence = self._offset, self._limits.ornament, self._evidence
        old = self._past
        return Past(
            opened=self._opened[-1].copy(),
            opened_start=self._start[-1].copy(),
            sums=self._sums[-before:].copy(),
            ornament_sums=self._ornament_sums[-before:].copy() if longest else old.ornament_sums,
            begin=self._begin[-before:].copy(),
            inner=self._inner[-before:].copy(),
            tail=self._tail[-longest:].copy() if longest else old.tail,
            tail_start=self._tail_start[-longest:].copy() if longest else old.tail_start,
            gain=evidence.gain[-1].copy(),
            ornament=evidence.ornament[-1].copy(),
            silence=float(self.silence[-1]),
        )


def running_maximum(rows: np.ndarray) -> np.ndarray:
    """Compute running maxima over rows in place; this is faster than ``np.maximum.accumulate``."""
    step = 1
    while step < len(rows):
        rows[step:] = np.maximum(rows[step:], rows[:-step])
        step *= 2
    return rows


def window_maximum(rows: np.ndarray, width: int) -> np.ndarray:
    """Compute (rows - width + 1, bins) maxima over ``width`` consecutive rows."""
    step = 1
    while 2 * step <= width:
        rows = np.maximum(rows[:-step], rows[step:])
        step *= 2
    rest = width - step
    return np.maximum(rows[:-rest], rows[rest:]) if rest else rows


def window_argmax(rows: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Compute maxima over ``width`` consecutive rows, and the index of each maximum (the first one) in its rows."""
    place = np.zeros(rows.shape, np.int16)
    step = 1
    while step < width:
        move = min(step, width - step)
        later = rows[move:] > rows[:-move]
        rows = np.maximum(rows[move:], rows[:-move])
        place = np.where(later, place[move:] + np.int16(move), place[:-move])
        step += move
    return rows, place


def _summed(before: np.ndarray, last: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the known sums, followed by the sums up to each of the next positions."""
    sums = np.concatenate([before, last[None], values[:-1]])
    rows = list(sums[len(before) - 1 :])
    for row, following in pairwise(rows):  # twice as fast as ``cumsum(axis=0)``, and adds in the same order
        np.add(row, following, out=following)
    return sums
