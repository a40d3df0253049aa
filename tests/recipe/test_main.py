"""The command that runs the whole recipe."""

import importlib
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

import recipe.train
from recipe import __main__ as whole

SEEDS = (1, 2)


def run(monkeypatch, words: list[str], *, fail: str = "") -> list[list[str]]:
    """Run the command with fake programs, which make their files or fail; return the arguments of the programs."""
    data, work = map(Path, words[:2])
    (data / "mir1k").mkdir(parents=True, exist_ok=True)
    (data / "mir1k" / recipe.train.WORDS).write_text("id\tcharacters\n")
    finishing = [step for seed in SEEDS for step in whole.finishing_steps(data, work, seed)]
    everything = [*whole.data_steps(data, work), *finishing, whole.choosing_step(data, work, SEEDS)]
    steps = {tuple(step.program): step for step in everything}
    ran = []

    def program(command, check):
        ran.append(command[2:])
        if command[2] == fail:
            return SimpleNamespace(returncode=3)
        made = steps[tuple(command[2:])].makes
        made.parent.mkdir(parents=True, exist_ok=True)
        made.touch()
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(subprocess, "run", program)
    monkeypatch.setattr(sys, "argv", ["recipe", *words])
    whole.main()
    return ran


def test_all_steps_run_once_and_in_order(monkeypatch, tmp_path):
    words = [str(tmp_path / "data"), str(tmp_path / "work"), "--data-alone"]
    ran = run(monkeypatch, words)
    assert [command[0] for command in ran] == [
        "recipe.manifest",
        "recipe.make_songs",
        "recipe.resung_melodies",
        "recipe.tones",
        "recipe.pack",
    ]
    assert all(hasattr(importlib.import_module(command[0]), "main") for command in ran)
    assert run(monkeypatch, words) == []
    (tmp_path / "work" / "tones" / "manifest.csv").unlink()
    assert [command[0] for command in run(monkeypatch, words)] == ["recipe.tones"]


def test_a_failing_program_stops_the_recipe(monkeypatch, tmp_path):
    with pytest.raises(SystemExit) as ended:
        run(monkeypatch, [str(tmp_path / "data"), str(tmp_path / "work")], fail="recipe.make_songs")
    assert ended.value.code == 3
    assert not (tmp_path / "work" / "synthetic").exists()


def test_the_trained_models_are_finished_and_the_best_is_chosen(monkeypatch, tmp_path):
    data, work = tmp_path / "data", tmp_path / "work"
    words = [str(data), str(work), "--seeds", *map(str, SEEDS)]
    trained = []
    monkeypatch.setattr(whole, "train", lambda *arguments: trained.append(arguments))
    ran = run(monkeypatch, words)
    finishing = [command for command in ran if command[0] in {"recipe.nasal_head", "recipe.choose"}]
    assert trained == [(work, list(SEEDS), 0.0)]
    assert [Path(command[2]) for command in finishing] == [
        work / "models" / "adapt" / "seed-1" / "last.safetensors",
        work / "models" / "adapt" / "seed-2" / "last.safetensors",
        work / "solo.safetensors",
    ]
    assert all(hasattr(importlib.import_module(command[0]), "main") for command in ran)
    # Each program reads the file that the program before it made.
    steps = whole.finishing_steps(data, work, 1)
    assert all(str(before.makes) in after.program for before, after in pairwise(steps))
    assert [command[0] for command in run(monkeypatch, words)] == ["recipe.choose"]


def test_finished_training_is_not_repeated(monkeypatch, tmp_path):
    for seed in SEEDS:
        done = tmp_path / "models" / "adapt" / f"seed-{seed}" / "done"
        done.parent.mkdir(parents=True)
        done.touch()
    monkeypatch.setattr(recipe.train, "follow", lambda *_: pytest.fail("trained again"))
    whole.train(tmp_path, SEEDS, 0.0)
