"""DiffSinger's ``transcriptions.csv``, with one recording per row.

    name,ph_seq,ph_dur,ph_num,note_seq,note_dur
    song1,SP n a,0.2 0.1 0.5,1 2,rest C4+12,0.2 0.6

Notes are names, optionally with cents, or ``rest``. Durations are in seconds, and each note begins when the previous
one ends. A slurred note (``note_slur``) is a separate note. Source: openvpi/MakeDiffSinger, "variance-temp-solution".
"""

from pathlib import Path

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.note_names import label_pitch
from singtrans.formats.text import Row, at_line, listed, make_note, number, read_table, read_text, refuse
from singtrans.notes import Note

COLUMNS = ("name", "note_seq", "note_dur")


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of one recording.

    Args:
        path: path of the file.
        request: options, of which ``name`` and ``faults`` are used. ``name`` is the name of the recording, as in the
            column ``name``; it is not needed if the file has only one recording.

    Raises:
        InputError: if the file cannot be read, lacks a column or the recording, or has invalid notes in the row. The
            message names the line.
    """
    path = Path(path)
    table = read_table(path, read_text(path))
    names = [column.lower() for column in table.names]
    if missing := [column for column in COLUMNS if column not in names]:
        raise at_line(path, 1, f"lacks {', '.join(missing)}: DiffSinger's columns are name, note_seq and note_dur.")
    places = [names.index(column) for column in COLUMNS]
    rows = []
    for row in table.rows:
        if len(row.cells) <= max(places):
            raise at_line(path, row.line, f"has {len(row.cells)} cells, not one for each column: write it again.")
        rows.append(Row(row.line, tuple(row.cells[place] for place in places)))
    return _notes(path, _chosen(path, rows, request.name), request.faults)


def _chosen(path: Path, rows: list[Row], name: str | None) -> Row:
    found = [row for row in rows if row.cells[0] == name]
    if len(rows) == 1:
        return rows[0]
    if len(found) > 1:
        raise at_line(path, found[1].line, f"names {name!r} a second time: give every recording a different name.")
    if not found:
        names = listed([row.cells[0] for row in rows]) or "none"
        which = f"no recording {name!r}" if name is not None else f"{len(rows)} recordings"
        raise InputError(f"{path} has {which}: choose one with --name ({names}).")
    return found[0]


def _notes(path: Path, row: Row, faults: list[InputError] | None) -> tuple[Note, ...]:
    labels, durations = row.cells[1].split(), row.cells[2].split()
    if len(labels) != len(durations):
        raise at_line(
            path, row.line, f"has {len(labels)} notes but {len(durations)} durations: give each note one duration."
        )
    now, notes = 0.0, []
    for place, (label, text) in enumerate(zip(labels, durations, strict=True), 1):
        duration = 0.0
        try:
            if number(text) < 0:
                raise ValueError("time goes on")
            duration = number(text)
            pitch = label_pitch(label)
            if pitch is not None and duration > 0:
                notes.append(make_note(now, now + duration, pitch))
        except ValueError:
            fault = f"has the name {label[:40]!r} and the duration {text[:40]!r} for note {place}: use a name such as"
            refuse(at_line(path, row.line, f"{fault} C#4+12, or rest, and a duration in seconds."), faults)
        now += duration
    return tuple(notes)


def _recognises(sample: Sample) -> bool:
    names = {cell.lower() for cell in sample.rows[0].cells} if sample.rows else set()
    return "note_seq" in names and bool(names & {"name", "note_dur"})


FORMAT = Format(
    name="diffsinger",
    description="DiffSinger's transcriptions.csv: one recording per row, note_seq and note_dur",
    endings=(".csv",),
    read=read,
    recognises=_recognises,
)
