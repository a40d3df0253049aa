"""Transcription of tones and glides with known pitch, from C2 to C6, by the shipped model."""

import numpy as np
import pytest

from singtrans import Transcriber
from singtrans.pitch import midi_to_hz

RATE = 16_000


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return Transcriber(device="cpu")


def sound(midi: np.ndarray, harmonics: int) -> np.ndarray:
    """Make a tone of pitch ``midi``, (n,), with harmonics of amplitude 1/h and soft edges, and add quiet noise."""
    hz = midi_to_hz(midi)
    phase = 2 * np.pi * np.cumsum(hz) / RATE
    tone = sum(np.where(h * hz < 7600, np.sin(h * phase), 0) / h for h in range(1, harmonics + 1))
    place = np.arange(len(midi))
    edges = np.minimum(1, np.minimum(place, place[::-1]) / (0.03 * RATE))
    padded = np.pad(0.3 * tone * edges, RATE // 2)
    return (padded + 1e-3 * np.random.default_rng(0).standard_normal(len(padded))).astype(np.float32)


@pytest.mark.parametrize("harmonics", [1, 6, 30])
def test_pitch_of_tones(transcriber, harmonics):
    pitches = np.linspace(36, 84, 33) + np.random.default_rng(1).uniform(-0.5, 0.5, 33)
    errors = []
    for pitch in pitches:
        notes = transcriber.transcribe(sound(np.full(int(0.8 * RATE), pitch), harmonics)).notes
        assert len(notes) == 1, f"{len(notes)} notes at {pitch:.2f}"
        errors.append(notes[0].pitch - pitch)
    assert np.abs(errors).mean() < 0.10
    assert np.abs(errors).max() < 6.0, "an octave error"


@pytest.mark.parametrize("harmonics", [6, 30])
def test_pitch_of_glides(transcriber, harmonics):
    """The pitch rises by two semitones in a fifth of a second, and then is constant. The note has the final pitch."""
    seconds = np.arange(int(0.8 * RATE)) / RATE
    errors = []
    for low in np.arange(36.0, 82.0, 2.3):
        midi = low + 2.0 * np.clip(seconds / 0.2, 0, 1)
        transcription = transcriber.transcribe(sound(midi, harmonics))
        errors.append(transcription.notes[-1].pitch - (low + 2.0))
        track = transcription.pitch
        inside = (track.time > 0.55) & (track.time < 1.25) & np.isfinite(track.midi)
        sung = np.interp(track.time[inside] - 0.5, seconds, midi)
        assert np.abs(track.midi[inside] - sung).mean() < 0.10
    assert np.abs(errors).mean() < 0.10
    assert np.abs(errors).max() < 6.0, "an octave error"
