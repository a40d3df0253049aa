"""Notes of TONAS, which are manual transcriptions of flamenco singing (Mora et al. 2010; Gómez and Bonada, CMJ 2013).

    0.0
    0.156735, 0.394739, 60, 0.028

The first line is the tuning: the distance of A4 from 440 Hz in cents, or the frequency of A4 in Hz. All other lines
contain the onset and the duration in seconds, the pitch as a MIDI number relative to that tuning, and the energy, which
is ignored.
"""

import math
from pathlib import Path

from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.text import at_line, in_order, is_number, make_note, number, read_text, refuse, split_rows
from singtrans.notes import Note


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read notes. The tuning is added to the pitches, so that they are relative to A4 = 440 Hz.

    Args:
        path: path of the file.
        request: options, of which only ``faults`` is used.

    Raises:
        InputError: if the file cannot be read, the tuning is invalid, or a line is not a note. The message names the
            line.
    """
    path = Path(path)
    first, *rows = split_rows(read_text(path)) or (None,)
    if first is None:
        raise at_line(path, 1, "is empty: the first line of TONAS notes is the tuning.")
    try:
        if len(first.cells) != 1:
            raise ValueError("the tuning stands alone")
        shift = _tuning(number(first.cells[0]))
    except ValueError:
        raise at_line(
            path, first.line, "is not a tuning: it needs cents from -100 to 100, or Hz of A4 from 380 to 500."
        ) from None
    notes = []
    for row in rows:
        try:
            onset, duration, pitch = (number(cell) for cell in row.cells[:3])
            notes.append(make_note(onset, onset + duration, pitch + shift))
        except ValueError:
            fault = "is not a note: it needs an onset from 0 s, a duration and a MIDI pitch."
            refuse(at_line(path, row.line, fault), request.faults)
    return in_order(notes)


def _tuning(value: float) -> float:
    """Convert the tuning to semitones above A4 = 440 Hz."""
    if abs(value) <= 100:
        return value / 100
    if 380 <= value <= 500:
        return 12 * math.log2(value / 440)
    raise ValueError(f"{value} is not a tuning")


def _recognises(sample: Sample) -> bool:
    first, second = (*sample.rows[:2], None, None)[:2]
    return bool(first and second and len(first.cells) == 1 and is_number(first.cells[0]) and len(second.cells) >= 3)


FORMAT = Format(
    name="tonas",
    description="TONAS notes: a first line with the tuning, then onset, duration, MIDI number, energy",
    endings=(".notes", ".Corrected"),
    read=read,
    recognises=_recognises,
)
