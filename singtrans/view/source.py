"""What is to be looked at: a recording with its notes, heard now or read from a file."""

from dataclasses import dataclass, replace
from pathlib import Path

from singtrans.audio import check
from singtrans.batch.lazy_transcriber import LazyTranscriber, default_threads
from singtrans.errors import UsageError
from singtrans.formats import READ_SUFFIXES, TEXT_SUFFIXES
from singtrans.formats.conversion import load_transcription
from singtrans.notes import Transcription


@dataclass(frozen=True, slots=True)
class Source:
    """Notes, and the recording they belong to if there is one."""

    transcription: Transcription
    audio: Path | None


def load(path: Path, notes: Path | None = None, audio: Path | None = None, model: str = "default") -> Source:
    """Notes and recording of a file.

    Args:
        path: a recording, or a file of notes.
        notes: the recording's notes; None to transcribe it.
        audio: the recording, if ``path`` holds notes.
        model: what listens.

    Raises:
        UsageError: if there are two sources of notes, or of sound.
        InputError: if a file cannot be read.
    """
    if path.suffix.lower() in READ_SUFFIXES + TEXT_SUFFIXES:
        if notes is not None:
            raise UsageError(f"{path} holds notes itself; give a recording with --notes {notes}")
        transcription = load_transcription(path)
        return Source(transcription if audio is None else replace(transcription, audio=audio.name), audio)
    if audio is not None:
        raise UsageError(f"{path} is a recording itself; give a file of notes with --audio {audio}")
    if notes is not None:
        check(path)
        return Source(replace(load_transcription(notes), audio=path.name), path)
    return Source(LazyTranscriber(model, threads=default_threads())(path), path)
