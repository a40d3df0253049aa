"""Reading and writing of files of notes. Each format has a module with a `Format` record, which the registry lists.

A reader is a function ``read(path, request)``. A writer is a function ``write(transcription, file, options)``, where
``file`` is an open binary file. Both ignore options that do not apply to the format. docs/labels.md describes how
formats are recognised.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from singtrans.audio import AUDIO_SUFFIXES, Source, seconds
from singtrans.errors import InputError
from singtrans.files import whole_file
from singtrans.formats import csv_notes, f0, jams_notes
from singtrans.formats.detection import holds_notes, reader_of
from singtrans.formats.format import Content, Format, ReadOptions, Song
from singtrans.formats.note_names import UNITS
from singtrans.formats.options import PLAIN, Options
from singtrans.formats.preparation import prepare
from singtrans.formats.registry import (
    ENDINGS,
    FORMATS,
    READ_SUFFIXES,
    SCORED,
    SHEETS,
    TEXT_SUFFIXES,
    USES,
    WRITE_SUFFIXES,
    WRITERS,
    find_format,
    format_of,
)
from singtrans.notes import Note, PitchTrack, Transcription

__all__ = [
    "ENDINGS",
    "F0_ENDINGS",
    "FORMATS",
    "READ_SUFFIXES",
    "SCORED",
    "SHEETS",
    "TEXT_SUFFIXES",
    "UNITS",
    "USES",
    "WRITERS",
    "WRITE_SUFFIXES",
    "Format",
    "Options",
    "ReadOptions",
    "f0_stem",
    "find_f0",
    "find_format",
    "find_notes",
    "format_of",
    "load_notes",
    "load_pitch",
    "note_stem",
    "notes_of",
    "read_content",
    "read_song",
    "save",
    "whole_file",
    "write",
]

F0_ENDINGS: tuple[str, ...] = (".f0.txt", ".f0.csv", ".f0.tsv", ".pv")
"""Endings of files that contain only a pitch track; :func:`load_pitch` reads these files."""


_SCORE_SUFFIXES = (
    *(".mscz", ".mscx", ".sib", ".musx", ".mus", ".dorico", ".cap", ".capx", ".nwc", ".enc"),
    *(".gp", ".gp3", ".gp4", ".gp5", ".gpx", ".abc", ".ly", ".mei", ".krn", ".pdf"),
)
"""Endings of sheet music that cannot be read."""

_WITH_PITCH = (".json", ".ustx", ".svp")
"""Endings of files of notes that can also contain a pitch track."""


def save(
    transcription: Transcription,
    path: str | Path,
    *,
    overwrite: bool = True,
    options: Options = PLAIN,
    format: str | None = None,
) -> Path:
    """Write a transcription in the format that the ending of the path determines (:data:`ENDINGS`).

    The file is written under another name and then renamed, so that an incomplete file never has the final name.

    Args:
        transcription: transcription to write.
        path: path of the file; its folder must exist.
        overwrite: whether to replace an existing file.
        options: tempo, grid, tuning, key, lyrics and others; a format ignores options that do not apply to it.
        format: one of :data:`WRITERS`, if the path's ending does not determine it.

    Returns:
        The path.

    Raises:
        InputError: if the ending is unknown, the file exists and ``overwrite`` is False, the format needs a recording
            that is missing, or the file cannot be written.
        UsageError: if the format needs a package that is not installed.
    """
    path = Path(path)
    name = format or format_of(path)
    if name not in WRITERS:
        raise _unknown_ending(path, tuple(ENDINGS.values()))
    with whole_file(path, overwrite=overwrite) as file:
        write(transcription, file, name, options)
    return path


def write(transcription: Transcription, file: BinaryIO, format: str, options: Options = PLAIN) -> None:
    """Write a transcription to an open file.

    Args:
        transcription: transcription to write.
        file: open binary file.
        format: one of :data:`WRITERS`.
        options: options as for :func:`save`.

    Raises:
        InputError: if the format needs a recording that is missing, or cannot represent the notes.
        UsageError: if the format needs a package that is not installed.
    """
    writer = WRITERS[format].write
    assert writer is not None  # all formats in WRITERS have a writer
    prepared = prepare(transcription, WRITERS[format], options)
    writer(prepared.transcription, file, prepared.options)


def load_notes(
    path: str | Path,
    *,
    name: str | None = None,
    voice: str | None = None,
    tier: str | None = None,
    unit: str | None = None,
    columns: str | None = None,
    faults: list[InputError] | None = None,
) -> tuple[Note, ...]:
    """Read the notes of a file, in the order of their onsets.

    Options that do not apply to the format of the file are ignored.

    Args:
        path: file with one of :data:`READ_SUFFIXES` or :data:`TEXT_SUFFIXES`.
        name: name of the recording, if the file has several recordings (MIR-ST500's JSON, DiffSinger's CSV).
        voice: name of the voice, if the recording has several voices: ``P2`` of a duet in UltraStar, the number of an
            annotation in JAMS, or the name of a tier in a TextGrid.
        tier: name of a tier in a TextGrid.
        unit: unit of pitch, ``midi`` or ``hz``, for tables that state no unit or a wrong one.
        columns: names of the columns of a table without a header, such as ``onset,offset,hz``.
        faults: list to which errors in single lines are added, so that only these lines are skipped; None to raise the
            first error.

    Raises:
        InputError: if the ending is unknown, the file cannot be read, or its content is not in the expected format. The
            message names the line.
        ValueError: if the unit is unknown.
    """
    return notes_of(read_content(path, ReadOptions(name, voice, tier, unit, columns, faults)))


def read_content(path: str | Path, request: ReadOptions) -> Content:
    """Read a file of notes; return a transcription if the reader of the format makes one, otherwise the notes.

    Raises:
        InputError, ValueError: under the same conditions as for :func:`load_notes`.
    """
    path = Path(path)
    if request.unit not in (None, *UNITS):
        raise ValueError(f"unit is {request.unit!r}: use {' or '.join(UNITS)}")
    if path.suffix.lower() not in READ_SUFFIXES + TEXT_SUFFIXES:
        raise _no_notes(path)
    format = csv_notes.FORMAT if request.columns else reader_of(path)
    assert format.read is not None  # all formats from reader_of have a reader
    return format.read(path, request)


def read_song(path: str | Path, notes: Sequence[Note], request: ReadOptions) -> Song:
    """Read the words and the beats from a file whose notes have been read; empty if the format has neither.

    Raises:
        InputError: if the file cannot be read.
    """
    path = Path(path)
    format = csv_notes.FORMAT if request.columns else reader_of(path)
    return format.read_song(path, notes, request) if format.read_song else Song()


def notes_of(content: Content) -> tuple[Note, ...]:
    """Return the notes of a reader's result."""
    return content.notes if isinstance(content, Transcription) else content


def load_pitch(
    path: str | Path, *, unit: str | None = None, guesses: bool = False, audio: Source | None = None
) -> PitchTrack:
    """Read pitch over time.

    The file may be text with one value per line, text with a time and a pitch per line, JAMS with a ``pitch_contour``,
    singtrans' JSON, or a project of OpenUtau or Synthesizer V. From a project, the drawn pitch is read.

    Args:
        path: path of the file.
        unit: ``midi`` or ``hz``; None for the unit in the header or, if the header states no unit, for the unit that is
            inferred from the values.
        guesses: whether to keep guesses of the pitch in unvoiced frames, which are written as negative frequencies. The
            voicing of these frames is 0. If guesses are not kept, the frames have no pitch.
        audio: recording whose length determines the interval between values without times; None for an interval of
            20 ms.

    Raises:
        InputError: if the file cannot be read, or is not a pitch track. The message names the line.
        ValueError: if the unit is unknown.
    """
    if unit not in (None, *UNITS):
        raise ValueError(f"unit is {unit!r}: use {' or '.join(UNITS)}")
    if Path(path).suffix.lower() == ".jams":
        return jams_notes.read_pitch(path)
    if Path(path).suffix.lower() in _WITH_PITCH:
        content = read_content(path, ReadOptions())
        if isinstance(content, Transcription) and len(content.pitch):
            return content.pitch
        raise InputError(f"{path} has no pitch over time: give a file with pitch, such as song.f0.csv.")
    return f0.read(path, unit, guesses=guesses, seconds=partial(seconds, audio) if audio else None)


def find_notes(folder: Path) -> list[Path]:
    """List the files of notes in a folder, sorted by format (the most complete first) and then by path.

    Hidden files, pitch tracks (song.f0.csv) and times without pitch (song.times.csv) are left out. Files with one of
    :data:`TEXT_SUFFIXES` are listed only if they contain notes.
    """
    order = {suffix: place for place, suffix in enumerate(READ_SUFFIXES + TEXT_SUFFIXES)}
    everything = sorted(folder.rglob("*"))
    files = [p for p in everything if p.suffix.lower() in order and not p.name.startswith(".") and p.is_file()]
    files = [p for p in files if p.suffix.lower() in READ_SUFFIXES or holds_notes(p)]
    files = [p for p in files if not p.stem.lower().endswith((".f0", ".times"))]
    return sorted(files, key=lambda path: order[path.suffix.lower()])


def find_f0(folder: Path) -> list[Path]:
    """List the pitch tracks in a folder, in the order of :data:`F0_ENDINGS`.

    Hidden files are left out.
    """
    files = [p for p in sorted(folder.rglob("*")) if f0_stem(p) and not p.name.startswith(".") and p.is_file()]
    order = {ending: place for place, ending in enumerate(F0_ENDINGS)}
    return sorted(files, key=lambda path: next(order[e] for e in F0_ENDINGS if path.name.lower().endswith(e)))


def f0_stem(path: Path) -> Path | None:
    """Return the path without its ending if the ending is one of :data:`F0_ENDINGS`; otherwise, return None."""
    return next((path.with_name(path.name[: -len(e)]) for e in F0_ENDINGS if path.name.lower().endswith(e)), None)


def note_stem(path: Path) -> Path:
    """Return the path without its ending: ``song`` for ``song.mid`` and for labels such as ``song.notes.csv``."""
    stem = path.with_suffix("")
    ours = format_of(path) in ("labels", "sv")
    return stem.with_suffix("") if ours or is_label(path) else stem


def is_label(path: Path) -> bool:
    """Return whether a file is named as labels are, such as ``song.notes.csv`` or TONAS' ``song.notes.Corrected``."""
    return Path(path.stem).suffix.lower() == ".notes"


def _no_notes(path: Path) -> InputError:
    if path.suffix.lower() in AUDIO_SUFFIXES:
        return InputError(
            f"{path} is a recording, but a file of notes is needed here: transcribe the recording first, for example"
            " with singtrans transcribe -f csv."
        )
    if path.suffix.lower() in _SCORE_SUFFIXES:
        return InputError(
            f"{path} is sheet music in a format that cannot be read: open it in the program that made it, and export it"
            " as MusicXML or MIDI."
        )
    return _unknown_ending(path, READ_SUFFIXES + TEXT_SUFFIXES)


def _unknown_ending(path: Path, known: tuple[str, ...]) -> InputError:
    ending = f"the ending {path.suffix}" if path.suffix else "no ending"
    return InputError(f"{path} has {ending}, which belongs to no known format: use one of {' '.join(known)}.")
