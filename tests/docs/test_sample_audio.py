"""The labels of the recordings in `sample_audio` are in order and agree with the sound."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from singtrans.notes import Note

FOLDER = Path(__file__).parents[2] / "sample_audio"
TRUTHS = sorted(FOLDER.glob("*.notes.csv"))
RATE = 16000


def read_notes(path: Path) -> list[Note]:
    with path.open(newline="") as lines:
        rows = csv.DictReader(lines)
        assert rows.fieldnames == ["onset", "offset", "pitch"]
        return [Note(float(row["onset"]), float(row["offset"]), float(row["pitch"])) for row in rows]


def audio_of(truth: Path) -> Path:
    name = truth.name.removesuffix(".notes.csv")
    (audio,) = (p for p in FOLDER.glob(f"{name}.*") if p.suffix in {".flac", ".ogg", ".wav", ".mp3"})
    return audio


def test_there_are_several_small_samples():
    assert len(TRUTHS) >= 3
    assert len({audio_of(truth).suffix for truth in TRUTHS}) >= 3
    assert sum(path.stat().st_size for path in FOLDER.iterdir() if path.is_file()) < 2_000_000


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda path: path.name)
def test_notes_are_ordered_and_inside_the_file(truth):
    notes = read_notes(truth)
    info = soundfile.info(audio_of(truth))
    assert info.channels == 1
    assert 8 <= info.duration <= 16
    assert 15 <= len(notes) <= 60
    assert notes[0].onset > 0
    assert notes[-1].offset < info.duration
    assert all(before.offset <= after.onset for before, after in pairwise(notes))
    assert min(note.duration for note in notes) > 0.08


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda path: path.name)
def test_levels_are_moderate_and_gaps_are_quiet(truth):
    samples, rate = soundfile.read(audio_of(truth))
    assert 0.5 < np.abs(samples).max() < 0.8
    assert abs(samples.mean()) < 1e-3
    notes = read_notes(truth)
    sung = np.concatenate([samples[round(n.onset * rate) : round(n.offset * rate)] for n in notes])
    before = samples[: round((notes[0].onset - 0.15) * rate)]
    assert before.std() < 0.05 * sung.std()


@pytest.mark.parametrize("truth", TRUTHS, ids=lambda path: path.name)
def test_measured_pitch_is_the_labelled_pitch(truth):
    librosa = pytest.importorskip("librosa")
    samples, rate = soundfile.read(audio_of(truth))
    samples = soxr.resample(samples, rate, RATE)
    notes = read_notes(truth)
    low = min(note.pitch for note in notes) - 4
    high = max(note.pitch for note in notes) + 4
    hop = 256
    hertz, voiced, _ = librosa.pyin(
        samples,
        fmin=librosa.midi_to_hz(low),
        fmax=librosa.midi_to_hz(high),
        sr=RATE,
        frame_length=1024 if low > 48 else 2048,
        hop_length=hop,
        resolution=0.25,
    )
    midi = librosa.hz_to_midi(np.where(voiced, hertz, np.nan))
    time = np.arange(len(midi)) * hop / RATE
    close = 0
    for note in notes:
        quarter = note.duration / 4
        inside = midi[(time >= note.onset + quarter) & (time <= note.offset - quarter)]
        voiced = inside[~np.isnan(inside)]
        close += len(voiced) > 0 and abs(voiced.mean() - note.pitch) < 0.5
    assert close >= 0.9 * len(notes), f"{close} of {len(notes)}"
