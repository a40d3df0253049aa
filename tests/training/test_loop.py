"""The training loop: training, resuming, validating and stopping."""

import json
import shutil
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from singtrans import interrupt
from singtrans.dataset.manifest import read_entries
from singtrans.errors import SingtransError, UsageError
from singtrans.model.config import FeatureConfig
from singtrans.model.network import Model
from singtrans.model.weights import load_model, read_metadata
from singtrans.notes import PitchTrack, Transcription
from singtrans.scoring.references import references_of_entries
from singtrans.scoring.scores import evaluate
from singtrans.scoring.systems import ModelSystem
from singtrans.training import logs, loop
from singtrans.training.augment import AugmentConfig
from singtrans.training.batches import BatchConfig, Excerpts
from singtrans.training.config import TrainConfig
from singtrans.training.logs import Logs, draw_curves, is_logged, read_rows
from singtrans.training.loop import Data, train
from singtrans.training.progress import Listener
from singtrans.training.recordings import load_recording
from singtrans.training.run import TrainOptions, run_training
from singtrans.training.step import has_bf16
from singtrans.training.validation import Validation, validate
from tests.helpers.models import small_config
from tests.helpers.training_songs import RATE, manifest, recordings, sing, sung_folder


@pytest.fixture(autouse=True)
def plain_logs(request, monkeypatch):
    """Leave out curves and logs for TensorBoard, which take longer than training, unless a test asks for them."""
    if "with_all_logs" not in request.fixturenames:
        monkeypatch.setattr(logs, "draw_curves", lambda _: None)
        monkeypatch.setattr(logs, "_board", lambda *_: None)


@pytest.fixture
def with_all_logs():
    """Request that training draws curves and writes logs for TensorBoard."""


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return sung_folder(tmp_path_factory.mktemp("data"))


def config(**chosen) -> TrainConfig:
    chosen = {"steps": 6, "warmup": 2, "validate_every": 3, "seed": 4, "bf16": False} | chosen
    return TrainConfig(**{"batch": BatchConfig(size=2, seconds=2.0)} | chosen)


@cache
def training_data(folder: Path, valid: int = 1) -> Data:
    entries = read_entries(folder)
    return Data(entries, recordings(folder), entries[len(entries) - valid :])


def train_once(data: Path, out: Path, *, stop_at: int = 0, resume: bool = False, **chosen) -> Path:
    """Train a small model. With ``stop_at``, training ends after that step as if the process were killed."""

    def step(progress):
        if progress.step == stop_at:
            raise KeyboardInterrupt

    configs = (small_config(), config(**chosen))
    with pytest.raises(KeyboardInterrupt) if stop_at else nullcontext():
        train(training_data(data), out, configs, resume=resume, listener=Listener(step=step))
    return out / "last.safetensors"


@pytest.fixture(scope="module")
def finished(data, tmp_path_factory) -> Path:
    """Return the folder of a finished training run with the settings of `config`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logs, "draw_curves", lambda _: None)
        patch.setattr(logs, "_board", lambda *_: None)
        return train_once(data, tmp_path_factory.mktemp("finished")).parent


@pytest.fixture
def copied(finished, tmp_path) -> Path:
    """Return a copy of the folder of a finished training run. A test may change this copy."""
    return Path(shutil.copytree(finished, tmp_path / "copied"))


def weights(path: Path) -> dict:
    return load_model(path).network.state_dict()


@pytest.mark.parametrize("bf16", [False, True])
def test_resuming_ends_with_the_same_weights(data, finished, tmp_path, bf16):
    if bf16 and not has_bf16(torch.device("cpu")):
        pytest.skip("this processor computes in single precision in both cases")
    whole = weights(train_once(data, tmp_path / "whole", bf16=True) if bf16 else finished / "last.safetensors")
    train_once(data, tmp_path / "parts", stop_at=4, bf16=bf16)
    parts = weights(train_once(data, tmp_path / "parts", resume=True, bf16=bf16))
    assert all(torch.equal(whole[k], parts[k]) for k in whole)
    left = {p.name for p in (tmp_path / "parts").iterdir()} - {"tensorboard", "curves.png"}
    written = {"best.safetensors", "config.json", "last.safetensors", "state.pt", "MODEL_CARD.md"}
    assert left == written | {"log.csv", "valid.csv"}


def test_resuming_in_another_precision_is_refused(data, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "has_bf16", lambda _: False)
    train_once(data, tmp_path, stop_at=4, bf16=True)
    monkeypatch.setattr(loop, "has_bf16", lambda _: True)
    with pytest.raises(SingtransError, match=r"other settings or data \(precision was float32 and is bfloat16\)"):
        train_once(data, tmp_path, resume=True, bf16=True)


@pytest.mark.parametrize(
    ("avx512", "amx", "expected"), [(False, False, False), (True, False, True), (False, True, True)]
)
def test_bfloat16_is_used_if_the_processor_supports_it(monkeypatch, avx512, amx, expected):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: avx512)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    assert has_bf16(torch.device("cpu")) is expected
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    monkeypatch.delattr(torch.cpu, "_is_amx_tile_supported")
    assert has_bf16(torch.device("cpu")) is False  # as with an older torch


def test_a_validation_that_was_interrupted_is_repeated(data, finished, tmp_path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "validate", killed)
        with pytest.raises(KeyboardInterrupt):
            train_once(data, tmp_path / "parts")
    train_once(data, tmp_path / "parts", resume=True)
    assert (finished / "valid.csv").read_bytes() == (tmp_path / "parts" / "valid.csv").read_bytes()
    for name in ("best.safetensors", "last.safetensors"):
        assert read_metadata(finished / name) == read_metadata(tmp_path / "parts" / name)


def test_a_kill_after_validation_does_not_duplicate_its_row(data, tmp_path, monkeypatch):

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(loop, "write_card", killed)
        with pytest.raises(KeyboardInterrupt):
            train_once(data, tmp_path)
    train_once(data, tmp_path, resume=True)
    assert [row["step"] for row in read_rows(tmp_path / "valid.csv")] == ["3", "6"]


def test_a_signal_to_another_process_saves_and_stops(data, tmp_path, monkeypatch):
    step = loop.train_step

    def signalled(*given):
        result = step(*given)
        return lambda: replace(result(), stopping=True)

    monkeypatch.setattr(loop, "train_step", signalled)
    lines = []
    with pytest.raises(interrupt.Stopped):
        train(training_data(data), tmp_path, (small_config(), config(steps=4)), listener=Listener(lines.append))
    assert lines[-1] == "step 1: saved; continue with --resume"
    assert (tmp_path / "state.pt").is_file()


def test_columns_of_a_log_may_have_any_name(tmp_path):
    name = 'a, "b" $x$'
    log = Logs(tmp_path, 0, 0)
    for step in (20, 40):
        log.validation(step, {name: 0.5})
    Logs(tmp_path, 20, 20)
    assert read_rows(tmp_path / "valid.csv") == [{"step": "20", name: "0.5"}]
    pytest.importorskip("matplotlib")
    (tmp_path / "valid.csv").unlink()
    Logs(tmp_path, 20, 20).validation(20, {r"$\nothing$": 0.5})  # an invalid formula
    assert draw_curves(tmp_path)


def test_curves_are_drawn_every_minute_and_at_the_end(tmp_path, monkeypatch):
    now, drawn = [0.0], []
    monkeypatch.setattr(logs.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(logs, "draw_curves", lambda _: drawn.append(now[0]))
    log = Logs(tmp_path, 0, 0)
    for now[0] in (1.0, 59.0, 61.0, 70.0, 125.0):
        log.draw()
    log.close()
    assert drawn == [61.0, 125.0, 125.0]


def test_rows_after_the_checkpoint_are_written_once(tmp_path):
    log = Logs(tmp_path, 0, 0)
    for step in (20, 40, 60):
        log.training(step, {"total": 1.0 / step})
    with (tmp_path / "log.csv").open("a") as file:
        file.write("8")  # an incomplete row
    log = Logs(tmp_path, 40, 40)
    log.training(60, {"total": 0.5})
    assert [(r["step"], float(r["total"])) for r in read_rows(tmp_path / "log.csv")] == [
        ("20", 0.05),
        ("40", 0.025),
        ("60", 0.5),
    ]


def test_training_stops_without_improvement(data, tmp_path, monkeypatch):
    scores = iter([0.5, 0.6, 0.6, 0.55, 0.9])
    monkeypatch.setattr(loop, "validate", lambda *_: Validation({"x": 0.0}, next(scores)))
    lines = []
    configs = (small_config(), config(steps=10, validate_every=2, patience=2))
    train(training_data(data), tmp_path, configs, listener=Listener(lines.append))
    assert [row["step"] for row in read_rows(tmp_path / "valid.csv")] == ["2", "4", "6", "8"]
    assert "no improvement in 2 validations" in lines[-1]
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert "step 4 of 10" in card
    shown = card.partition("```json\n")[2].partition("\n```")[0]
    stored = json.loads((tmp_path / "config.json").read_text())
    assert {key: json.loads(shown)[key] for key in stored} == stored
    assert all(line.endswith("],") or line.endswith("]") for line in shown.splitlines() if "[" in line)


@pytest.mark.parametrize(
    ("freeze", "trained"),
    [
        ("pitch", {"band_convolutions", "band_embedding", "spectrum_convolution", "spectrum_embedding"}),
        ("early", {"band_embedding", "spectrum_embedding"}),
        ("boundaries", {"pitch_head"}),
    ],
)
def test_fine_tuning_starts_from_the_model_and_keeps_frozen_parts(data, finished, tmp_path, freeze, trained):
    before = weights(finished / "last.safetensors")
    init = load_model(finished / "last.safetensors")
    configs = (init.config, config(steps=2, freeze=freeze, init="checksum"))
    train(training_data(data), tmp_path / "second", configs, init=init)
    after = weights(tmp_path / "second" / "last.safetensors")
    moved = {k: float((before[k] - after[k]).abs().max()) for k in before}
    changed = {k.partition(".")[0] for k, size in moved.items() if size}
    if freeze != "boundaries":
        trained = trained | {"normalise", "lstm", "heads"}
    assert changed == trained
    assert max(moved.values()) < 0.1
    assert "`checksum`" in (tmp_path / "second" / "MODEL_CARD.md").read_text()


def test_recordings_with_labels_of_times_are_used(data, tmp_path):
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
    assert both.sum() > 0.9 * np.isfinite(noted.f0).sum()  # pitch is still measured
    assert np.array_equal(noted.f0[both], timed.f0[both])
    out = tmp_path / "run"
    train(training_data(tmp_path), out, (small_config(), config(steps=2, validate_every=2)))
    assert set(read_rows(out / "valid.csv")[0]) == {"step", *(f"{tmp_path.name}.{n} (times)" for n in ("COn", "COff"))}


def test_validation_gives_the_scores_of_evaluate(data, tmp_path, monkeypatch):
    """Pitch labels are 5 ms apart, so labels between the frames of the model are scored, too."""
    track = PitchTrack(np.arange(200) / 50, np.full(200, 60.0), np.ones(200))
    monkeypatch.setattr(
        "singtrans.training.validation.Transcriber", lambda *_: lambda path: Transcription((), track, 4)
    )
    rows = [f"{place * 0.005},{60 + place % 4}" for place in range(801)]
    (tmp_path / "a.f0.csv").write_text("\n".join(["time,midi", *rows]))
    path = manifest(tmp_path / "m.csv", {"id": "a", "audio": data / "song0.wav", "f0": "a.f0.csv", "source": "set"})
    entries = read_entries(path)
    found = validate(Model(small_config()), entries)
    wanted = evaluate(references_of_entries(entries), ModelSystem("", lambda path: Transcription((), track, 4)))
    assert found.figures == {f"set.{name}": interval.mean for name, interval in wanted.means.items()}
    assert found.target == found.figures["set.RPA"] == pytest.approx(0.25, abs=0.01)
    (tmp_path / "a.f0.csv").write_text("time,midi\n0,?\n")
    with pytest.raises(SingtransError, match=r"a\.f0\.csv, line 2"):
        validate(Model(small_config()), entries)


def test_resuming_with_other_settings_is_refused(data, copied, tmp_path):
    with pytest.raises(SingtransError, match="nothing to resume"):
        train_once(data, tmp_path, resume=True)
    with pytest.raises(SingtransError, match=r"other settings or data \(steps was 6 and is 8\); resume with"):
        train_once(data, copied, resume=True, steps=8)
    (copied / "state.pt").write_bytes((copied / "state.pt").read_bytes()[:5000])
    with pytest.raises(SingtransError, match="damaged"):
        train_once(data, copied, resume=True)


@pytest.mark.parametrize(
    ("options", "state", "error", "said"),
    [
        ({"freeze": "pitch"}, False, UsageError, "--freeze pitch: random weights"),
        ({"resume": True}, False, SingtransError, "nothing to resume"),
        ({}, True, SingtransError, "already contains a training"),
    ],
)
def test_impossible_training_runs_are_refused_before_reading_recordings(tmp_path, options, state, error, said):
    if state:
        (tmp_path / "state.pt").touch()
    with pytest.raises(error, match=said):
        run_training([tmp_path / "no manifest"], tmp_path, TrainOptions(**options))


@pytest.mark.parametrize(("steps", "rows"), [(1, 1), (3, 3), (19, 19), (60, 21), (600, 31), (6000, 301)])
def test_trainings_of_any_length_have_a_log(steps, rows):
    logged = [step for step in range(1, steps + 1) if is_logged(step, steps)]
    assert (len(logged), logged[0], logged[-1]) == (rows, 1, steps)


def test_training_lowers_the_loss_and_writes_all_files(data, tmp_path, with_all_logs):
    """A small network is trained on five songs. The loss falls, and the model card and the logs are written."""
    lines = []
    configs = (small_config(), config(steps=40, warmup=5, rate=5e-3, validate_every=40, seed=0))
    configs = (configs[0], replace(configs[1], batch=BatchConfig(size=4, seconds=2.0)))
    train(training_data(data), tmp_path, configs, listener=Listener(lines.append))
    rows = read_rows(tmp_path / "log.csv")
    assert [int(row["step"]) for row in rows] == [1, *range(2, 41, 2)]
    assert float(rows[-1]["total"]) < 2.6 < float(rows[0]["total"])
    assert len(lines) == 1
    assert "COnPOff" in lines[0]
    card = (tmp_path / "MODEL_CARD.md").read_text()
    assert f"| {data.name} | 5 |" in card
    assert "COnPOff" in card
    pytest.importorskip("matplotlib")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    pytest.importorskip("tensorboard")
    assert list((tmp_path / "tensorboard").iterdir())


def test_without_validation_the_last_model_is_saved_as_best(data, tmp_path):
    train(training_data(data, valid=0), tmp_path, (small_config(), config(steps=4, validate_every=2)))
    best, last = (weights(tmp_path / f"{n}.safetensors") for n in ("best", "last"))
    assert all(torch.equal(best[k], last[k]) for k in best)


def test_a_training_run_is_not_overwritten(data, copied):
    before = (copied / "valid.csv").read_text()
    with pytest.raises(SingtransError, match="already contains a training"):
        train_once(data, copied)
    assert (copied / "valid.csv").read_text() == before


def test_processes_divide_the_excerpts_of_a_batch(data):
    """Together, the processes draw the excerpts that a single process would draw."""

    def batch(share):
        settings = (BatchConfig(size=5, seconds=2.0), AugmentConfig(), 0)
        return Excerpts(recordings(data), FeatureConfig(), *settings, share=share)[3].samples

    alone, first, second = batch((0, 1)), batch((0, 2)), batch((1, 2))
    assert torch.equal(alone[0::2], first)
    assert torch.equal(alone[1::2], second)
