"""Note times rounded to whole steps: MIDI ticks, or decimals of a second."""

from collections.abc import Sequence

from singtrans.notes import Note


def on_grid(notes: Sequence[Note], steps_per_second: float) -> list[tuple[int, int]]:
    """Onset and offset of each note, rounded to whole steps of time.

    Each time is rounded by itself, so errors never add up: it is at most half a step off. Only where notes
    are shorter than a step or overlap is it moved further, so that every note lasts a step and none overlap.

    Args:
        notes: in the order of their onsets.
        steps_per_second: MIDI ticks or decimals of a second.

    Returns:
        (onset, offset) in steps for each note, onset < offset <= next onset.
    """
    return on_steps([(note.onset * steps_per_second, note.offset * steps_per_second) for note in notes])


def on_steps(spans: Sequence[tuple[float, float]]) -> list[tuple[int, int]]:
    """The same for notes whose onset and offset are counted in steps already, such as ticks under changing tempo."""
    onsets: list[int] = []
    for start, _ in spans:
        onset = max(0, round(start))
        onsets.append(max(onset, onsets[-1] + 1) if onsets else onset)
    offsets = [max(onset + 1, round(end)) for onset, (_, end) in zip(onsets, spans, strict=True)]
    limits = [*onsets[1:], *offsets[-1:]]  # a note ends where the next starts at the latest
    return [(onset, min(ends)) for onset, *ends in zip(onsets, offsets, limits, strict=True)]
