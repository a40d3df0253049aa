"""The parts of a note that the search found: lead-in, steady part, tail."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from singtrans.decoding.search import Segment
from singtrans.decoding.search_block import Evidence, Limits
from singtrans.notes import FALL, Note


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of a note meet, on the frame grid.

    Attributes:
        start, end: of the note.
        steady: first frame of the steady part; ``start`` if there is no lead-in.
        tail: first frame after the steady part; ``end`` if there is no tail.
    """

    start: int
    steady: int
    tail: int
    end: int


def split(segment: Segment, evidence: Evidence, limits: Limits) -> Parts:
    """Find the parts of a note with the highest score, among those that the search allows.

    Args:
        segment: the note.
        evidence: of its frames alone, with one column, its pitch.
        limits: as in the search.
    """
    start, end, frames = segment.start, segment.end, segment.end - segment.start
    longest = min(limits.ornament, frames - limits.shortest)
    if longest < 1:
        return Parts(start, start, end, end)
    # What an ornament brings is the difference to the steady part in its frames, and its boundary's score.
    better = evidence.ornament[:, 0] - evidence.gain[:, 0]
    lead = np.append(0.0, better[:longest].cumsum() + evidence.inner[1 : longest + 1])
    tail = np.append(0.0, (better[::-1][:longest].cumsum() + evidence.inner[::-1][:longest]))
    lengths = np.arange(longest + 1)
    total = np.where(lengths[:, None] + lengths <= frames - limits.shortest, lead[:, None] + tail, -np.inf)
    before, after = np.unravel_index(int(total.argmax()), total.shape)
    return Parts(start, start + int(before), end - int(after), end)


def unfolded(notes: Sequence[Note]) -> tuple[Note, ...]:
    """The notes with each ornament as a note of its own before or after the rest of its note."""
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
