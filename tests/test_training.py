"""Manifests, labels, augmentation, batches, loss and the loop, on a data set that a formant voice sings."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from conftest import small_config

from singtrans.config import FeatureConfig
from singtrans.errors import SingtransError
from singtrans.features import FrontEnd
from singtrans.model import Logits, load_model
from singtrans.training.augment import AugmentConfig, add_at_snr, augment, change_speed, coloured_noise
from singtrans.training.batches import BatchConfig, Excerpts
from singtrans.training.loss import LossConfig, losses
from singtrans.training.manifest import read_entries
from singtrans.training.melody import SingingStyle
from singtrans.training.synth import HOP_SECONDS, f0_curve, formant_voice, random_melody
from singtrans.training.targets import make_targets

RATE = 16_000


def sing(folder: Path, name: str, seed: int, f0_only: bool = False) -> None:
    rng = np.random.default_rng(seed)
    notes = random_melody(rng, 6.0, 55.0, 66.0)
    curve = f0_curve(notes, HOP_SECONDS, rng, SingingStyle())
    soundfile.write(folder / f"{name}.wav", formant_voice(notes, curve, RATE, rng), RATE)
    if f0_only:
        (folder / f"{name}.f0.txt").write_text("\n".join(f"{p:.3f}" for p in np.nan_to_num(curve[4::4])))
    else:
        rows = [f"{n.onset:.4f}\t{n.offset:.4f}\t{n.pitch:.3f}" for n in notes]
        (folder / f"{name}.tsv").write_text("\n".join(["onset\toffset\tpitch", *rows]) + "\n")


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    for index in range(4):
        sing(folder, f"song{index}", index)
    sing(folder, "pitch", 9, f0_only=True)
    return folder


def recordings(folder: Path) -> list:
    pytest.importorskip("pyworld")
    from singtrans.training.data import load_recording

    return [load_recording(entry, RATE) for entry in read_entries(folder)]


def manifest(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, sorted({key for row in rows for key in row}))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_folder_is_recognised(data):
    entries = read_entries(data)
    assert [e.id for e in entries] == ["pitch", "song0", "song1", "song2", "song3"]
    assert [bool(e.notes) for e in entries] == [False, True, True, True, True]
    assert sum(e.split == "valid" for e in entries) == 1


def test_a_manifest_that_names_splits_keeps_them(data, tmp_path):
    rows = [{"audio": str(data / f"song{i}.wav"), "notes": str(data / f"song{i}.tsv")} for i in range(3)]
    named = manifest(tmp_path / "a.csv", *(row | {"split": "train"} for row in rows))
    assert {e.split for e in read_entries(named)} == {"train"}
    unnamed = manifest(tmp_path / "b.csv", *rows)
    assert sorted(e.split for e in read_entries(unnamed)) == ["train", "train", "valid"]


def test_every_fault_of_a_manifest_is_listed(data, tmp_path):
    song = {"audio": str(data / "song0.wav"), "notes": str(data / "song0.tsv")}
    path = manifest(
        tmp_path / "m.csv",
        song | {"id": "a"},
        song | {"id": "a"},
        song | {"id": "b", "split": "holdout"},
        {"id": "c", "audio": "missing.wav", "notes": song["notes"]},
        {"id": "d", "audio": song["audio"]},
        song | {"id": "e", "weight": "heavy"},
    )
    with pytest.raises(SingtransError) as error:
        read_entries(path)
    text = str(error.value)
    for fault in ("'a' is there twice", "split is 'holdout'", "missing.wav does not exist", "needs an audio file"):
        assert fault in text
    assert "weight is 'heavy'" in text
    assert len(text.splitlines()) == 5


def test_nothing_to_train_on(tmp_path):
    with pytest.raises(SingtransError, match="no labelled recordings"):
        read_entries(tmp_path)
    with pytest.raises(SingtransError, match="no such manifest"):
        read_entries(tmp_path / "none")


def test_the_pitch_between_the_labels_is_measured(data):
    """The labels say 1 semitone too much; the measured pitch does not follow them."""
    pytest.importorskip("pyworld")
    from singtrans.training.data import load_recording

    entry = next(e for e in read_entries(data) if e.id == "song0")
    sharp = entry.notes.with_name("sharp.tsv")
    lines = entry.notes.read_text().splitlines()
    notes = [[float(v) for v in line.split("\t")] for line in lines[1:]]
    sharp.write_text("\n".join([lines[0], *(f"{a}\t{b}\t{p + 1.0}" for a, b, p in notes)]))
    right, wrong = load_recording(entry, RATE), load_recording(replace(entry, notes=sharp), RATE)
    sharp.unlink()
    both = np.isfinite(right.f0) & np.isfinite(wrong.f0)
    assert both.sum() > 50
    assert np.allclose(right.f0[both], wrong.f0[both])
    for onset, offset, pitch in right.notes:
        inside = slice(int(onset / 0.02) + 3, int(offset / 0.02) - 2)
        if np.isfinite(right.f0[inside]).sum() > 5:
            assert np.nanmedian(right.f0[inside]) == pytest.approx(pitch, abs=0.25)


def test_the_cache_gives_the_same(data, tmp_path):
    pytest.importorskip("pyworld")
    from singtrans.training.data import load_recording

    entry = read_entries(data)[1]
    first, second = load_recording(entry, RATE, tmp_path), load_recording(entry, RATE, tmp_path)
    assert np.array_equal(first.samples, second.samples)
    assert np.array_equal(first.notes, second.notes)
    assert np.array_equal(first.f0, second.f0, equal_nan=True)
    assert len(list(tmp_path.iterdir())) == 1


def test_targets():
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


def test_speed_changes_pitch_and_length_together():
    t = np.arange(RATE) / RATE
    fast = change_speed(np.sin(2 * np.pi * 440 * t).astype(np.float32), 2 ** (3 / 12))
    assert len(fast) == pytest.approx(RATE / 2 ** (3 / 12), abs=2)
    peak = np.abs(np.fft.rfft(fast * np.hanning(len(fast)))).argmax() * RATE / len(fast)
    assert peak == pytest.approx(440 * 2 ** (3 / 12), abs=2)


@pytest.mark.parametrize("snr", [0.0, 20.0])
def test_noise_is_added_at_its_ratio(snr):
    rng = np.random.default_rng(0)
    tone = np.sin(np.arange(RATE) * 0.1).astype(np.float32)
    noisy = add_at_snr(tone, coloured_noise(RATE, rng), snr)
    assert 10 * np.log10(np.mean(tone**2) / np.mean((noisy - tone) ** 2)) == pytest.approx(snr, abs=0.1)


def test_augmentation_of_everything_is_finite_and_keeps_the_length():
    always = AugmentConfig(
        noise_probability=1, background_probability=1, room_probability=1, filter_probability=1, clip_probability=1
    )
    rng = np.random.default_rng(1)
    for n in (1000, RATE):
        out = augment(coloured_noise(n, rng), coloured_noise(n, rng), RATE, always, rng)
        assert out.shape == (n,)
        assert np.isfinite(out).all()


def test_batches_depend_on_seed_and_step_alone(data):
    def excerpts(seed):
        return Excerpts(recordings(data), FeatureConfig(), BatchConfig(size=3, seconds=2.0), AugmentConfig(), seed)

    a, b = excerpts(0), excerpts(0)
    _ = a[0]
    assert torch.equal(a[7].samples, b[7].samples)
    assert torch.equal(a[7].heads, b[7].heads)
    assert not torch.equal(a[7].samples, a[8].samples)
    assert not torch.equal(a[7].samples, excerpts(1)[7].samples)
    frames = FrontEnd(FeatureConfig())(a[7].samples)[0].shape[1]
    assert a[7].heads.shape == (3, frames, 4)
    assert a[7].samples.isfinite().all()


def test_excerpts_and_targets_agree_in_time_and_pitch(data):
    """At any speed, the loudest harmonic bin of a voiced frame is a multiple of the target's pitch."""
    config = AugmentConfig(0.0, 1.0, 0.0, background_probability=0, room_probability=0, filter_probability=0)
    config = replace(config, speed=5.0, clip_probability=0, silence_probability=0, level=0.0)
    batch = Excerpts(recordings(data), FeatureConfig(), BatchConfig(size=8, seconds=3.0), config, 5)[0]
    spectrum, _ = FrontEnd(FeatureConfig())(batch.samples)
    known = batch.pitch_known.bool()
    peak = 33.0 + spectrum[known].argmax(-1) / 3.0
    ratio = 2.0 ** ((peak - batch.pitch[known]) / 12.0)
    assert known.sum() > 200
    assert (ratio - ratio.round()).abs().median() < 0.04


def test_a_perfect_answer_has_little_loss(data):
    batch = Excerpts(recordings(data), FeatureConfig(), BatchConfig(size=2, seconds=2.0), AugmentConfig(), 0)[0]
    midi = 33.0 + torch.arange(180) / 3.0
    perfect = Logits(torch.logit(batch.heads, eps=1e-4), -0.5 * ((batch.pitch.unsqueeze(-1) - midi) / 0.25) ** 2)
    blind = Logits(torch.zeros_like(batch.heads), torch.zeros(*batch.pitch.shape, 180))
    good, bad = (losses(x, batch, FeatureConfig(), LossConfig()) for x in (perfect, blind))
    assert set(good) == {"onset", "offset", "activity", "voicing", "pitch"}
    assert all(good[name] < 0.7 * bad[name] for name in good)


def train_once(data: Path, out: Path, steps: int, resume: bool = False, planned: int = 6) -> Path:
    from singtrans.training import loop

    config = loop.TrainConfig(
        steps=planned, warmup=2, validate_every=3, seed=4, bf16=False, batch=BatchConfig(size=2, seconds=2.0)
    )
    entries = read_entries(data)
    if steps < planned:  # stop as a killed process would: after a checkpoint, in the middle of nowhere
        real = loop._validate_and_save

        def stop(state, *args):
            real(state, *args)
            if state.step >= steps:
                raise KeyboardInterrupt

        loop._validate_and_save = stop
        try:
            with pytest.raises(KeyboardInterrupt):
                loop.train(recordings(data), entries[-1:], out, (small_config(), config), resume)
        finally:
            loop._validate_and_save = real
        return out / "last.safetensors"
    loop.train(recordings(data), entries[-1:], out, (small_config(), config), resume)
    return out / "last.safetensors"


def test_resuming_ends_with_the_same_weights(data, tmp_path):
    torch.set_num_threads(1)
    whole = load_model(train_once(data, tmp_path / "whole", 6)).network.state_dict()
    train_once(data, tmp_path / "parts", 3)
    parts = load_model(train_once(data, tmp_path / "parts", 6, resume=True)).network.state_dict()
    assert all(torch.equal(whole[k], parts[k]) for k in whole)
    left = {p.name for p in (tmp_path / "parts").iterdir()}
    assert left == {"best.safetensors", "config.json", "last.safetensors", "state.pt", "valid.csv"}


def test_resuming_something_else_is_refused(data, tmp_path):
    with pytest.raises(SingtransError, match="nothing to resume"):
        train_once(data, tmp_path, 6, resume=True)
    train_once(data, tmp_path, 6)
    with pytest.raises(SingtransError, match="other settings"):
        train_once(data, tmp_path, 8, resume=True, planned=8)


def test_training_learns(data, tmp_path):
    """A small network on five songs: the loss falls, and the validation figures are written."""
    from singtrans.training import loop

    config = loop.TrainConfig(
        steps=40, warmup=5, rate=5e-3, validate_every=40, batch=BatchConfig(size=4, seconds=2.0), bf16=False
    )
    lines = []
    loop.train(recordings(data), read_entries(data)[-1:], tmp_path, (small_config(), config), False, lines.append)
    with (tmp_path / "log.csv").open() as file:
        totals = [float(row["total"]) for row in csv.DictReader(file)]
    assert totals[-1] < 2.6
    assert len(lines) == 1
    assert "COnPOff" in lines[0]


def test_without_validation_the_latest_model_is_the_best(data, tmp_path):
    from singtrans.training import loop

    config = loop.TrainConfig(steps=4, warmup=1, validate_every=2, bf16=False, batch=BatchConfig(size=2, seconds=2.0))
    loop.train(recordings(data), [], tmp_path, (small_config(), config))
    best, last = (load_model(tmp_path / f"{n}.safetensors").network.state_dict() for n in ("best", "last"))
    assert all(torch.equal(best[k], last[k]) for k in best)


def test_a_training_is_not_overwritten(data, tmp_path):
    train_once(data, tmp_path, 6)
    before = (tmp_path / "valid.csv").read_text()
    with pytest.raises(SingtransError, match="holds a training already"):
        train_once(data, tmp_path, 6)
    assert (tmp_path / "valid.csv").read_text() == before


def test_every_bad_recording_is_named_before_training(tmp_path):
    pytest.importorskip("pyworld")
    from singtrans.training.run import TrainOptions, run_training

    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.wav").write_bytes(b"not audio")
        (tmp_path / f"{name}.tsv").write_text("onset\toffset\tpitch\n0\t1\t60\n")
    with pytest.raises(SingtransError) as error:
        run_training([tmp_path], tmp_path / "run", TrainOptions(2, 2, 2.0, 1e-3, 2, 0))
    assert [name for name in ("a", "b", "c") if f"{name}.wav" in str(error.value)] == ["a", "b", "c"]


def test_two_note_files_for_one_recording_are_refused(data, tmp_path):
    for name in ("song.wav", "song.csv", "song.mid"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(SingtransError, match="several note files"):
        read_entries(tmp_path)


def test_what_is_no_manifest_is_refused(data):
    with pytest.raises(SingtransError, match="not a manifest"):
        read_entries(data / "song0.wav")
