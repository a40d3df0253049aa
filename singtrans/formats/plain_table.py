"""Tables of numbers without a header, whose columns are inferred.

    0.50  1.25  261.6      onset, offset, Hz        mir_eval, MIREX
    0.50  0.75  261.6      onset, duration, Hz      pYIN's notes
    0.50  261.6  0.75      onset, Hz, duration      Tony, Sonic Visualiser, vocadito
    60    0.50   1.25      MIDI, onset, offset      aubionotes

An order of columns is plausible if the onsets ascend, the notes are short enough to be sung and do not overlap, and the
pitches are in the range of a voice. If several orders are plausible, the file is refused, and the user must name the
columns. Further columns, such as velocities, are ignored.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.note_names import guess_unit, to_midi
from singtrans.formats.text import (
    EARLY,
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
from singtrans.notes import Note

LONGEST = 20.0
"""Length of the longest sung note in seconds; a column with higher values does not contain durations."""

_OVERLAP = 0.05  # largest overlap of notes in seconds; in a wrong order, overlaps are longer
_SHARE = 0.8  # least share of the rows that must be plausible; the others are reported line by line
_SUNG = {"midi": (28.0, 96.0), "hz": (40.0, 2100.0)}  # range of the median pitch, E1 to C7
_POSSIBLE = {"midi": (0.0, 127.5), "hz": (0.0, 13_290.0)}


@dataclass(frozen=True, slots=True)
class Reading:
    """An order of columns, as indices; either ``offset`` or ``duration`` is -1.

    Attributes:
        name: names of the columns, as in the option ``--columns``; the pitch is named ``pitch``.
    """

    name: str
    onset: int
    pitch: int
    offset: int = -1
    duration: int = -1


ONSET_PITCH_DURATION = Reading("onset,pitch,duration", 0, 1, duration=2)

READINGS = (
    Reading("onset,offset,pitch", 0, 2, offset=1),
    Reading("onset,duration,pitch", 0, 2, duration=1),
    ONSET_PITCH_DURATION,
    Reading("pitch,onset,offset", 1, 0, offset=2),
)


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read notes from a table of numbers.

    Args:
        path: path of the file.
        request: options; ``unit`` and ``faults`` are used.

    Raises:
        InputError: if the file cannot be read, no order or several orders are plausible, the unit is ambiguous, or a
            line is not a note. The message names the line.
    """
    path = Path(path)
    rows = _rows(split_rows(read_text(path)))
    values = _values(rows)
    found = readings(values) or readings(values, 0.5)
    if len(found) != 1 and 2 * len(values) > len(rows) and (odd := [row for row in rows if not _has_numbers(row)]):
        fault = "does not begin with three numbers, as most other lines do: correct or remove it."
        refuse(at_line(path, odd[0].line, fault), request.faults)
    if not found:
        raise InputError(f"{path} is a table of numbers that are not notes: name its columns, {_EXAMPLE}.")
    if len(found) > 1:
        names = " or ".join(reading.name for reading in found)
        raise InputError(f"{path} could have the columns {names}: name the columns, {_EXAMPLE}.")
    return read_rows(path, rows, found[0], request)


_EXAMPLE = "with --columns onset,offset,hz or with such a first line"


def read_rows(path: Path, rows: Sequence[Row], reading: Reading, request: ReadOptions) -> tuple[Note, ...]:
    """Read notes from rows with known columns.

    Raises:
        InputError: if the unit is ambiguous or a line is not a note. The message names the line.
    """
    numbers = [(row, values) for row in rows if (values := _numbers(path, row, reading, request))]
    pitches = [values[reading.pitch] for _, values in numbers]
    unit = request.unit or guess_unit([pitch for pitch in pitches if pitch > 0])
    if unit is None:
        line = next((row.line for row, values in numbers if values[reading.pitch] > _SUNG["midi"][1]), 1)
        names = " or ".join(reading.name.replace("pitch", unit) for unit in _SUNG)
        raise at_line(
            path, line, f"has a pitch that could be MIDI or Hz: give --unit, or add a first line such as {names}."
        )
    notes = []
    for row, values in numbers:
        onset, pitch = values[reading.onset], values[reading.pitch]
        if pitch == 0:
            continue  # a rest
        offset = values[reading.offset] if reading.offset >= 0 else onset + values[reading.duration]
        try:
            notes.append(make_note(onset, offset, to_midi(pitch, unit)))
        except ValueError:
            refuse(_fault(path, row.line, reading), request.faults)
    return in_order(notes)


def readings(values: np.ndarray, share: float = _SHARE) -> list[Reading]:
    """List the plausible orders of columns. If some orders fit all rows, only those are listed.

    Args:
        values: (rows, 3) values of the first three columns.
        share: least share of the rows that must be plausible.
    """
    if not len(values):
        return []
    for overlap in (_OVERLAP, np.inf):  # overlapping notes are only allowed if no order is plausible without them
        shares = {reading: _plausible_share(values, reading, overlap) for reading in READINGS}
        for least in (1.0, share):
            if found := [reading for reading in READINGS if shares[reading] >= least]:
                return found
    return []


def _plausible_share(values: np.ndarray, reading: Reading, overlap: float) -> float:
    """Compute the share of rows that are plausible notes if the columns have a given order.

    The result is 0 if the median pitch is not in the range of singing.
    """
    onsets, pitches = values[:, reading.onset], values[:, reading.pitch]
    offsets = values[:, reading.offset] if reading.offset >= 0 else onsets + values[:, reading.duration]
    voiced = pitches[pitches != 0]
    unit = guess_unit(voiced.tolist()) or "hz"
    lowest, highest = _SUNG[unit]
    if not len(voiced) or not lowest <= np.median(voiced) <= highest:
        return 0.0
    fits = (onsets >= -EARLY) & (offsets > np.maximum(onsets, 0)) & (offsets - onsets <= LONGEST)
    fits &= (pitches >= _POSSIBLE[unit][0]) & (pitches <= _POSSIBLE[unit][1])
    fits[1:] &= onsets[1:] >= onsets[:-1]
    fits[:-1] &= offsets[:-1] <= onsets[1:] + overlap
    return float(fits.mean())


def _rows(rows: Sequence[Row]) -> list[Row]:
    """Remove rows that contain only a time; in the last row, aubionotes writes the length of the recording."""
    return [row for row in rows if len(row.cells) > 1 or not is_number(row.cells[0])]


def _values(rows: Sequence[Row]) -> np.ndarray:
    """Return the first three numbers of all rows that begin with three numbers, as an array of shape (rows, 3)."""
    cells = [row.cells[:3] for row in rows if _has_numbers(row)]
    return np.array([[number(cell) for cell in row] for row in cells], float).reshape(-1, 3)


def _has_numbers(row: Row) -> bool:
    return len(row.cells) >= 3 and all(map(is_number, row.cells[:3]))


def _numbers(path: Path, row: Row, reading: Reading, request: ReadOptions) -> tuple[float, ...]:
    """Return the first three numbers of a row; the tuple is empty if the line is invalid."""
    try:
        values = tuple(number(cell) for cell in row.cells[:3])
    except ValueError:
        values = ()
    if len(values) < 3:
        refuse(_fault(path, row.line, reading), request.faults)
        return ()
    return values


def _fault(path: Path, line: int, reading: Reading) -> InputError:
    return at_line(
        path,
        line,
        f"is not a note: as {reading.name}, it needs an onset from 0 s, a later offset or a duration, and a pitch;"
        f" if the columns are others, name them {_EXAMPLE}.",
    )


def _recognises(sample: Sample) -> bool:
    if not sample.rows or sample.header or not is_number(sample.rows[0].cells[0]) or len(sample.rows[0].cells) < 3:
        return False
    rows = _rows(sample.rows)
    values = _values(rows)
    # One line may be wrong in a short table, too, so that reading the table names this line.
    share = min(_SHARE, (len(rows) - 1) / len(rows)) if len(rows) > 2 else _SHARE
    return len(values) >= share * len(rows) and bool(readings(values, share))


FORMAT = Format(
    name="table",
    description="numbers without a header: onset, offset or duration, and pitch, in any usual order",
    endings=(".txt",),
    read=read,
    recognises=_recognises,
)
