"""The centre of a vibrato is found for any phase, and curves without vibrato have no centre."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from singtrans.decoding.note_pitch import vibrato_centres
from singtrans.decoding.spans import Spans


def vibrato_centre(midi: np.ndarray, weight: np.ndarray, hop: float) -> float | None:
    """Compute the centre of the vibrato of one note."""
    centre = vibrato_centres(Spans(np.array([0]), np.array([len(midi)])), midi, weight, hop)[0]
    return None if np.isnan(centre) else float(centre)


@given(
    seconds=st.floats(0.5, 2.0),
    rate=st.floats(4.5, 7.5),
    extent=st.floats(0.2, 1.2),
    phase=st.floats(0.0, 6.28),
    drift=st.floats(-0.3, 0.3),
)
def test_the_centre_of_a_vibrato_does_not_depend_on_its_phase(seconds, rate, extent, phase, drift):
    time = np.arange(round(seconds / 0.02)) * 0.02
    midi = 60.3 + drift * (time / time[-1] - 0.5) + extent * np.sin(2 * np.pi * rate * time + phase)
    centre = vibrato_centre(midi, np.ones(len(midi)), 0.02)
    assert centre == pytest.approx(60.3, abs=0.04)  # the error of the rate is at most a quarter of a hertz


@pytest.mark.parametrize(
    "curve",
    [
        lambda t: 60 + 0 * t,
        lambda t: 60 + 0.05 * np.random.default_rng(0).standard_normal(len(t)),
        lambda t: 60 + 1.5 * t,
        lambda t: np.where(t < 0.3, 60.0, 61.0),
        lambda t: 60 - 2 * np.exp(-t / 0.06),
        lambda t: 60 + 0.3 * np.sin(2 * np.pi * 2 * t),
    ],
    ids=["steady", "rough", "slide", "step", "scoop", "slow bend"],
)
def test_curves_without_vibrato_have_no_centre(curve):
    assert vibrato_centre(curve(np.arange(40) * 0.02), np.ones(40), 0.02) is None


def test_a_vibrato_of_less_than_two_periods_has_no_centre():
    time = np.arange(11) * 0.02
    assert vibrato_centre(60 + np.sin(2 * np.pi * 6 * time), np.ones(11), 0.02) is None


def test_frames_without_weight_and_octave_errors_are_ignored():
    time = np.arange(50) * 0.02
    midi, weight = 60 + 0.5 * np.sin(2 * np.pi * 5.5 * time), np.ones(50)
    midi[10:14] += 12
    midi[30], weight[30] = 61.9, 0.0
    assert vibrato_centre(midi, weight, 0.02) == pytest.approx(60, abs=0.03)


@given(st.data(), st.floats(0.001, 0.1))
def test_the_centre_is_in_the_range_of_the_frames_for_any_input(data, hop):
    midi = data.draw(arrays(float, st.integers(1, 60), elements=st.floats(0, 127)))
    weight = data.draw(arrays(float, len(midi), elements=st.floats(0, 1)).filter(lambda w: w.sum() > 1e-6))
    centre = vibrato_centre(midi, weight, hop)
    if centre is not None:
        frames = midi[weight > 0]
        assert (frames < centre).any()
        assert (frames > centre).any()
        assert frames.min() < centre < frames.max()


@pytest.mark.parametrize("frames", [4, 5, 8, 10])
def test_a_few_frames_have_no_vibrato(frames):
    weight = np.zeros(40)
    weight[10 : 10 + frames] = 1.0
    for seed in range(100):
        midi = 60 + 0.25 * np.random.default_rng(seed).standard_normal(40)
        assert vibrato_centre(midi, weight, 0.02) is None
        assert vibrato_centre(midi, weight + 1e-3, 0.02) is None


def test_vibrato_is_rarely_found_in_noise():
    found = 0
    for seed in range(300):
        rough = np.random.default_rng(seed).standard_normal(24)
        midi = 60 + 0.2 * np.sqrt(5) * np.convolve(rough, np.ones(5) / 5, "valid")
        found += vibrato_centre(midi, np.ones(20), 0.02) is not None
    assert found < 30
