"""``singtrans train`` as a process that is stopped and resumed."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.helpers.forks import Fork, import_training

pytest.importorskip("torch")


def songs(folder: Path) -> None:
    folder.mkdir()
    t = np.arange(4 * 16_000) / 16_000
    for index in range(3):
        hz = 220.0 * 2 ** (index / 12)
        sound = 0.3 * np.sin(2 * np.pi * hz * t) * ((t > 0.5) & (t < 3.0))
        soundfile.write(folder / f"song{index}.wav", sound, 16_000)
        (folder / f"song{index}.tsv").write_text(f"onset\toffset\tpitch\n0.5\t3.0\t{57 + index}\n")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX processes")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_the_state_and_prints_one_line(tmp_path, number, code):
    songs(tmp_path / "songs")
    import_training()
    out = tmp_path / "run"
    options = ["--steps", "100000", "--batch", "1", "--seconds", "1", "--validate-every", "2"]
    process = Fork("train", tmp_path / "songs", "-o", out, *options)
    while process.is_alive() and not (out / "best.safetensors").exists():
        time.sleep(0.05)
    process.send(number, group=True)  # the worker also gets the signal, as from a terminal
    returned, said = process.end()
    assert returned == code, said
    assert not [line for line in said if "Traceback" in line or "Error" in line]
    assert (out / "state.pt").exists()
    assert any("continue with --resume" in line for line in said)
    left = {path.name for path in out.iterdir()} - {"cache", "tensorboard", "curves.png"}
    written = {"best.safetensors", "config.json", "last.safetensors", "state.pt", "MODEL_CARD.md"}
    assert left == written | {"log.csv", "valid.csv"}
