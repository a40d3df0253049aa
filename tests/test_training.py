"""Manifests, labels, augmentation, batches, loss and the loop, on a data set that a formant voice sings."""

import csv
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from conftest import small_config

from singtrans import interrupt
from singtrans.config import FeatureConfig
from singtrans.errors import SingtransError, UsageError
from singtrans.features import FrontEnd
from singtrans.model import Logits, Model, load_model, read_metadata
from singtrans.notes import PitchTrack, Transcription
from singtrans.scoring.evaluation import evaluate
from singtrans.scoring.references import of_entries
from singtrans.scoring.systems import Listening
from singtrans.training import loop
from singtrans.training.augment import AugmentConfig, add_at_snr, augment, change_speed, coloured_noise
from singtrans.training.batches import BatchConfig, Excerpts
from singtrans.training.codec import CODECS, through_codec, usable_codecs
from singtrans.training.config import TrainConfig
from singtrans.training.data import load_recording
from singtrans.training.load import load_data
from singtrans.training.logs import Logs, draw_curves, read_rows
from singtrans.training.loop import Data, Listener, train
from singtrans.training.loss import LossConfig, losses
from singtrans.training.manifest import read_entries
from singtrans.training.melody import SingingStyle
from singtrans.training.run import TrainOptions, run_training
from singtrans.training.step import has_bf16
from singtrans.training.synth import HOP_SECONDS, f0_curve, formant_voice, random_melody
from singtrans.training.targets import make_targets
from singtrans.training.validate import Validation, validate

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


def config(**chosen) -> TrainConfig:
    chosen = {"steps": 6, "warmup": 2, "validate_every": 3, "seed": 4, "bf16": False} | chosen
    return TrainConfig(**{"batch": BatchConfig(size=2, seconds=2.0)} | chosen)


def to_learn(folder: Path, valid: int = 1) -> Data:
    entries = read_entries(folder)
    return Data(entries, recordings(folder), entries[len(entries) - valid :])


def train_once(data: Path, out: Path, *, stop_at: int = 0, resume: bool = False, **chosen) -> Path:
    """Train a small model; with ``stop_at``, end after that step as a killed process would."""

    def step(progress):
        if progress.step == stop_at:
            raise KeyboardInterrupt

    configs = (small_config(), config(**chosen))
    with pytest.raises(KeyboardInterrupt) if stop_at else nullcontext():
        train(to_learn(data), out, configs, resume=resume, listener=Listener(step=step))
    return out / "last.safetensors"


def weights(path: Path) -> dict:
    return load_model(path).network.state_dict()


@pytest.mark.parametrize("bf16", [False, True])  # where the processor has none, it is the same twice
def test_resuming_ends_with_the_same_weights(data, tmp_path, bf16):
    torch.set_num_threads(1)
    whole = weights(train_once(data, tmp_path / "whole", bf16=bf16))
    train_once(data, tmp_path / "parts", stop_at=4, bf16=bf16)
    parts = weights(train_once(data, tmp_path / "parts", resume=True, bf16=bf16))
    assert all(torch.equal(whole[k], parts[k]) for k in whole)
    left = {p.name for p in (tmp_path / "parts").iterdir()} - {"tensorboard", "curves.png"}
    assert left == {"best.safetensors", "config.json", "last.safetensors", "state.pt", "valid.csv", "MODEL_CARD.md"}


def test_a_training_does_not_go_on_in_another_precision(data, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "has_bf16", lambda _: False)
    train_once(data, tmp_path, stop_at=4, bf16=True)
    monkeypatch.setattr(loop, "has_bf16", lambda _: True)
    with pytest.raises(SingtransError, match="other settings"):
        train_once(data, tmp_path, resume=True, bf16=True)


@pytest.mark.parametrize(
    ("avx512", "amx", "expected"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_bfloat16_is_used_where_the_processor_has_it(monkeypatch, avx512, amx, expected):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert has_bf16(torch.device("cpu")) is expected
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported")
    assert has_bf16(torch.device("cpu")) is False  # an older torch


def test_a_process_that_was_killed_while_it_validated_validates_again(data, tmp_path, monkeypatch):
    torch.set_num_threads(1)
    train_once(data, tmp_path / "whole")

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "validate", killed)
        with pytest.raises(KeyboardInterrupt):
            train_once(data, tmp_path / "parts")
    train_once(data, tmp_path / "parts", resume=True)
    assert (tmp_path / "whole" / "valid.csv").read_bytes() == (tmp_path / "parts" / "valid.csv").read_bytes()
    for name in ("best.safetensors", "last.safetensors"):
        assert read_metadata(tmp_path / "whole" / name) == read_metadata(tmp_path / "parts" / name)


def test_a_process_that_was_killed_after_it_validated_writes_one_row(data, tmp_path, monkeypatch):
    torch.set_num_threads(1)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "write_card", killed)
        with pytest.raises(KeyboardInterrupt):
            train_once(data, tmp_path)
    train_once(data, tmp_path, resume=True)
    assert [row["step"] for row in read_rows(tmp_path / "valid.csv")] == ["3", "6"]


def test_what_another_process_was_asked_to_stop_does_not_end_as_if_it_were_done(data, tmp_path, monkeypatch):
    step = loop.train_step
    monkeypatch.setattr(loop, "train_step", lambda *given: replace(step(*given), stopping=True))
    lines = []
    with pytest.raises(interrupt.Stopped):
        train(to_learn(data), tmp_path, (small_config(), config(steps=4)), listener=Listener(lines.append))
    assert lines[-1] == "step 1: saved; go on with --resume"
    assert (tmp_path / "state.pt").is_file()


def test_a_log_keeps_its_columns_whatever_their_names(tmp_path):
    name = 'a, "b" $x$'
    logs = Logs(tmp_path, 0, 0)
    for step in (20, 40):
        logs.validation(step, {name: 0.5})
    Logs(tmp_path, 20, 20)
    assert read_rows(tmp_path / "valid.csv") == [{"step": "20", name: "0.5"}]
    pytest.importorskip("matplotlib")
    (tmp_path / "valid.csv").unlink()
    Logs(tmp_path, 20, 20).validation(20, {r"$\nothing$": 0.5})  # a formula that cannot be set
    assert draw_curves(tmp_path)


def test_rows_after_the_checkpoint_are_written_once(tmp_path):
    logs = Logs(tmp_path, 0, 0)
    for step in (20, 40, 60):
        logs.training(step, {"total": 1.0 / step})
    with (tmp_path / "log.csv").open("a") as file:
        file.write("8")  # half a row
    logs = Logs(tmp_path, 40, 40)
    logs.training(60, {"total": 0.5})
    assert [(r["step"], float(r["total"])) for r in read_rows(tmp_path / "log.csv")] == [
        ("20", 0.05),
        ("40", 0.025),
        ("60", 0.5),
    ]


def test_training_stops_when_it_gets_no_better(data, tmp_path, monkeypatch):
    scores = iter([0.5, 0.6, 0.6, 0.55, 0.9])
    monkeypatch.setattr(loop, "validate", lambda *_: Validation({"x": 0.0}, next(scores)))
    lines = []
    configs = (small_config(), config(steps=10, validate_every=2, patience=2))
    train(to_learn(data), tmp_path, configs, listener=Listener(lines.append))
    assert [row["step"] for row in read_rows(tmp_path / "valid.csv")] == ["2", "4", "6", "8"]
    assert "no better for 2 validations" in lines[-1]
    assert "step 4 of 10" in (tmp_path / "MODEL_CARD.md").read_text()


def test_fine_tuning_begins_with_the_model_and_leaves_what_is_frozen(data, tmp_path):
    before = weights(train_once(data, tmp_path / "first"))
    init = load_model(tmp_path / "first" / "last.safetensors")
    configs = (init.config, config(steps=2, freeze="early", init="checksum"))
    train(to_learn(data), tmp_path / "second", configs, init=init)
    after = weights(tmp_path / "second" / "last.safetensors")
    frozen = {k for k in before if k.startswith(("pitch_head.", "band_convolutions.", "spectrum_convolution."))}
    assert frozen
    assert all(torch.equal(before[k], after[k]) for k in frozen)
    moved = [float((before[k] - after[k]).abs().max()) for k in before if k not in frozen]
    assert 0 < max(moved) < 0.1
    assert "`checksum`" in (tmp_path / "second" / "MODEL_CARD.md").read_text()


def test_recordings_with_times_alone_are_learnt_from_and_validated_on(data, tmp_path):
    for index in range(2):
        sing(tmp_path, f"song{index}", index)
        rows = (tmp_path / f"song{index}.tsv").read_text().splitlines()[1:]
        (tmp_path / f"song{index}.tsv").unlink()
        times = "\n".join(["onset,offset", *(",".join(row.split("\t")[:2]) for row in rows)])
        (tmp_path / f"song{index}.times.csv").write_text(times)
    noted, timed = load_recording(read_entries(data)[1], RATE), recordings(tmp_path)[0]
    assert np.allclose(timed.notes[:, :2], noted.notes[:, :2])
    assert np.isnan(timed.notes[:, 2]).all()
    both = np.isfinite(noted.f0) & np.isfinite(timed.f0)
    assert both.sum() > 0.9 * np.isfinite(noted.f0).sum()  # pitch is measured all the same
    assert np.array_equal(noted.f0[both], timed.f0[both])
    out = tmp_path / "run"
    train(to_learn(tmp_path), out, (small_config(), config(steps=2, validate_every=2)))
    assert set(read_rows(out / "valid.csv")[0]) == {"step", *(f"{tmp_path.name}.{n} (times)" for n in ("COn", "COff"))}


def test_validation_scores_as_evaluate_does(data, tmp_path, monkeypatch):
    """Pitch labels 5 ms apart: the frames between those of the model's grid count too."""
    track = PitchTrack(np.arange(200) / 50, np.full(200, 60.0), np.ones(200))
    monkeypatch.setattr("singtrans.training.validate.Transcriber", lambda *_: lambda path: Transcription((), track, 4))
    rows = [f"{place * 0.005},{60 + place % 4}" for place in range(801)]
    (tmp_path / "a.f0.csv").write_text("\n".join(["time,midi", *rows]))
    path = manifest(tmp_path / "m.csv", {"id": "a", "audio": data / "song0.wav", "f0": "a.f0.csv", "source": "set"})
    entries = read_entries(path)
    found = validate(Model(small_config()), entries)
    wanted = evaluate(of_entries(entries), Listening("", lambda path: Transcription((), track, 4)))
    assert found.figures == {f"set.{name}": interval.mean for name, interval in wanted.means.items()}
    assert found.target == found.figures["set.RPA"] == pytest.approx(0.25, abs=0.01)
    (tmp_path / "a.f0.csv").write_text("time,midi\n0,?\n")
    with pytest.raises(SingtransError, match=r"a\.f0\.csv, line 2"):
        validate(Model(small_config()), entries)


def test_resuming_something_else_is_refused(data, tmp_path):
    with pytest.raises(SingtransError, match="nothing to resume"):
        train_once(data, tmp_path, resume=True)
    train_once(data, tmp_path)
    with pytest.raises(SingtransError, match="other settings"):
        train_once(data, tmp_path, resume=True, steps=8)
    (tmp_path / "state.pt").write_bytes((tmp_path / "state.pt").read_bytes()[:5000])
    with pytest.raises(SingtransError, match="damaged"):
        train_once(data, tmp_path, resume=True)


@pytest.mark.parametrize(
    ("options", "state", "error", "said"),
    [
        ({"freeze": "pitch"}, False, UsageError, "--freeze pitch: without --init"),
        ({"resume": True}, False, SingtransError, "nothing to resume"),
        ({}, True, SingtransError, "holds a training already"),
    ],
)
def test_what_cannot_begin_is_refused_before_any_recording_is_read(tmp_path, options, state, error, said):
    if state:
        (tmp_path / "state.pt").touch()
    with pytest.raises(error, match=said):
        run_training([tmp_path / "no manifest"], tmp_path, TrainOptions(**options))


def test_training_learns(data, tmp_path):
    """A small network on five songs: the loss falls, and what is left says how."""
    lines = []
    configs = (small_config(), config(steps=40, warmup=5, rate=5e-3, validate_every=40, seed=0))
    configs = (configs[0], replace(configs[1], batch=BatchConfig(size=4, seconds=2.0)))
    train(to_learn(data), tmp_path, configs, listener=Listener(lines.append))
    totals = [float(row["total"]) for row in read_rows(tmp_path / "log.csv")]
    assert totals[-1] < 2.6
    assert len(lines) == 1
    assert "COnPOff" in lines[0]
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert f"| {data.name} | 5 |" in card
    assert "COnPOff" in card
    pytest.importorskip("matplotlib")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    pytest.importorskip("tensorboard")
    assert list((tmp_path / "tensorboard").iterdir())


def test_without_validation_the_latest_model_is_the_best(data, tmp_path):
    train(to_learn(data, valid=0), tmp_path, (small_config(), config(steps=4, validate_every=2)))
    best, last = (weights(tmp_path / f"{n}.safetensors") for n in ("best", "last"))
    assert all(torch.equal(best[k], last[k]) for k in best)


def test_a_training_is_not_overwritten(data, tmp_path):
    train_once(data, tmp_path)
    before = (tmp_path / "valid.csv").read_text()
    with pytest.raises(SingtransError, match="holds a training already"):
        train_once(data, tmp_path)
    assert (tmp_path / "valid.csv").read_text() == before


def test_processes_share_a_batch(data):
    """Each process's excerpts are those that one process alone would have drawn."""

    def batch(share):
        settings = (BatchConfig(size=5, seconds=2.0), AugmentConfig(), 0)
        return Excerpts(recordings(data), FeatureConfig(), *settings, share=share)[3].samples

    alone, first, second = batch((0, 1)), batch((0, 2)), batch((1, 2))
    assert torch.equal(alone[0::2], first)
    assert torch.equal(alone[1::2], second)


@pytest.mark.parametrize("codec", CODECS, ids=lambda codec: f"{codec.name}-{codec.sample_rate}")
def test_codecs_keep_time_and_pitch(codec):
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


def test_every_bad_recording_is_named_before_training(tmp_path):
    pytest.importorskip("pyworld")
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.wav").write_bytes(b"not audio")
        (tmp_path / f"{name}.tsv").write_text("onset\toffset\tpitch\n0\t1\t60\n")
    with pytest.raises(SingtransError) as error:
        run_training([tmp_path], tmp_path / "run", TrainOptions(2))
    assert [name for name in ("a", "b", "c") if f"{name}.wav" in str(error.value)] == ["a", "b", "c"]


def test_every_fault_is_listed_before_training(data, tmp_path):
    """Missing audio, samples that are no numbers, labels past the end, one id twice, and no notes."""
    pytest.importorskip("pyworld")
    for index, name in enumerate(("good", "nan", "long", "none", "a", "b")):
        sing(tmp_path, name, index)
    samples, _ = soundfile.read(tmp_path / "nan.wav")
    samples[1000:1010] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, RATE, "FLOAT")
    with (tmp_path / "long.tsv").open("a") as file:
        file.write("100.0\t101.0\t60\n")
    (tmp_path / "none.tsv").write_text("onset\toffset\tpitch\n")
    rows = [{"audio": f"{n}.wav", "notes": f"{n}.tsv", "id": n} for n in ("good", "nan", "long", "none", "missing")]
    rows += [{"audio": f"{n}.wav", "notes": f"{n}.tsv", "id": "twice"} for n in ("a", "b")]
    path = manifest(tmp_path / "m.csv", *rows)
    other = manifest(tmp_path / "other.csv", {"audio": "good.wav", "notes": "good.tsv", "split": "holdout"})
    with pytest.raises(SingtransError) as error:
        run_training([path, other, tmp_path / "nowhere"], tmp_path / "run", TrainOptions(2))
    lines = str(error.value).splitlines()
    expected = [
        "missing.wav does not exist",
        "missing.tsv does not exist",
        "'twice' is there twice",
        "nan.wav: 10 samples",
    ]
    expected += [
        "long.tsv: labels go on to 101.00 s",
        "none.tsv: holds no notes",
        "'holdout'",
        "nowhere: there is no such",
    ]
    assert all(any(text in line for line in lines) for text in expected), lines
    assert len(lines) == len(expected)
    assert not (tmp_path / "run" / "state.pt").exists()


def test_backgrounds_are_searched_for_like_recordings(data, tmp_path):
    """Shadows that macOS leaves and what singtrans sonified are passed over; every bad one is named."""
    pytest.importorskip("pyworld")
    music = tmp_path / "music"
    music.mkdir()
    soundfile.write(music / "band.wav", 0.1 * np.random.default_rng(0).standard_normal(RATE), RATE)
    for name in ("._band.wav", "band.sonified.wav"):
        (music / name).write_bytes(b"not audio")
    (background,) = load_data([data], music, tmp_path / "cache", RATE).backgrounds
    assert background.dtype == np.int16
    assert len(background) == RATE
    for name in ("one.wav", "two.wav"):
        (music / name).write_bytes(b"not audio")
    soundfile.write(music / "three.wav", np.full(RATE, np.nan), RATE, "FLOAT")
    with pytest.raises(SingtransError) as error:
        load_data([data], music, tmp_path / "cache", RATE)
    lines = str(error.value).splitlines()
    assert [Path(line.split(".wav")[0]).name for line in lines] == ["one", "three", "two"]


def test_no_recording_is_in_two_parts_nor_twice(data, tmp_path):
    pytest.importorskip("pyworld")

    def listed(name, *rows):
        columns = ("id", "audio", "split", "source")
        rows = [dict(zip(columns, row.split(","), strict=True)) for row in rows]
        for row in rows:
            song = Path(row["audio"])
            row |= {"audio": str(data / song.with_suffix(".wav")), "notes": str(data / song.with_suffix(".tsv"))}
        return manifest(tmp_path / name, *rows)

    one = listed("one.csv", "a,song0,train,set", "b,song1,train,set", "c,song2,train,set")
    other = listed("other.csv", "z,song0,valid,set", "b,song3,train,set", "c,song2,train,more")
    with pytest.raises(SingtransError) as error:
        load_data([one, other], None, tmp_path / "cache", RATE)
    leak, twice = str(error.value).splitlines()
    assert leak.startswith(f"{data / 'song0.wav'}: is in train ({one}) and valid ({other})")
    assert twice.startswith(f"{one} and {other}: the id 'b' of 'set'")
    with pytest.raises(SingtransError, match=r"is in train .* and test"):
        load_data([listed("m.csv", "a,song0,train,", "b,song0,test,")], None, tmp_path / "cache", RATE)


def test_unvoiced_frames_may_go_on_after_the_recording(data, tmp_path):
    pytest.importorskip("pyworld")
    entry = next(entry for entry in read_entries(data) if entry.f0)
    before = load_recording(entry, RATE)
    longer = tmp_path / "pitch.f0.txt"
    longer.write_text(entry.f0.read_text() + "\n0" * 500)
    after = load_recording(replace(entry, f0=longer), RATE)
    assert np.array_equal(before.f0, after.f0[: len(before.f0)], equal_nan=True)
    assert len(after.f0) < len(before.f0) + 20
    longer.write_text(entry.f0.read_text() + "\n0" * 500 + "\n60")
    with pytest.raises(SingtransError, match="labels go on to"):
        load_recording(replace(entry, f0=longer), RATE)


def test_two_note_files_for_one_recording_are_refused(data, tmp_path):
    for name in ("song.wav", "song.csv", "song.mid"):
        (tmp_path / name).write_bytes(b"x")
    with pytest.raises(SingtransError, match="several note files"):
        read_entries(tmp_path)


def test_what_is_no_manifest_is_refused(data):
    with pytest.raises(SingtransError, match="not a manifest"):
        read_entries(data / "song0.wav")
