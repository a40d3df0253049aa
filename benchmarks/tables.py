"""Make recordings of any length, and write tables with the machine and the commit to RESULTS.md."""

import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
import soxr

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "sample_audio"
COMMAND = [sys.executable, "-m", "singtrans"]
NAMES = ("frere_jacques.flac", "amazing_grace.wav", "ode_to_joy.ogg", "twinkle_phone.mp3")
RATE = 44_100  # Hz; most recordings have this sample rate


def repeated(seconds: float, path: Path) -> Path:
    """Write a sample recording at 44.1 kHz, repeated to a length, as 16-bit FLAC (or the format of the suffix)."""
    samples = soxr.resample(*soundfile.read(SAMPLES / NAMES[0], dtype="float32"), RATE)
    wanted = int(seconds * RATE)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        while wanted > 0:
            file.write(samples[:wanted])
            wanted -= len(samples)
    return path


def generated(folder: Path, count: int, shortest: float = 5.0, longest: float = 20.0) -> Path:
    """Write ``count`` recordings to a folder: parts of the samples at random levels with random noise."""
    folder.mkdir(parents=True, exist_ok=True)
    from singtrans.audio import load

    rng = np.random.default_rng(0)
    voices = np.concatenate([load(SAMPLES / name) for name in NAMES])
    for i in range(count):
        n = int(rng.uniform(shortest, longest) * 16_000)
        start = rng.integers(len(voices) - n)
        noise = rng.standard_normal(n) * 10 ** rng.uniform(-4, -2.5)
        samples = voices[start : start + n] * 10 ** rng.uniform(-1, 0) + noise
        soundfile.write(folder / f"{i:05}.flac", np.clip(samples, -1, 1), 16_000)
    return folder


def timed(function: Callable[[], object], runs: int = 1) -> float:
    """Measure the shortest time of several runs. Other work on the machine can only make a run slower."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return min(times)


def run(command: Sequence[object]) -> None:
    """Run a command that must succeed."""
    subprocess.run([str(word) for word in command], check=True, capture_output=True)


def machine() -> str:
    """Describe the machine and the commit in one line."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (found := re.search(r"model name\s*: (.*)", info.read_text())):
        cpu = found[1]
    import onnxruntime

    git = ["git", "-C", str(HERE.parent)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    changed = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "singtrans", "models"], check=False).returncode
    versions = f"Python {platform.python_version()}, onnxruntime {onnxruntime.__version__}"
    return f"{os.cpu_count()} cores of {cpu}, {versions}, commit {commit.stdout.strip() or 'unknown'}" + (
        " with changes" if changed else ""
    )


def row(cells: Sequence[object]) -> str:
    """Format a row of a Markdown table."""
    return "| " + " | ".join(map(str, cells)) + " |"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Yield the lines of a Markdown table as soon as their rows are known."""
    yield row(head)
    yield row(["---"] * len(head))
    yield from map(row, rows)


def publish(title: str, command: str, head: Sequence[str], rows: Sequence[Sequence[object]], note: str = "") -> None:
    """Print a table, and write it under its title in RESULTS.md."""
    body = f"`{command}` on {machine()}:\n\n" + "\n".join(table(head, rows)) + "\n" + (f"\n{note}\n" if note else "")
    print(body)
    path = HERE / "RESULTS.md"
    sections = re.split(r"(?m)^(?=## )", path.read_text(encoding="utf-8"))
    kept = [section for section in sections if not section.startswith(f"## {title}\n")]
    index = next((i for i, s in enumerate(sections) if s.startswith(f"## {title}\n")), len(kept))
    kept.insert(index, f"## {title}\n\n{body}\n")
    path.write_text("".join(section.rstrip() + "\n\n" for section in kept).rstrip() + "\n", encoding="utf-8")
