"""Division of the notes that the search found into their parts: lead-in, steady part and tail."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.evidence import inner_scores, ornament_gain
from singtrans.decoding.posteriors import Posteriors
from singtrans.decoding.search_block import Limits
from singtrans.notes import FALL, Note


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Boundaries of the parts of notes, as frames; each array has the shape (notes,).

    Attributes:
        start, end: first frame of the note, and first frame after the note.
        steady: first frame of the steady part; ``start`` if there is no lead-in.
        tail: first frame after the steady part; ``end`` if there is no tail.
    """

    start: np.ndarray
    steady: np.ndarray
    tail: np.ndarray
    end: np.ndarray

    @property
    def lead(self) -> np.ndarray:
        """Whether each note has a lead-in, (notes,)."""
        return self.steady > self.start

    @property
    def fall(self) -> np.ndarray:
        """Whether each note has a tail, (notes,)."""
        return self.tail < self.end


def split(
    start: np.ndarray, end: np.ndarray, bins: np.ndarray, posteriors: Posteriors, limits: Limits, config: DecoderConfig
) -> Parts:
    """Divide notes into the parts with the highest score, within the limits of the search.

    Args:
        start, end: (notes,) boundaries of the notes, as indices of frames in ``posteriors``.
        bins: (notes,) pitch bins of the notes.
        posteriors: posteriors that have these frames.
        limits: limits of the search.
        config: costs and weights.
    """
    if not limits.ornament:
        return Parts(start, start, end, end)
    steps, last = np.arange(limits.ornament), len(posteriors) - 1
    inner = inner_scores(posteriors, config)
    # The gain of an ornament is the difference from the score of the steady part in its frames, plus the score of its
    # boundary. Frames after the other end of a short note only affect lengths that the search does not allow.
    totals = []
    for frames, boundary in ((start[:, None] + steps, 1), (end[:, None] - 1 - steps, 0)):
        present = np.clip(frames, 0, last)
        better = ornament_gain(present.ravel(), np.repeat(bins, len(steps)), posteriors, config).reshape(present.shape)
        score = better.cumsum(axis=1) + inner[np.clip(frames + boundary, 0, last)]
        totals.append(np.concatenate([np.zeros((len(bins), 1)), score], axis=1))
    lead, tail = totals
    lengths = np.arange(limits.ornament + 1)
    longest = (end - start - limits.shortest)[:, None, None]
    total = np.where(lengths[:, None] + lengths <= longest, lead[:, :, None] + tail[:, None, :], -np.inf)
    best = total.reshape(len(bins), -1).argmax(axis=1)
    return Parts(start, start + best // len(lengths), end - best % len(lengths), end)


def unfolded(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Convert each ornament to a separate note before or after the rest of its note."""
    found = []
    for note in notes:
        before = [ornament for ornament in note.ornaments if ornament.kind != FALL]
        after = [ornament for ornament in note.ornaments if ornament.kind == FALL]
        start, end = before[0].offset if before else note.onset, after[0].onset if after else note.offset
        plain = replace(note, ornaments=(), certainty=None)
        found += [replace(plain, offset=start, pitch=o.pitch, moved=0, release=None) for o in before[:1]]
        release = note.release if end == note.offset else None
        found.append(replace(note, onset=start, offset=end, ornaments=(), release=release))
        found += [replace(plain, onset=end, pitch=o.pitch, moved=0) for o in after[:1]]
    return tuple(found)
