"""Scores of notes against reference sequences of semitones without times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from singtrans.scoring.sequences import edit_distance, score_sequence

TUNE = (0, 0, 2, 2, 0, -1, 0)
semitones = st.lists(st.integers(-3, 3), max_size=6)


@pytest.mark.parametrize(
    ("pitches", "errors"),
    [
        ([60, 60, 62, 62, 60, 59, 60], 0),
        ([47.3, 47.2, 49.3, 49.4, 47.3, 46.3, 47.25], 0),  # transposed by a number of half semitones
        ([60, 60, 61, 62, 62, 60, 59, 60], 1),  # a scoop counted as a note
        ([60, 62, 62, 60, 59, 60], 1),  # a missed note
        ([60, 60, 62, 62, 60, 71, 60], 1),  # an octave error
        ([60.2, 60.2, 63.2, 62.2, 60.2, 60.2], 2),  # one wrong note and one missed note
        ([], 7),
    ],
)
def test_known_sequences(pitches, errors):
    found = score_sequence(TUNE, pitches)
    assert (found.count, found.found, found.errors) == (7, len(pitches), errors)
    assert found.right_count == (len(pitches) == 7)


def test_the_transposition_is_near_the_median_pitch():
    """As in the published tool, the transposition is within 8 semitones of the median."""
    assert score_sequence((0, 20, 20), [40.0, 60.0, 60.0]).errors > 0


@given(semitones, semitones)
def test_the_edit_distance_is_symmetric_and_bounded(a, b):
    distance = edit_distance(a, b)
    assert distance == edit_distance(b, a)
    assert (distance == 0) == (a == b)
    assert abs(len(a) - len(b)) <= distance <= max(len(a), len(b))


@given(semitones, semitones, st.integers(0, 6), st.integers(-3, 3))
def test_an_additional_note_adds_at_most_one_error(a, b, place, value):
    longer = [*b[:place], value, *b[place:]]
    assert abs(edit_distance(a, longer) - edit_distance(a, b)) <= 1


@given(semitones, st.lists(st.floats(50, 70), max_size=6))
def test_transposing_by_half_semitones_has_no_effect(a, pitches):
    moved = [pitch + 3.5 for pitch in pitches]
    if all(abs(2 * p - round(2 * p)) > 1e-6 for p in pitches):  # no pitch is at a boundary of rounding
        assert score_sequence(a, moved).errors == score_sequence(a, pitches).errors
