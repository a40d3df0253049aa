"""Short nasals become part of the notes before them."""

from dataclasses import replace

import numpy as np
import pytest

from singtrans.decoding.config import CONFIDENCE_FEATURES
from singtrans.decoding.decoder import Decoder, decode
from singtrans.decoding.nasals import join_nasals
from singtrans.decoding.refinement import Found, FoundOrnament
from singtrans.notes import FALL, SCOOP
from tests.helpers.clear_posteriors import CONFIG, HOP, clear

JOIN = replace(CONFIG, longest_nasal=0.25)
NOTES = [(0.4, 0.9, 60.0), (0.9, 1.06, 58.0), (1.06, 1.6, 64.0)]


def found(onset: float, offset: float, nasal: float, release=(0.2, 0.9)) -> tuple[Found, float, float]:
    note = Found(
        round(onset / HOP),
        round(offset / HOP),
        onset / HOP,
        offset / HOP,
        60.0,
        1.0,
        np.zeros(len(CONFIDENCE_FEATURES)),
    )
    return replace(note, nasal=nasal, release=release), onset, offset


def spans(notes) -> list[tuple[float, float]]:
    return [(onset, offset) for _, onset, offset in notes]


@pytest.mark.parametrize(
    ("nasal", "joined"),
    [
        (found(1.0, 1.2, 0.99), True),
        (found(1.01, 1.2, 0.99), True),  # a gap that is too short for a consonant
        (found(1.03, 1.2, 0.99), False),  # a gap
        (found(1.0, 1.3, 0.99), False),  # a long nasal
        (found(1.0, 1.2, 0.9), False),  # probably not a nasal
    ],
)
def test_only_short_clear_nasals_without_a_gap_are_joined(nasal, joined):
    notes = [found(0.5, 1.0, 0.0), nasal, found(1.5, 2.0, 0.0)]
    kept = join_nasals(notes, 0.25)
    assert spans(kept) == ([(0.5, nasal[2]), (1.5, 2.0)] if joined else spans(notes))
    assert spans(join_nasals(notes, 0.0)) == spans(notes)


def test_the_joined_note_ends_as_the_nasal_ends():
    vowel, nasal = found(0.5, 1.0, 0.0, (0.2, 0.9)), found(1.0, 1.2, 1.0, (0.3, 0.4))
    ((note, _, offset),) = join_nasals([vowel, nasal], 0.25)
    assert (note.end, note.offset, note.release, offset) == (nasal[0].end, nasal[0].offset, (0.2, 0.4), 1.2)
    ((note, _, _),) = join_nasals([found(0.5, 1.0, 0.0, None), found(1.0, 1.2, 1.0, None)], 0.25)
    assert note.release is None


def test_the_joined_note_has_the_scoop_of_the_vowel_and_the_fall_of_the_nasal():
    scoop, inner, fall = (FoundOrnament(0.0, 1.0, 59.0, kind) for kind in (SCOOP, FALL, FALL))
    (vowel, on, off), (nasal, start, end) = found(0.5, 1.0, 0.0), found(1.0, 1.2, 1.0)
    notes = [(replace(vowel, ornaments=(scoop, inner)), on, off), (replace(nasal, ornaments=(fall,)), start, end)]
    ((note, _, _),) = join_nasals(notes, 0.25)
    assert list(map(id, note.ornaments)) == [id(scoop), id(fall)]


def test_two_nasals_are_joined_to_the_same_note():
    notes = [found(0.5, 1.0, 0.0), found(1.0, 1.1, 1.0), found(1.1, 1.2, 1.0)]
    assert spans(join_nasals(notes, 0.25)) == [(0.5, 1.2)]


def test_a_nasal_without_a_note_before_it_stays_a_note():
    assert join_nasals([], 0.25) == []
    notes = [found(0.5, 0.6, 1.0), found(1.0, 1.2, 1.0)]
    assert spans(join_nasals(notes, 0.25)) == spans(notes)


def test_nasals_are_joined_by_the_decoder():
    p = clear(NOTES, 120)
    nasal = np.zeros(120, np.float32)
    nasal[round(0.9 / HOP) : round(1.06 / HOP)] = 0.99
    p = replace(p, nasal=nasal)
    separate, joined = decode(p, CONFIG, 2.4), decode(p, JOIN, 2.4)
    assert [round(note.pitch) for note in separate] == [60, 58, 64]
    assert [round(note.pitch) for note in joined] == [60, 64]
    assert joined[0].offset == separate[1].offset
    assert joined[0].pitch == separate[0].pitch
    decoder = Decoder(JOIN)
    for first in range(0, 120, 7):
        decoder.add(p[first : first + 7])
    assert decoder.finish(2.4) == joined


def test_models_without_this_head_join_nothing():
    assert len(decode(clear(NOTES, 120), JOIN, 2.4)) == 3
