"""Notes from a file, with the pitch curve of the recording that they belong to."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from singtrans import audio
from singtrans.formats.conversion import load_transcription, monophonic
from singtrans.notes import Transcription


class GivenNotes:
    """A transcriber whose notes come from a file. The pitch track, if the file has none, comes from the recording.

    Args:
        path: file of notes.
        transcribe: transcribes the recording.

    Raises:
        InputError: if the file cannot be read.
    """

    def __init__(self, path: Path, transcribe: Callable[[audio.Source], Transcription]) -> None:
        self.known, self._transcribe = load_transcription(path), transcribe

    def __call__(self, source: audio.Source) -> Transcription:
        """Return the notes of the file with the name and the pitch track of a recording.

        Raises:
            InputError: if the recording cannot be read.
        """
        notes, remarks = monophonic(self.known.notes)
        known = replace(self.known, notes=notes, audio=audio.as_recording(source).name)
        if len(known.pitch):
            audio.check(source)
            return replace(known, remarks=(*known.remarks, *remarks))
        heard = self._transcribe(source)
        return replace(
            known,
            pitch=heard.pitch,
            duration=max(known.duration, heard.duration),
            missing=heard.missing,
            remarks=(*heard.remarks, *remarks),
        )
