"""Tables of notes without a header, as Tony and Sonic Visualiser export them, and as in the data set vocadito.

    0.551473923,233.407,0.423764172[,0.0787402[,label]]

The columns are onset in seconds, pitch in Hz, and duration in seconds. Files with other endings than ``.sv.csv`` are
read by ``plain_table``, and exports with a header (``TIME,VALUE,DURATION,LEVEL,LABEL``) by ``csv_notes``. Sources:
Mauch et al., "Computer-aided melody note transcription using the Tony software", TENOR 2015; Bittner et al.,
"vocadito", 2021.
"""

from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.options import NOTES, PLAIN, Options
from singtrans.formats.plain_table import ONSET_PITCH_DURATION, read_rows
from singtrans.formats.text import read_text, split_rows
from singtrans.formats.time_grid import on_grid
from singtrans.notes import Note, Transcription
from singtrans.pitch import midi_to_hz

_STEPS_PER_SECOND = 1_000_000


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write onset, Hz, duration, level (confidence) and label (name) of each note, without a header.

    Tony and Sonic Visualiser can read the file as a layer of notes.
    """
    times = on_grid(transcription.notes, _STEPS_PER_SECOND)
    for note, (onset, offset) in zip(transcription.notes, times, strict=True):
        start, length = onset / _STEPS_PER_SECOND, (offset - onset) / _STEPS_PER_SECOND
        hz = float(midi_to_hz(note.pitch))
        file.write(f"{start:.6f},{hz:.4f},{length:.6f},{note.confidence:.3f},{note.name}\n".encode())


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read notes from lines with onset, Hz and duration; further columns are ignored.

    Args:
        path: path of the file.
        request: options, of which ``unit`` and ``faults`` are used.

    Raises:
        InputError: if the file cannot be read, or a line is not a note. The message names the line.
    """
    path = Path(path)
    request = replace(request, unit=request.unit or "hz")  # frequencies of low voices could be MIDI numbers
    return read_rows(path, split_rows(read_text(path)), ONSET_PITCH_DURATION, request)


def _recognises(sample: Sample) -> bool:
    return sample.path.name.lower().endswith(FORMAT.endings[0]) and not sample.header


FORMAT = Format(
    name="sv",
    description="table without a header for Tony, Sonic Visualiser, vocadito: onset, Hz, duration, confidence, name",
    endings=(".sv.csv",),
    aliases=("tony", "vocadito"),
    read=read,
    recognises=_recognises,
    write=write,
    uses=NOTES | {"tuning", "key"},
    precision="1 µs, 0.0001 Hz",
)
