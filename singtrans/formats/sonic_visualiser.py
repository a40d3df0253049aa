"""Notes as Tony and Sonic Visualiser export them without a header, which vocadito's annotations keep.

    0.551473923,233.407,0.423764172[,0.0787402[,label]]

Onset in seconds, pitch in Hz (or MIDI numbers, by the rule of ``guess_unit``), duration in seconds. Exports
with a header (``TIME,VALUE,DURATION,LEVEL,LABEL``) are read by ``csv_notes``. Sources: Mauch et al.,
"Computer-aided melody note transcription using the Tony software", TENOR 2015; Bittner et al., "vocadito",
2021.
"""

from pathlib import Path
from typing import BinaryIO

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.note_names import guess_unit, to_midi
from singtrans.formats.options import PLAIN, Options
from singtrans.formats.text import (
    Row,
    at_line,
    in_order,
    is_number,
    make_note,
    number,
    read_text,
    refuse,
    split_rows,
)
from singtrans.formats.time_grid import on_grid
from singtrans.notes import Note, Transcription
from singtrans.pitch import midi_to_hz

LONGEST = 20.0
"""Seconds; third columns all below are durations, for a sung note is shorter, and a MIDI number higher."""

_STEPS_PER_SECOND = 1_000_000


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write onset, Hz, duration, level (the confidence) and label (the note's name) of each note, without a header.

    Tony and Sonic Visualiser read it as a layer of notes.
    """
    times = on_grid(transcription.notes, _STEPS_PER_SECOND)
    for note, (onset, offset) in zip(transcription.notes, times, strict=True):
        start, length = onset / _STEPS_PER_SECOND, (offset - onset) / _STEPS_PER_SECOND
        hz = float(midi_to_hz(note.pitch))
        file.write(f"{start:.6f},{hz:.4f},{length:.6f},{note.confidence:.3f},{note.name}\n".encode())


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read notes of which each line has onset, pitch and duration; further columns are passed over.

    Args:
        path: the file.
        request: ``unit`` and ``faults``.

    Raises:
        InputError: if the file cannot be read, a line is no note, or the unit is not clear; it names the line.
    """
    path = Path(path)
    faults = request.faults
    read = [(row.line, _numbers(path, row, faults)) for row in split_rows(read_text(path))]
    rows = [(line, values) for line, values in read if values]
    unit = request.unit or guess_unit([pitch for _, (_, pitch, _) in rows])
    if unit is None:
        raise at_line(
            path,
            next((line for line, (_, pitch, _) in rows if pitch > 96), 1),
            "has a pitch that could be MIDI or Hz: add a first line onset,hz,duration or onset,midi,duration.",
        )
    notes = [_note(path, line, values, unit, faults) for line, values in rows]
    return in_order(note for note in notes if note)


def _numbers(path: Path, row: Row, faults: list[InputError] | None) -> tuple[float, ...]:
    """Onset, pitch, duration; nothing of a line that is refused."""
    try:
        values = tuple(number(cell) for cell in row.cells[:3])
    except ValueError:
        values = ()
    if len(values) < 3:
        refuse(_fault(path, row.line), faults)
        return ()
    if values[2] >= LONGEST:
        fault = (
            f"would be a note of {values[2]:g} s, if columns are onset, Hz, duration:"
            " if they are others, add a first line that names them, such as onset,offset,pitch."
        )
        refuse(at_line(path, row.line, fault), faults)
        return ()
    return values


def _note(path: Path, line: int, values: tuple[float, ...], unit: str, faults: list[InputError] | None) -> Note | None:
    onset, pitch, duration = values
    try:
        return make_note(onset, onset + duration, to_midi(pitch, unit))
    except ValueError:
        refuse(_fault(path, line), faults)
        return None


def _fault(path: Path, line: int) -> InputError:
    return at_line(
        path,
        line,
        "is not a note: without a header it needs an onset from 0 s, a pitch in Hz and a duration;"
        " if columns are others, add a first line that names them, such as onset,offset,pitch.",
    )


def _recognises(sample: Sample) -> bool:
    if not sample.rows or not is_number(sample.rows[0].cells[0]) or len(sample.rows[0].cells) < 3:
        return False
    thirds = [number(row.cells[2]) for row in sample.rows if len(row.cells) >= 3 and is_number(row.cells[2])]
    return bool(thirds) and max(thirds) < LONGEST


FORMAT = Format(
    name="sv",
    description="onset, Hz, duration, confidence, name without a header: Tony, Sonic Visualiser, vocadito",
    endings=(".sv.csv",),
    aliases=("tony", "vocadito"),
    read=read,
    recognises=_recognises,
    write=write,
    uses=frozenset({"tuning", "key"}),
    precision="1 µs, 0.0001 Hz",
)
