"""Trainings that are killed and gone on with, and trainings that several processes share."""

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

# A small network, so that the ten starts are most of the time.
TRAIN = """
import sys
from pathlib import Path
from singtrans.model import config
small = {"channels": (4, 4, 8), "pitch_channels": 4, "embedding": 16, "hidden": 12}
from singtrans.training import run
run.Config = lambda: config.Config(network=config.NetworkConfig(**small))
options = run.TrainOptions(steps=120, batch=2, seconds=1.0, validate_every=10, seed=3, resume="resume" in sys.argv)
print("begun", flush=True)
run.run_training([Path(sys.argv[1])], Path(sys.argv[2]), options)
"""


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_model(folder / "last.safetensors").network.state_dict()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("train")
    songs(place / "songs")
    return place


def test_killed_again_and_again_it_ends_with_the_same_weights(folder):
    chance = random.Random(7)

    def start(out: Path) -> subprocess.Popen:
        more = ["resume"] if (out / "state.pt").exists() else []
        code = [sys.executable, "-c", TRAIN, str(folder / "songs"), str(out), *more]
        # Not a pipe: what the killed process leaves behind for a moment would hold it open.
        with (folder / "said.txt").open("w") as said:
            return subprocess.Popen(code, stdout=said, stderr=said)

    def finish(process: subprocess.Popen) -> None:
        assert process.wait(300) == 0, (folder / "said.txt").read_text()

    finish(start(folder / "whole"))
    kills, rows = 0, []
    wanted = 10 if os.environ.get("SINGTRANS_LONG") else 3
    while kills < wanted and len(rows) < 12:
        process = start(folder / "parts")
        while process.poll() is None and not (folder / "said.txt").read_text():
            time.sleep(0.05)
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.0, 2.0))
        kills += process.poll() is None
        process.kill()
        process.wait()
        rows = read_rows(folder / "parts" / "valid.csv")
    assert kills > 1, (kills, rows)
    finish(start(folder / "parts"))
    one, other = weights(folder / "whole"), weights(folder / "parts")
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert read_rows(folder / "whole" / "valid.csv") == read_rows(folder / "parts" / "valid.csv")


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no distributed package")
def test_two_processes_train_as_one(folder):
    def run(out: str, *start: str) -> Path:
        train = ["-m", "singtrans", "train", str(folder / "songs"), "-o", str(folder / out), "--steps", "20"]
        train += ["--batch", "2", "--seconds", "1", "--validate-every", "20", "--rate", "0.0005"]
        alone = os.environ | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, *start, *train], check=False, capture_output=True, text=True, timeout=300, env=alone
        )
        assert done.returncode == 0, done.stderr
        return folder / out

    one = run("one")
    two = run("two", "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    rows = [read_rows(out / "log.csv") for out in (one, two)]
    assert len(rows[0]) == len(rows[1]) == 1
    for name in ("onset", "offset", "activity", "voicing", "pitch", "total"):
        assert float(rows[1][0][name]) == pytest.approx(float(rows[0][0][name]), rel=0.05)
