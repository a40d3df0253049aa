"""Joining of the notes that the search finds in a wide vibrato."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from singtrans.decoding.config import CONFIDENCE_FEATURES
from singtrans.decoding.decoder import decode
from singtrans.decoding.refinement import Found, FoundOrnament
from singtrans.decoding.vibrato import join_vibrato
from singtrans.notes import FALL, SCOOP
from tests.helpers.clear_posteriors import CONFIG, clear

SYLLABLE = CONFIDENCE_FEATURES.index("syllable")
NO_SYLLABLE, CLEAR_SYLLABLE = -2.0, 2.0  # log odds
HALF = 0.1  # seconds of half a cycle


def found(pitch: float, syllable: float = NO_SYLLABLE) -> Found:
    features = np.zeros(SYLLABLE + 3)
    features[SYLLABLE] = syllable
    return Found(0, 5, 0.0, 5.0, pitch, 0.9, features)


def sung(pitches, lengths=None, syllable=NO_SYLLABLE, gap=0.02):
    """Make notes with given pitches, one after the other, from 1 s on; only the first one surely has a syllable."""
    lengths = lengths or [HALF] * len(pitches)
    onsets = 1.0 + np.cumsum([0.0, *lengths[:-1]])
    odds = [CLEAR_SYLLABLE] + [syllable] * (len(pitches) - 1)
    return [
        (found(pitch, odd), onset, onset + length - gap)
        for pitch, odd, onset, length in zip(pitches, odds, onsets.tolist(), lengths, strict=True)
    ]


def test_the_cycles_of_a_vibrato_become_one_note():
    notes = sung([60.9, 59.1, 60.9, 59.1, 60.9, 59.1, 60.9])
    ((note, onset, offset),) = join_vibrato(notes)
    assert note.pitch == pytest.approx(60.0)
    assert (onset, offset) == (notes[0][1], notes[-1][2])
    assert note.end == notes[-1][0].end


def test_a_steady_part_belongs_to_the_vibrato_and_to_its_pitch():
    for lengths in ([0.6, *[HALF] * 6], [*[HALF] * 6, 0.6]):
        pitches = [60.2, *[59.1, 60.9] * 3] if lengths[0] == 0.6 else [*[59.1, 60.9] * 3, 60.2]
        ((note, _, _),) = join_vibrato(sung(pitches, lengths))
        assert note.pitch == pytest.approx(60.1, abs=0.02)


def test_incomplete_first_and_last_cycles_belong_to_the_vibrato():
    notes = sung([60.8, 60.9, 59.1, 60.9, 59.1, 60.9, 60.4], [0.2, *[HALF] * 5, 0.2])
    ((note, onset, offset),) = join_vibrato(notes)
    assert note.pitch == pytest.approx(60.0)
    assert (onset, offset) == (notes[0][1], notes[-1][2])


@given(
    pitch=st.floats(40, 88),
    extent=st.floats(0.5, 1.4),
    drift=st.floats(-0.3, 0.3),
    parts=st.tuples(st.floats(0.7, 1.0), st.floats(0.7, 1.0)),
    count=st.integers(5, 20),
)
def test_the_pitch_of_a_joined_note_is_the_middle_of_its_vibrato(pitch, extent, drift, parts, count):
    heights = [parts[0], *[1.0] * (count - 2), parts[1]]  # the first and the last half can be incomplete
    swing = [height * extent * (-1) ** number for number, height in enumerate(heights)]
    moved = np.linspace(-drift, drift, count) + swing + pitch
    joined = join_vibrato(sung(moved.tolist()))
    if min(abs(np.diff(moved))) >= 0.5 and max(abs(np.diff(moved[::2])).max(), abs(np.diff(moved[1::2])).max()) <= 0.5:
        assert [note.pitch for note, _, _ in joined] == [pytest.approx(pitch, abs=0.22)]


def test_ornaments_inside_the_vibrato_are_not_kept():
    low, high = FoundOrnament(0.0, 1.0, 57.5, SCOOP), FoundOrnament(4.0, 5.0, 59.2, FALL)
    notes = [(replace(note, ornaments=(low, high)), onset, offset) for note, onset, offset in sung([60.9, 59.1] * 3)]
    ((note, _, _),) = join_vibrato(notes)
    assert note.ornaments == (low,)


@pytest.mark.parametrize(("pitch", "syllable"), [(60.0, CLEAR_SYLLABLE), (58.0, NO_SYLLABLE), (62.0, CLEAR_SYLLABLE)])
def test_the_next_note_is_not_joined(pitch, syllable):
    *notes, (_, onset, offset) = sung([60.9, 59.1, 60.9, 59.1, 60.9, pitch], [*[HALF] * 5, 0.6])
    after = (found(pitch, syllable), onset, offset)
    joined = join_vibrato([*notes, after])
    assert [note.pitch for note, _, _ in joined] == [pytest.approx(60.0), pitch]
    assert joined[1] == after


@pytest.mark.parametrize(("pitch", "syllable"), [(60.0, CLEAR_SYLLABLE), (58.0, NO_SYLLABLE), (62.0, CLEAR_SYLLABLE)])
def test_the_note_before_is_not_joined(pitch, syllable):
    before, (_, onset, offset), *rest = sung([pitch, 60.9, 59.1, 60.9, 59.1, 60.9], [0.6, *[HALF] * 5])
    joined = join_vibrato([before, (found(60.9, syllable), onset, offset), *rest])
    assert [note.pitch for note, _, _ in joined] == [pitch, pytest.approx(60.0)]


def test_a_high_probability_soon_after_the_first_onset_is_not_a_new_syllable():
    first, (_, onset, offset), *rest = sung([60.9, 59.1] * 3)
    assert len(join_vibrato([first, (found(59.1, CLEAR_SYLLABLE - 0.5), onset, offset), *rest])) == 1
    assert len(join_vibrato([first, (found(59.1, CLEAR_SYLLABLE + 0.5), onset, offset), *rest])) == 2


def test_two_syllables_with_vibrato_are_two_notes():
    notes = sung([60.9, 59.1] * 8)
    notes[8] = found(60.9, CLEAR_SYLLABLE), *notes[8][1:]
    assert [note.pitch for note, _, _ in join_vibrato(notes)] == pytest.approx([60.0, 60.0])


def test_the_decoder_joins_cycles_only_if_no_syllables_start_in_them():
    halves = [(0.4 + 0.12 * number, 0.52 + 0.12 * number, 60.9 - 1.8 * (number % 2)) for number in range(10)]
    posteriors = clear(halves, 100)
    none = np.full(100, 0.02)
    (note,) = decode(replace(posteriors, syllable=none, ornament=none), CONFIG, 2.0)
    assert (note.onset, note.offset) == pytest.approx((0.4, 1.6), abs=0.03)
    assert note.pitch == pytest.approx(60.0, abs=0.1)
    assert len(decode(replace(posteriors, syllable=posteriors.onset, ornament=none), CONFIG, 2.0)) == 10
    assert len(decode(posteriors, CONFIG, 2.0)) == 10, "the model has no output for syllables"


def test_other_notes_before_and_after_stay_the_same():
    before, after = (found(64.0, 3.0), 0.2, 0.9), (found(67.0, 3.0), 3.0, 3.5)
    notes = sung([60.9, 59.1, 60.9, 59.1, 60.9])
    joined = join_vibrato([before, *notes, after])
    assert len(joined) == 3
    assert (joined[0], joined[2]) == (before, after)


@pytest.mark.parametrize(
    "notes",
    [
        pytest.param(sung([60.9, 59.1, 60.9, 59.1]), id="four notes"),
        pytest.param(sung([60.9, 59.1, 60.9, 59.1, 60.9], syllable=CLEAR_SYLLABLE), id="syllables"),
        pytest.param(sung([60.9, 59.1, 60.9, 59.1, 60.9], syllable=0.0), id="a model without syllables"),
        pytest.param(sung([60.9, 59.1, 60.9, 59.1, 60.9], lengths=[0.2] * 5), id="long notes"),
        pytest.param(sung([60.9, 59.1, 60.9, 59.1, 60.9], gap=0.06), id="gaps"),
        pytest.param(sung([60.0, 61.0, 62.0, 63.0, 64.0]), id="a scale"),
        pytest.param(sung([60.0, 64.0, 60.0, 64.0, 60.0]), id="large steps"),
        pytest.param(sung([60.0, 60.2, 60.0, 60.2, 60.0]), id="one pitch"),
    ],
)
def test_other_melodies_stay_the_same(notes):
    assert join_vibrato(notes) == notes


def test_no_notes_and_a_single_note_stay_the_same():
    assert join_vibrato([]) == []
    (note,) = sung([60.0])
    assert join_vibrato([note]) == [note]


@given(
    notes=st.lists(
        st.tuples(
            st.sampled_from([58.0, 59.1, 60.0, 60.9, 62.0]), st.sampled_from([0.08, 0.1, 0.2, 0.4]), st.booleans()
        ),
        min_size=1,
        max_size=40,
    )
)
def test_joined_notes_are_in_order_and_cover_the_same_time(notes):
    given_notes = sung([pitch for pitch, _, _ in notes], [length for _, length, _ in notes])
    given_notes = [
        (found(note.pitch, CLEAR_SYLLABLE if clear else NO_SYLLABLE), onset, offset)
        for (note, onset, offset), (_, _, clear) in zip(given_notes, notes, strict=True)
    ]
    joined = join_vibrato(given_notes)
    assert all(before[2] < after[1] for before, after in pairwise(joined))
    assert {onset for _, onset, _ in joined} <= {onset for _, onset, _ in given_notes}
    for _, onset, offset in given_notes:
        assert sum(start <= onset and offset <= end for _, start, end in joined) == 1
