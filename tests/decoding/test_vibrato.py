"""Joining of the notes that the search finds in a wide vibrato."""

from itertools import pairwise

import numpy as np
import pytest

from singtrans.decoding.config import CONFIDENCE_FEATURES
from singtrans.decoding.refinement import Found
from singtrans.decoding.vibrato import join_vibrato

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


def test_the_pitch_of_a_long_steady_part_is_kept():
    notes = sung([60.0, 59.1, 60.9, 59.1, 60.9], lengths=[0.6, *[HALF] * 4])
    assert [note.pitch for note, _, _ in join_vibrato(notes)] == [60.0]


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


def test_joined_notes_are_in_order_and_do_not_overlap():
    rng = np.random.default_rng(0)
    pitches = (60.0 + rng.choice([-0.9, 0.0, 0.9], 200)).tolist()
    spans = [(onset, offset) for _, onset, offset in join_vibrato(sung(pitches))]
    assert len(spans) < 200
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
