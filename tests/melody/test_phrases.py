"""Breaths, the key of a score, and transposition."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from singtrans import Note, PitchTrack, Transcription
from singtrans.melody.key import Key, key_of, parse_key
from singtrans.melody.phrases import SHORTEST_BREATH, find_breaths
from singtrans.melody.tonality import estimate_key
from singtrans.melody.transpose import transpose
from singtrans.notes import Ornament

MAJOR, HARMONIC_MINOR = [0, 2, 4, 5, 7, 9, 11, 12], [0, 2, 3, 5, 7, 8, 11, 12]


def sung(*spans):
    """Make notes from (length of the note, gap after the note) in seconds."""
    notes, now = [], 0.0
    for number, (length, gap) in enumerate(spans):
        notes.append(Note(now, now + length, 60.0 + number % 5))
        now += length + gap
    return notes


@pytest.mark.parametrize("gap", [0.02, 0.1, 0.2])
def test_breaths_are_longer_than_the_usual_gap(gap):
    """The phrases have eight notes each, which are sung legato or detached."""
    phrase = [(0.5 - gap, gap)] * 7 + [(1.0, gap + 0.3)]
    found = find_breaths(sung(*phrase * 4))
    assert [number for number, breath in enumerate(found) if breath] == [7, 15, 23]


def test_detached_notes_are_not_phrases():
    assert not any(find_breaths(sung(*[(0.3, 0.2)] * 10)))


def test_a_singer_does_not_breathe_after_each_note():
    """All gaps are long enough for a breath, but breaths are found only every few seconds."""
    rng = np.random.default_rng(0)
    found = find_breaths(sung(*[(0.4, 0.2 + 0.15 * rng.random()) for _ in range(60)]))
    assert sum(found) < 20


@given(st.lists(st.tuples(st.floats(0.05, 3.0), st.floats(0.0, 2.0)), max_size=40))
def test_breaths_need_a_gap_and_never_follow_the_last_note(spans):
    notes = sung(*spans)
    found = find_breaths(notes)
    assert len(found) == len(notes)
    assert not found or not found[-1]
    for number, breath in enumerate(found[:-1]):
        assert not breath or notes[number + 1].onset - notes[number].offset >= SHORTEST_BREATH - 1e-9


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize(("scale", "minor"), [(MAJOR, False), (HARMONIC_MINOR, True)])
def test_the_key_of_a_scale(tonic, scale, minor):
    pitches = [60 + tonic + step for step in [*scale, *scale[-2::-1]]]
    lengths = [2.0, *[1.0] * (len(pitches) - 2), 3.0]
    found = estimate_key(pitches, lengths)
    assert (found.tonic, found.minor) == (tonic, minor)
    assert abs(found.fifths) <= 6


def test_the_key_of_no_notes():
    assert estimate_key([], []).name == "C"


@pytest.mark.parametrize(
    ("key", "semitones", "expected"), [("G", -2, "F"), ("Am", 3, "Cm"), ("Gb", 0, "Gb"), ("D", 12, "D")]
)
def test_keys_are_transposed(key, semitones, expected):
    assert parse_key(key).transposed(semitones).name == expected


@given(st.integers(0, 127), st.booleans())
def test_keys_of_tonics(tonic, minor):
    key = key_of(tonic, minor)
    assert isinstance(key, Key)
    assert (key.tonic, key.minor) == (tonic % 12, minor)
    assert abs(key.fifths) <= 6


@given(st.integers(-7, 7), st.booleans(), st.integers(0, 127))
def test_notes_are_spelled_without_double_accidentals(fifths, minor, number):
    names = {parse_key(name).fifths: name for name in ["Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D"]}
    names |= {parse_key(name).fifths: name for name in ["A", "E", "B", "F#", "C#"]}
    key = replace(parse_key(names[fifths]), minor=minor)
    step, alter, octave = key.spell(number)
    assert {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}[step] + alter + 12 * (octave + 1) == number
    assert abs(alter) < 2 or minor


def test_the_raised_seventh_of_a_minor_key_leads_to_the_tonic():
    assert parse_key("G#m").spell(67) == ("F", 2, 4)
    assert parse_key("Am").spell(68) == ("G", 1, 4)
    assert parse_key("B").spell(67) == ("G", 0, 4)


def test_transposition_changes_everything_except_the_tuning():
    note = Note(0.0, 1.0, 60.3, tuning=0.2, ornaments=(Ornament(0.0, 0.2, 58.0, "scoop"),), moved=1)
    track = PitchTrack(np.array([0.1, 0.2]), np.array([60.2, np.nan]), np.ones(2))
    song = Transcription((note,), track, 1.0)
    moved = transpose(song, -5)
    found = moved.notes[0]
    assert (found.pitch, found.ornaments[0].pitch) == (pytest.approx(55.3), 53.0)
    assert replace(found, pitch=note.pitch, ornaments=note.ornaments) == note
    assert found.note == note.note - 5
    np.testing.assert_allclose(moved.pitch.midi, [55.2, np.nan])
    assert transpose(song, 0) is song
