"""Notes from a file, with the pitch track of the recording that they belong to."""

from collections.abc import Callable
from dataclasses import replace

from singtrans import audio
from singtrans.notes import Transcription


def with_pitch(
    known: Transcription, recording: audio.Source, transcribe: Callable[[audio.Source], Transcription]
) -> Transcription:
    """Add the name and the pitch track of a recording to notes from a file that may not have them.

    Args:
        known: content of a file of notes; its pitch track is kept if it has one.
        recording: the recording.
        transcribe: function that transcribes the recording.

    Raises:
        InputError: if the recording cannot be read.
    """
    known = replace(known, audio=audio.as_recording(recording).name)
    if len(known.pitch):
        audio.check(recording)
        return known
    transcription = transcribe(recording)
    return replace(
        known,
        pitch=transcription.pitch,
        duration=max(known.duration, transcription.duration),
        missing=transcription.missing,
        remarks=transcription.remarks,
    )
