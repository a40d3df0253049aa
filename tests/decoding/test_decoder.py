"""The decoder: order for any input, and the right notes where the posteriors are clear."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from singtrans.decoding.decoder import _pitch_fit, decode
from singtrans.decoding.posteriors import join
from singtrans.decoding.search import Search
from tests.helpers.clear_posteriors import BINS, CONFIG, HOP, any_posteriors, clear, posteriors


def check_order(notes, duration) -> None:
    assert all(0.0 <= n.onset < n.offset <= duration for n in notes)
    assert all(a.offset <= b.onset for a, b in pairwise(notes))
    assert all(np.isfinite(n.pitch) and 0.0 <= n.confidence <= 1.0 for n in notes)


@settings(max_examples=300, deadline=None)
@given(
    any_posteriors(),
    st.floats(0.0, 1.0),
    st.sampled_from([0.5, 1.0, 3.0]),
    st.sampled_from([-5.0, 0.0, 5.0]),
    st.sampled_from([0.02, 0.04, 0.06, 0.1]),
)
def test_notes_alternate_for_any_input(given_posteriors, part, weight, cost, shortest):
    duration = (len(given_posteriors) - 1 + part) * HOP
    config = replace(CONFIG, onset_weight=weight, note_cost=cost, shortest_note=shortest)
    check_order(decode(given_posteriors, config, duration), duration)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("frames", [1, 2, 3, 500])
def test_constant_posteriors(value, frames):
    heads = [np.full(frames, value)] * 4
    notes = decode(posteriors(*heads, np.full((frames, BINS), 1 / BINS)), CONFIG, frames * HOP - HOP / 2)
    check_order(notes, frames * HOP - HOP / 2)
    if value == 0.0:
        assert notes == ()


def test_random_long_input_crosses_the_blocks_of_the_search():
    rng = np.random.default_rng(0)
    frames = 9000
    p = posteriors(*rng.random((4, frames)), rng.dirichlet(np.ones(30), frames))
    notes = decode(p, CONFIG, (frames - 1) * HOP)
    check_order(notes, (frames - 1) * HOP)
    assert len(notes) > 100


@pytest.mark.parametrize("shortest", [0.02, 0.04, 0.06])
def test_random_notes_never_overlap(shortest):
    """Long random input, where refined times of neighbours contradict each other now and then."""
    config = replace(CONFIG, shortest_note=shortest, note_cost=-3.0)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        p = posteriors(*rng.random((4, 600)), rng.dirichlet(np.ones(12), 600))
        check_order(decode(p, config, 599 * HOP), 599 * HOP)


def test_finds_clear_notes_between_frames():
    truth = [(0.413, 0.987, 60.2), (1.105, 1.391, 64.75), (1.391, 2.006, 67.0), (2.2, 2.31, 55.3)]
    found = decode(clear(truth, 150), CONFIG, 3.0)
    assert len(found) == len(truth)
    for note, (onset, offset, pitch) in zip(found, truth, strict=True):
        assert note.onset == pytest.approx(onset, abs=0.004)
        assert note.offset == pytest.approx(offset, abs=0.004)
        assert note.pitch == pytest.approx(pitch, abs=0.02)
        assert note.confidence > 0.7


def test_the_best_sequence_wins_over_single_peaks():
    # An onset peak with nothing behind it, and an offset peak with nothing before it, are no notes.
    p = clear([(1.0, 2.0, 60.0)], 200)
    p.onset[150], p.offset[20] = 0.9, 0.9
    found = decode(p, CONFIG, 4.0)
    assert [(round(n.onset, 2), round(n.offset, 2)) for n in found] == [(1.0, 2.0)]


def test_repeated_note_is_split_at_its_onset():
    found = decode(clear([(0.5, 1.0, 60.0), (1.0, 1.5, 60.0)], 120), CONFIG, 2.4)
    assert [round(n.onset, 2) for n in found] == [0.5, 1.0]


def test_a_change_of_pitch_splits_where_onset_and_offset_are_faint():
    frames = 120
    midi = np.where(np.arange(frames) * HOP < 1.0, 60.0, 64.0)
    p = clear([(0.5, 1.5, 60.0)], frames, midi=midi)
    p.onset[50], p.offset[50] = 0.3, 0.3
    found = decode(p, CONFIG, 2.4)
    assert [round(n.pitch, 1) for n in found] == [60.0, 64.0]
    assert found[1].onset == pytest.approx(1.0, abs=0.03)


def test_a_note_cut_off_by_the_end_of_the_recording_is_kept():
    p = clear([(1.0, 5.0, 60.0)], 101)
    found = decode(p, CONFIG, 2.0)
    assert [(round(n.onset, 2), n.offset) for n in found] == [(1.0, 2.0)]


def test_the_search_equals_trying_every_sequence():
    """On short random input, no sequence of notes scores higher than the one that is found."""
    from singtrans.decoding import decoder as module

    rng = np.random.default_rng(3)
    frames, bins = 7, 4
    config = replace(CONFIG, shortest_note=2 * HOP, note_cost=0.3, legato_cost=0.2)
    for _ in range(20):
        p = posteriors(*rng.random((4, frames)), rng.dirichlet(np.ones(bins), frames))
        odds = {k: module._log_odds(getattr(p, k), config.decision_floor) for k in ("onset", "offset", "activity")}
        gain = module._pitch_fit(p, config) + config.activity_weight * odds["activity"][:, None]

        def score(segments, odds=odds, gain=gain):
            total = 0.0
            for i, (s, e) in enumerate(segments):
                total += config.onset_weight * odds["onset"][s] - config.note_cost + gain[s:e].sum(axis=0).max()
                total += config.offset_weight * odds["offset"][e] if e < frames else 0.0
                total -= config.legato_cost if i and segments[i - 1][1] == s else 0.0
            return total

        def sequences(first):
            yield []
            for s in range(first, frames):
                for e in range(s + 2, frames + 1):
                    for rest in sequences(e):
                        yield [(s, e), *rest]

        best = max(score(s) for s in sequences(0))
        search = Search(bins, 2, config.legato_cost)
        found = [(s.start, s.end) for s in [*search.add(module._evidence(p, config)), *search.finish()]]
        assert score(found) == pytest.approx(best, abs=1e-9)


def test_shapes_that_disagree_are_refused():
    with pytest.raises(ValueError, match="disagree"):
        posteriors(np.zeros(3), np.zeros(3), np.zeros(4), np.zeros(3), np.zeros((3, 5)))
    for pitch in (np.zeros((4, 5)), np.zeros(3), np.zeros((3, 5, 1))):
        with pytest.raises(ValueError, match="disagree"):
            posteriors(*np.zeros((4, 3)), pitch)


def test_one_piece_joined_is_itself():
    p = clear([(0.1, 0.4, 60.0)], 30)
    joined = join([p])
    assert all(np.array_equal(a, b) for a, b in zip(joined._arrays, p._arrays, strict=True))


@settings(max_examples=200, deadline=None)
@given(any_posteriors(), st.data())
def test_values_beyond_a_probability_count_as_the_nearest(given_posteriors, data):
    """A sigmoid gives none; the search stays exact and finite with them all the same."""
    p = given_posteriors
    beyond = data.draw(arrays(np.float64, (4, len(p)), elements=st.sampled_from([-2.0, -1e-3, 0.0, 1.0, 1.001, 3.0])))
    duration = len(p) * HOP
    found, expected = (
        decode(posteriors(*heads, p.pitch), CONFIG, duration) for heads in (beyond, np.clip(beyond, 0.0, 1.0))
    )
    # Where a note begins and ends between frames, and its pitch's weights, are read from the values themselves.
    assert len(found) == len(expected)
    assert all(0.0 <= note.confidence <= 1.0 for note in found)


@pytest.mark.parametrize("value", [-1.0, 2.0])
def test_the_pitch_fit_is_a_log_likelihood_whatever_the_posterior(value):
    p = posteriors(*np.ones((4, 3)), np.full((3, 30), value))
    fit = _pitch_fit(p, CONFIG)
    assert np.isfinite(fit).all()
    assert (fit <= 0.0).all()
