"""Refinement of notes: times between frames, their order, and the sung pitch."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from singtrans.decoding.boundaries import shifts, times
from singtrans.decoding.decoder import Decoder, decode, pitch_between, pitch_track
from singtrans.decoding.note_pitch import common_pitches
from singtrans.decoding.posteriors import as_probabilities
from singtrans.decoding.refinement import Found
from singtrans.decoding.spans import Spans
from tests.helpers.clear_posteriors import BINS, CONFIG, HOP, LOWEST, any_posteriors, clear, melody, posteriors

NOTHING = np.zeros(0)  # features


def common_pitch(midi: np.ndarray, weight: np.ndarray) -> float:
    """Compute the common pitch of one note."""
    return float(common_pitches(Spans(np.array([0]), np.array([len(midi)])), midi, weight)[0])


def boundary(probability: np.ndarray, frame: int) -> float:
    """Return the refined position of a boundary in frames."""
    return float(frame + shifts(as_probabilities(probability), np.array([frame]))[0])


@pytest.mark.parametrize("extent", [0.5, 1.0])
def test_vibrato_does_not_split_a_note_or_change_its_pitch(extent):
    frames = 150
    midi = 62.0 + extent * np.sin(2 * np.pi * 5.5 * np.arange(frames) * HOP)
    found = decode(clear([(0.4, 2.4, 62.0)], frames, midi=midi), CONFIG, 3.0)
    assert len(found) == 1
    assert found[0].pitch == pytest.approx(62.0, abs=0.1)


@pytest.mark.parametrize("leap", [12.0, -12.0, 19.0])
def test_octave_errors_of_frames_do_not_change_the_pitch(leap):
    frames = 100
    midi = np.full(frames, 62.0)
    midi[40:48] += leap
    found = decode(clear([(0.4, 1.6, 62.0)], frames, midi=midi), CONFIG, 2.0)
    assert len(found) == 1
    assert found[0].pitch == pytest.approx(62.0, abs=0.03)


def test_glides_at_the_ends_do_not_change_the_pitch():
    frames = 100
    midi = np.full(frames, 62.0)
    midi[20:26] = np.linspace(60.0, 62.0, 6)
    midi[54:60] = np.linspace(62.0, 61.0, 6)
    found = decode(clear([(0.4, 1.2, 62.0)], frames, midi=midi), CONFIG, 2.0)
    assert len(found) == 1
    assert found[0].pitch == pytest.approx(62.0, abs=0.03)


def test_the_pitch_track_is_interpolated_and_unvoiced_in_silence():
    p = clear([(0.4, 1.6, 61.37)], 100)
    track = pitch_track(p, CONFIG)
    inside = (track.time > 0.45) & (track.time < 1.55)
    assert np.allclose(track.midi[inside], 61.37, atol=0.02)
    assert np.isnan(track.midi[track.time > 1.65]).all()


def test_the_pitch_track_at_the_threshold_and_without_a_peak():
    voicing = np.array([CONFIG.voiced, np.nextafter(CONFIG.voiced, 1.0)])
    track = pitch_track(posteriors(*np.zeros((3, 2)), voicing, np.zeros((2, BINS))), CONFIG)
    assert np.isnan(track.midi[0])
    assert track.midi[1] == LOWEST, "the pitch of a frame without a peak"


def test_pitch_between_given_times():
    p = clear([(0.4, 1.6, 61.37), (1.6, 2.0, 64.8)], 150)
    assert pitch_between(p, CONFIG, 0.4, 1.6) == pytest.approx(61.37, abs=0.02)
    assert pitch_between(p, CONFIG, 1.61, 2.01) == pytest.approx(64.8, abs=0.02)
    assert pitch_between(p, CONFIG, 1.9, 1.9) == pytest.approx(64.8, abs=0.02)  # at least one frame is used
    for outside in ((-3.0, -1.0), (7.0, 9.0)):
        assert pitch_between(p, CONFIG, *outside) == pytest.approx(60.0, abs=0.02)
    with pytest.raises(ValueError, match=r"^posteriors without frames have no pitch$"):
        pitch_between(p[:0], CONFIG, 0.0, 1.0)


def test_pitch_between_equal_times_is_that_of_the_nearest_frame():
    sung = np.array([50.0, 55.0, 60.0, 65.0])
    p = clear([], 4, midi=sung)
    p = posteriors(p.onset, p.offset, p.activity, np.ones(4), p.pitch)
    for time, pitch in [(-1.0, 50.0), (0.0, 50.0), (0.021, 55.0), (0.04, 60.0), (0.06, 65.0), (9.0, 65.0)]:
        assert pitch_between(p, CONFIG, time, time) == pytest.approx(pitch, abs=0.01)


@pytest.mark.parametrize("onset", [0.0, 0.005, 0.02, 0.024, 0.03, 0.05, 0.07])
def test_a_boundary_at_the_edge_of_the_recording_is_within_half_a_frame(onset):
    p = clear([(onset, 0.4, 60.0)], 40)
    (note,) = decode(p, CONFIG, 0.8)
    assert note.onset == pytest.approx(onset, abs=0.0101)
    mirrored = posteriors(p.offset[::-1], p.onset[::-1], p.activity[::-1], p.voicing[::-1], p.pitch[::-1])
    (note,) = decode(mirrored, CONFIG, 0.8)
    assert note.offset == pytest.approx(39 * HOP - onset, abs=0.0101)


@st.composite
def any_found(draw) -> list[Found]:
    """Draw notes on a grid of frames, legato or not, with refined times up to 1.5 frames away from the grid."""
    now, found = draw(st.integers(0, 2)), []
    for _ in range(draw(st.integers(1, 12))):
        start = now + draw(st.sampled_from([0, 0, 1, 2]))
        now = start + draw(st.integers(1, 3))
        on, off = (max(frame + draw(st.floats(-1.5, 1.5)), 0.0) for frame in (start, now))
        found.append(Found(start, now, on, off, 60.0, 0.5, NOTHING))
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


def test_times_in_order_are_only_changed_between_legato_notes():
    found = [
        Found(1, 4, 0.7, 4.2, 60.0, 1.0, NOTHING),
        Found(6, 9, 6.3, 8.6, 60.0, 1.0, NOTHING),
        Found(9, 12, 9.4, 11.0, 60.0, 1.0, NOTHING),
    ]
    assert np.allclose(times(found, 0.1, 1.05), [(0.07, 0.42), (0.63, 0.9), (0.9, 1.05)], atol=1e-9)


def test_pitch_between_found_boundaries_is_the_pitch_of_the_note():
    p, decoder = melody(5, 3000), Decoder(CONFIG)
    decoder.add(p)
    assert decoder.finish(60.0)
    for found in decoder._found:
        assert pitch_between(p, CONFIG, found.start * HOP, found.end * HOP) == pytest.approx(found.pitch, abs=1e-9)


@pytest.mark.parametrize("phase", np.arange(0, 2 * np.pi, 0.7))
def test_an_incomplete_period_of_vibrato_does_not_change_the_pitch(phase):
    # The note lasts 0.7 s. Its middle part has 2.5 periods, so the median would be wrong by up to 0.2 semitones.
    midi = 62.0 + 0.5 * np.sin(2 * np.pi * 5.5 * np.arange(100) * HOP + phase)
    (note,) = decode(clear([(0.4, 1.1, 62.0)], 100, midi=midi), CONFIG, 2.0)
    assert note.pitch == pytest.approx(62.0, abs=0.03)


@pytest.mark.parametrize("leap", [-5.0, -3.0, 3.0, 5.0])
@pytest.mark.parametrize("frames", [6, 8])
def test_a_short_note_has_the_pitch_at_the_end_of_the_glide_into_it(leap, frames):
    """Most of the note is a glide, so the pitch in its middle and its median pitch are wrong by up to a semitone."""
    away = leap * np.clip(1 - np.arange(frames) / (frames - 2.5), 0, None)
    midi = np.concatenate([np.full(20, 60.0 + leap), 60.0 + away, np.full(20, 60.0)])
    p = clear([], len(midi), midi=midi)
    p = posteriors(p.onset, p.offset, p.activity, np.ones(len(midi)), p.pitch)
    read = pitch_between(p, CONFIG, 20 * HOP, (20 + frames) * HOP)
    assert abs(read - 60.0) < 0.5 * abs(np.median(away))


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(55.0, 57.0)))
def test_the_pitch_of_a_note_is_in_the_range_of_its_frames(midi):
    p = clear([], len(midi), midi=midi)
    p = posteriors(p.onset, p.offset, p.activity, np.ones(len(midi)), p.pitch)
    read = pitch_between(p, replace(CONFIG, edge=0.0), 0.0, len(midi) * HOP)
    assert midi.min() - 0.05 < read < midi.max() + 0.05


@given(
    arrays(np.float64, st.integers(1, 40), elements=st.floats(59.6, 60.4)),
    st.floats(-7.0, 7.0),
    st.randoms(use_true_random=False),
)
def test_the_common_pitch_is_invariant_to_order_and_transposition(midi, shift, random):
    weight = np.array([random.random() + 0.01 for _ in midi])
    order = np.array(random.sample(range(len(midi)), len(midi)))
    read = common_pitch(midi, weight)
    assert common_pitch(midi + shift, weight * 3) == pytest.approx(read + shift, abs=1e-3)
    assert common_pitch(midi[order], weight[order]) == pytest.approx(read, abs=1e-3)


def test_the_common_pitch_is_the_mean_without_outliers():
    rng = np.random.default_rng(3)
    sung = 60.0 + rng.uniform(-0.1, 0.1, 30)
    assert common_pitch(sung, np.ones(30)) == pytest.approx(sung.mean(), abs=0.003)
    slips = np.concatenate([sung, np.full(12, 72.0), np.full(6, 53.0)])
    assert common_pitch(slips, np.ones(48)) == pytest.approx(sung.mean(), abs=0.003)
    silent = np.concatenate([np.ones(30), np.zeros(18)])
    assert common_pitch(slips, silent) == pytest.approx(common_pitch(sung, np.ones(30)))


@given(st.lists(st.tuples(st.floats(33.0, 93.0), st.sampled_from([0.0, 1e-6, 0.1, 1.0])), min_size=1, max_size=40))
def test_the_common_pitch_is_in_the_range_of_the_frames(frames):
    midi, weight = np.array(frames).T
    weight[0] = 1.0
    sung = midi[weight > 0]
    assert sung.min() - 1e-9 <= common_pitch(midi, weight) <= sung.max() + 1e-9


def test_weights_of_distant_frames_in_the_common_pitch():
    """A frame that is 0.5, 1 or 2 semitones away has a weight of about 0.8, 0.5 or 0.04."""
    for away, share in [(0.5, 0.82), (1.0, 0.46), (2.0, 0.044)]:
        one_off = np.append(np.full(100, 60.0), 60.0 + away)
        assert common_pitch(one_off, np.ones(101)) - 60.0 == pytest.approx(share * away / (100 + share), rel=0.05)


@pytest.mark.parametrize("extent", [0.3, 0.6])
@pytest.mark.parametrize("seconds", [0.2, 0.3])
def test_the_pitch_of_a_short_vibrato_is_not_its_maximum(extent, seconds):
    off = []
    for phase in np.arange(0, 2 * np.pi, 0.3):
        midi = 60.0 + extent * np.sin(2 * np.pi * 5.5 * np.arange(100) * HOP + phase)
        (note,) = decode(clear([(0.4, 0.4 + seconds, 60.0)], 100, midi=midi), CONFIG, 2.0)
        off.append(note.pitch - 60.0)
    assert np.sqrt(np.mean(np.square(off))) < 0.35 * extent


@given(any_posteriors(), st.data())
def test_the_pitch_is_in_range_for_arbitrary_posteriors(given_posteriors, data):
    p = given_posteriors
    wild = st.sampled_from([-2e38, -2.0, 0.0, 0.5, 1.0, 3.0, 2e38, np.inf, -np.inf, np.nan])
    heads = data.draw(arrays(np.float64, (4, len(p)), elements=wild))
    pitch = data.draw(arrays(np.float64, p.pitch.shape, elements=wild))
    for note in decode(posteriors(*heads, pitch), replace(CONFIG, note_cost=-3.0), len(p) * HOP):
        assert p.bin_midi[0] - 1.0 <= note.pitch <= p.bin_midi[-1] + 1.0


def test_the_common_pitch_of_two_equal_halves_is_their_mean():
    assert common_pitch(np.array([50.0, 60.0]), np.ones(2)) == pytest.approx(55.0)


@pytest.mark.parametrize("place", np.arange(10.0, 11.0, 0.1))
def test_a_clear_boundary_is_at_the_peak_of_its_triangle(place):
    triangle = np.clip(1 - np.abs(np.arange(30) - place) / 2.5, 0, None)
    for frame in (10, 11):
        assert boundary(triangle, frame) == pytest.approx(place, abs=0.06)  # about a millisecond
        assert boundary(triangle[5:], frame - 5) == pytest.approx(place - 5, abs=0.06)


@pytest.mark.parametrize("share", [0.35, 0.5, 0.65])
def test_a_boundary_with_two_likely_positions_is_between_them(share):
    """If the more likely of the two positions were chosen, the error would often be their distance of 60 ms."""
    first, second = (np.clip(1 - np.abs(np.arange(30) - place) / 2.5, 0, None) for place in (13, 16))
    place = boundary(share * first + (1 - share) * second, 13 if share > 0.5 else 16)
    assert 16 - 2.5 < place < 13 + 2.5  # within 50 ms of both
    assert np.sign(14.5 - place) == np.sign(round(share - 0.5, 2)) or share == 0.5


@given(arrays(np.float32, st.integers(1, 20), elements=st.floats(0, 1, width=32)), st.data())
def test_a_refined_boundary_is_within_one_and_a_half_frames(probability, data):
    frame = data.draw(st.integers(0, len(probability)))
    place = boundary(probability, frame)
    assert abs(place - frame) <= 1.5
    assert 0.0 <= place <= len(probability)


def test_a_boundary_without_evidence_is_not_moved():
    for nothing in (np.zeros(20), np.full(20, np.nan), np.full(20, 0.3)):
        for frame in (0, 1, 9, 18, 19, 20):
            assert boundary(nothing, frame) == pytest.approx(frame)
    assert boundary(np.full(20, 0.9), 20) == 20.0


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("count", [3, 1000])
def test_values_are_converted_to_probabilities(dtype, count):
    values = np.resize(np.array([0.25, np.nan, np.inf, -np.inf, 2.0, -1.0, 1e-7], dtype), count)
    found = as_probabilities(values[::-1])[::-1]
    assert found.dtype == np.float64
    assert np.array_equal(found, np.resize([0.25, 0.0, 1.0, 0.0, 1.0, 0.0, float(dtype(1e-7))], count))
