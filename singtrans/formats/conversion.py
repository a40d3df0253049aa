"""Conversion of a file of notes to another format."""

import os
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from singtrans.audio import AUDIO_SUFFIXES
from singtrans.errors import InputError, UsageError
from singtrans.formats import SCORED, SHEETS, WRITERS, Options, format_of, read_content, read_song, save, write
from singtrans.formats.detection import reader_of
from singtrans.formats.format import DEFAULTS, ReadOptions, Song
from singtrans.formats.options import JOINED, SUNG
from singtrans.formats.preparation import prepare
from singtrans.formats.score.arrangement import arrange
from singtrans.formats.session import read_session
from singtrans.melody.key import apply_tuning_and_key, describe_key
from singtrans.melody.tuning import AUTO, apply_tuning, describe_drift, describe_tuning
from singtrans.messages import counted
from singtrans.notes import Note, PitchTrack, Transcription

MIXED = "does not sound like a single voice; many notes may be wrong"
"""Remark on a recording with an accompaniment or several voices."""

UNNAMED = "the name of the recording is not known, so players will find no sound; give the recording with --audio"
"""Remark on an UltraStar song that is made from notes whose file does not name the recording."""

_TOGETHER = 0.01  # largest distance in seconds of onsets that count as simultaneous
_ROUNDING = 0.001  # seconds; smaller overlaps are due to rounding


def load_transcription(path: str | Path, request: ReadOptions = DEFAULTS) -> Transcription:
    """Read a file of notes as a transcription. For most formats, the transcription has notes, but no pitch track.

    Raises:
        InputError: under the same conditions as for ``load_notes``, or if the file has a pitch track but no notes.
    """
    path = Path(path)
    if format_of(path) == "f0":
        raise InputError(f"{path} has a pitch track but no notes: transcribe the recording to get notes.")
    content = read_content(path, request)
    if isinstance(content, Transcription):
        return content
    nothing = np.zeros(0)
    duration = max((note.offset for note in content), default=0.0)
    return Transcription(content, PitchTrack(nothing, nothing, nothing), duration, audio=path.stem)


@dataclass(frozen=True, slots=True)
class Converted:
    """Result of a conversion.

    Attributes:
        notes: notes as they were written.
        remarks: lines that describe changes to the notes, and the tuning, key and tempo that were found.
    """

    notes: tuple[Note, ...]
    remarks: tuple[str, ...]


def convert_file(
    source: Path,
    target: Path | BinaryIO,
    *,
    format: str | None = None,
    audio: Path | None = None,
    options: Options | None = None,
    overwrite: bool = False,
    request: ReadOptions = DEFAULTS,
) -> Converted:
    """Write the notes of ``source`` to ``target``.

    Args:
        source: file of notes.
        target: file to write, or an open binary stream, such as standard output.
        format: format of the target, if its ending does not determine it.
        audio: recording, for formats that need its sound.
        options: options of the format.
        overwrite: whether to replace an existing target.
        request: options for reading the source.

    Raises:
        UsageError: if the target's format is unknown, or the target is the source or the recording.
        InputError: if the source cannot be read, or the target exists or cannot be written.
    """
    name = format or (format_of(target) if isinstance(target, Path) else None)
    if name is None:
        what = (
            f"{target}: its ending belongs to no format" if isinstance(target, Path) else "-: this is standard output"
        )
        raise UsageError(f"{what}; give the format with -f, one of {', '.join(WRITERS)}")
    if isinstance(target, Path):
        _check_target(target, (source, audio), overwrite)
    transcription = load_transcription(source, request)
    if name == "f0" and not len(transcription.pitch):
        raise InputError(f"{source} has no pitch track: transcribe the recording with -f f0.")
    notes, overlaps = monophonic(transcription.notes)
    song = read_song(source, notes, request)
    recording = audio.name if audio else song.audio or transcription.audio
    transcription = replace(transcription, notes=notes, audio=recording)
    options = _completed(replace(options or Options(), audio=audio), source, song)
    remarks = (*overlaps, *remarks_on(transcription, (name,), options))
    if name == "ustar" and Path(transcription.audio).suffix.lower() not in AUDIO_SUFFIXES:
        remarks = (*remarks, UNNAMED)
    if isinstance(target, Path):
        save(transcription, target, overwrite=overwrite, options=options, format=name)
    else:
        write_stream(transcription, name, options, target)
    return Converted(apply_tuning_and_key(transcription, options.tuning, options.key).notes, remarks)


def write_stream(transcription: Transcription, format: str, options: Options, stream: BinaryIO) -> None:
    """Write notes to a stream. Nothing is written before the whole output is ready.

    Args:
        transcription: notes and pitch track to write.
        format: one of ``WRITERS``.
        options: options of the format.
        stream: binary stream; it need not be seekable.

    Raises:
        InputError: if the format's writer raises it.
    """
    whole = BytesIO()
    write(transcription, whole, format, options)
    stream.write(whole.getbuffer())
    stream.flush()


def _check_target(target: Path, inputs: tuple[Path | None, ...], overwrite: bool) -> None:
    if any(target.exists() and read.exists() and target.samefile(read) for read in inputs if read):
        raise UsageError(f"{target} is one of the input files; choose another name")
    if os.path.lexists(target) and not overwrite:
        raise InputError(f"{target} already exists; use --overwrite, or choose another name")


def with_song(options: Options, path: Path, notes: tuple[Note, ...], request: ReadOptions = DEFAULTS) -> Options:
    """Complete options with the words, beats, key, names, checked notes and kind of note ends from a file of notes.

    Values that are already set are kept.

    Raises:
        InputError: if the file cannot be read.
    """
    return _completed(options, path, read_song(path, notes, request))


def _completed(options: Options, path: Path, song: Song) -> Options:
    known = replace(
        options,
        beats=options.beats or song.beats,
        lyrics=options.lyrics or song.words,
        title=options.title or song.title,
        artist=options.artist or song.artist,
        composer=options.composer or song.composer,
        language=options.language or song.language,
        tags=options.tags or song.tags,
    )
    if (
        not options.ends and reader_of(path).ends == JOINED
    ):  # the ends of notes from a score or an editor are not changed
        known = replace(known, ends=SUNG)
    return read_session(path).options(known)


def monophonic(notes: tuple[Note, ...]) -> tuple[tuple[Note, ...], tuple[str, ...]]:
    """Remove overlaps of notes; return the notes, and one line of text for each kind of change.

    If notes begin together, only the highest one is kept. If notes overlap, the earlier note ends where the later one
    begins.
    """
    kept: list[Note] = []
    cut = 0
    for note in sorted(notes, key=lambda note: note.onset):
        if kept and note.onset - kept[-1].onset < _TOGETHER:
            kept[-1] = max(kept[-1], note, key=lambda note: note.pitch)
            continue
        if kept and kept[-1].offset > note.onset + _ROUNDING:
            kept[-1] = replace(kept[-1], offset=note.onset)
            cut += 1
        kept.append(note)
    left_out = len(notes) - len(kept)
    lines = [f"{counted(left_out, 'note')} left out, because a higher note begins at the same time"] if left_out else []
    lines += [f"{counted(cut, 'note')} overlapped the next one and ended there"] if cut else []
    return tuple(kept), tuple(lines)


def remarks_on(transcription: Transcription, formats: tuple[str, ...], options: Options) -> tuple[str, ...]:
    """Return remarks on the notes (such as their tuning and key) and on their conversion (such as tempo and lyrics)."""
    found = melody_remarks(transcription, options)
    # Scores always have a tempo and a grid, but MIDI and UltraStar may have none, so their remarks can differ.
    groups = [[f for f in formats if f in SHEETS], [f for f in formats if f in SCORED - SHEETS]]
    said = {}
    for names in filter(None, groups):
        prepared = prepare(transcription, WRITERS[names[0]], options)  # as the writer gets it
        arranged = arrange(prepared.transcription, prepared.options, score=names[0] in SHEETS)
        said[", ".join(names)] = arranged.remarks
    lines = [
        line if all(line in remarks for remarks in said.values()) else f"{names}: {line}"
        for names, found in said.items()
        for line in found
    ]
    mixed = (MIXED,) if transcription.mixed and transcription.separation is None else ()
    return (*mixed, *found, *dict.fromkeys(lines))


def melody_remarks(transcription: Transcription, options: Options) -> tuple[str, ...]:
    """Return remarks on the tuning and the key if they were estimated, and on a drift if no tuning was chosen."""
    drift = describe_drift(transcription.notes) if options.tuning is None else None
    tuning = (describe_tuning(transcription.notes),) if options.tuning == AUTO else (drift,) if drift else ()
    key = (describe_key(apply_tuning(transcription, options.tuning).notes),) if options.key == AUTO else ()
    return (*tuning, *key)
