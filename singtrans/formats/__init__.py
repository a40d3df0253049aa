"""Files of notes: one small module a format, and the choice among them by a file's ending.

Each module has ``write(transcription, file)``, which writes to an open binary file, and ``read(path)``.
"""

from pathlib import Path
from types import ModuleType

from singtrans.errors import SingtransError
from singtrans.formats import csv_notes, json_notes, midi
from singtrans.formats.files import whole_file
from singtrans.notes import Note, Transcription

__all__ = ["READ_SUFFIXES", "WRITERS", "load_notes", "save", "whole_file"]

WRITERS: dict[str, ModuleType] = {"mid": midi, "csv": csv_notes, "json": json_notes}
"""Format name, which is also the ending of its files, -> the module whose ``write`` makes it."""

_WRITE_SUFFIXES = {f".{name}": module for name, module in WRITERS.items()} | {".midi": midi}
_READ_SUFFIXES = _WRITE_SUFFIXES | {".tsv": csv_notes}

READ_SUFFIXES: tuple[str, ...] = (".json", ".csv", ".tsv", ".mid", ".midi")
"""Endings that :func:`load_notes` reads, those that keep most of a transcription first."""


def save(transcription: Transcription, path: str | Path, *, overwrite: bool = True) -> Path:
    """Write a transcription in the format of the path's ending (.mid, .midi, .csv or .json).

    The file appears whole or not at all: it is written beside its place under another name, then renamed.

    Args:
        transcription: what to write.
        path: where to; its folder must exist.
        overwrite: whether a file that is there already is replaced.

    Returns:
        The path.

    Raises:
        SingtransError: if the ending is unknown, the file exists and ``overwrite`` is False, or the file
            cannot be written.
    """
    path = Path(path)
    module = _module(path, _WRITE_SUFFIXES)
    with whole_file(path, overwrite=overwrite) as file:
        module.write(transcription, file)
    return path


def load_notes(path: str | Path) -> tuple[Note, ...]:
    """Read the notes of a .mid, .midi, .csv, .tsv or .json file, in the order of their onsets.

    Raises:
        SingtransError: if the ending is unknown, the file cannot be read, or its content is not what the
            ending says.
    """
    path = Path(path)
    content = _module(path, _READ_SUFFIXES).read(path)
    return content.notes if isinstance(content, Transcription) else content


def _module(path: Path, known: dict[str, ModuleType]) -> ModuleType:
    module = known.get(path.suffix.lower())
    if module is None:
        ending = f"the ending {path.suffix}" if path.suffix else "no ending"
        raise SingtransError(f"{path} has {ending}, which names no known format: use one of {' '.join(known)}.")
    return module
