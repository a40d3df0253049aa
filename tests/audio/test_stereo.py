"""Reading of recordings as two channels."""

import numpy as np
import pytest
import soundfile

from singtrans import audio
from singtrans.errors import InputError


def noise(seconds, rate, channels):
    rng = np.random.default_rng(0)
    return 0.1 * rng.standard_normal((round(seconds * rate), channels)).astype(np.float32)


def write(path, samples, rate):
    soundfile.write(path, samples, rate, subtype="FLOAT")
    return path


def joined(path, rate=44_100):
    return np.concatenate(list(audio.stereo_blocks(path, rate)))


def test_two_channels_are_not_changed(tmp_path):
    samples = noise(2.5, 44_100, 2)
    np.testing.assert_array_equal(joined(write(tmp_path / "a.wav", samples, 44_100)), samples)


def test_one_channel_is_doubled_and_resampled(tmp_path):
    time = np.arange(16_000) / 8000
    found = joined(write(tmp_path / "a.wav", np.sin(2 * np.pi * 440 * time).astype(np.float32), 8000))
    assert found.shape == (2 * 44_100, 2)
    np.testing.assert_array_equal(found[:, 0], found[:, 1])
    wanted = np.sin(2 * np.pi * 440 * np.arange(2 * 44_100) / 44_100)
    assert np.abs(found[4410:-4410, 0] - wanted[4410:-4410]).max() < 0.01


def test_eight_channels_are_mixed(tmp_path):
    samples = noise(1.2, 44_100, 8)
    found = joined(write(tmp_path / "a.wav", samples, 44_100))
    np.testing.assert_allclose(found, np.repeat(samples.mean(axis=1, keepdims=True), 2, axis=1), atol=1e-6)


def test_a_chosen_channel_is_doubled(tmp_path):
    samples = noise(0.5, 44_100, 2)
    found = joined(audio.Recording(write(tmp_path / "a.wav", samples, 44_100), channel=2))
    np.testing.assert_array_equal(found, samples[:, [1, 1]])


def test_a_reading_has_a_summary(tmp_path):
    reading = audio.Reading(write(tmp_path / "a.wav", noise(0.5, 44_100, 2), 44_100))
    assert len(joined(reading)) == 22_050
    assert reading.summary is not None and not reading.summary.missing


def test_samples_that_are_not_finite_become_silence(tmp_path):
    samples = noise(0.5, 44_100, 2)
    samples[100] = np.nan
    assert np.isfinite(joined(write(tmp_path / "a.wav", samples, 44_100))).all()


def test_resampling_does_not_depend_on_blocks(tmp_path):
    samples = noise(3.3, 22_050, 2)
    path = write(tmp_path / "a.wav", samples, 22_050)
    assert joined(path).shape == (round(3.3 * 44_100), 2)
    for channel in (0, 1):
        alone = joined(write(tmp_path / "b.wav", samples[:, channel], 22_050))
        np.testing.assert_allclose(joined(path)[:, channel], alone[:, 0], atol=1e-6)


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.wav").write_text("notes")
    with pytest.raises(InputError, match="not a recording"):
        next(audio.stereo_blocks(tmp_path / "a.wav"))
