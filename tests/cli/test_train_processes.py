"""Trainings that are killed and resumed, and trainings by several processes."""

import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
import torch

from singtrans.model.weights import load_model
from singtrans.training.logs import read_rows
from tests.cli.test_train_command import songs
from tests.helpers.models import ROOT
from tests.helpers.small_training import train

PROGRAM = [sys.executable, "-m", "tests.helpers.small_training"]
STEPS = 40


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_model(folder / "last.safetensors").network.state_dict()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("train")
    songs(place / "songs")
    return place


def test_a_killed_and_resumed_training_ends_with_the_same_weights(folder):
    chance = random.Random(7)

    def start(out: Path) -> subprocess.Popen:
        more = ["resume"] if (out / "state.pt").exists() else []
        code = [*PROGRAM, str(folder / "songs"), str(out), str(STEPS), *more]
        # A pipe would be kept open by the children of the killed process.
        with (folder / "output.txt").open("w") as output:
            return subprocess.Popen(code, stdout=output, stderr=output, cwd=ROOT)

    def finish(process: subprocess.Popen) -> None:
        assert process.wait(300) == 0, (folder / "output.txt").read_text()

    train(folder / "songs", folder / "whole", STEPS)
    kills, rows = 0, []
    wanted = 10 if os.environ.get("SINGTRANS_LONG") else 2
    while kills < wanted and len(rows) < 5:
        process = start(folder / "parts")
        while process.poll() is None and not (folder / "output.txt").read_text():
            time.sleep(0.05)
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.0, 1.5))
        kills += process.poll() is None
        process.kill()
        process.wait()
        rows = read_rows(folder / "parts" / "valid.csv")
    assert kills, rows
    finish(start(folder / "parts"))
    one, other = weights(folder / "whole"), weights(folder / "parts")
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert read_rows(folder / "whole" / "valid.csv") == read_rows(folder / "parts" / "valid.csv")


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no distributed package")
def test_two_processes_give_the_weights_of_one(folder):
    train(folder / "songs", folder / "one", 20)
    launcher = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    program = ["-m", *PROGRAM[2:], str(folder / "songs"), str(folder / "two"), "20"]
    done = subprocess.run(
        [sys.executable, "-m", *launcher, *program], check=False, capture_output=True, text=True, timeout=300, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    rows = [read_rows(out / "log.csv") for out in (folder / "one", folder / "two")]
    assert len(rows[0]) == len(rows[1]) == 1
    for name in ("onset", "offset", "activity", "voicing", "pitch", "total"):
        assert float(rows[1][0][name]) == pytest.approx(float(rows[0][0][name]), rel=0.05)
