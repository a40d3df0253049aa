"""Load a recording and its notes. The notes are read from a file, or the recording is transcribed."""

from dataclasses import dataclass
from pathlib import Path

from singtrans.batch.given_notes import with_pitch
from singtrans.batch.lazy_transcriber import LazyTranscriber, default_threads
from singtrans.errors import UsageError
from singtrans.formats import READ_SUFFIXES, TEXT_SUFFIXES
from singtrans.formats.conversion import load_transcription
from singtrans.notes import Transcription
from singtrans.separation.song import SeparationOptions


@dataclass(frozen=True, slots=True)
class Source:
    """Notes, and their recording if there is one."""

    transcription: Transcription
    audio: Path | None


def load(
    path: Path,
    notes: Path | None = None,
    audio: Path | None = None,
    model: str = "default",
    separation: SeparationOptions | None = None,
) -> Source:
    """Load notes, and their recording if there is one.

    If the notes are read from a file without a pitch track, the pitch track is computed from the recording.

    Args:
        path: a recording, or a file of notes.
        notes: file with the notes, if ``path`` is a recording; None to transcribe the recording.
        audio: recording, if ``path`` is a file of notes; None for notes without a recording.
        model: name of a shipped model, or path of a weight file.
        separation: options for separating the voice before it is transcribed; None for the default.

    Raises:
        UsageError: if there are two files of notes, or two recordings.
        InputError: if a file cannot be read.
    """
    transcribe = LazyTranscriber(model, threads=default_threads(), separation=separation)
    if path.suffix.lower() in READ_SUFFIXES + TEXT_SUFFIXES:
        if notes is not None:
            raise UsageError(f"{path} is already a file with notes; give a recording with --notes {notes}")
        known = load_transcription(path)
        return Source(known if audio is None else with_pitch(known, audio, transcribe), audio)
    if audio is not None:
        raise UsageError(f"{path} is already a recording; give a file with notes with --audio {audio}")
    if notes is not None:
        return Source(with_pitch(load_transcription(notes), path, transcribe), path)
    return Source(transcribe(path), path)
