"""What readers of text share: decoding, rows and tables that know their line, numbers, notes with clear errors."""

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
_MARK_LINE = re.compile(r"sep=(.)", re.IGNORECASE)  # Excel's first line, which states what separates cells
_HIGHEST = 127.5  # MIDI: half a semitone above the highest number that a .mid can hold
_FARTHEST = 4.0  # semitones: largest distance of a singer's A4 from 440 Hz, with drift
EARLY = 0.05
"""Seconds before 0 s at which a note may start, because labels are drawn by hand."""

LONGEST = 1e6
"""Seconds, eleven days: nothing ends later."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line's cells, without the spaces around them.

    Attributes:
        line: its number in the file, from 1.
        cells: text of each.
    """

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A header and the rows under it.

    Attributes:
        names: the header's cells, as they stand.
        rows: those that are not blank.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]


def read_text(path: Path) -> str:
    """Text of a file in any usual encoding, with LF at the ends of its lines.

    Raises:
        InputError: if the file cannot be read or is not text.
    """
    decoded = decode_text(read_bytes(path))
    if decoded is None:
        raise InputError(f"{path} is not text: save it as text in UTF-8.")
    return _without_file_name(decoded.text)


def _without_file_name(text: str) -> str:
    """A table without the name of its recording, which Sonic Annotator writes into the first column."""
    lines = text.split("\n")
    match = _FILE_NAME.match(next((line for line in lines if line.strip()), ""))
    if not match:
        return text
    named = (match[0], ",")
    if not all(line.startswith(named) for line in lines if line.strip()):
        return text
    return "\n".join(line.removeprefix(match[0]).removeprefix(",") for line in lines)


def at_line(path: Path, line: int, fault: str) -> InputError:
    """The error for one line of a file; ``fault`` says what is wrong and what to do."""
    return InputError(f"{path}, line {line}, {fault}")


def refuse(error: InputError, faults: list[InputError] | None) -> None:
    """Raise an error about one line; or note it in ``faults``, if there is such a list, and go on without the line."""
    if faults is None:
        raise error from None
    faults.append(error)


def number(text: str) -> float:
    """A finite number, with a decimal point or a decimal comma.

    Raises:
        ValueError: if it is not a number.
    """
    text = text.strip().replace(",", ".")
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a number")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError(f"{text} is too large")
    return value


def is_number(text: str) -> bool:
    """Whether :func:`number` reads it."""
    try:
        number(text)
    except ValueError:
        return False
    return True


def split_rows(text: str) -> tuple[Row, ...]:
    """Split a text without quotes into rows, each at its tabs, or else its semicolons, its commas, or its spaces.

    Left out are blank lines, comments, which begin with ``#``, ``%`` or ``//``, and Audacity's frequencies of a
    selection, which begin with a backslash.
    """
    rows = []
    for line, content in enumerate(text.split("\n"), 1):
        if _is_data(content) and not content.lstrip().startswith("\\"):
            rows.append(Row(line, _split(content)))
    return tuple(rows)


def _is_data(line: str) -> bool:
    """Whether a line is neither blank nor a comment."""
    plain = line.strip()
    return bool(plain) and not plain.startswith(_COMMENTS) and not _MARK_LINE.fullmatch(plain)


def find_header(text: str) -> tuple[str, ...]:
    """Names of a table's columns: its first row if that does not begin with a number, else the comment above it.

    Empty if there is neither.
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

    Comments, which begin with ``#``, ``%`` or ``//``, are left out; the last one above the first row is the header if
    that row begins with a number.

    Raises:
        InputError: naming the line that is not such text.
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
    """Make a note, and check that its values are plausible; one that starts a moment before 0 s starts there.

    Args:
        onset: seconds.
        offset: seconds.
        pitch: MIDI number.
        confidence: 0 to 1.
        tuning: semitones of the singer's A4 above 440 Hz.
        moved: semitones that the integer note lies above the nearest one.

    Raises:
        ValueError: if it is not one: it starts before 0 s, does not end after it starts, lies outside 0 to 127,
            has an implausible tuning, or is moved by more than a semitone.
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
    """The notes in the order of their onsets."""
    return tuple(sorted(notes, key=lambda note: (note.onset, note.offset, note.pitch)))


def listed(names: Sequence[str], most: int = 5) -> str:
    """The first names, for an error's line."""
    return ", ".join(map(shown, names[:most])) + (", …" if len(names) > most else "")


def _split(line: str) -> tuple[str, ...]:
    mark = _delimiter(line)
    return tuple(cell.strip() for cell in line.split(None if mark == " " else mark))


def _delimiter(line: str) -> str:
    return next((mark for mark in "\t;," if mark in line), " ")
