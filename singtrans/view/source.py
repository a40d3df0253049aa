"""Loading of a recording and its notes, which are read from a file or transcribed."""

from dataclasses import dataclass, replace
from pathlib import Path

from singtrans.audio import Recording, check
from singtrans.batch.lazy_transcriber import LazyTranscriber, default_threads
from singtrans.errors import UsageError
from singtrans.formats import READ_SUFFIXES, TEXT_SUFFIXES
from singtrans.formats.conversion import load_transcription
from singtrans.notes import Transcription


@dataclass(frozen=True, slots=True)
class Source:
    """Notes, and their recording if there is one."""

    transcription: Transcription
    audio: Path | None


def load(path: Path, notes: Path | None = None, audio: Path | None = None, model: str = "default") -> Source:
    """Load the notes and the recording of a file.

    Args:
        path: a recording, or a file of notes.
        notes: the recording's notes; None to transcribe it.
        audio: the recording, if ``path`` holds notes.
        model: a shipped model's name or a weight file, for transcribing.

    Raises:
        UsageError: if there are two sources of notes, or two recordings.
        InputError: if a file cannot be read.
    """
    if path.suffix.lower() in READ_SUFFIXES + TEXT_SUFFIXES:
        if notes is not None:
            raise UsageError(f"{path} is already a file with notes; give a recording with --notes {notes}")
        transcription = load_transcription(path)
        return Source(transcription if audio is None else replace(transcription, audio=audio.name), audio)
    if audio is not None:
        raise UsageError(f"{path} is already a recording; give a file with notes with --audio {audio}")
    transcriber = LazyTranscriber(model, threads=default_threads())
    if notes is not None:
        check(path)
        return Source(with_pitch(load_transcription(notes), path, transcriber), path)
    return Source(transcriber(path), path)


def with_pitch(known: Transcription, recording: Path | Recording, transcriber: LazyTranscriber) -> Transcription:
    """Add the sung pitch of a recording to its notes, which come from a file that may not have it."""
    pitch = known.pitch if len(known.pitch) else transcriber(recording).pitch
    return replace(known, pitch=pitch, audio=recording.name)
