"""Notes, pitch tracks and transcriptions."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from singtrans import Note, PitchTrack, SingtransError, Transcription
from singtrans.formats import load_notes
from singtrans.pitch import note_name


@pytest.mark.parametrize(
    ("pitch", "number", "name"),
    [(69, 69, "A4"), (60, 60, "C4"), (60.49, 60, "C4"), (60.5, 61, "C#4"), (59.5, 60, "C4"), (70.2, 70, "A#4")],
)
def test_number_and_name(pitch, number, name):
    note = Note(0.0, 1.0, pitch)
    assert (note.note, note.name) == (number, name)


def test_note_numbers_are_limited_to_midi():
    assert Note(0.0, 1.0, -3.0).note == 0
    assert Note(0.0, 1.0, 140.0).note == 127


@given(st.integers(0, 127))
def test_names_have_the_octave(number):
    name = note_name(number)
    assert name.endswith(str(number // 12 - 1))
    assert note_name(number + 12).rstrip("-0123456789") == name.rstrip("-0123456789")


def test_duration():
    assert Note(1.0, 1.5, 60.0).duration == 0.5


@pytest.mark.parametrize(
    "values",
    [
        (1, 1, 60),
        (1, 0.5, 60),
        (math.nan, 1, 60),
        (0, math.inf, 60),
        (0, 1, math.nan),
        (0, 1, 60, -0.1),
        (0, 1, 60, 1.1),
    ],
)
def test_invalid_notes_are_refused(values):
    with pytest.raises(ValueError, match=r"a note|a confidence"):
        Note(*values)


def test_notes_are_immutable():
    with pytest.raises(AttributeError):
        Note(0.0, 1.0, 60.0).pitch = 61.0


def test_arrays_of_a_pitch_track_must_have_equal_lengths():
    values = np.zeros(3)
    assert len(PitchTrack(values, values, values)) == 3
    for wrong in ((values, values, np.zeros(2)), (np.zeros((3, 1)),) * 3):
        with pytest.raises(ValueError, match=r"^time, midi and voicing must be"):
            PitchTrack(*wrong)


def test_a_transcription_can_be_saved(tmp_path):
    nothing = np.zeros(0)
    transcription = Transcription((Note(0.0, 1.0, 60.0),), PitchTrack(nothing, nothing, nothing), 2.0)
    assert transcription.save(str(tmp_path / "a.csv")) == tmp_path / "a.csv"
    with pytest.raises(SingtransError, match="already exists"):
        transcription.save(tmp_path / "a.csv", overwrite=False)
    replace(transcription, notes=()).save(tmp_path / "a.csv")
    assert load_notes(tmp_path / "a.csv") == (), "a file is replaced by default"
