"""Random notes, and files that contain them."""

import io

import numpy as np
from hypothesis import strategies as st

from singtrans import Note, PitchTrack, Transcription

TICK = 1 / 960  # seconds


def transcription(notes=(), frames=5, audio="song.wav", duration=10.0):
    time = np.arange(frames, dtype=np.float32) * np.float32(0.02)
    pitch = np.where(np.arange(frames) % 2, 60.1234, np.nan).astype(np.float32)
    track = PitchTrack(time, pitch, np.linspace(0, 1, frames, dtype=np.float32))
    return Transcription(tuple(notes), track, duration, audio=audio, model="test")


def in_order(steps):
    """Make notes that do not overlap, from (gap before the note, length, pitch, confidence) tuples."""
    notes, now = [], 0.0
    for gap, length, pitch, confidence in steps:
        onset = now + gap
        now = onset + length
        notes.append(Note(onset, now, pitch, confidence))
    return tuple(notes)


def random_notes(shortest):
    step = st.tuples(
        st.one_of(st.just(0.0), st.floats(0, 5)),
        st.floats(shortest, 5),
        st.floats(20, 100),
        st.floats(0, 1),
    )
    return st.lists(step, max_size=30).map(in_order)


def written(module, notes, **about):
    file = io.BytesIO()
    module.write(transcription(notes, **about), file)
    return file.getvalue()
