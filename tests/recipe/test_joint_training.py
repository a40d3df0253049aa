"""Several models trained on one stream of batches, each with its own recordings and labels."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from recipe import joint_training
from recipe import pack as packs
from singtrans.errors import SingtransError
from singtrans.model.network import Model
from singtrans.model.weights import load_model, read_metadata, save_model
from singtrans.training.batches import BatchConfig
from tests.helpers.models import small_config
from tests.helpers.training_songs import manifest, sung_folder

BATCH = BatchConfig(size=3, seconds=2.0)


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    """Of five songs, ``all`` has every one, ``two`` two of them, with the first's notes from the second on."""
    pytest.importorskip("pyworld")
    folder = sung_folder(tmp_path_factory.mktemp("songs"))
    later = folder / "later.tsv"
    lines = (folder / "song0.tsv").read_text().splitlines()
    later.write_text("\n".join([lines[0], *lines[2:]]) + "\n")
    rows = [{"id": f"song{i}", "audio": f"song{i}.wav", "notes": f"song{i}.tsv", "split": "train"} for i in range(4)]
    rows.append({"id": "pitch", "audio": "pitch.wav", "f0": "pitch.f0.txt", "split": "train"})
    manifest(folder / "all.csv", *rows)
    manifest(folder / "two.csv", rows[0] | {"notes": "later.tsv"}, rows[1])
    out = folder / "pack"
    named = [("all", [folder / "all.csv"]), ("two", [folder / "two.csv"])]
    packs.write_pack(out, named, folder / "cache")
    return out


def test_every_recording_travels_once_and_stays_in_time(packed):
    import soundfile

    files = sorted(packed.glob("*.opus"))
    assert len(files) == 5
    songs = [soundfile.read(packed.parent / f"song{i}.wav")[0] for i in range(4)]
    for song in songs:
        likeness = []
        for file in files:
            samples = soundfile.read(file)[0]
            if len(samples) == len(song):
                likeness.append(np.corrcoef(samples, song)[0, 1])
        assert max(likeness) > 0.95


def test_a_name_learns_from_its_own_recordings_and_labels(packed):
    excerpts = joint_training.Together(packs.read_pack([packed]), BATCH, seed=3)
    firsts = {views["all"].id: views for views in excerpts.pack.views.values()}
    assert {name for name, views in firsts.items() if "two" in views} == {"song0", "song1"}
    assert len(firsts["song0"]["two"].notes) == len(firsts["song0"]["all"].notes) - 1
    known = {"all": 0.0, "two": 0.0}
    for step in range(8):
        batch = excerpts[step]
        for name in known:
            own = excerpts.of(batch, name)
            assert own.heads.shape == own.head_known.shape == (BATCH.size, 100, 4)
            assert own.pitch.shape == own.pitch_known.shape == (BATCH.size, 100)
            known[name] += float(own.head_known.sum())
    assert 0 < known["two"] < known["all"]


def test_models_learn_beside_each_other(packed, tmp_path, capsys, monkeypatch):
    torch.manual_seed(0)
    start = tmp_path / "start.safetensors"
    save_model(Model(small_config()), start)
    specs = [
        {"name": "same", "data": "all", "init": str(start), "rate": 1e-3},
        {"name": "grown", "data": "two", "init": str(start), "network": {"hidden": 12}, "rate": 1e-3},
    ]
    (tmp_path / "specs.json").write_text(json.dumps(specs))
    words = [str(packed), str(tmp_path / "out"), str(tmp_path / "specs.json")]
    words += ["--steps", "4", "--batch", "2", "--workers", "0", "--seconds", "300"]
    monkeypatch.setattr(sys, "argv", ["joint_training.py", *words])
    joint_training.main()
    assert "4 steps in" in capsys.readouterr().out
    begun = load_model(start)
    same, grown = (load_model(tmp_path / "out" / f"{name}.safetensors") for name in ("same", "grown"))
    assert same.config == begun.config
    assert grown.config == replace(begun.config, network=replace(begun.config.network, hidden=12))
    training = json.loads(read_metadata(tmp_path / "out" / "same.safetensors")["training"])["train"]
    assert (training["steps"], training["batch"]["size"]) == (4, 2)
    for model in (same, grown):
        old, new = begun.network.state_dict(), model.network.state_dict()
        assert not any(torch.equal(old[name], new[name]) for name in old if "weight" in name)


def test_a_model_of_another_shape_begins_with_the_weights_that_fit(tmp_path):
    torch.manual_seed(0)
    start = tmp_path / "start.safetensors"
    save_model(Model(small_config()), start)
    spec = {"name": "grown", "data": "all", "init": str(start), "network": {"hidden": 12}, "rate": 1e-3}
    one = joint_training.learner(spec)
    assert one.config.init == read_metadata(start)["sha256"]
    old, new = load_model(start).network.state_dict(), one.state.model.network.state_dict()
    for name, weights in old.items():
        assert name.startswith(("lstm.", "heads.weight")) != torch.equal(weights, new[name].cpu()), name


def test_silence_teaches_a_name_only_what_its_labels_are_of(packed):
    excerpts = joint_training.Together(packs.read_pack([packed]), BATCH, seed=3)
    assert excerpts.taught.tolist() == [1.0] * 8
    pitch = next(key for key, views in excerpts.pack.views.items() if views["all"].notes is None)
    for key, views in excerpts.pack.views.items():
        views.pop("two", None)
        if key == pitch:
            views["two"] = views["all"]
    assert excerpts._taught_by_silence("two").tolist() == [0.0, 0.0, 0.0, 1.0]


def test_what_is_wrong_with_a_pack_is_one_line(packed, tmp_path):
    with pytest.raises(SingtransError, match=r"exists already; give a folder that does not$"):
        packs.write_pack(packed, [], tmp_path)
    with pytest.raises(SingtransError, match=r"has no index\.json"):
        packs.read_pack([tmp_path, packed])
    for name in ("index.json", "arrays.npz"):
        (tmp_path / name).write_bytes((packed / name).read_bytes())
    with pytest.raises(
        SingtransError, match=r"5 recordings of the pack are in none of the folders, such as \w+\.opus;"
    ):
        packs.read_pack([tmp_path])
    assert len(packs.read_pack([tmp_path, packed]).views) == 5


def test_nothing_is_left_where_a_recording_cannot_be_packed(tmp_path, monkeypatch):
    pytest.importorskip("pyworld")
    manifest(tmp_path / "bad.csv", {"id": "gone", "audio": "gone.wav", "notes": "gone.tsv", "split": "train"})
    monkeypatch.setattr(sys, "argv", ["packs.py", str(tmp_path / "out"), f"bad={tmp_path / 'bad.csv'}"])
    with pytest.raises(SystemExit, match=r"gone"):
        packs.main()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("specs", "says"),
    [
        ("no json", "is no list of models"),
        ("[{}]", "is no list of models"),
        ('[{"name": "a", "data": "many", "rate": 0.001, "network": {"hidden": 4}}]', "but the pack has all, two"),
        ("[]", "at least one"),
    ],
)
def test_what_is_wrong_with_the_models_asked_for_is_one_line(packed, tmp_path, monkeypatch, specs, says):
    (tmp_path / "specs.json").write_text(specs)
    words = [str(packed), str(tmp_path / "out"), str(tmp_path / "specs.json"), "--workers", "0"]
    monkeypatch.setattr(sys, "argv", ["joint_training.py", *words])
    with pytest.raises(SystemExit, match=says) as stopped:
        joint_training.main()
    assert "\n" not in str(stopped.value)
    assert not (tmp_path / "out").exists()
