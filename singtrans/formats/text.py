"""Functions for readers of text: decoding, rows and tables with line numbers, parsing of numbers, checks of notes."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from singtrans.errors import InputError
from singtrans.files import read_bytes
from singtrans.formats.encodings import decode_text
from singtrans.messages import shown
from singtrans.notes import Note

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.ASCII | re.IGNORECASE)
_FILE_NAME = re.compile(r'"[^"]*[^"\d.][^"]*",(?=[-\d.])')
_COMMENTS = ("#", "%", "//")
_MARK_LINE = re.compile(r"sep=(.)", re.IGNORECASE)  # first line in files of Excel, which states the separator of cells
_HIGHEST = 127.5  # half a semitone above the highest MIDI number
_FARTHEST = 4.0  # semitones: largest distance of a singer's A4 from 440 Hz, with drift
EARLY = 0.05
"""A note may start up to this many seconds before 0 s, because labels are drawn by hand."""

LONGEST = 1e6
"""Latest end of a note in seconds (eleven days)."""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of one line, without surrounding spaces.

    Attributes:
        line: number of the line in the file, from 1.
        cells: texts of the cells.
    """

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows.

    Attributes:
        names: cells of the header.
        rows: rows that are not blank.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]


def read_text(path: Path) -> str:
    """Read a text file in any common encoding; line endings in the result are LF.

    Raises:
        InputError: if the file cannot be read or is not text.
    """
    decoded = decode_text(read_bytes(path))
    if decoded is None:
        raise InputError(f"{path} is not text: save it as text in UTF-8.")
    return _without_file_name(decoded.text)


def _without_file_name(text: str) -> str:
    """Remove the name of the recording, which Sonic Annotator writes into the first column of a table."""
    lines = text.split("\n")
    match = _FILE_NAME.match(next((line for line in lines if line.strip()), ""))
    if not match:
        return text
    named = (match[0], ",")
    if not all(line.startswith(named) for line in lines if line.strip()):
        return text
    return "\n".join(line.removeprefix(match[0]).removeprefix(",") for line in lines)


def at_line(path: Path, line: int, fault: str) -> InputError:
    """Make the error for one line of a file; ``fault`` describes the fault and the remedy."""
    return InputError(f"{path}, line {line}, {fault}")


def refuse(error: InputError, faults: list[InputError] | None) -> None:
    """Raise an error about one line, or add the error to ``faults`` if that is a list."""
    if faults is None:
        raise error from None
    faults.append(error)


def number(text: str) -> float:
    """Parse a finite number, with a decimal point or a decimal comma.

    Raises:
        ValueError: if the text is not a finite number.
    """
    text = text.strip().replace(",", ".")
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return value


def is_number(text: str) -> bool:
    """Return whether :func:`number` can parse the text."""
    try:
        number(text)
    except ValueError:
        return False
    return True


def split_rows(text: str) -> tuple[Row, ...]:
    """Split a text without quotes into rows, and each row into cells.

    A row is split at its tabs. A row without tabs is split at semicolons, without these at commas, otherwise at spaces.
    Blank lines, comments (lines that begin with ``#``, ``%`` or ``//``) and Audacity's selected frequencies (lines that
    begin with a backslash) are left out.
    """
    rows = []
    for line, content in enumerate(text.split("\n"), 1):
        if _is_data(content) and not content.lstrip().startswith("\\"):
            rows.append(Row(line, _split(content)))
    return tuple(rows)


def _is_data(line: str) -> bool:
    """Return whether a line is neither blank nor a comment."""
    plain = line.strip()
    return bool(plain) and not plain.startswith(_COMMENTS) and not _MARK_LINE.fullmatch(plain)


def find_header(text: str) -> tuple[str, ...]:
    """Find the names of a table's columns.

    The names are the cells of the first row. If that row begins with a number, the names are the cells of the last
    comment above it; the result is empty if there is no such comment.
    """
    comment: tuple[str, ...] = ()
    for content in text.split("\n"):
        if not content.strip() or _MARK_LINE.fullmatch(content.strip()):
            continue
        cells = _split(content.lstrip().lstrip("#%/"))
        if _is_data(content):
            return comment if cells and is_number(cells[0]) else cells
        comment = cells
    return comment


def read_table(path: Path, text: str) -> Table:
    """Read a table of comma-, tab-, semicolon- or space-separated values, with or without quotes.

    Comments, which begin with ``#``, ``%`` or ``//``, are left out. If the first row begins with a number, the last
    comment above it is the header.

    Raises:
        InputError: if a line is not valid CSV. The message names the line.
    """
    lines = text.split("\n")
    is_data = [_is_data(line) for line in lines]
    first = is_data.index(True) if any(is_data) else 0
    mark = _delimiter(lines[first])
    table = io.StringIO("\n".join(lines[first:]), newline="")
    reader = csv.reader(table, delimiter=mark, skipinitialspace=mark == " ")
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith(_COMMENTS):
                rows.append(Row(first + reader.line_num, tuple(cell.strip() for cell in cells)))
    except csv.Error as error:
        raise at_line(path, first + reader.line_num, f"is not CSV ({error}): export it again.") from None
    commented = find_header("\n".join(lines[: first + 1])) if rows and is_number(rows[0].cells[0]) else ()
    if commented:
        return Table(commented, tuple(rows))
    return Table(rows[0].cells if rows else (), tuple(rows[1:]))


def make_note(
    onset: float, offset: float, pitch: float, confidence: float = 1.0, tuning: float = 0.0, moved: float = 0
) -> Note:
    """Make a note, and check that its values are plausible. A start slightly before 0 s is moved to 0 s.

    Args:
        onset: start in seconds.
        offset: end in seconds.
        pitch: fractional MIDI number.
        confidence: number from 0 to 1.
        tuning: distance of the singer's A4 from 440 Hz in semitones.
        moved: number of semitones by which the note was moved from the MIDI number that is nearest to the pitch.

    Raises:
        ValueError: if the note starts before 0 s, does not end after its start, has a pitch outside 0 to 127, has an
            implausible tuning, or is moved by more than a semitone.
    """
    if -EARLY <= onset < 0 < offset:
        onset = 0.0
    if not 0 <= onset < offset <= LONGEST:
        raise ValueError("a note starts from 0 s on and ends later")
    if not -0.5 <= pitch <= _HIGHEST:
        raise ValueError("a pitch lies between MIDI 0 and 127")
    if abs(tuning) > _FARTHEST:
        raise ValueError("an A4 lies within some semitones of 440 Hz")
    if moved not in (-1, 0, 1):
        raise ValueError("a note is moved by a semitone up or down, or not at all")
    return Note(onset, offset, pitch, confidence, tuning, int(moved))


def in_order(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Sort notes by their onsets."""
    return tuple(sorted(notes, key=lambda note: (note.onset, note.offset, note.pitch)))


def listed(names: Sequence[str], most: int = 5) -> str:
    """Join the first ``most`` names of a list for an error message."""
    return ", ".join(map(shown, names[:most])) + (", …" if len(names) > most else "")


def _split(line: str) -> tuple[str, ...]:
    mark = _delimiter(line)
    return tuple(cell.strip() for cell in line.split(None if mark == " " else mark))


def _delimiter(line: str) -> str:
    return next((mark for mark in "\t;," if mark in line), " ")
