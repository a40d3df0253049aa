"""Labels of when notes begin and end, without their pitch: a table, or Audacity's labels whatever they say.

    onset,offset
    0.421,0.963

Columns as in tables of notes (docs/labels.md), or without a header: onset, offset, and anything behind them.
"""

from pathlib import Path

import numpy as np

from singtrans.formats.columns import find_columns
from singtrans.formats.text import at_line, number, read_table, read_text


def read(path: str | Path) -> np.ndarray:
    """Read times.

    Returns:
        (notes, 2) onset and offset in seconds, by onset.

    Raises:
        SingtransError: if the file cannot be read or a line has no two times; it names the line.
    """
    path = Path(path)
    text = read_text(path)
    lines = [(n, line) for n, line in enumerate(text.split("\n"), 1) if line.strip() and not line.startswith("\\")]
    first = lines[0][1].replace(",", " ").replace(";", " ").split() if lines else []
    if first and not _is_number(first[0]):
        table = read_table(path, text)
        columns = find_columns(table.names)
        ends = columns.offset if columns.offset >= 0 else columns.duration
        if columns.onset < 0 or ends < 0:
            raise at_line(path, 1, "must name the columns onset and offset (or duration).")
        cells = [(row.line, row.cells) for row in table.rows]
        places = (columns.onset, ends, columns.offset < 0)
    else:
        cells = [(n, line.replace(",", " ").replace(";", " ").split()) for n, line in lines]
        places = (0, 1, False)
    times = [_times(path, line, row, places) for line, row in cells]
    return np.array(sorted(times), float).reshape(-1, 2)


def _times(path: Path, line: int, cells: "list[str] | tuple[str, ...]", places: tuple[int, int, bool]) -> list[float]:
    start, end, is_length = places
    try:
        onset, offset = number(cells[start]), number(cells[end])
        offset += onset if is_length else 0.0
    except (ValueError, IndexError):
        onset, offset = 0.0, -1.0
    if not 0.0 <= onset < offset:
        raise at_line(path, line, "has no two times: it needs an onset from 0 s and a later offset.")
    return [onset, offset]


def _is_number(text: str) -> bool:
    try:
        number(text)
    except ValueError:
        return False
    return True
