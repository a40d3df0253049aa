"""Turns within a syllable are divided into notes, whereas ornaments, glides and vibratos are not."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans.decoding.decoder import Decoder, decode
from tests.helpers.clear_posteriors import CONFIG, HOP, clear

FRAMES, START, END = 150, 0.4, 2.4
WHOLE = replace(CONFIG, pitch_weight=0.02, note_cost=2.0, legato_cost=4.0)  # the search alone finds one note
TURNS = replace(WHOLE, shortest_turn=0.15)


def sung(*parts: tuple[float, float]):
    """Make posteriors of a syllable with (length in seconds, pitch) parts; the last part extends to the end."""
    midi, time = np.full(FRAMES, 60.0), START
    for length, pitch in parts:
        midi[round(time / HOP) :] = pitch
        time += length
    return clear([(START, END, 60.0)], FRAMES, midi=midi)


def notes_of(posteriors, config=TURNS):
    return [(n.onset, n.offset, n.pitch) for n in decode(posteriors, config, FRAMES * HOP)]


@pytest.mark.parametrize("step", [-1.3, -0.9, 1.0, 1.4])
@pytest.mark.parametrize("first", [0.1, 0.4])
def test_a_turn_is_divided(step, first):
    turn = sung((first, 60.0), (0.24, 60.0 + step), (1.0, 60.1))
    found = notes_of(turn)
    edges = [START, START + first, START + first + 0.24, END]
    assert len(found) == 3
    for (onset, offset, pitch), start, end, true in zip(
        found, edges[:-1], edges[1:], (60.0, 60.0 + step, 60.1), strict=True
    ):
        assert onset == pytest.approx(start, abs=0.05)
        assert offset == pytest.approx(end, abs=0.05)
        assert pitch == pytest.approx(true, abs=0.2)
    assert len(notes_of(turn, WHOLE)) == 1


def test_a_longer_turn_is_divided_at_each_step():
    found = notes_of(sung((0.3, 60.0), (0.24, 61.0), (0.24, 60.0), (0.24, 59.0), (1.0, 60.0)))
    assert [round(pitch) for _, _, pitch in found] == [60, 61, 60, 59, 60]


@pytest.mark.parametrize(
    "parts",
    [
        [(0.3, 60.0), (0.08, 61.0), (1.0, 60.0)],  # a mordent
        [(0.16, 58.8), (1.0, 60.0)],  # a scoop
        [(1.5, 60.0), (1.0, 59.0)],  # a fall
        [(0.3, 60.0), (0.3, 64.0), (1.0, 60.0)],  # a leap
        [(0.3, 60.0), (0.3, 60.5), (1.0, 60.0)],  # a small change of pitch
        [(0.3, 59.0), (0.3, 60.0), (1.0, 61.0)],  # no return
        [(0.16, 60.0), (0.16, 61.0)] * 6,  # a slow trill or vibrato
    ],
)
def test_other_movements_are_not_divided(parts):
    assert len(notes_of(sung(*parts))) == 1


@pytest.mark.parametrize(("shortest", "notes"), [(0.2, 3), (0.28, 1)])
@pytest.mark.parametrize("lengths", [(0.24, 0.4), (0.4, 0.24)])
def test_no_note_of_a_turn_is_shorter_than_the_shortest_note(lengths, shortest, notes):
    turn = sung((lengths[0], 60.0), (lengths[1], 61.0), (1.0, 60.0))
    assert len(notes_of(turn, replace(TURNS, shortest_note=shortest))) == notes


@pytest.mark.parametrize("rate", [3.5, 5.0, 6.5])
@pytest.mark.parametrize("extent", [0.3, 0.6, 1.0])
def test_a_vibrato_is_not_divided(rate, extent):
    time = np.arange(FRAMES) * HOP
    midi = 60.0 + extent * np.sin(2 * np.pi * rate * time)
    assert len(notes_of(clear([(START, END, 60.0)], FRAMES, midi=midi))) == 1


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.floats(0.04, 0.6), st.floats(57.0, 63.0)), min_size=1, max_size=8),
    st.integers(1, 60),
)
def test_notes_are_in_order_for_any_division_into_pieces(parts, size):
    posteriors = sung(*parts)
    found = decode(posteriors, TURNS, FRAMES * HOP)
    for before, note in itertools.pairwise(found):
        assert before.onset < before.offset <= note.onset < note.offset
    decoder = Decoder(TURNS)
    for start in range(0, FRAMES, size):
        decoder.add(posteriors[start : start + size])
    assert decoder.finish(FRAMES * HOP) == found


def test_the_mean_clarity_does_not_depend_on_the_division():
    turn = sung((0.3, 60.0), (0.24, 61.0), (1.0, 60.0))
    clarity = []
    for config in (WHOLE, TURNS):
        decoder = Decoder(config)
        decoder.add(turn)
        decoder.finish(FRAMES * HOP)
        clarity.append(decoder.clarity)
    assert 0 < clarity[0] == clarity[1] < 1


def test_a_very_long_note_is_not_divided():
    frames = 1000
    midi = np.full(frames, 60.0)
    midi[300:500] = 61.0
    posteriors = clear([(START, 19.0, 60.0)], frames, midi=midi)
    assert len(decode(posteriors, TURNS, frames * HOP)) == 1
    assert len(decode(posteriors[:400], TURNS, 400 * HOP)) == 1, "there is no return in this part"
