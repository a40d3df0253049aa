"""Plain tones for training have the pitch that their labels state."""

import sys

import numpy as np
import pytest
import soundfile
from scipy.signal import hilbert

from recipe import tones
from singtrans.dataset.manifest import read_entries
from singtrans.pitch import hz_to_midi
from singtrans.training.recordings import read_f0


def measured_pitch(samples: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """Measure the pitch of a sine at given times, from the change of its phase over 20 ms."""
    phase = np.unwrap(np.angle(hilbert(samples)))
    at = np.round(seconds * tones.RATE).astype(int)
    return hz_to_midi((phase[at + 160] - phase[at - 160]) / 320 / (2 * np.pi) * tones.RATE)


@pytest.mark.parametrize("seed", range(4))
def test_a_sine_has_the_pitch_of_its_label(seed):
    rng = np.random.default_rng(seed)
    time = np.arange(0, 3, tones.HOP_SECONDS)
    f0 = rng.uniform(36, 80) + np.sin(2 * np.pi * 5 * time)
    f0[(time > 1.4) & (time < 1.6)] = np.nan
    samples = tones.sound(f0, np.ones(len(f0)), tones.Colour(np.ones(1), -70.0), rng)
    inside = np.flatnonzero((time > 0.1) & (time < 2.9) & ((time < 1.35) | (time > 1.65)))
    assert np.abs(measured_pitch(samples, time[inside]) - f0[inside]).max() < 0.1
    assert np.abs(samples).max() == pytest.approx(0.7)
    silent = samples[int(1.42 * tones.RATE) : int(1.58 * tones.RATE)]
    assert np.sqrt(np.mean(silent**2)) < 1e-3 * np.sqrt(np.mean(samples**2))


def test_harmonics_have_the_stated_strengths():
    f0 = np.full(400, 57.0)  # 220 Hz
    colour = tones.Colour(np.array([0.2, 1.0, 0.5]), -80.0)
    samples = tones.sound(f0, np.ones(len(f0)), colour, np.random.default_rng(3))[:16_000]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    found = spectrum[[220, 440, 660]]
    assert found / found[1] == pytest.approx(colour.amplitudes, rel=0.02)
    assert spectrum[880] < 0.01 * found[1]


def test_empty_tones_are_refused():
    rng, colour = np.random.default_rng(0), tones.Colour(np.ones(2), -70.0)
    for f0, level in ((np.full(50, np.nan), np.ones(50)), (np.full(50, 60.0), np.zeros(50))):
        with pytest.raises(ValueError, match="nothing to play"):
            tones.sound(f0, level, colour, rng)


def test_harmonics_above_the_nyquist_frequency_are_left_out():
    f0 = np.full(400, 84.0)  # 1047 Hz: the eighth harmonic would be at 8372 Hz, with an alias at 7628 Hz
    samples = tones.sound(f0, np.ones(400), tones.Colour(np.ones(8), -80.0), np.random.default_rng(3))[:16_000]
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    assert spectrum[7500:7800].max() < 1e-3 * spectrum.max()


def test_files_agree_with_the_sound(tmp_path, monkeypatch):
    """In sine melodies, the pitch differs from the label by at most a few cents, and unlabelled parts are quiet."""
    monkeypatch.setattr(tones, "draw_colour", lambda _: tones.Colour(np.ones(1), -60.0))
    for number in range(3):
        entry = tones.make((tmp_path, 4, number))
        samples, label = soundfile.read(entry.audio)[0], read_f0(entry.f0)
        time = np.arange(len(label)) * 0.02
        steady = (label > 0) & (np.roll(label, 1) > 0) & (np.roll(label, -1) > 0)
        steady &= (time > 0.1) & (time < len(samples) / tones.RATE - 0.1)
        error = np.abs(measured_pitch(samples, time[steady]) - label[steady])
        assert steady.sum() > 300
        assert np.median(error) < 0.005 and np.quantile(error, 0.95) < 0.05
        power = np.convolve(samples**2, np.ones(320) / 320, "same")
        at = np.round(time * tones.RATE).astype(int)
        at = at[at < len(power)]
        loud = power[at][label[: len(at)] > 0]
        assert power[at][label[: len(at)] == 0].max() < 0.1 * np.median(loud)
        assert loud.min() > 5e-4 * np.median(loud)


def test_melodies_have_all_kinds_of_notes():
    rng = np.random.default_rng(0)
    colours = [tones.draw_colour(rng) for _ in range(300)]
    counts = np.bincount([len(c.amplitudes) for c in colours], minlength=9)
    assert 110 < counts[1] < 190
    assert counts[2 : tones.MOST_HARMONICS + 1].min() > 5
    songs = [tones.song(9, number) for number in range(60)]
    lowest = np.array([min(n.pitch for n in song.notes) for song in songs])
    assert 18 < (lowest < tones.LOW).sum() < 42
    assert lowest.min() > tones.LOWEST - 1 and max(n.pitch for s in songs for n in s.notes) < tones.HIGHEST + 1
    assert (lowest < 40).any() and (lowest > 62).any()
    assert max(np.ptp([n.pitch for n in song.notes]) for song in songs) < tones.SPAN[1] + 1


def test_the_data_set_can_be_trained_on(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["tones.py", str(tmp_path / "a"), "2"])
    tones.main()
    entries = read_entries(tmp_path / "a" / "manifest.csv")
    assert [(e.id, e.notes, e.split, e.source) for e in entries] == [
        (f"plain-00{n}", None, "train", "tones") for n in range(2)
    ]
    # Without the manifest, the folder has no labels of notes either.
    assert sorted(path.suffix for path in (tmp_path / "a").iterdir()) == [".csv", ".flac", ".flac", ".txt", ".txt"]
    song = tones.song(tones.SEED, 1)
    label = read_f0(entries[1].f0)
    frame = 4 * np.arange(1, len(label))  # the label has a value every 20 ms, the curve every 5 ms
    inside = frame < len(song.f0)
    assert np.abs(label[1:][inside] - np.nan_to_num(song.f0[frame[inside]])).max() < 0.001
    samples, rate = soundfile.read(entries[1].audio)
    assert rate == tones.RATE and np.abs(samples - song.samples).max() < 1e-4
    monkeypatch.setattr(sys, "argv", ["tones.py", str(tmp_path / "b"), "2", "--seed", "5"])
    tones.main()
    other = {e.id: e.audio.read_bytes() for e in read_entries(tmp_path / "b" / "manifest.csv")}
    assert set(other) == {"plain-000-5", "plain-001-5"}
    assert entries[1].audio.read_bytes() not in other.values()
