"""The format of a file of notes: by its ending if only one format has it, else by its content."""

from pathlib import Path

from singtrans.errors import InputError
from singtrans.files import read_bytes
from singtrans.formats import csv_notes, plain_table
from singtrans.formats.columns import find_columns
from singtrans.formats.format import Format, Sample
from singtrans.formats.json_file import read_json
from singtrans.formats.registry import BY_SUFFIX, FORMATS
from singtrans.formats.text import Row, decode, find_header, is_number, split_rows

_HEAD = 65536  # characters that are enough to recognise a format


def reader_of(path: Path) -> Format:
    """The format of a file of notes.

    An ending that only one format has decides; else the first format that recognises the content.

    Raises:
        InputError: if the file cannot be read, or no format recognises it; it says what the file seems to hold.
    """
    suffix = path.suffix.lower()
    if suffix in BY_SUFFIX:
        return BY_SUFFIX[suffix]
    sample = read_sample(path)
    for format in FORMATS:
        if format.read and format.recognises and format.recognises(sample):
            return format
    if suffix in (".csv", ".tsv"):  # their readers say what is wrong with the table
        cells = sample.rows[0].cells if sample.rows else ("",)
        if not is_number(cells[0]):
            return csv_notes.FORMAT
        if len(cells) > 2:
            return plain_table.FORMAT
    raise InputError(f"{path}{_seeming(sample.rows)}: see docs/labels.md for the labels that are read.")


def read_sample(path: Path) -> Sample:
    """The start of a file, as the formats' recognisers need it; all of it if it is JSON.

    Raises:
        InputError: if the file cannot be read or is not text.
    """
    if path.suffix.lower() == ".json":
        return Sample(path, "", (), data=read_json(path))
    text = decode(read_bytes(path), "cp1252")
    if text is None:
        raise InputError(f"{path} is not text: give a file of notes.")
    text = text[:_HEAD]
    header = find_header(text)
    return Sample(path, text, split_rows(text), header if find_columns(header).onset >= 0 else ())


def holds_notes(path: Path) -> bool:
    """Whether a file is in a format of notes, and not lyrics, a readme, a pitch track or metadata."""
    try:
        reader_of(path)
    except InputError:
        return False
    return True


def _seeming(rows: tuple[Row, ...]) -> str:
    if not rows:
        return " is empty"
    if is_number(rows[0].cells[0]) and len(rows[0].cells) <= 2:
        return f", line {rows[0].line}, holds pitch over time, or times alone, and no notes"
    return f", line {rows[0].line}, is of no known format of notes"
