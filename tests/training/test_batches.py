"""Targets, augmentation, codecs, batches and loss."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recipe.synthesis.melody import SingingStyle
from recipe.synthesis.voices import HOP_SECONDS, f0_curve, formant_voice, random_melody
from singtrans.model.config import FeatureConfig
from singtrans.model.features import FrontEnd
from singtrans.model.heads import HEADS
from singtrans.model.network import Logits
from singtrans.training import augment as augmentation
from singtrans.training.augment import (
    AugmentConfig,
    add_at_snr,
    augment,
    change_speed,
    coloured_noise,
    drift_gain,
    shift_formants,
)
from singtrans.training.batches import BatchConfig, Excerpts
from singtrans.training.codec import CODECS, through_codec, usable_codecs
from singtrans.training.loss import LossConfig, losses
from singtrans.training.targets import make_targets
from tests.helpers.training_songs import RATE, recordings, sung_folder

NOTHING = AugmentConfig(
    level=0.0, **{f.name: 0.0 for f in fields(AugmentConfig) if f.name.endswith("_probability")}
)  # a configuration that leaves excerpts unchanged


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return sung_folder(tmp_path_factory.mktemp("data"))


def test_targets_of_known_notes():
    time = np.arange(100) * 0.02
    notes = np.array([[0.5, 1.0, 60.0], [1.0, 1.51, 62.0]])
    f0 = np.where((time > 0.5) & (time < 1.5), 60.0, np.nan)
    targets = make_targets(notes, f0, np.isfinite(f0).astype(float), time, 0.05)
    assert targets.heads[25, 0] == pytest.approx(1.0)
    assert targets.heads[26, 0] == pytest.approx(0.6)
    assert targets.heads[50, 0] == targets.heads[50, 1] == pytest.approx(1.0)
    assert targets.heads[75, 1] == pytest.approx(0.8)
    assert targets.heads[:, 2].sum() == 51
    assert targets.pitch_known.sum() == np.isfinite(f0).sum()
    unlabelled = make_targets(None, f0, np.full(100, np.nan), time, 0.05)
    assert unlabelled.head_known.sum() == 0
    begun = make_targets(notes, f0, np.full(100, np.nan), time, 0.05, offsets=False)
    assert begun.head_known.sum(axis=0).tolist() == [100, 0, 0, 0, 0, 0, 0, 0]
    assert (begun.heads[:, 0] == targets.heads[:, 0]).all()


def test_offsets_that_are_not_trained_have_no_loss(data):
    song = recordings(data)[1]
    silent = replace(AugmentConfig(), silence_probability=1.0)
    known = {}
    for offsets in (True, False):
        for config in (replace(AugmentConfig(), silence_probability=0.0), silent):
            excerpts = Excerpts([replace(song, offsets=offsets)], FeatureConfig(), BatchConfig(size=2), config, 0)
            known[offsets, config is silent] = excerpts[0].head_known.sum(dim=(0, 1))
    for silence in (True, False):
        assert known[True, silence][:3].min() > 0
        assert known[False, silence][0] == known[True, silence][0]
        assert known[False, silence][[1, 2, 6]].tolist() == [0, 0, 0]


def test_silence_has_no_loss_for_heads_without_labels(data):
    pitch, song = recordings(data)[:2]
    silent = replace(AugmentConfig(), silence_probability=1.0)
    voicing_alone = [name == "voicing" for name in HEADS]
    of_notes = [name not in ("syllable", "ornament", "nasal") for name in HEADS]
    for pool, taught in (([pitch], voicing_alone), ([pitch, song], of_notes)):
        known = Excerpts(pool, FeatureConfig(), BatchConfig(size=2), silent, 0)[0].head_known
        assert (known.sum(dim=(0, 1)) > 0).tolist() == taught


def test_speed_changes_pitch_and_length_together():
    t = np.arange(RATE) / RATE
    fast = change_speed(np.sin(2 * np.pi * 440 * t).astype(np.float32), 2 ** (3 / 12))
    assert len(fast) == pytest.approx(RATE / 2 ** (3 / 12), abs=2)
    peak = np.abs(np.fft.rfft(fast * np.hanning(len(fast)))).argmax() * RATE / len(fast)
    assert peak == pytest.approx(440 * 2 ** (3 / 12), abs=2)


@pytest.mark.parametrize("ratio", [0.8, 1.0, 1.25])
def test_shifting_formants_keeps_pitch_and_time(ratio):
    t = np.arange(2 * RATE) / RATE
    number = np.arange(1, 53)
    strength = 1 / (1 + ((150 * number - 1600) / 300) ** 2)  # a spectrum with a single resonance
    voice = (strength[:, None] * np.sin(2 * np.pi * 150 * number[:, None] * t)).sum(axis=0).astype(np.float32)
    voice[: RATE // 2] = 0.0
    moved = shift_formants(voice, RATE, ratio)
    assert len(moved) == len(voice)
    assert np.abs(moved[: RATE // 2 - 300]).max() < 1e-3 * np.abs(moved).max()
    spectrum = np.abs(np.fft.rfft(moved[RATE // 2 + 1000 :][:RATE] * np.hanning(RATE)))
    harmonics = spectrum[150 * number]
    between = spectrum[150 * number - 75]
    assert between.max() < 0.02 * harmonics.max()
    # The envelope is smoother than a sharp resonance, so such a resonance is shifted by less than the ratio.
    assert 150 * number[harmonics.argmax()] == pytest.approx(1600 * (0.3 + 0.7 * ratio), abs=150)
    if ratio == 1.0:
        assert np.abs(moved - voice).max() < 1e-4


@pytest.mark.parametrize("n", [1, 100, 510, 511, 513, 4000])
def test_formants_of_short_sounds_are_shifted(n):
    noise = coloured_noise(n, np.random.default_rng(n))
    moved = shift_formants(noise, RATE, 1.2)
    assert moved.shape == (n,)
    assert np.abs(moved).max() < 3 * np.abs(noise).max()


def band(samples: np.ndarray, low: float, high: float) -> float:
    """Measure the power between two frequencies in Hz."""
    hz = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float((np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2)[(hz >= low) & (hz < high)].sum())


def noise_between(low: float, high: float) -> np.ndarray:
    """Make 2 s of white noise between two frequencies in Hz; at other frequencies, it is 80 dB quieter."""
    spectrum = np.fft.rfft(np.random.default_rng(4).standard_normal(2 * RATE))
    hz = np.fft.rfftfreq(2 * RATE, 1 / RATE)
    return np.fft.irfft(np.where((hz >= low) & (hz < high), 1.0, 1e-4) * spectrum).astype(np.float32)


def test_silent_bands_near_shifted_formants_stay_silent():
    moved = shift_formants(noise_between(0, 2000), RATE, 1.3)
    assert band(moved, 2150, 2400) < 1e-4 * band(moved, 1000, 1800)


def test_shifting_formants_down_keeps_the_top_of_the_spectrum_silent():
    moved = shift_formants(noise_between(5500, 6300), RATE, 0.8)
    assert band(moved, 7600, 8000) < 1e-4 * band(moved, 4000, 6500)


def test_parameters_of_augmentations_are_within_their_ranges(monkeypatch):
    ratios, deviations = [], []
    monkeypatch.setattr(augmentation, "shift_formants", lambda x, _, ratio: (ratios.append(ratio), x + 1)[1])
    monkeypatch.setattr(augmentation, "drift_gain", lambda x, _, dB, __: (deviations.append(dB), x + 2)[1])
    config = replace(NOTHING, formant_probability=0.5, drift_probability=0.25, formants=3.0, drift=5.0)
    silence, rng = np.zeros(100, np.float32), np.random.default_rng(0)
    out = [float(augment(silence, None, RATE, config, rng)[0]) for _ in range(400)]
    assert out.count(1.0) + out.count(3.0) == len(ratios) and 150 < len(ratios) < 250
    assert out.count(2.0) + out.count(3.0) == len(deviations) and 60 < len(deviations) < 140
    semitones = 12 * np.log2(ratios)
    assert -3.0 <= semitones.min() < -2.8 and 2.8 < semitones.max() <= 3.0
    assert set(deviations) == {5.0}


@pytest.mark.parametrize("rate", [8000, 48_000])
def test_the_gain_drifts_slowly(rate):
    rng = np.random.default_rng(0)
    gains = [20 * np.log10(drift_gain(np.ones(8 * rate, np.float32), rate, 4.0, rng)) for _ in range(40)]
    assert 2.0 < np.std(gains) < 4.0  # the gain between two points is interpolated
    slopes = np.abs(np.diff(gains, axis=1)) * rate  # dB per second
    assert slopes.max() < 40.0 and 1.5 < slopes.mean() < 3.5
    still = drift_gain(np.ones(rate, np.float32), rate, 0.0, rng)
    assert (still == 1.0).all()


@pytest.mark.parametrize("snr", [0.0, 20.0])
def test_noise_is_added_at_the_given_ratio(snr):
    rng = np.random.default_rng(0)
    tone = np.sin(np.arange(RATE) * 0.1).astype(np.float32)
    noisy = add_at_snr(tone, coloured_noise(RATE, rng), snr)
    assert 10 * np.log10(np.mean(tone**2) / np.mean((noisy - tone) ** 2)) == pytest.approx(snr, abs=0.1)


def test_all_augmentations_give_finite_samples_of_the_same_length():
    always = AugmentConfig(
        formant_probability=1,
        drift_probability=1,
        noise_probability=1,
        background_probability=1,
        room_probability=1,
        filter_probability=1,
        clip_probability=1,
    )
    rng = np.random.default_rng(1)
    for n in (1000, RATE):
        out = augment(coloured_noise(n, rng), coloured_noise(n, rng), RATE, always, rng)
        assert out.shape == (n,)
        assert np.isfinite(out).all()


def test_batches_depend_only_on_seed_and_step(data):
    def excerpts(seed):
        return Excerpts(recordings(data), FeatureConfig(), BatchConfig(size=3, seconds=2.0), AugmentConfig(), seed)

    a, b = excerpts(0), excerpts(0)
    _ = a[0]
    assert torch.equal(a[7].samples, b[7].samples)
    assert torch.equal(a[7].heads, b[7].heads)
    assert not torch.equal(a[7].samples, a[8].samples)
    assert not torch.equal(a[7].samples, excerpts(1)[7].samples)
    frames = FrontEnd(FeatureConfig())(a[7].samples)[0].shape[1]
    assert a[7].heads.shape == (3, frames, len(HEADS))
    assert a[7].samples.isfinite().all()


def test_excerpts_and_targets_agree_in_time_and_pitch(data):
    """At any speed, the loudest bin of a voiced frame is at a harmonic of the target pitch."""
    config = replace(NOTHING, speed=5.0, speed_probability=1.0)
    batch = Excerpts(recordings(data), FeatureConfig(), BatchConfig(size=8, seconds=3.0), config, 5)[0]
    spectrum, _ = FrontEnd(FeatureConfig())(batch.samples)
    known = batch.pitch_known.bool()
    peak = 33.0 + spectrum[known].argmax(-1) / 3.0
    ratio = 2.0 ** ((peak - batch.pitch[known]) / 12.0)
    assert known.sum() > 200
    assert (ratio - ratio.round()).abs().median() < 0.04


def test_perfect_logits_have_little_loss(data):
    batch = Excerpts(recordings(data), FeatureConfig(), BatchConfig(size=2, seconds=2.0), AugmentConfig(), 0)[0]
    midi = 33.0 + torch.arange(180) / 3.0
    perfect = Logits(torch.logit(batch.heads, eps=1e-4), -0.5 * ((batch.pitch.unsqueeze(-1) - midi) / 0.25) ** 2)
    blind = Logits(torch.zeros_like(batch.heads), torch.zeros(*batch.pitch.shape, 180))
    good, bad = (losses(x, batch, FeatureConfig(), LossConfig()) for x in (perfect, blind))
    assert set(good) == {*HEADS, "pitch"}
    said = set(good) - {"syllable", "ornament", "nasal"}  # these recordings have no labels of that kind
    assert all(good[name] < 0.7 * bad[name] for name in said)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: f"{codec.name}-{codec.sample_rate}")
def test_codecs_do_not_change_time_and_pitch(codec):
    if codec not in usable_codecs():
        pytest.skip(f"this FFmpeg has no {codec.name}")
    rng = np.random.default_rng(0)
    notes = random_melody(rng, 3.0, 55.0, 66.0)
    voice = formant_voice(notes, f0_curve(notes, HOP_SECONDS, rng, SingingStyle()), RATE, rng).astype(np.float32)
    heard = through_codec(voice, RATE, codec, codec.bit_rates[1])
    assert heard.shape == voice.shape

    def envelope(x):
        return np.sqrt(np.convolve(x**2, np.ones(160) / 160, "same"))

    quiet = np.correlate(envelope(heard), np.pad(envelope(voice), 80), "valid")
    assert abs(quiet.argmax() - 80) <= 32  # 2 ms
    assert np.corrcoef(envelope(heard), envelope(voice))[0, 1] > 0.9
