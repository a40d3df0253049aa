"""Notes from a file, combined with the pitch track of their recording."""

from collections.abc import Callable
from dataclasses import replace

from singtrans import audio
from singtrans.notes import Transcription


def with_pitch(
    known: Transcription, recording: audio.Source, transcribe: Callable[[audio.Source], Transcription]
) -> Transcription:
    """Add the name of a recording to notes from a file, and also the pitch track if the file has none.

    Args:
        known: content of a file of notes; if there is a pitch track, it is kept.
        recording: the recording.
        transcribe: function that transcribes the recording; it is called only if a pitch track is needed.

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
