"""The output of the engine spleeter is the masked input, and is aligned with it for any block size."""

import re
import tracemalloc

import numpy as np
import pytest

from singtrans.errors import UsageError
from singtrans.extras import install_command
from singtrans.separation import checkpoint, spleeter
from singtrans.separation.spleeter import SpleeterSeparator
from tests.separation.random_weights import random_weights


@pytest.fixture(scope="module")
def passes_all():
    """Make an engine whose mask is 1 for the left channel and 0 for the right channel."""
    weights = random_weights()
    weights["up7.0.weight"] = 0.0 * weights["up7.0.weight"]
    weights["up7.0.bias"] = np.array([30.0, -30.0], np.float32)
    return SpleeterSeparator(weights)


@pytest.fixture(scope="module")
def randomised():
    return SpleeterSeparator(random_weights())


def joined(separator, samples, cut=44_100):
    return np.concatenate(list(separator(samples[i : i + cut] for i in range(0, len(samples), cut))))


def tones(seconds):
    """Make tones of up to 8 kHz, which is below the highest bin that has a mask."""
    time = np.arange(round(44_100 * seconds)) / 44_100
    left = sum(0.1 * np.sin(2 * np.pi * hz * time + hz) for hz in (110, 440, 1000, 3000, 8000))
    return np.stack([left, 0.5 * left], axis=1).astype(np.float32)


@pytest.mark.parametrize("seconds", [0.01, 1.0, 12.0, 25.3])
def test_a_mask_of_one_does_not_change_the_sound(passes_all, seconds):
    samples = tones(seconds)
    voice = joined(passes_all, samples)
    assert voice.shape == samples.shape
    assert voice.dtype == np.float32
    # The recording begins and ends with a step, which has frequencies above the highest bin of the mask.
    inner = slice(2048, -2048) if seconds >= 1 else slice(200, -200)
    assert np.abs(voice[inner, 0] - samples[inner, 0]).max() < (1e-3 if seconds >= 1 else 0.05)
    assert np.abs(voice[:, 1]).max() < 1e-6


def test_the_result_does_not_depend_on_block_sizes(randomised):
    samples = tones(23.0) * np.linspace(0, 1, 23 * 44_100, dtype=np.float32)[:, None]
    whole = joined(randomised, samples, len(samples))
    assert np.abs(whole).max() > 0.01
    np.testing.assert_array_equal(whole, joined(randomised, samples, 10_007))


def test_a_shift_of_whole_windows_shifts_the_result(randomised):
    samples, stride = tones(12.0), (spleeter.FRAMES - 2 * spleeter._CONTEXT) * spleeter.HOP
    shifted = joined(randomised, np.pad(samples, ((stride, 0), (0, 0))))
    np.testing.assert_allclose(shifted[stride + 4096 :], joined(randomised, samples)[4096:], atol=1e-5)


def test_silence_stays_silent(randomised):
    assert not joined(randomised, np.zeros((44_100, 2), np.float32)).any()


def test_empty_input_gives_empty_output(randomised):
    assert not list(randomised([]))


def test_output_is_returned_before_all_input_is_read(passes_all):
    taken = 0

    def endless():
        nonlocal taken
        while True:
            taken += 1
            yield np.zeros((44_100, 2), np.float32)

    next(iter(passes_all(endless())))
    assert taken < 15


def test_a_missing_package_is_reported(monkeypatch):
    monkeypatch.setattr(checkpoint, "PACKAGE", "no_such_package_for_songs")
    with pytest.raises(UsageError, match=re.escape(install_command("songs"))):
        SpleeterSeparator()


def test_memory_is_small_and_does_not_grow(randomised):
    """Large temporary arrays would also fragment the heap, so that its size would grow with the length of a song."""
    block = tones(1.0)

    def peak(seconds):
        tracemalloc.start()
        for _ in randomised(block for _ in range(seconds)):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    short = peak(25)
    assert short < 52e6
    assert peak(45) < short + 1e6
