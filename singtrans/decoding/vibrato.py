"""Joining of the cycles of a wide vibrato.

With a vibrato of about a semitone or more, the search sometimes finds a note in each half of a cycle. These notes are
short, their pitches are alternately high and low, and no syllable starts with them. In a fast melody with words, the
same pitches have syllables.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from singtrans.decoding.refinement import Timed, joined

_FEWEST = 5  # number of notes; fewer notes can be a mordent or a part of a melisma
_GAP = 0.045  # seconds between notes
_HALF_CYCLE = 0.15  # seconds; longest half of a cycle
_STEP = (0.5, 3.0)  # semitones between the high and the low notes
_CHANGE = 0.5  # semitones; largest difference between a high note and the next high note, or two low notes
_SYLLABLE = 0.3  # median probability of a new syllable above which the notes are not a vibrato
_STEADY = 0.3  # seconds; the pitch of a longer part is the mean pitch of its own cycles


def join_vibrato(notes: Sequence[Timed]) -> list[Timed]:
    """Join the notes of each wide vibrato to one note.

    Args:
        notes: notes in time order.

    Returns:
        The notes in time order. The pitch of a joined note is the middle of its vibrato.
    """
    result: list[Timed] = []
    start = 0
    while start < len(notes):
        end = _end(notes, start)
        run = notes[start:end]
        if len(run) >= _FEWEST and np.median([found.syllable for found, _, _ in run[1:]]) < _SYLLABLE:
            (first, onset, _), (last, _, offset) = run[0], run[-1]
            result.append((replace(joined(first, last), pitch=_middle(run)), onset, offset))
            start = end
        else:
            result.append(notes[start])
            start += 1
    return result


def _end(notes: Sequence[Timed], start: int) -> int:
    """Return the index after the last note of the alternation that begins with the note ``start``."""
    end, direction = start + 1, 0.0
    while end < len(notes):
        (before, _, offset), (after, begin, _) = notes[end - 1], notes[end]
        step = after.pitch - before.pitch
        inside = end - 1 > start
        if (
            begin - offset > _GAP
            or not _STEP[0] <= abs(step) <= _STEP[1]
            or step * direction > 0.0
            or (inside and not _is_short(notes[end - 1]))
            or (_is_short(notes[end]) and _changes(notes, start, end))
        ):
            break
        direction, end = step, end + 1
    return end


def _is_short(note: Timed) -> bool:
    return note[2] - note[1] <= _HALF_CYCLE


def _changes(notes: Sequence[Timed], start: int, end: int) -> bool:
    """Return whether the pitch of the note ``end`` differs from that of the note before the previous one, if short."""
    same = end - 2
    return same >= start and _is_short(notes[same]) and abs(notes[end][0].pitch - notes[same][0].pitch) > _CHANGE


def _middle(run: Sequence[Timed]) -> float:
    """Compute the pitch of a joined note: that of its longest part if this is steady, or the middle of its cycles."""
    longest, onset, offset = max(run, key=lambda note: note[2] - note[1])
    if offset - onset >= _STEADY:
        return longest.pitch
    pitch = [found.pitch for found, _, _ in run]
    return float(np.mean([np.mean(pitch[::2]), np.mean(pitch[1::2])]))
