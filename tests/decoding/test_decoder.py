"""The decoder finds notes in order for any input, and the right notes for clear posteriors."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from singtrans.decoding.decoder import decode
from singtrans.decoding.evidence import evidence, ornament_fit, ornament_gain, pitch_fit
from singtrans.decoding.ornaments import split
from singtrans.decoding.posteriors import join
from singtrans.decoding.search import Search
from singtrans.decoding.search_block import Limits
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
def test_notes_of_constant_posteriors_are_in_order(value, frames):
    heads = [np.full(frames, value)] * 4
    notes = decode(posteriors(*heads, np.full((frames, BINS), 1 / BINS)), CONFIG, frames * HOP - HOP / 2)
    check_order(notes, frames * HOP - HOP / 2)
    if value == 0.0:
        assert notes == ()


def test_notes_of_long_random_input_are_in_order():
    rng = np.random.default_rng(0)
    frames = 9000
    p = posteriors(*rng.random((4, frames)), rng.dirichlet(np.ones(30), frames))
    notes = decode(p, CONFIG, (frames - 1) * HOP)
    check_order(notes, (frames - 1) * HOP)
    assert len(notes) > 100


@pytest.mark.parametrize("shortest", [0.02, 0.04, 0.06])
def test_random_notes_never_overlap(shortest):
    """In long random input, adjacent notes would sometimes overlap if their times were refined independently."""
    config = replace(CONFIG, shortest_note=shortest, note_cost=-3.0)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        p = posteriors(*rng.random((4, 600)), rng.dirichlet(np.ones(12), 600))
        check_order(decode(p, config, 599 * HOP), 599 * HOP)


def test_clear_notes_are_found_with_times_between_frames():
    truth = [(0.413, 0.987, 60.2), (1.105, 1.391, 64.75), (1.391, 2.006, 67.0), (2.2, 2.31, 55.3)]
    found = decode(clear(truth, 150), CONFIG, 3.0)
    assert len(found) == len(truth)
    for note, (onset, offset, pitch) in zip(found, truth, strict=True):
        assert note.onset == pytest.approx(onset, abs=0.004)
        assert note.offset == pytest.approx(offset, abs=0.004)
        assert note.pitch == pytest.approx(pitch, abs=0.02)
        assert note.confidence > 0.7


def test_single_peaks_without_activity_are_not_notes():
    # An onset peak without activity after it, and an offset peak without activity before it, are not notes.
    p = clear([(1.0, 2.0, 60.0)], 200)
    p.onset[150], p.offset[20] = 0.9, 0.9
    found = decode(p, CONFIG, 4.0)
    assert [(round(n.onset, 2), round(n.offset, 2)) for n in found] == [(1.0, 2.0)]


def test_a_repeated_note_is_split_at_its_onset():
    found = decode(clear([(0.5, 1.0, 60.0), (1.0, 1.5, 60.0)], 120), CONFIG, 2.4)
    assert [round(n.onset, 2) for n in found] == [0.5, 1.0]


def test_a_change_of_pitch_splits_notes_with_weak_onset_and_offset():
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


@pytest.mark.parametrize("longest", [0, 1, 3])
def test_the_search_finds_the_best_of_all_sequences(longest):
    """For short random input, no sequence of notes has a higher score than the result."""
    rng = np.random.default_rng(3)
    frames, bins, limits = 7, 4, Limits(2, longest, 0.2)
    config = replace(CONFIG, note_cost=0.3, longest_ornament=longest * HOP, ornament_cost=-0.5, ornament_below=0.3)
    ornate = 0
    for _ in range(20):
        heads, more = rng.random((4, frames)), rng.random((3, frames))
        p = posteriors(*heads, rng.dirichlet(np.ones(bins), frames), *more)
        found = evidence(p, config)

        def parts(s, e):
            """Return all possible pairs of lengths, in frames, of the lead-in and the tail of a note."""
            lengths = range(longest + 1)
            return [(a, b) for a in lengths for b in lengths if e - s - a - b >= limits.shortest]

        def inside(s, e, a, b, bin_, found=found):
            """Return the score of the frames and inner boundaries of a note."""
            total = found.gain[s + a : e - b, bin_].sum()
            total += found.ornament[s : s + a, bin_].sum() + found.ornament[e - b : e, bin_].sum()
            return total + (found.inner[s + a] if a else 0.0) + (found.inner[e - b] if b else 0.0)

        def best_inside(s, e):
            return max(inside(s, e, a, b, bin_) for a, b in parts(s, e) for bin_ in range(bins))

        def score(segments, found=found, best_inside=best_inside):
            total = 0.0
            for i, (s, e) in enumerate(segments):
                total += found.onset[s] + best_inside(s, e) + (found.offset[e] if e < frames else 0.0)
                total -= limits.legato_cost if i and segments[i - 1][1] == s else 0.0
            return total

        def sequences(first):
            yield []
            for s in range(first, frames):
                for e in range(s + 2, frames + 1):
                    for rest in sequences(e):
                        yield [(s, e), *rest]

        best = max(score(s) for s in sequences(0))
        search = Search(bins, limits)
        segments = [*search.add(found), *search.finish()]
        assert score([(s.start, s.end) for s in segments]) == pytest.approx(best, abs=1e-9)
        if not segments:
            continue
        starts, ends, chosen = np.array([(s.start, s.end, s.bin) for s in segments]).T
        cut = split(starts, ends, chosen, p, limits, config)
        for s, e, bin_, steady, tail in zip(starts, ends, chosen, cut.steady, cut.tail, strict=True):
            assert inside(s, e, steady - s, e - tail, bin_) == pytest.approx(best_inside(s, e), abs=1e-9)
        ornate += cut.lead.any() or cut.fall.any()
    assert bool(ornate) == bool(longest)


def test_the_gain_of_an_ornament_of_one_frame_equals_the_evidence():
    rng = np.random.default_rng(4)
    p = posteriors(*rng.random((4, 30)), rng.dirichlet(np.ones(BINS), 30))
    config = replace(CONFIG, longest_ornament=0.2)
    whole, frames = evidence(p, config), np.arange(30)
    for bin_ in (0, 1, 90, BINS - 1):
        gain = ornament_gain(frames, np.full(30, bin_), p, config)
        assert np.abs(gain).max() > 0.01
        assert gain == pytest.approx(whole.ornament[:, bin_] - whole.gain[:, bin_], abs=1e-12)


def test_an_ornament_may_have_any_pitch_near_the_note():
    config = replace(CONFIG, longest_ornament=0.2, ornament_below=3.0, ornament_above=1.0, ornament_fit=0.5)
    midi = np.array([56.0, 58.0, 60.0, 60.3, 62.0])
    p = clear([(0.0, 0.1, 60.0)], 5, midi=midi)
    fit = ornament_fit(p, config)[:, round((60.0 - p.lowest_midi) * p.bins_per_semitone)]
    inside = config.pitch_weight * np.log(1 - 0.98 * (1 - config.pitch_floor) * 0.5)
    assert fit[1:4] == pytest.approx([inside] * 3, abs=0.02)
    assert max(fit[0], fit[4]) < inside - 0.2
    assert (pitch_fit(p, config)[2] > fit[2]).sum() >= 1, "the steady part fits the pitch of the note better"


def test_posteriors_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match="different lengths"):
        posteriors(np.zeros(3), np.zeros(3), np.zeros(4), np.zeros(3), np.zeros((3, 5)))
    for pitch in (np.zeros((4, 5)), np.zeros(3), np.zeros((3, 5, 1))):
        with pytest.raises(ValueError, match="different lengths"):
            posteriors(*np.zeros((4, 3)), pitch)


def test_joining_a_single_piece_does_not_change_it():
    p = clear([(0.1, 0.4, 60.0)], 30)
    joined = join([p])
    for name in ("onset", "offset", "activity", "voicing", "pitch"):
        assert np.array_equal(getattr(joined, name), getattr(p, name))
    assert joined.syllable is joined.ornament is joined.release is None


def test_joining_keeps_optional_posteriors():
    rng = np.random.default_rng(1)
    p = posteriors(*rng.random((4, 9)), rng.random((9, 3)), *rng.random((3, 9)))
    joined = join([p[:4], p[4:]])
    for name in ("syllable", "ornament", "release"):
        assert np.array_equal(getattr(joined, name), getattr(p, name))
    with pytest.raises(ValueError, match="others lack"):
        join([p[:4], posteriors(*p[4:]._heads, p.pitch[4:], p.syllable[4:])])


@settings(max_examples=200, deadline=None)
@given(any_posteriors(), st.data())
def test_values_outside_0_to_1_are_clipped(given_posteriors, data):
    """A sigmoid cannot return such values, but the search gives exact and finite results for them, too."""
    p = given_posteriors
    beyond = data.draw(arrays(np.float64, (4, len(p)), elements=st.sampled_from([-2.0, -1e-3, 0.0, 1.0, 1.001, 3.0])))
    duration = len(p) * HOP
    found, expected = (
        decode(posteriors(*heads, p.pitch), CONFIG, duration) for heads in (beyond, np.clip(beyond, 0.0, 1.0))
    )
    # The refinement of times and pitches uses the original values, so only the numbers of notes are compared.
    assert len(found) == len(expected)
    assert all(0.0 <= note.confidence <= 1.0 for note in found)


@pytest.mark.parametrize("value", [-1.0, 2.0])
def test_the_pitch_fit_is_a_log_likelihood_for_any_posterior(value):
    p = posteriors(*np.ones((4, 3)), np.full((3, 30), value))
    fit = pitch_fit(p, CONFIG)
    assert np.isfinite(fit).all()
    assert (fit <= 0.0).all()
