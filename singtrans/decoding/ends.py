"""Ends of notes: where the voice stops, or where a score would end the note.

A singer stops before the next note to take a breath or to sing a consonant. In a score, the note lasts until the next
note begins, unless the singer intended a rest.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from singtrans.notes import Note

LONGEST_GAP = 0.3
"""Length in seconds from which a gap is a rest in a score, if the model has no output for the ends in a score."""

SHORTEST_REST = 0.12
"""Shortest rest in seconds. A shorter gap is always a breath or a consonant, regardless of the model's output."""

LONGEST_JOIN = 1.0
"""Length in seconds from which a gap is always a rest, regardless of the model's output."""


def releases(spans: Sequence[tuple[float, float]], ends: Sequence[tuple[float, float] | None]) -> list[float | None]:
    """Find the times in seconds at which a score would end the notes; None if the model has no outputs for this.

    Args:
        spans: onset and offset of each note in seconds, in time order.
        ends: for each note, two probabilities: that a score would end the previous note at the onset of this note, and
            that it would end this note at its own offset. None if the model has no such output.
    """
    found: list[float | None] = []
    for i, ((_, offset), end) in enumerate(zip(spans, ends, strict=True)):
        if end is None:
            found.append(None)
            continue
        release, following = offset, ends[i + 1] if i + 1 < len(spans) else None
        gap = spans[i + 1][0] - offset if following is not None else LONGEST_JOIN
        # The likelier of the two positions is chosen.
        if following is not None and (gap < SHORTEST_REST or (gap < LONGEST_JOIN and following[0] > end[1])):
            release = spans[i + 1][0]
        found.append(release)
    return found


def joined(notes: Sequence[Note]) -> tuple[Note, ...]:
    """Extend the notes to the ends that they would have in a score.

    If the ``release`` of a note is known, the note ends at this time. Otherwise, the note is extended to the next note
    if the gap between the two is shorter than `LONGEST_GAP`.

    Args:
        notes: notes in time order that do not overlap.
    """
    found = []
    for note, after in pairwise([*notes, None]):
        assert note is not None
        end, start = note.release, after.onset if after else None
        if end is None:
            end = start if start is not None and start - note.offset < LONGEST_GAP else note.offset
        if start is not None:
            end = min(end, start)  # the notes may have been edited after decoding
        found.append(replace(note, offset=end) if end > note.onset else note)
    return tuple(found)
