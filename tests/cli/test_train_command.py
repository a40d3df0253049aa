"""``singtrans train`` as a process that is stopped and resumed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")


def songs(folder: Path) -> None:
    folder.mkdir()
    t = np.arange(4 * 16_000) / 16_000
    for index in range(3):
        hz = 220.0 * 2 ** (index / 12)
        sound = 0.3 * np.sin(2 * np.pi * hz * t) * ((t > 0.5) & (t < 3.0))
        soundfile.write(folder / f"song{index}.wav", sound, 16_000)
        (folder / f"song{index}.tsv").write_text(f"onset\toffset\tpitch\n0.5\t3.0\t{57 + index}\n")


def command(folder: Path, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "singtrans", "train", str(folder / "songs"), "-o", str(folder / "run")),
        *("--steps", "100000", "--batch", "1", "--seconds", "1", "--validate-every", "2", *more),
    ]


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs POSIX process groups")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_the_state_and_prints_one_line(tmp_path, number, code):
    songs(tmp_path / "songs")
    process = subprocess.Popen(command(tmp_path), stderr=subprocess.PIPE, text=True, start_new_session=True)
    for _ in range(600):
        if (tmp_path / "run" / "best.safetensors").exists() or process.poll() is not None:
            break
        time.sleep(0.1)
    # The worker also gets the signal, as from a terminal.
    os.killpg(process.pid, number)
    said = process.communicate(timeout=60)[1]
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert "Error" not in said
    assert (tmp_path / "run" / "state.pt").exists()
    assert "continue with --resume" in said
    left = {path.name for path in (tmp_path / "run").iterdir()} - {"cache", "log.csv", "tensorboard", "curves.png"}
    assert left == {"best.safetensors", "config.json", "last.safetensors", "state.pt", "valid.csv", "MODEL_CARD.md"}
