"""Which module reads a file of notes: by its ending, and by what it holds where an ending says too little."""

from pathlib import Path
from types import ModuleType

from singtrans.errors import InputError
from singtrans.files import read_bytes
from singtrans.formats import audacity, csv_notes, jams_notes, json_notes, midi, sonic_visualiser, ultrastar
from singtrans.formats.columns import find_columns
from singtrans.formats.json_file import read_json
from singtrans.formats.labels import diffsinger, mir_st500, textgrid, tonas
from singtrans.formats.note_names import label_pitch
from singtrans.formats.score import musicxml
from singtrans.formats.text import Row, decode, is_number, number, split_rows

_BY_ENDING: dict[str, ModuleType] = {".mid": midi, ".midi": midi, ".jams": jams_notes, ".textgrid": textgrid} | {
    ".musicxml": musicxml,
    ".mxl": musicxml,
}
_HEAD = 65536  # characters that are enough to know a format


def reader_of(path: Path) -> ModuleType:
    """The module that reads a file of notes. The first that fits is taken:

    - .mid, .midi: MIDI; .textgrid: Praat; .jams: JAMS; .musicxml, .mxl: MusicXML;
    - .json: a list ``annotations`` is JAMS; ``notes`` is singtrans' own; anything else is MIR-ST500's;
    - text of any other ending: Praat by ``ooTextFile``, UltraStar by a tag ``#NAME:`` or a note's line, DiffSinger and
      tables of notes by their headers, TONAS by a first line with one number above lines with more,
      Tony's and Sonic Visualiser's exports by third columns below 20 (durations), Audacity by tabs and labels
      that are pitches.

    Raises:
        InputError: if the file cannot be read, or holds nothing of these; it says what it seems to hold.
    """
    suffix = path.suffix.lower()
    if suffix in _BY_ENDING:
        return _BY_ENDING[suffix]
    if suffix == ".json":
        content = read_json(path)
        if isinstance(content, dict) and "annotations" in content:
            return jams_notes
        return json_notes if isinstance(content, dict) and "notes" in content else mir_st500
    text = decode(read_bytes(path), "cp1252")
    if text is None:
        raise InputError(f"{path} is not text: give a file of notes.")
    return _reader_of_text(path, text[:_HEAD])


def holds_notes(path: Path) -> bool:
    """Whether a text file is one of notes, and not lyrics, a readme, or a pitch track."""
    try:
        reader_of(path)
    except InputError:
        return False
    return True


def _reader_of_text(path: Path, text: str) -> ModuleType:
    rows = split_rows(text)
    if "ooTextFile" in text[:200]:
        return textgrid
    if _is_ultrastar(rows):
        return ultrastar
    names = {cell.lower() for cell in rows[0].cells} if rows else set()
    if {"name", "note_seq"} <= names or {"note_seq", "note_dur"} <= names:
        return diffsinger
    if rows and not is_number(rows[0].cells[0]):
        columns = find_columns(rows[0].cells)
        if path.suffix.lower() in (".csv", ".tsv") or (columns.onset >= 0 and columns.pitch >= 0):
            return csv_notes
    if rows and is_number(rows[0].cells[0]) and (found := _headerless(path, text, rows)):
        return found
    if path.suffix.lower() in (".csv", ".tsv") and (not rows or len(rows[0].cells) > 2):
        return csv_notes  # whose error says what a header has
    raise InputError(f"{path}{_seeming(rows)}: see docs/labels.md for the labels that are read.")


def _is_ultrastar(rows: tuple[Row, ...]) -> bool:
    lines = [row.cells[0] for row in rows[:200]]
    return any(line.upper().startswith("#BPM") for line in lines) or bool(
        lines and lines[0].startswith("#") and ":" in lines[0]
    )


def _headerless(path: Path, text: str, rows: tuple[Row, ...]) -> ModuleType | None:
    if len(rows[0].cells) == 1:
        return tonas if len(rows) > 1 and len(rows[1].cells) >= 3 else None
    thirds = [row.cells[2] for row in rows if len(row.cells) >= 3]
    tabs = "\t" in text
    if tabs and any(_is_pitch(cell) and not is_number(cell) for cell in thirds):
        return audacity
    values = [number(cell) for cell in thirds if is_number(cell)]
    if values and all(value < sonic_visualiser.LONGEST for value in values):
        return sonic_visualiser
    return audacity if tabs and values else None


def _is_pitch(label: str) -> bool:
    try:
        return label_pitch(label) is not None
    except ValueError:
        return False


def _seeming(rows: tuple[Row, ...]) -> str:
    if not rows:
        return " is empty"
    if is_number(rows[0].cells[0]) and len(rows[0].cells) <= 2:
        return f", line {rows[0].line}, holds pitch over time, or times alone, and no notes"
    return f", line {rows[0].line}, is of no known format of notes"
