"""CSV, one note a line, for spreadsheets and scripts; reads the tab-separated labels of data sets as well.

    onset,offset,pitch,note,confidence
    0.4210,0.9630,60.132,60,0.871

Onset and offset in seconds, pitch as a fractional MIDI number, note as the integer MIDI number (60 = C4).
"""

import csv
import io
from pathlib import Path
from typing import BinaryIO

from singtrans.errors import SingtransError
from singtrans.formats.files import on_grid, read_bytes
from singtrans.notes import Note, Transcription

COLUMNS = ("onset", "offset", "pitch", "note", "confidence")
_STEPS_PER_SECOND = 10_000  # four decimals: a hundredth of the shortest hop


def write(transcription: Transcription, file: BinaryIO) -> None:
    """Write the notes of a transcription as UTF-8 with a header and LF line ends.

    Times have four decimals, pitch and confidence three; rounding leaves every note a length, and no overlap.
    """
    lines = [",".join(COLUMNS)]
    times = on_grid(transcription.notes, _STEPS_PER_SECOND)
    for note, (onset, offset) in zip(transcription.notes, times, strict=True):
        start, end = onset / _STEPS_PER_SECOND, offset / _STEPS_PER_SECOND
        lines.append(f"{start:.4f},{end:.4f},{note.pitch:.3f},{note.note},{note.confidence:.3f}")
    file.write(("\n".join(lines) + "\n").encode())


def read(path: str | Path) -> tuple[Note, ...]:
    """Read notes from comma- or tab-separated text with a header.

    The header must name ``onset``, ``offset`` and ``pitch``; ``confidence`` is 1 where it is missing, and
    other columns and blank lines are passed over.

    Returns:
        The notes in the order of their onsets.

    Raises:
        SingtransError: if the file cannot be read, the header lacks a column, or a line is not a note; it
            names the line.
    """
    path = Path(path)
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SingtransError(f"{path} is not UTF-8 text: save it as CSV in UTF-8.") from None
    header = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t" if "\t" in header else ",")
    notes = []
    try:
        names = [name.strip().lower() for name in next(rows, [])]
        missing = [name for name in COLUMNS[:3] if name not in names]
        if missing:
            raise SingtransError(
                f"{path}, line 1, lacks {', '.join(missing)}:"
                " the first line must name the columns onset, offset and pitch."
            )
        for row in rows:
            if any(cell.strip() for cell in row):
                notes.append(_note(dict(zip(names, row, strict=False))))
    except (ValueError, KeyError, csv.Error):
        raise SingtransError(
            f"{path}, line {rows.line_num}, is not a note: it needs an onset from 0 s, a later offset,"
            " a pitch, and a confidence from 0 to 1 if there is one."
        ) from None
    return tuple(sorted(notes, key=lambda note: (note.onset, note.offset)))


def _note(cells: dict[str, str]) -> Note:
    onset, offset, pitch = (float(cells[name]) for name in COLUMNS[:3])
    if onset < 0:
        raise ValueError("a note cannot start before the recording")
    return Note(onset, offset, pitch, float(cells.get("confidence", "").strip() or 1))
