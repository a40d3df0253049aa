r"""Audacity's exported labels: start, end and label, separated by tabs, without a header.

    0.500000	1.250000	C#4
    \	220.000000	440.000000

The label is the name of a note or a MIDI number. A line that begins with a backslash contains the selected range of
frequencies, and is ignored. There may be spaces instead of tabs, and times may be in units of 100 ns, as in HTK's
labels. Source: manual.audacityteam.org, "Importing and Exporting Labels".
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.note_names import REST_LABELS, label_pitch, pitch_label
from singtrans.formats.options import NOTES, PLAIN, Options
from singtrans.formats.text import at_line, in_order, is_number, make_note, number, read_text, refuse
from singtrans.formats.time_grid import on_grid
from singtrans.notes import Note, Transcription

_HTK_SECOND, _HTK_DIGITS = 10_000_000.0, 6  # times with more digits are not in seconds
_STEPS_PER_SECOND = 1_000_000  # resolution of times in Audacity


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the notes of a transcription, labelled with their names and deviations in cents, as in ``C#4+12``."""
    times = on_grid(transcription.notes, _STEPS_PER_SECOND)
    for note, (onset, offset) in zip(transcription.notes, times, strict=True):
        start, end = onset / _STEPS_PER_SECOND, offset / _STEPS_PER_SECOND
        file.write(f"{start:.6f}\t{end:.6f}\t{pitch_label(note.pitch)}\n".encode())


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read notes. Rests are left out; their labels are empty, or words such as ``rest`` or ``sil``.

    Args:
        path: path of the file.
        request: options; ``faults`` is used.

    Raises:
        InputError: if the file cannot be read or a line is not a label with a pitch. The message names the line.
    """
    path = Path(path)
    faults = request.faults
    notes = []
    rows = list(_rows(read_text(path)))
    second = _second(rows)
    for line, cells in rows:
        label = cells[2] if len(cells) > 2 else ""
        try:
            pitch = label_pitch(label)
        except ValueError:
            fault = f"has the label {label.strip()[:40]!r}: use a note name such as C#4, or a MIDI number."
            refuse(at_line(path, line, fault), faults)
            continue
        try:
            start, end = (number(cell) / second for cell in cells[:2])
            if pitch is not None:
                notes.append(make_note(start, end, pitch))
        except ValueError:
            fault = "is not a label of a note: it needs a start from 0 s, a later end, and a pitch, separated by tabs."
            refuse(at_line(path, line, fault), faults)
    return in_order(notes)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the line number and the cells of each label. In a line without tabs, spaces separate the cells."""
    for line, content in enumerate(text.split("\n"), 1):
        if content.strip() and not content.startswith("\\"):
            yield line, content.split("\t") if "\t" in content else content.split(maxsplit=2)


def _second(rows: Sequence[tuple[int, list[str]]]) -> float:
    """Return the number of time units per second: 1, or 10 000 000 in labels of HTK, whose times are integers."""
    times = [cell.strip() for _, cells in rows for cell in cells[:2]]
    whole = all(time.isascii() and time.isdecimal() for time in times)
    return _HTK_SECOND if whole and any(len(time) > _HTK_DIGITS for time in times) else 1.0


def _recognises(sample: Sample) -> bool:
    """Return whether at least half of the labels are note names or MIDI numbers, and at least one is a note name."""
    rows = [row.cells for row in sample.rows]
    if not rows or not all(len(cells) >= 2 and all(map(is_number, cells[:2])) for cells in rows):
        return False
    if "\t" not in sample.text and not all(len(cells) == 3 for cells in rows):
        return False
    labels = [cells[2] for cells in rows if len(cells) >= 3 and cells[2].lower() not in REST_LABELS]
    pitched = [label for label in labels if _is_pitch(label)]
    return 2 * len(pitched) >= len(labels) and any(not is_number(label) for label in pitched)


def _is_pitch(label: str) -> bool:
    try:
        return label_pitch(label) is not None
    except ValueError:
        return False


FORMAT = Format(
    name="labels",
    description="Audacity labels: start, end and a note name with cents, separated by tabs",
    endings=(".labels.txt",),
    aliases=("audacity",),
    read=read,
    recognises=_recognises,
    write=write,
    uses=NOTES,
    precision="1 µs, cents",
)
