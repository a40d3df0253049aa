"""Levels of a separated voice and of the rest of a recording."""

from dataclasses import astuple

import numpy as np
import pytest

from singtrans.separation.balance import BalanceMeter

RATE = 44_100
SECONDS = 4.0


def tones():
    time = np.arange(round(SECONDS * RATE)) / RATE
    mono = sum(np.sin(2 * np.pi * hertz * time) for hertz in (220.0, 331.0, 495.0))
    return 0.1 * np.stack([mono, mono], axis=1)


def clicks():
    found = np.zeros((round(SECONDS * RATE), 2))
    found[:: RATE // 2] = 0.9
    return found


def noise(level=0.1):
    return level * np.random.default_rng(0).standard_normal((round(SECONDS * RATE), 1)) * np.ones(2)


def measured(mix, voice, step=10_000):
    meter = BalanceMeter(RATE)
    for start in range(0, len(mix), step):
        part = slice(start, start + step)
        meter.add(mix[part].astype(np.float32), voice[part].astype(np.float32))
    return meter.balance()


@pytest.mark.parametrize("rest", [tones, clicks])
def test_tones_and_clicks_are_structured_sounds(rest):
    assert measured(noise() + rest(), noise()).noise < 0.15


def test_noise_is_not_a_structured_sound():
    found = measured(tones() + noise(), tones())
    assert found.noise > 0.9
    assert found.instruments < -15


def test_levels_equal_the_levels_of_the_parts():
    voice = noise(0.1)
    found = measured(voice + tones(), voice)
    of_tones, of_voice = (float(np.square(part).mean()) for part in (tones(), voice))
    assert found.share == pytest.approx(10 * np.log10(of_voice / (of_voice + of_tones)), abs=0.1)
    assert found.purity == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("mask", [0.2, 0.7])
def test_purity_equals_the_value_of_a_constant_mask(mask):
    assert measured(noise(), mask * noise()).purity == pytest.approx(mask, abs=1e-4)


def test_the_lengths_of_blocks_have_no_effect():
    mix, voice = noise() + tones(), noise()
    assert astuple(measured(mix, voice, 999)) == pytest.approx(astuple(measured(mix, voice, len(mix))), rel=1e-4)


@pytest.mark.parametrize("length", [0, 1, 2000])
def test_short_and_silent_recordings_have_no_instruments(length):
    found = measured(np.zeros((length, 2)), np.zeros((length, 2)))
    assert found.noise == 1.0
    assert np.isfinite([found.share, found.purity, found.instruments]).all()
