"""Joined ends of notes, and the options of the decoder."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.decoder import decode
from singtrans.decoding.ends import LONGEST_GAP, joined
from singtrans.decoding.options import DecodingOptions
from singtrans.notes import Note, Ornament
from tests.helpers.clear_posteriors import CONFIG, HOP, clear, posteriors


@st.composite
def melodies(draw):
    """Draw notes in order; some have a release and ornaments."""
    notes, now = [], 0.0
    for _ in range(draw(st.integers(0, 6))):
        now += draw(st.sampled_from([0.0, 0.1, 0.29, 0.31, 2.0]))
        end = now + draw(st.floats(0.05, 1.0))
        cut = (end - now) / 3
        lead, tail = Ornament(now, now + cut, 58.0, "scoop"), Ornament(end - cut, end, 57.0, "fall")
        ornaments = draw(st.sampled_from([(), (lead,), (tail,), (lead, tail)]))
        release = draw(st.one_of(st.none(), st.floats(0.0, 3.0).map(lambda d, e=end: e + d)))
        notes.append(Note(now, end, 60.0, ornaments=ornaments, release=release))
        now = end
    return tuple(notes)


@given(melodies())
def test_joined_ends_keep_the_order(notes):
    found = joined(notes)
    assert [n.onset for n in found] == [n.onset for n in notes]
    assert all(a.offset <= b.onset for a, b in pairwise(found))
    assert all(n.offset > n.onset for n in found)
    assert joined(found) == found


def test_short_gaps_are_closed():
    notes = Note(0.0, 0.8, 60.0), Note(0.8 + LONGEST_GAP - 0.01, 2.0, 62.0), Note(2.4, 3.0, 64.0)
    assert [n.offset for n in joined(notes)] == [notes[1].onset, 2.0, 3.0]
    known = replace(notes[0], release=0.9), *notes[1:]
    assert joined(known)[0].offset == 0.9


@pytest.mark.parametrize("at_start", [0.9, 0.1])
def test_joined_ends_follow_the_release_of_the_model(at_start):
    p = clear([(0.2, 0.8, 60.0), (1.3, 1.8, 62.0)], 120)
    release = np.full(120, 0.01)
    release[round(0.8 / HOP)], release[round(1.3 / HOP)] = 0.5, at_start
    found = decode(posteriors(*p._heads, p.pitch, None, None, release), CONFIG, 2.4)
    ends = found[0].offset, found[1].onset
    assert found[0].release == ends[at_start > 0.5]
    assert found[1].release == found[1].offset
    assert joined(found)[0].offset == ends[at_start > 0.5]


@given(melodies())
def test_ornaments_that_are_kept_become_separate_notes(notes):
    found = DecodingOptions(ornaments="keep").written(notes)
    assert len(found) == len(notes) + sum(len(note.ornaments) for note in notes)
    assert all(a.offset <= b.onset for a, b in pairwise(found))
    assert sum(n.duration for n in found) == pytest.approx(sum(n.duration for n in notes))
    assert [n.pitch for n in found if n.pitch != 60.0] == [o.pitch for n in notes for o in n.ornaments]
    assert DecodingOptions().written(notes) == notes


@pytest.mark.parametrize(
    "wrong",
    [{"ornaments": "some"}, {"ends": "late"}, {"sensitivity": 1.5}, {"shortest_note": 0.0}, {"shortest_note": 20.0}],
)
def test_invalid_options_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        DecodingOptions(**wrong)


def test_a_higher_sensitivity_finds_more_notes():
    """Depending on the sensitivity, a small change of pitch is found as one note or two."""
    frames, counts = 120, []
    midi = np.where(np.arange(frames) < 50, 60.0, 60.9)
    p = clear([(0.2, 1.6, 60.0)], frames, midi=midi)
    p.onset[50], p.offset[50] = 0.2, 0.2
    for sensitivity in (-1.0, 0.0, 1.0):
        config = DecodingOptions(sensitivity=sensitivity).config(DecoderConfig(legato_cost=2.0))
        counts.append(len(decode(p, config, 2.4)))
    assert counts == sorted(counts)
    assert counts[0] < counts[2]


def test_the_option_sets_the_shortest_note():
    config = DecodingOptions(shortest_note=0.3).config(CONFIG)
    p = clear([(0.2, 0.4, 60.0), (0.4, 1.2, 64.0)], 100)
    assert min(note.duration for note in decode(p, CONFIG, 2.0)) == pytest.approx(0.2, abs=0.02)
    assert min(note.duration for note in decode(p, config, 2.0)) > 0.25
