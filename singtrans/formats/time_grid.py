"""Rounding of note times to whole steps, such as MIDI ticks or microseconds."""

from collections.abc import Sequence

from singtrans.notes import Note


def on_grid(notes: Sequence[Note], steps_per_second: float) -> list[tuple[int, int]]:
    """Round the onset and offset of each note to whole steps of time.

    Each time is rounded separately, so the error is at most half a step. A time is moved further only if its note would
    otherwise be shorter than one step, overlap another note, or start before 0.

    Args:
        notes: notes in the order of their onsets.
        steps_per_second: number of steps per second.

    Returns:
        (onset, offset) in steps for each note, with onset < offset <= next onset.
    """
    return on_steps([(note.onset * steps_per_second, note.offset * steps_per_second) for note in notes])


def on_steps(spans: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
    """Round (onset, offset) pairs that are already in fractional steps, in the same way as :func:`on_grid`."""
    onsets: list[int] = []
    for start, _ in spans:
        onset = max(0, round(start))
        onsets.append(max(onset, onsets[-1] + 1) if onsets else onset)
    offsets = [max(onset + 1, round(end)) for onset, (_, end) in zip(onsets, spans, strict=True)]
    limits = [*onsets[1:], *offsets[-1:]]  # a note ends before or at the start of the next one
    return [(onset, min(ends)) for onset, *ends in zip(onsets, offsets, limits, strict=True)]
