"""Packs of training data, and training with them."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recipe import train as recipe_train
from recipe.pack import read_pack, write_pack
from singtrans.dataset.manifest import read_entries
from singtrans.errors import InputError
from singtrans.model.weights import load_model
from singtrans.training.recordings import load_recording
from tests.helpers.models import small_config
from tests.helpers.training_songs import RATE, manifest, sung_folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Make a pack of three songs with notes, one of which also has syllables and ornaments, and one song with pitch."""
    folder = sung_folder(tmp_path_factory.mktemp("songs"))
    (folder / "a.syllables.txt").write_text("0.5\n1.25\n")
    (folder / "a.ornaments.txt").write_text("")
    rows = [
        {"id": f"song{i}", "audio": f"song{i}.wav", "notes": f"song{i}.tsv", "source": source, "weight": "0.5"}
        for i, source in enumerate(("ssvd", "songs", "songs"))
    ]
    rows[1] |= {"syllables": "a.syllables.txt", "ornaments": "a.ornaments.txt", "convention": "made-up"}
    rows.append({"id": "pitch", "audio": "pitch.wav", "f0": "pitch.f0.txt", "source": "mir1k"})
    manifest(folder / "all.csv", *({"split": "train"} | row for row in rows))
    write_pack(folder / "pack", [folder / "all.csv"], folder / "cache")
    return folder


def test_a_pack_has_all_recordings_and_labels(folder):
    data = read_pack(folder / "pack")
    for entry, recording in zip(read_entries(folder / "all.csv"), data.recordings, strict=True):
        whole = load_recording(entry, RATE)
        assert (recording.id, recording.weight, recording.convention) == (whole.id, whole.weight, whole.convention)
        for name in ("notes", "f0", "voiced", "syllables", "ornaments"):
            packed, given = getattr(recording, name), getattr(whole, name)
            assert (packed is None) == (given is None), name
            if given is not None:
                assert np.allclose(packed, given, atol=1e-3, equal_nan=True), name
        assert len(recording.samples) == len(whole.samples)
        assert np.corrcoef(recording.samples, whole.samples)[0, 1] > 0.9  # Opus does not shift the time
    assert data.recordings[1].ornaments.shape == (0,)
    assert [entry.source for entry in data.entries] == ["ssvd", "songs", "songs", "mir1k"]


def test_the_missing_recordings_of_a_damaged_pack_are_reported(folder, tmp_path):
    with pytest.raises(InputError, match="no index"):
        read_pack(tmp_path)
    for file in (folder / "pack").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    next(tmp_path.glob("*.opus")).unlink()
    with pytest.raises(InputError, match="1 recordings are missing"):
        read_pack(tmp_path)
    with pytest.raises(InputError, match="already exists"):
        write_pack(folder / "pack", [folder / "all.csv"], folder / "cache")


def test_finished_stages_are_not_repeated(folder, tmp_path, monkeypatch):
    small = small_config()
    monkeypatch.setattr(recipe_train, "Config", lambda decoder: replace(small, decoder=decoder))
    (folder / "pack" / recipe_train.WORDS).write_text("id\tcharacters\npitch\t5\n")
    recipe = recipe_train.Recipe(tmp_path, seeds=(3, 4), steps=2, batch=2)
    paths = recipe_train.follow(recipe, folder / "pack")
    assert [path.parent.name for path in paths] == ["seed-3", "seed-4"]
    first, second = (load_model(path).network.state_dict() for path in paths)
    assert any(not np.array_equal(first[name], second[name]) for name in first)
    monkeypatch.setattr(recipe_train, "train", None)  # a call would fail
    assert recipe_train.follow(recipe, folder / "pack") == paths


def test_sources_without_a_weight_are_left_out(folder):
    data = recipe_train.drawn(read_pack(folder / "pack"), {"ssvd": 1.5})
    assert [(r.id, r.weight) for r in data.recordings] == [("song0", 1.5)]
    assert [(e.id, e.weight) for e in data.entries] == [("song0", 1.5)]
