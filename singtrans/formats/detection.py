"""Detection of the format of a file of notes by its ending, or by its content if several formats share the ending."""

from pathlib import Path

import numpy as np

from singtrans.errors import InputError
from singtrans.formats import csv_notes, plain_table
from singtrans.formats.columns import find_columns
from singtrans.formats.format import Format, Sample
from singtrans.formats.json_file import read_json
from singtrans.formats.labels import mir_st500
from singtrans.formats.registry import BY_SUFFIX, FORMATS
from singtrans.formats.text import Row, find_header, is_number, number, read_text, split_rows

_HEAD = 65536  # number of characters that is sufficient to recognise a format
_LONGEST_HOP = 0.1  # largest distance in seconds of the frames of a pitch track
_LOWEST_PITCH = 28.0  # MIDI number or Hz; the highest sung pitch is above it in both units


def reader_of(path: Path) -> Format:
    """Detect the format of a file of notes.

    If only one format has the ending of the file, that format is returned; otherwise, the first format that recognises
    the content is returned.

    Raises:
        InputError: if the file cannot be read, or no format recognises its content. The message describes the content.
    """
    suffix = path.suffix.lower()
    if suffix in BY_SUFFIX:
        return BY_SUFFIX[suffix]
    sample = read_sample(path)
    if format := _recognise(sample):
        return format
    if suffix == ".json":
        return mir_st500.FORMAT
    if suffix in (".csv", ".tsv"):  # the reader describes the fault in the table
        cells = sample.rows[0].cells if sample.rows else ("",)
        if not is_number(cells[0]):
            return csv_notes.FORMAT
        if len(cells) > 2:
            return plain_table.FORMAT
    raise InputError(
        f"{path}{_seeming(sample.rows)}: give MIDI, a table with the first line onset,offset,hz, or another format of"
        " docs/labels.md."
    )


def read_sample(path: Path) -> Sample:
    """Read the start of a file, from which its format can be recognised. A JSON file is read completely.

    Raises:
        InputError: if the file cannot be read, or is not text.
    """
    if path.suffix.lower() == ".json":
        return Sample(path, "", (), data=read_json(path))
    text = read_text(path)[:_HEAD]
    header = find_header(text)
    return Sample(path, text, split_rows(text), header if find_columns(header).onset >= 0 else ())


def holds_notes(path: Path) -> bool:
    """Return whether a file contains notes, rather than lyrics, a readme, a pitch track or metadata."""
    if path.suffix.lower() in BY_SUFFIX:
        return True
    try:
        return _recognise(read_sample(path)) is not None
    except InputError:
        return False


def holds_pitch(path: Path) -> bool:
    """Return whether a text file is a pitch track, judged by its header or by closely spaced times with pitches."""
    try:
        sample = read_sample(path)
    except InputError:
        return False
    if sample.header:
        columns = find_columns(sample.header)
        return columns.pitch >= 0 and max(columns.offset, columns.duration) < 0 and not _recognise(sample)
    if _recognise(sample):
        return False
    pairs = [row.cells[:2] for row in sample.rows if len(row.cells) >= 2 and all(map(is_number, row.cells[:2]))]
    if len(pairs) < max(3, len(sample.rows)):
        return False
    values = np.array([[number(cell) for cell in pair] for pair in pairs])
    steps = np.diff(values[:, 0])
    return bool((steps > 0).all() and np.median(steps) <= _LONGEST_HOP and values[:, 1].max() >= _LOWEST_PITCH)


def _recognise(sample: Sample) -> Format | None:
    for format in FORMATS:
        if format.read and format.recognises and format.recognises(sample):
            return format
    return None


def _begins_with_numbers(row: Row) -> bool:
    return len(row.cells) >= 2 and all(map(is_number, row.cells[:2]))


def _seeming(rows: tuple[Row, ...]) -> str:
    if not rows:
        return " is empty"
    odd = [row for row in rows if not _begins_with_numbers(row)]
    if odd and 2 * len(odd) < len(rows):
        return f", line {odd[0].line}, does not begin with two numbers, as most other lines do"
    if is_number(rows[0].cells[0]) and len(rows[0].cells) <= 2:
        return f", line {rows[0].line}, has pitch over time, or times alone, but no notes"
    return f", line {rows[0].line}, is not in a known format"
