"""Joining of the cycles of a wide vibrato.

With a vibrato of about a semitone or more, the search sometimes finds a note in each half of a cycle. These notes are
short, their pitches are alternately high and low, and no syllable starts with them. In a fast melody with words, the
same pitches have syllables.

The note before the first half and the note after the last half can belong to the vibrato, too, because the search does
not always divide the first and the last cycles, and because a vibrato often starts late.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from singtrans.decoding.refinement import Timed, joined

_FEWEST_HALVES = 3
_FEWEST = 5  # number of notes with those before and after the halves; fewer can be a mordent or a part of a melisma
_GAP = 0.045  # seconds between notes
_HALF = 0.15  # seconds; length of the longest half of a cycle
_STEP = (0.5, 3.0)  # semitones between the high and the low halves
_CHANGE = 0.5  # semitones; largest difference between a high half and the next high half, or two low halves
_SYLLABLE = 0.4  # probability of a new syllable above which a note does not belong to the vibrato before it
_SOON = 0.2  # seconds after the start of a syllable; another syllable rarely starts so soon
_USUAL_SYLLABLE = 0.3  # median of these probabilities above which the notes are not a vibrato
_STEADY = 0.3  # seconds; the pitch of a longer note is the mean pitch of its own cycles


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
        halves = notes[start:end]
        if len(halves) >= _FEWEST_HALVES:
            before = [note for note in result[-1:] if _continues(note, halves[0]) and _fits(note, halves)]
            after = [note for note in notes[end : end + 1] if _continues(halves[-1], note) and _fits(note, halves)]
            if _is_vibrato([*before, *halves, *after]):
                result[len(result) - len(before) :] = [_joined(before, halves, after)]
                start = end + len(after)
                continue
        following = max(end - 1, start + 1)  # the last half can be the first half of the next vibrato
        result += notes[start:following]
        start = following
    return result


def _end(notes: Sequence[Timed], start: int) -> int:
    """Return the index after the last half of the vibrato that begins with the note ``start``."""
    end, direction = start + 1, 0.0
    while end < len(notes) and _duration(notes[start]) <= _HALF:
        before, here = notes[end - 1], notes[end]
        alike = notes[end - 2] if end - 2 >= start else here  # previous high half if this one is high
        step = here[0].pitch - before[0].pitch
        if (
            _duration(here) > _HALF
            or not _continues(before, here)
            or not _STEP[0] <= abs(step) <= _STEP[1]
            or step * direction > 0.0
            or abs(here[0].pitch - alike[0].pitch) > _CHANGE
        ):
            break
        direction, end = step, end + 1
    return end


def _is_vibrato(run: Sequence[Timed]) -> bool:
    return len(run) >= _FEWEST and float(np.median([found.syllable for found, _, _ in run[1:]])) < _USUAL_SYLLABLE


def _continues(before: Timed, here: Timed) -> bool:
    """Return whether there is neither a gap nor a new syllable between two successive notes."""
    # After the start of a syllable, the probability is often high for a short time.
    falling = _duration(before) < _SOON and here[0].syllable < before[0].syllable
    return here[1] - before[2] <= _GAP and (falling or here[0].syllable <= _SYLLABLE)


def _duration(note: Timed) -> float:
    return note[2] - note[1]


def _levels(halves: Sequence[Timed]) -> tuple[float, float]:
    """Compute the pitches of the low and the high halves."""
    pitch = [found.pitch for found, _, _ in halves]
    levels = [float(np.median(pitch[::2])), float(np.median(pitch[1::2]))]
    return min(levels), max(levels)


def _fits(note: Timed, halves: Sequence[Timed]) -> bool:
    """Return whether the pitch of the note before or after the halves agrees with their vibrato."""
    low, high = _levels(halves)
    middle = (low + high) / 2
    levels = [middle] if _duration(note) >= _STEADY else [low, middle, high]
    return any(abs(note[0].pitch - level) <= _CHANGE for level in levels)


def _joined(before: Sequence[Timed], halves: Sequence[Timed], after: Sequence[Timed]) -> Timed:
    """Join notes to one note whose pitch is the mean of the middle of the halves and of the steady parts."""
    run = [*before, *halves, *after]
    steady = [note for note in (*before, *after) if _duration(note) >= _STEADY]
    low, high = _levels(halves)
    pitches = [(low + high) / 2, *(found.pitch for found, _, _ in steady)]
    lengths = [_duration(note) for note in steady]
    pitch = float(np.average(pitches, weights=[sum(map(_duration, run)) - sum(lengths), *lengths]))
    (first, onset, _), (last, _, offset) = run[0], run[-1]
    whole = joined(first, last)
    # An ornament whose pitch is inside the vibrato is a part of its first or last cycle.
    ornaments = [o for o in whole.ornaments if not low - _CHANGE <= o.pitch <= high + _CHANGE]
    return replace(whole, pitch=pitch, ornaments=tuple(ornaments)), onset, offset
