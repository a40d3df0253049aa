"""Transposition of a transcription by semitones."""

from dataclasses import replace

from singtrans.notes import Note, PitchTrack, Transcription


def transpose(transcription: Transcription, semitones: int) -> Transcription:
    """Transpose notes, their ornaments and the pitch track; the tuning does not change."""
    if not semitones:
        return transcription
    track = transcription.pitch
    return replace(
        transcription,
        notes=tuple(_moved(note, semitones) for note in transcription.notes),
        pitch=PitchTrack(track.time, track.midi + semitones, track.voicing),
    )


def _moved(note: Note, semitones: int) -> Note:
    ornaments = tuple(replace(ornament, pitch=ornament.pitch + semitones) for ornament in note.ornaments)
    return replace(note, pitch=note.pitch + semitones, ornaments=ornaments)
