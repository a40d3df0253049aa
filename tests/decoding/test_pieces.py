"""Decoding piece by piece gives the same notes, and keeps few frames in memory."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.decoder import Decoder, Posteriors, decode
from tests.helpers import undivided_decoder
from tests.helpers.clear_posteriors import CONFIG, HOP, any_posteriors, melody, posteriors

ORNATE = replace(CONFIG, longest_ornament=0.2, ornament_weight=2.0, ornament_cost=0.0, syllable_weight=0.3)


def plain(notes):
    """Return the notes without the values that the reference search does not compute."""
    return tuple(replace(note, ornaments=(), release=None) for note in notes)


def in_pieces(p: Posteriors, config: DecoderConfig, duration: float, cuts: list[int]):
    decoder = Decoder(config)
    for first, last in pairwise([0, *sorted(c for c in cuts if c < len(p)), len(p)]):
        decoder.add(p[first:last])
    return decoder.finish(duration)


@settings(max_examples=200, deadline=None)
@given(
    any_posteriors(),
    st.sampled_from([-5.0, 0.0, 0.5, 5.0]),
    st.sampled_from([0.0, 0.02, 0.06, 0.3]),
    st.sampled_from([-1.0, 0.0, 2.0]),
    st.sampled_from([(0.0, 0.0), (0.04, 1.0), (0.2, 0.0), (0.2, -4.0), (0.6, 2.0)]),
    st.one_of(st.lists(st.integers(0, 60), max_size=5), st.just(list(range(60)))),
)
def test_decoding_in_pieces_equals_the_reference_search(given_posteriors, cost, shortest, legato, ornament, cuts):
    duration = len(given_posteriors) * HOP
    longest, ornament_cost = ornament
    config = replace(CONFIG, note_cost=cost, shortest_note=shortest, legato_cost=legato)
    config = replace(config, longest_ornament=longest, ornament_cost=ornament_cost, syllable_weight=0.3)
    expected = undivided_decoder.decode(given_posteriors, config, duration)
    assert plain(decode(given_posteriors, config, duration)) == expected
    assert in_pieces(given_posteriors, config, duration, cuts) == decode(given_posteriors, config, duration)


def test_a_note_is_not_returned_before_all_frames_for_its_values_are_known():
    """Strong evidence can decide a note before the next frames are known, and its boundary may have a peak in these."""
    rng, early = np.random.default_rng(0), 0
    for _ in range(300):
        frames = int(rng.integers(4, 14))
        heads = rng.choice([0.0, 0.1, 0.5, 0.9, 0.99, 1.0], (4, frames))
        p = posteriors(*heads, rng.random((frames, 2)))
        config = replace(CONFIG, shortest_note=0.02, legato_cost=2.0, note_cost=float(rng.choice([-5.0, 0.0])))
        expected, decoder = decode(p, config, frames * HOP), Decoder(config)
        for frame in range(frames):
            decoder.add(p[frame : frame + 1])
            early += len(decoder._waiting)
        assert decoder.finish(frames * HOP) == expected
    assert early


@cache
def reference(seed: int, frames: int, config: DecoderConfig):
    """Return the posteriors of a melody, and the notes that the reference search finds in them."""
    p = melody(seed, frames)
    return p, undivided_decoder.decode(p, config, frames * HOP - HOP / 3)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("piece", [1, 7, 48, 500, 1501])
def test_notes_do_not_depend_on_the_pieces(seed, piece):
    frames = 300 if piece == 1 else 2000
    for config in (CONFIG, ORNATE):
        p, expected = reference(seed, frames, config)
        assert len(expected) > frames * HOP / 4
        cuts = list(range(piece, frames, piece))
        assert plain(in_pieces(p, config, frames * HOP - HOP / 3, cuts)) == expected


def test_few_undecided_frames_are_kept():
    """Notes are returned soon after they end, so memory does not grow with the length of the recording."""
    p, decoder, held = melody(9, 7_000), Decoder(CONFIG), []
    for first in range(0, len(p), 500):
        decoder.add(p[first : first + 500])
        held.append(len(decoder._held))
    assert max(held) < 1500
    assert decoder.finish(140.0) == undivided_decoder.decode(p, CONFIG, 140.0)


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_frames_of_silence_are_not_kept(value):
    heads = [np.full(10_000, v) for v in (value, value, 0.01, 0.01)]
    p, decoder = posteriors(*heads, np.full((10_000, 30), 1 / 30)), Decoder(CONFIG)
    decoder.add(p)
    assert len(decoder._held) < 1000


@pytest.mark.parametrize("piece", [1, 9, 50])
def test_confidence_does_not_depend_on_the_pieces(piece):
    p, features = melody(5, 300), []
    for size in (piece, 300):
        decoder = Decoder(ORNATE)
        for first in range(0, 300, size):
            decoder.add(p[first : first + size])
        features.append(decoder.measured(6.0)[1])
    assert np.array_equal(*features)
