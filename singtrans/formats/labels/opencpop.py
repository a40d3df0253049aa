"""Opencpop's ``transcriptions.txt``, with one recording per line (Wang et al., Interspeech 2022).

    2001000001|感受|g an sh ou SP|A#4/Bb4 A#4/Bb4 C5 C5 rest|0.27 0.27 0.3 0.3 0.1|0.06 0.21 0.1 0.2 0.1|0 0 0 0 0

A line contains the name of the recording, its words and its phonemes. For each phoneme, the line also contains the
note, the duration of the note, the duration of the phoneme, and whether the phoneme is slurred.
"""

from pathlib import Path

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.labels.phonemes import PhonemeLabel, notes_of_phonemes
from singtrans.formats.note_names import label_pitch
from singtrans.formats.text import at_line, listed, number, read_text
from singtrans.notes import Note

_FIELDS = 7


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of one recording.

    Args:
        path: path of the file.
        request: options, of which ``name`` is used. It is the name of the recording, and is not needed if the file has
            only one recording.

    Raises:
        InputError: if the file cannot be read or lacks the recording, or if the line of the recording is invalid. The
            message names the line.
    """
    path = Path(path)
    rows = [(line, text.split("|")) for line, text in enumerate(read_text(path).split("\n"), 1) if text.strip()]
    found = rows if len(rows) == 1 else [(line, cells) for line, cells in rows if cells[0].strip() == request.name]
    if not found:
        which = f"no recording {request.name!r}" if request.name is not None else f"{len(rows)} recordings"
        names = listed([cells[0].strip() for _, cells in rows]) or "none"
        raise InputError(f"{path} has {which}: choose one with --name ({names}).")
    line, cells = found[0]
    try:
        return tuple(notes_of_phonemes(_phonemes(cells)))
    except ValueError:
        raise at_line(
            path,
            line,
            "is not Opencpop's: it needs name, words, phonemes, notes, durations of notes, durations of phonemes, and"
            " slurs, separated by |. Each phoneme needs a note, two durations and a slur.",
        ) from None


def _phonemes(cells: list[str]) -> list[PhonemeLabel]:
    """Return the phonemes of a line.

    Raises:
        ValueError: if the line is invalid.
    """
    if len(cells) != _FIELDS:
        raise ValueError("seven fields")
    columns = [cell.split() for cell in cells[2:]]
    return [
        PhonemeLabel(phoneme, label_pitch(note), number(note_seconds), number(seconds), slur == "1")
        for phoneme, note, note_seconds, seconds, slur in zip(*columns, strict=True)
    ]


def names_in(path: Path) -> set[str]:
    """Return the names of the recordings in a file; empty if the file is not in this format.

    Raises:
        InputError: if the file cannot be read.
    """
    lines = [line for line in read_text(path).split("\n") if line.strip()]
    if not lines or any(line.count("|") != _FIELDS - 1 for line in lines):
        return set()
    return {line.partition("|")[0].strip() for line in lines}


def _recognises(sample: Sample) -> bool:
    line = next((line for line in sample.text.split("\n") if line.strip()), "")
    try:
        return line.count("|") == _FIELDS - 1 and bool(_phonemes(line.split("|")))
    except ValueError:
        return False


FORMAT = Format(
    name="opencpop",
    description="Opencpop's transcriptions.txt: one recording per line, a note for each phoneme",
    endings=(".txt",),
    read=read,
    recognises=_recognises,
)
