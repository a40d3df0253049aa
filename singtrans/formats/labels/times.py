"""Labels with the times of notes, but without their pitch: a table, or Audacity's labels with any text.

    onset,offset
    0.421,0.963

The columns are named as in tables of notes (docs/labels.md). Without a header, the first two columns are onset and
offset.
"""

from pathlib import Path

import numpy as np

from singtrans.errors import InputError
from singtrans.formats.columns import find_columns
from singtrans.formats.text import Row, at_line, is_number, number, read_table, read_text, refuse, split_rows

ENDINGS = (".times.csv", ".times.tsv", ".times.txt")
"""Endings of labels with times, but without pitch."""


def times_stem(path: Path) -> Path | None:
    """Return the path without its ending if the ending is one of :data:`ENDINGS`; otherwise, return None."""
    return next((path.with_name(path.name[: -len(e)]) for e in ENDINGS if path.name.lower().endswith(e)), None)


def find_times(folder: Path) -> list[Path]:
    """List the labels with times, but without pitch, in a folder and its sub-folders. Hidden files are left out."""
    files = [path for path in sorted(folder.rglob("*")) if times_stem(path) and not path.name.startswith(".")]
    return [path for path in files if path.is_file()]


def read(path: str | Path, faults: list[InputError] | None = None) -> np.ndarray:
    """Read times.

    Args:
        path: path of the file.
        faults: list for errors in single lines, as for `singtrans.formats.load_notes`.

    Returns:
        (notes, 2) onsets and offsets in seconds, in order of onsets.

    Raises:
        InputError: if the file cannot be read or a line does not have two times. The message names the line.
    """
    path = Path(path)
    text = read_text(path)
    rows = split_rows(text)
    start, end, is_length, second = 0, 1, False, 1.0
    if rows and not is_number(rows[0].cells[0]):
        table = read_table(path, text)
        columns = find_columns(table.names)
        start, is_length, second = columns.onset, columns.offset < 0, columns.second
        end = columns.duration if is_length else columns.offset
        if min(start, end) < 0:
            raise at_line(path, 1, "must name the columns onset and offset (or duration).")
        rows = table.rows
    times = []
    for row in rows:
        try:
            onset, offset = _times(row, start, end, is_length)
            times.append((onset / second, offset / second))
        except (ValueError, IndexError):
            fault = "does not have two times: it needs an onset from 0 s and a later offset."
            refuse(at_line(path, row.line, fault), faults)
    return np.array(sorted(times), float).reshape(-1, 2)


def _times(row: Row, start: int, end: int, is_length: bool) -> tuple[float, float]:
    onset, offset = number(row.cells[start]), number(row.cells[end])
    offset += onset if is_length else 0.0
    if not 0.0 <= onset < offset:
        raise ValueError("a note starts from 0 s on and ends later")
    return onset, offset
