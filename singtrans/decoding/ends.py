"""Where notes end: with the voice, or where a score would end them.

A singer stops before the next note to breathe or for a consonant; a score holds the note until the next one begins, and
writes a rest only where the singer meant one.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from singtrans.notes import Note

LONGEST_GAP = 0.3
"""Seconds up to which a gap is no rest in a score, where the model says nothing about it."""

SHORTEST_REST = 0.12
"""Seconds; a shorter gap is a breath or a consonant, whatever the model says."""

LONGEST_JOIN = 1.0
"""Seconds; a longer gap between two notes is a rest, whatever the model says."""


def with_releases(notes: Sequence[Note], ends: Sequence[tuple[float, float] | None]) -> tuple[Note, ...]:
    """Add the times at which a score would end the notes, where the model knows them.

    Args:
        notes: in time order.
        ends: of each note, the probability that a score ends a note at its start, and at its own end; None if the
            model does not say.
    """
    found = []
    for i, (note, end) in enumerate(zip(notes, ends, strict=True)):
        if end is None:
            found.append(note)
            continue
        release, following = note.offset, ends[i + 1] if i + 1 < len(notes) else None
        gap = notes[i + 1].onset - note.offset if following is not None else LONGEST_JOIN
        # Of the two places, the likelier one.
        if following is not None and (gap < SHORTEST_REST or (gap < LONGEST_JOIN and following[0] > end[1])):
            release = notes[i + 1].onset
        found.append(replace(note, release=release))
    return tuple(found)


def joined(notes: Sequence[Note]) -> tuple[Note, ...]:
    """The notes with the ends that a score would give them.

    A note whose ``release`` is known ends there. Any other lasts up to the next note if the gap is shorter than
    `LONGEST_GAP`.

    Args:
        notes: in time order, not overlapping.
    """
    found = []
    for note, after in pairwise([*notes, None]):
        assert note is not None
        end, start = note.release, after.onset if after else None
        if end is None:
            end = start if start is not None and start - note.offset < LONGEST_GAP else note.offset
        if start is not None:
            end = min(end, start)  # the notes may have been edited since
        found.append(replace(note, offset=end) if end > note.onset else note)
    return tuple(found)
