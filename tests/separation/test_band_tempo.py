"""Tempo of the instruments of a song."""

import numpy as np
import pytest
import soundfile

from singtrans.separation import band_tempo
from singtrans.separation.band_tempo import find_band_tempo, mean_tempo

RATE = 22_050


def clicks(tempo, seconds, rng):
    """Make soft noise, with the sound of a drum on every beat."""
    found = 0.002 * rng.standard_normal(round(seconds * RATE))
    drum = np.exp(-np.arange(RATE // 10) / (0.01 * RATE)) * rng.standard_normal(RATE // 10)
    for time in np.arange(0.3, seconds - 0.2, 60 / tempo):
        start = round(time * RATE)
        found[start : start + len(drum)] += 0.3 * drum
    return found


@pytest.mark.parametrize("missing", [(), (3, 4, 11)])
def test_mean_tempo_is_exact_if_beats_are_missing(missing):
    beats = np.delete(1.5 + 0.625 * np.arange(20), list(missing))
    assert mean_tempo(beats) == pytest.approx(96.0)


def test_random_errors_of_beats_have_little_effect():
    beats = 0.5 * np.arange(200) + np.random.default_rng(0).normal(0, 0.02, 200)
    assert mean_tempo(beats) == pytest.approx(120.0, rel=1e-3)


def test_few_beats_have_no_tempo():
    assert mean_tempo(np.arange(7.0)) is None


@pytest.mark.parametrize("tempo", [84, 117])
def test_the_tempo_of_a_drum_is_found(tmp_path, tempo):
    pytest.importorskip("librosa")
    soundfile.write(tmp_path / "drum.flac", clicks(tempo, 30.0, np.random.default_rng(0)), RATE)
    assert find_band_tempo(tmp_path / "drum.flac") == pytest.approx(tempo, rel=2e-3)


@pytest.mark.parametrize("seconds", [0.5, 12.0])
def test_silence_has_no_tempo(tmp_path, seconds):
    pytest.importorskip("librosa")
    soundfile.write(tmp_path / "silence.wav", np.zeros(round(seconds * RATE)), RATE)
    assert find_band_tempo(tmp_path / "silence.wav") is None


def test_without_librosa_there_is_no_tempo(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "librosa", None)
    soundfile.write(tmp_path / "drum.wav", clicks(90, 10.0, np.random.default_rng(0)), RATE)
    assert find_band_tempo(tmp_path / "drum.wav") is None


def test_frames_do_not_depend_on_the_lengths_of_blocks():
    librosa = pytest.importorskip("librosa")
    samples = np.random.default_rng(0).standard_normal(20_000).astype(np.float32)
    blocks = [samples[i : i + 777] for i in range(0, len(samples), 777)]
    one, many = (np.concatenate(list(band_tempo._mel_frames(librosa, given))) for given in ([samples], blocks))
    np.testing.assert_allclose(many, one, rtol=1e-5)
