"""CSV with one note per line, for spreadsheets and scripts. Tables with other headers can also be read.

    onset,offset,pitch,note,confidence
    0.4210,0.9630,60.132,60,0.871

Onset and offset are in seconds, pitch is a fractional MIDI number, and note is the integer MIDI number (60 = C4). If A4
is not 440 Hz, a column ``tuning`` contains the distance of A4 from 440 Hz in semitones. If notes were moved to the key
of the song, a column ``moved`` contains the change of each note in semitones.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from singtrans.errors import InputError
from singtrans.formats.columns import USUALLY_MIDI, Columns, find_columns
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.note_names import guess_unit, label_pitch, to_midi
from singtrans.formats.options import NOTES, PLAIN, Options
from singtrans.formats.text import (
    Row,
    Table,
    at_line,
    in_order,
    is_number,
    make_note,
    number,
    read_table,
    read_text,
    refuse,
    split_rows,
)
from singtrans.formats.time_grid import on_grid
from singtrans.notes import Note, Transcription

COLUMNS = ("onset", "offset", "pitch", "note", "confidence")
_MORE = ("tuning", "moved")  # columns that are only written if needed
_STEPS_PER_SECOND = 10_000  # four decimals, a hundredth of the shortest hop


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the notes of a transcription as UTF-8 with a header and LF line endings.

    Times have four decimals, and pitch, confidence and tuning have three. After rounding, every note has a length above
    0, and no notes overlap.
    """
    needed = {
        "tuning": any(round(note.tuning, 3) for note in transcription.notes),
        "moved": any(note.moved for note in transcription.notes),
    }
    lines = [",".join((*COLUMNS, *(name for name in _MORE if needed[name])))]
    times = on_grid(transcription.notes, _STEPS_PER_SECOND)
    for note, (onset, offset) in zip(transcription.notes, times, strict=True):
        start, end = onset / _STEPS_PER_SECOND, offset / _STEPS_PER_SECOND
        line = f"{start:.4f},{end:.4f},{note.pitch:.3f},{note.note},{note.confidence:.3f}"
        more = {"tuning": f"{note.tuning:.3f}", "moved": str(note.moved)}
        lines.append(",".join((line, *(more[name] for name in _MORE if needed[name]))))
    file.write(("\n".join(lines) + "\n").encode())


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read notes from a table with a header. Commas, tabs, semicolons or spaces separate the cells.

    The header must name columns for the onset, for the offset or the duration, and for the pitch; docs/labels.md lists
    the names. Without a column ``confidence``, confidences are 1. The columns ``tuning`` and ``moved`` are only read
    from tables that singtrans wrote. Other columns and blank lines are ignored.

    Args:
        path: path of the file.
        request: options; ``columns``, ``unit`` and ``faults`` are used.

    Returns:
        The notes in the order of their onsets.

    Raises:
        InputError: if the file cannot be read, the header lacks a column, the unit of pitch is ambiguous, or a line is
            not a note. The message names the line.
    """
    path = Path(path)
    unit, faults = request.unit, request.faults
    text = read_text(path)
    if request.columns:
        table = Table(tuple(name.strip() for name in request.columns.split(",")), split_rows(text))
    else:
        table = read_table(path, text)
    columns = find_columns(table.names)
    has = {"onset": columns.onset, "offset": max(columns.offset, columns.duration), "pitch": columns.pitch}
    if missing := [name for name, place in has.items() if place < 0]:
        fault = (
            f"lacks {', '.join(missing)}: the first line must name the columns onset, offset (or duration) and pitch"
        )
        if missing == ["pitch"]:
            fault += "; only evaluate and train use times without pitch, in labels named like song.times.csv"
        raise at_line(path, 1, f"{fault}.")
    own = table.names[: len(COLUMNS)] == COLUMNS and set(table.names[len(COLUMNS) :]) <= set(_MORE)
    # In other tables, columns with these names may have another meaning.
    more = {name: table.names.index(name) for name in _MORE if own and name in table.names}
    values = [_values(path, row, columns, unit, more, faults) for row in table.rows]
    sung = [value for value in values if value]
    named = any(not is_number(row.cells[columns.pitch]) for row in table.rows if columns.pitch < len(row.cells))
    unit = unit or columns.unit or ("name" if named else _unit(path, sung, columns))
    notes = [_note(path, value, unit, faults) for value in sung]
    return in_order(note for note in notes if note)


@dataclass(frozen=True, slots=True)
class _Values:
    """Values of one line: times in seconds, and pitch in the unit of the column."""

    line: int
    onset: float
    offset: float
    pitch: float
    confidence: float
    tuning: float
    moved: float


def _values(
    path: Path,
    row: Row,
    columns: Columns,
    unit: str | None,
    more: Mapping[str, int],
    faults: list[InputError] | None,
) -> _Values | None:
    """Read the values of a line; return None for a rest, or for an invalid line."""
    try:
        onset = number(row.cells[columns.onset]) / columns.second
        ends = columns.offset if columns.offset >= 0 else columns.duration
        offset = number(row.cells[ends]) / columns.second + (0 if columns.offset >= 0 else onset)
        label = row.cells[columns.pitch]
        pitch = label_pitch(label) if _may_be_named(columns, label, unit) else number(label)
        confident = row.cells[columns.confidence] if 0 <= columns.confidence < len(row.cells) else ""
        confidence = number(confident or "1")
        tuning, moved = (number(row.cells[more[name]]) if name in more else 0.0 for name in _MORE)
    except (ValueError, IndexError):
        refuse(_fault(path, row.line), faults)
        return None
    return None if pitch is None else _Values(row.line, onset, offset, pitch, confidence, tuning, moved)


def _may_be_named(columns: Columns, label: str, unit: str | None) -> bool:
    """Return whether a label may be the name of a note or a rest.

    Names are possible in a column ``note``, and in the column ``pitch`` of files of GAME.
    """
    return unit is None and (columns.unit == "name" or (columns.unit == "" and not is_number(label)))


def _unit(path: Path, values: list[_Values], columns: Columns) -> str:
    usually_midi = columns.pitch_name in USUALLY_MIDI
    unit = guess_unit([value.pitch for value in values], **({"highest_midi": 127.0} if usually_midi else {}))
    if unit is None:
        first = next(value for value in values if value.pitch > (127 if usually_midi else 96))
        raise at_line(
            path,
            first.line,
            f"has a pitch of {first.pitch:g}, which could be MIDI or Hz: choose with --unit, or name the column midi or"
            " hz in the first line.",
        )
    return unit


def _note(path: Path, value: _Values, unit: str, faults: list[InputError] | None) -> Note | None:
    try:
        pitch = to_midi(value.pitch, unit)
        return make_note(value.onset, value.offset, pitch, value.confidence, value.tuning, value.moved)
    except ValueError:
        refuse(_fault(path, value.line), faults)
        return None


def _fault(path: Path, line: int) -> InputError:
    return at_line(
        path,
        line,
        "is not a note: it needs an onset from 0 s, a later offset (or a duration), a pitch from MIDI 0 to 127"
        " (name its column hz if it is Hz), and a confidence from 0 to 1, a tuning in semitones and -1, 0 or 1 for"
        " moved, if there are such columns.",
    )


def _recognises(sample: Sample) -> bool:
    columns = find_columns(sample.header)
    return columns.onset >= 0 and columns.pitch >= 0 and max(columns.offset, columns.duration) >= 0


FORMAT = Format(
    name="csv",
    description="table with a header: onset, offset, pitch, note, confidence",
    endings=(".csv",),
    also_read=(".tsv",),
    read=read,
    recognises=_recognises,
    write=write,
    uses=NOTES | {"tuning", "key"},
    precision="0.1 ms, 0.001 semitones",
)
