"""Training runs that are killed and resumed, and training in several processes."""

import multiprocessing
import os
import random
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from singtrans.model.weights import load_model
from singtrans.training.logs import read_rows
from tests.cli.test_train_command import songs
from tests.helpers.models import ROOT
from tests.helpers.small_training import train

STEPS = 25


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_model(folder / "last.safetensors").network.state_dict()


pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are forked")
# A fork of this process need not import torch, which takes longer than the training.
Process = multiprocessing.get_context("fork").Process


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("train")
    songs(place / "songs")
    return place


def saved_at(folder: Path) -> int:
    """Return the time in nanoseconds at which the state was saved; 0 if it was never saved."""
    return (folder / "state.pt").stat().st_mtime_ns if (folder / "state.pt").exists() else 0


def test_a_killed_and_resumed_training_ends_with_the_same_weights(folder):
    chance, parts = random.Random(7), folder / "parts"
    train(folder / "songs", folder / "whole", STEPS)
    kills, rows = 0, []
    wanted = 10 if os.environ.get("SINGTRANS_LONG") else 2
    while kills < wanted and len(rows) < 5:
        before = saved_at(parts)
        process = Process(target=train, args=(folder / "songs", parts, STEPS), kwargs={"resume": bool(before)})
        process.start()
        while process.is_alive() and saved_at(parts) == before:
            time.sleep(0.01)
        process.join(chance.uniform(0.0, 0.3))
        kills += process.is_alive()
        process.kill()
        process.join()
        rows = read_rows(parts / "valid.csv")
    assert kills, rows
    # The last process is not a fork, so everything that it needs must be in the files.
    program = [sys.executable, "-m", "tests.helpers.small_training"]
    subprocess.run([*program, folder / "songs", parts, str(STEPS), "resume"], check=True, timeout=300, cwd=ROOT)
    one, other = weights(folder / "whole"), weights(parts)
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert read_rows(folder / "whole" / "valid.csv") == read_rows(parts / "valid.csv")


def train_as(rank: int, port: int, songs: Path, out: Path) -> None:
    """Train as one of two processes, with the environment variables that ``torchrun`` sets."""
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    os.environ |= address | {"WORLD_SIZE": "2", "RANK": str(rank), "LOCAL_RANK": str(rank)}
    train(songs, out, 20, dropout=0.0)  # dropout would differ between processes


@pytest.mark.skipif(not torch.distributed.is_available(), reason="this torch has no distributed package")
def test_two_processes_give_the_weights_of_one(folder):
    train(folder / "songs", folder / "one", 20, dropout=0.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    processes = [Process(target=train_as, args=(rank, port, folder / "songs", folder / "two")) for rank in (0, 1)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(300)
    assert [process.exitcode for process in processes] == [0, 0]
    rows = [read_rows(out / "log.csv") for out in (folder / "one", folder / "two")]
    assert [[int(row["step"]) for row in some] for some in rows] == [list(range(1, 21))] * 2
    for name in ("onset", "offset", "activity", "voicing", "pitch", "total"):
        assert float(rows[1][-1][name]) == pytest.approx(float(rows[0][-1][name]), rel=1e-3)
