"""The decoder: order for any input, and the right notes where the posteriors are clear."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import undivided_decoder
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from singtrans.config import DecoderConfig
from singtrans.decode import Decoder, Posteriors, _pitch_fit, decode, pitch_between, pitch_track
from singtrans.note_values import Found, times
from singtrans.posteriors import join
from singtrans.search import Search

HOP, LOWEST, PER_SEMITONE, BINS = 0.02, 33.0, 3.0, 180
CONFIG = DecoderConfig()


def posteriors(onset, offset, activity, voicing, pitch) -> Posteriors:
    return Posteriors(onset, offset, activity, voicing, pitch, HOP, LOWEST, PER_SEMITONE)


def clear(notes, frames, depth=0.97, midi=None) -> Posteriors:
    """Posteriors as a confident network would give them for (onset, offset, pitch) triples.

    ``midi`` (frames,) is what is sung from frame to frame; by default the notes' own pitch.
    """
    time = np.arange(frames) * HOP
    onset, offset, activity = np.full(frames, 0.01), np.full(frames, 0.01), np.full(frames, 0.02)
    sung = np.full(frames, 60.0) if midi is None else midi
    for start, end, pitch in notes:
        onset = np.maximum(onset, depth * np.clip(1 - np.abs(time - start) / 0.05, 0, None))
        offset = np.maximum(offset, depth * np.clip(1 - np.abs(time - end) / 0.05, 0, None))
        inside = (time >= start) & (time < end)
        activity[inside] = 0.98
        if midi is None:
            sung[inside] = pitch
    bins = LOWEST + np.arange(BINS) / PER_SEMITONE
    pitch = np.exp(-0.5 * ((sung[:, None] - bins) / 0.25) ** 2) + 1e-6
    return posteriors(onset, offset, activity, activity, pitch / pitch.sum(axis=1, keepdims=True))


def check_order(notes, duration) -> None:
    assert all(0.0 <= n.onset < n.offset <= duration for n in notes)
    assert all(a.offset <= b.onset for a, b in pairwise(notes))
    assert all(np.isfinite(n.pitch) and 0.0 <= n.confidence <= 1.0 for n in notes)


@st.composite
def any_posteriors(draw) -> Posteriors:
    frames, bins = draw(st.integers(1, 60)), draw(st.integers(1, 20))
    # Exact 0 and 1, and values that are no probabilities at all, as from a damaged network.
    value = st.one_of(st.sampled_from([0.0, 1.0, 0.5, float("nan")]), st.floats(0, 1, width=32))
    heads = draw(arrays(np.float32, (4, frames), elements=value))
    pitch = draw(arrays(np.float32, (frames, bins), elements=st.floats(0, 1, width=32)))
    return posteriors(*heads, pitch)


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


@pytest.mark.parametrize("extent", [0.5, 1.0])
def test_vibrato_neither_splits_nor_moves_a_note(extent):
    frames = 150
    midi = 62.0 + extent * np.sin(2 * np.pi * 5.5 * np.arange(frames) * HOP)
    found = decode(clear([(0.4, 2.4, 62.0)], frames, midi=midi), CONFIG, 3.0)
    assert len(found) == 1
    assert found[0].pitch == pytest.approx(62.0, abs=0.1)


@pytest.mark.parametrize("leap", [12.0, -12.0, 19.0])
def test_octave_slips_do_not_move_the_pitch(leap):
    frames = 100
    midi = np.full(frames, 62.0)
    midi[40:48] += leap
    found = decode(clear([(0.4, 1.6, 62.0)], frames, midi=midi), CONFIG, 2.0)
    assert len(found) == 1
    assert found[0].pitch == pytest.approx(62.0, abs=0.03)


def test_glides_at_the_edges_do_not_move_the_pitch():
    frames = 100
    midi = np.full(frames, 62.0)
    midi[20:26] = np.linspace(60.0, 62.0, 6)
    midi[54:60] = np.linspace(62.0, 61.0, 6)
    found = decode(clear([(0.4, 1.2, 62.0)], frames, midi=midi), CONFIG, 2.0)
    assert len(found) == 1
    assert found[0].pitch == pytest.approx(62.0, abs=0.03)


def test_a_note_cut_off_by_the_end_of_the_recording_is_kept():
    p = clear([(1.0, 5.0, 60.0)], 101)
    found = decode(p, CONFIG, 2.0)
    assert [(round(n.onset, 2), n.offset) for n in found] == [(1.0, 2.0)]


def test_the_search_equals_trying_every_sequence():
    """On short random input, no sequence of notes scores higher than the one that is found."""
    from singtrans import decode as module

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


def test_pitch_track_reads_between_bins_and_knows_silence():
    p = clear([(0.4, 1.6, 61.37)], 100)
    track = pitch_track(p, CONFIG)
    inside = (track.time > 0.45) & (track.time < 1.55)
    assert np.allclose(track.midi[inside], 61.37, atol=0.02)
    assert np.isnan(track.midi[track.time > 1.65]).all()


def test_pitch_track_at_the_threshold_and_without_a_peak():
    voicing = np.array([CONFIG.voiced, np.nextafter(CONFIG.voiced, 1.0)])
    track = pitch_track(posteriors(*np.zeros((3, 2)), voicing, np.zeros((2, BINS))), CONFIG)
    assert np.isnan(track.midi[0])
    assert track.midi[1] == LOWEST, "a pitch that is known, not that of bin 0 of nothing"


def test_between_known_boundaries_lies_the_pitch_that_was_sung():
    p = clear([(0.4, 1.6, 61.37), (1.6, 2.0, 64.8)], 150)
    assert pitch_between(p, CONFIG, 0.4, 1.6) == pytest.approx(61.37, abs=0.02)
    assert pitch_between(p, CONFIG, 1.61, 2.01) == pytest.approx(64.8, abs=0.02)
    assert pitch_between(p, CONFIG, 1.9, 1.9) == pytest.approx(64.8, abs=0.02)  # one frame at least
    for outside in ((-3.0, -1.0), (7.0, 9.0)):
        assert pitch_between(p, CONFIG, *outside) == pytest.approx(60.0, abs=0.02)
    with pytest.raises(ValueError, match=r"^there is no pitch in posteriors of no frames$"):
        pitch_between(p[:0], CONFIG, 0.0, 1.0)


def test_shapes_that_disagree_are_refused():
    with pytest.raises(ValueError, match="disagree"):
        posteriors(np.zeros(3), np.zeros(3), np.zeros(4), np.zeros(3), np.zeros((3, 5)))
    for pitch in (np.zeros((4, 5)), np.zeros(3), np.zeros((3, 5, 1))):
        with pytest.raises(ValueError, match="disagree"):
            posteriors(*np.zeros((4, 3)), pitch)


def test_times_that_are_no_longer_than_a_frame_are_read_in_the_nearest():
    sung = np.array([50.0, 55.0, 60.0, 65.0])
    p = clear([], 4, midi=sung)
    p = posteriors(p.onset, p.offset, p.activity, np.ones(4), p.pitch)
    for time, pitch in [(-1.0, 50.0), (0.0, 50.0), (0.021, 55.0), (0.04, 60.0), (0.06, 65.0), (9.0, 65.0)]:
        assert pitch_between(p, CONFIG, time, time) == pytest.approx(pitch, abs=0.01)


def test_a_boundary_one_frame_after_the_beginning_lies_between_frames():
    p = clear([(0.024, 0.4, 60.0)], 40)
    assert decode(p, CONFIG, 0.8)[0].onset == pytest.approx(0.024, abs=0.002)


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


@st.composite
def any_found(draw) -> list[Found]:
    """Notes on a frame grid, legato or not, whose fine times are anything within 1.5 frames, or the neighbours'."""
    now, found = draw(st.integers(0, 2)), []
    for _ in range(draw(st.integers(1, 12))):
        start = now + draw(st.sampled_from([0, 0, 1, 2]))
        now = start + draw(st.integers(1, 3))
        on, off = (max(frame + draw(st.floats(-1.5, 1.5)), 0.0) for frame in (start, now))
        found.append(Found(start, now, on, off, 60.0, 0.5))
    return found


@settings(max_examples=500, deadline=None)
@given(any_found())
def test_times_are_in_order_and_legato_notes_share_a_boundary(found):
    given_times = times(found, 1.0, 1e9)
    flat = [time for pair in given_times for time in pair]
    assert len(given_times) == len(found)
    assert all(off - on >= 0.5 for on, off in given_times)
    assert flat == sorted(flat)
    for (_, off), (on, _), before, after in zip(given_times, given_times[1:], found, found[1:], strict=False):
        assert (off == on) or before.end != after.start
    for (on, off), note in zip(given_times, found, strict=True):
        assert abs(on - note.start) <= 1.5
        assert abs(off - note.end) <= 1.5


def test_what_is_in_order_stays_as_it_is():
    found = [Found(1, 4, 0.7, 4.2, 60.0, 1.0), Found(6, 9, 6.3, 8.6, 60.0, 1.0), Found(9, 12, 9.4, 11.0, 60.0, 1.0)]
    assert np.allclose(times(found, 0.1, 1.05), [(0.07, 0.42), (0.63, 0.94), (0.94, 1.05)], atol=1e-9)


def in_pieces(p: Posteriors, config: DecoderConfig, duration: float, cuts: list[int]):
    decoder = Decoder(config)
    for first, last in pairwise([0, *sorted(c for c in cuts if c < len(p)), len(p)]):
        decoder.add(p[first:last])
    return decoder.finish(duration)


@settings(max_examples=300, deadline=None)
@given(
    any_posteriors(),
    st.sampled_from([-5.0, 0.0, 0.5, 5.0]),
    st.sampled_from([0.0, 0.02, 0.06, 0.3]),
    st.sampled_from([-1.0, 0.0, 2.0]),
    st.one_of(st.lists(st.integers(0, 60), max_size=5), st.just(list(range(60)))),
)
def test_any_input_in_any_pieces_equals_the_search_frame_by_frame(given_posteriors, cost, shortest, legato, cuts):
    duration = len(given_posteriors) * HOP
    config = replace(CONFIG, note_cost=cost, shortest_note=shortest, legato_cost=legato)
    expected = undivided_decoder.decode(given_posteriors, config, duration)
    assert decode(given_posteriors, config, duration) == expected
    assert in_pieces(given_posteriors, config, duration, cuts) == expected


def test_a_note_that_is_decided_at_once_waits_for_what_has_a_say_in_its_values():
    """Loud evidence decides notes before the frames behind them have come, which may hold a later peak."""
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


def melody(seed: int, frames: int) -> Posteriors:
    """Posteriors of a plausible melody with rests, slips and noise: few clear decisions, many near ones."""
    rng = np.random.default_rng(seed)
    notes, now, time = [], 0.3, np.arange(frames) * HOP
    sung = np.full(frames, 60.0)
    while now < frames * HOP - 1.0:
        length = rng.choice([0.08, 0.2, 0.5, 1.5, 6.0], p=[0.2, 0.3, 0.3, 0.18, 0.02])
        notes.append((now, now + length, rng.uniform(48, 72)))
        inside = (time >= now) & (time < now + length)
        sung[inside] = notes[-1][2] + 0.6 * (length > 0.3) * np.sin(2 * np.pi * rng.uniform(4, 8) * time[inside])
        now += length + rng.choice([0.0, 0.1, 4.0], p=[0.6, 0.35, 0.05])
    p = clear(notes, frames, depth=0.8, midi=sung)
    heads = [np.clip(h + rng.normal(0, 0.15, frames), 0, 1) for h in (p.onset, p.offset, p.activity, p.voicing)]
    pitch = p.pitch + rng.dirichlet(np.full(BINS, 0.05), frames) * rng.random((frames, 1))
    return posteriors(*heads, (pitch / pitch.sum(axis=1, keepdims=True)).astype(np.float16))


def test_between_the_boundaries_that_are_found_lies_the_pitch_that_is_found():
    p, decoder = melody(5, 3000), Decoder(CONFIG)
    decoder.add(p)
    assert decoder.finish(60.0)
    for found in decoder._found:
        assert pitch_between(p, CONFIG, found.start * HOP, found.end * HOP) == pytest.approx(found.pitch, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("piece", [1, 7, 48, 500, 1501])
def test_pieces_have_no_part_in_the_notes(seed, piece):
    frames = 300 if piece == 1 else 5000
    p, duration = melody(seed, frames), frames * HOP - HOP / 3
    expected = undivided_decoder.decode(p, CONFIG, duration)
    assert len(expected) > frames * HOP / 4
    assert in_pieces(p, CONFIG, duration, list(range(piece, frames, piece))) == expected


def test_what_is_undecided_stays_small():
    """Notes are handed out soon after they end, whatever follows: memory does not grow with the recording."""
    p, decoder, held = melody(9, 20_000), Decoder(CONFIG), []
    for first in range(0, len(p), 500):
        decoder.add(p[first : first + 500])
        held.append(len(decoder._held))
    assert max(held) < 1500
    assert decoder.finish(400.0) == undivided_decoder.decode(p, CONFIG, 400.0)


@pytest.mark.parametrize("value", [0.0, 0.5])
def test_silence_is_forgotten(value):
    heads = [np.full(10_000, v) for v in (value, value, 0.01, 0.01)]
    p, decoder = posteriors(*heads, np.full((10_000, 30), 1 / 30)), Decoder(CONFIG)
    decoder.add(p)
    assert len(decoder._held) < 1000


@pytest.mark.parametrize("phase", np.arange(0, 2 * np.pi, 0.7))
def test_an_unfinished_period_of_vibrato_moves_no_note(phase):
    # Seven tenths of a second: the middle that is read holds two periods and a half, and the median is up to 0.2 off.
    midi = 62.0 + 0.5 * np.sin(2 * np.pi * 5.5 * np.arange(100) * HOP + phase)
    (note,) = decode(clear([(0.4, 1.1, 62.0)], 100, midi=midi), CONFIG, 2.0)
    assert note.pitch == pytest.approx(62.0, abs=0.03)
