"""The command that runs the whole recipe."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from recipe import __main__ as whole


def run(monkeypatch, words: list[str], *, fail: str = "") -> list[list[str]]:
    """Run the command with fake programs, which make their files or fail; return the arguments of the programs."""
    steps = {tuple(step.program): step for step in whole.data_steps(Path(words[0]), Path(words[1]))}
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
