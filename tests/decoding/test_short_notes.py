"""Removal of very short notes whose frames are probably not sung."""

import numpy as np
import pytest

from singtrans.decoding.decoder import decode
from singtrans.decoding.short_notes import plausible
from tests.helpers.clear_posteriors import CONFIG, HOP, clear


@pytest.mark.parametrize(
    ("spans", "activity", "kept"),
    [
        ([], [], []),
        ([(0.1, 0.15)], [0.5], [True]),  # no other note follows
        ([(0.1, 0.15), (0.15, 0.5)], [0.9, 0.9], [False, True]),
        ([(0.1, 0.15), (0.15, 0.5)], [0.99, 0.9], [True, True]),  # the short note is certain
        ([(0.1, 0.15), (0.18, 0.5)], [0.9, 0.9], [False, True]),  # almost no gap
        ([(0.1, 0.15), (0.2, 0.5)], [0.9, 0.9], [True, True]),  # a gap
        ([(0.1, 0.21), (0.21, 0.5)], [0.9, 0.9], [True, True]),  # not short
        ([(0.1, 0.5), (0.5, 0.55)], [0.9, 0.9], [True, True]),  # the short note is the last one
        ([(0.1, 0.13), (0.13, 0.17), (0.17, 0.2)], [0.9, 0.9, 0.9], [False, False, True]),
        ([(0.1, 0.1), (0.3, 0.5), (0.5, 0.5)], [1.0, 1.0, 1.0], [False, True, False]),  # notes without a length
    ],
)
def test_only_short_uncertain_notes_before_another_note_are_removed(spans, activity, kept):
    assert plausible(spans, activity) == kept


@pytest.mark.parametrize(("activity", "count"), [(0.99, 3), (0.9, 2)])
def test_a_short_note_is_decoded_if_its_frames_are_certain(activity, count):
    p = clear([(0.4, 1.0, 60.0), (1.0, 1.08, 67.0), (1.08, 2.0, 62.0)], 150)
    p.activity[round(1.0 / HOP) : round(1.08 / HOP)] = activity
    notes = decode(p, CONFIG, 3.0)
    assert len(notes) == count
    assert np.allclose([notes[0].pitch, notes[-1].pitch], [60.0, 62.0], atol=0.05)
