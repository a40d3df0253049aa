"""The front end: known tones, comparison with other implementations, and invariances."""

import librosa
import numpy as np
import pytest
import torch

from singtrans.model.config import FeatureConfig
from singtrans.model.features import FrontEnd
from singtrans.model.filters import band_filters, spectrum_frequencies
from singtrans.model.level import Level, level
from singtrans.pitch import hz_to_midi, midi_to_hz

CONFIG = FeatureConfig()
RATE = CONFIG.sample_rate


def features_of(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    front_end = FrontEnd(CONFIG)
    padded = np.pad(samples, front_end.margin).astype(np.float32)
    spectrum, bands = front_end(torch.from_numpy(padded)[None])
    return spectrum[0].numpy(), bands[0].numpy()


def tone(hz: float, seconds: float = 1.0) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE)) / RATE)


def test_shapes_agree_with_the_number_of_frames():
    front_end = FrontEnd(CONFIG)
    for n in (0, 1, 319, 320, 321, 16_000):
        spectrum, bands = features_of(np.zeros(n))
        assert spectrum.shape == (front_end.frames(n), CONFIG.spectrum_bins)
        assert bands.shape == (front_end.frames(n) * CONFIG.band_steps, CONFIG.bands)


@pytest.mark.parametrize("midi", [36.0, 47.3, 60.0, 69.5, 84.0, 100.0])
def test_a_tone_peaks_at_its_bin_with_value_one(midi):
    spectrum, _ = features_of(tone(midi_to_hz(midi)))
    frame = spectrum[25]
    peak = CONFIG.lowest_midi + frame.argmax() / CONFIG.bins_per_semitone
    assert peak == pytest.approx(midi, abs=0.51 / CONFIG.bins_per_semitone)
    assert frame.max() == pytest.approx(1.0, abs=0.03)


def test_the_spectrum_equals_a_direct_transform():
    """Each bin equals a Hann-windowed Fourier sum to within 1e-4 of full scale."""
    rng = np.random.default_rng(0)
    samples = rng.standard_normal(RATE // 2) * 0.1
    spectrum, _ = features_of(samples)
    frame, hz = 12, spectrum_frequencies(CONFIG)
    for index in (0, 60, 150, 251):
        width = CONFIG.longest_window / max(hz[index] / CONFIG.knee_hz, 1.0) ** CONFIG.window_exponent
        width = min(max(width, CONFIG.shortest_window), CONFIG.longest_window)
        t = np.arange(-CONFIG.longest_window // 2, CONFIG.longest_window // 2)
        window = np.where(np.abs(t) < width / 2, np.cos(np.pi * t / width) ** 2, 0)
        piece = samples[frame * CONFIG.hop + t]
        value = 2 * abs(np.sum(piece * window * np.exp(-2j * np.pi * hz[index] * t / RATE))) / window.sum()
        expected = np.log1p(CONFIG.compression * value) / np.log1p(CONFIG.compression)
        assert spectrum[frame, index] == pytest.approx(expected, abs=1e-4)


def test_band_filters_equal_the_mel_filters_of_librosa():
    """The two lowest bands differ: they are widened, because otherwise they would be narrower than two bins."""
    mel = librosa.filters.mel(sr=RATE, n_fft=CONFIG.band_window, n_mels=CONFIG.bands, fmin=60, htk=True, norm=None)
    difference = np.abs(band_filters(CONFIG) * CONFIG.band_window / 4 - mel.T).max(axis=0)
    assert difference[2:].max() < 1e-6
    assert 0.01 < difference[:2].max() < 0.1


def test_bands_agree_with_the_mel_spectrogram_of_librosa():
    """While a tone sweeps through all HTK mel bands, the peaks of librosa and singtrans are at most one band apart."""
    sweep = librosa.chirp(fmin=200, fmax=7000, sr=RATE, duration=2.0)
    _, bands = features_of(sweep)
    step = CONFIG.hop // CONFIG.band_steps
    mel = librosa.feature.melspectrogram(
        y=sweep, sr=RATE, n_fft=CONFIG.band_window, hop_length=step, n_mels=CONFIG.bands, fmin=60, htk=True
    )
    # The frames of librosa are half a hop later.
    frames = np.arange(10, 180)
    difference = bands[frames].argmax(axis=1) - mel.T[frames].argmax(axis=1)
    assert np.abs(difference).max() <= 1


def test_a_click_has_its_peak_in_the_right_frame():
    samples = np.zeros(RATE)
    samples[CONFIG.hop * 20] = 1.0
    _, bands = features_of(samples)
    heard = np.flatnonzero(bands.max(axis=1) > 0)
    centre = heard.mean() / CONFIG.band_steps
    assert centre == pytest.approx(20.25, abs=0.3)
    assert len(heard) <= CONFIG.band_window / (CONFIG.hop / CONFIG.band_steps) + 1


@pytest.mark.parametrize("gain", [1e-4, 0.1, 2.0])
def test_the_level_depends_on_gain_but_not_on_silence(gain):
    samples = tone(220.0) * np.linspace(0, 1, RATE)
    plain = level(samples, RATE)
    assert level(samples * gain, RATE) == pytest.approx(plain * gain, rel=1e-6)
    assert level(np.concatenate([np.zeros(RATE), samples, np.zeros(7)]), RATE) == pytest.approx(plain, rel=1e-6)


@pytest.mark.parametrize("cut", [1000, 16_000, 333_333])
def test_the_level_does_not_depend_on_block_sizes(cut):
    samples = np.random.default_rng(0).standard_normal(50 * RATE).astype(np.float32)
    gatherer = Level(RATE)
    for start in range(0, len(samples), cut):
        gatherer.add(samples[start : start + cut])
    assert gatherer.value == level(samples, RATE)


def test_the_level_of_silence_is_zero():
    assert level(np.zeros(RATE), RATE) == 0.0
    assert level(np.zeros(3), RATE) == 0.0


def test_midi_and_hz_are_inverse():
    midi = np.linspace(20, 100, 50)
    assert np.allclose(hz_to_midi(midi_to_hz(midi)), midi)
    assert hz_to_midi(440.0) == 69.0
