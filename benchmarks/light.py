"""Measure cold start, speed and memory, and compare them with other tools and with the limits of this project.

    python -m benchmarks.light

The run takes 8 minutes, and the machine must be idle. torch must be installed, because its import is timed, and because
the last version of singtrans that ran on torch is measured, too. That version is checked out from the history of the
repository. librosa and Basic Pitch are compared if they are installed (see `benchmarks.peers`). All tools run with one
thread, one after another in several rounds; the best round of each tool is used.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import peers
from benchmarks.memory import peak
from benchmarks.tables import COMMAND, HERE, publish, repeated, run, timed

BEFORE = "fd5e02c"  # the last version that ran on torch
ROUNDS = 5
SHORT, SONG, LONG = 10.0, 180.0, 10_800.0  # seconds
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}

WARM = """
import sys, time
try:
    import torch
    torch.set_num_threads(1)
except ImportError:
    pass
from singtrans import Transcriber
transcriber, times = Transcriber(device="cpu"), []
for _ in range(4):
    began = time.perf_counter()
    transcriber(sys.argv[1])
    times.append(time.perf_counter() - began)
print(min(times[1:]))
"""


def warm(path: Path, checkout: Path, seconds: float) -> float:
    """Return the shortest time in seconds from file to notes, with the model loaded, for the version in a checkout."""
    code = WARM if checkout != HERE.parent else WARM.replace("import torch\n", "raise ImportError\n")
    command = [sys.executable, "-c", code, str(path)]
    environment = os.environ | ONE_THREAD | {"PYTHONPATH": str(checkout)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, cwd=checkout)
    return min(seconds, float(done.stdout))


def cold(path: Path) -> list[list[object]]:
    """Measure the cold start and the import of torch; return their rows."""
    start = {"ours": float("inf"), "torch": float("inf")}
    for _ in range(ROUNDS + 1):  # the first writes the bytecode
        start["ours"] = min(start["ours"], timed(lambda: run([*COMMAND, "transcribe", path, "--overwrite", "-q"])))
        start["torch"] = min(start["torch"], timed(lambda: run([sys.executable, "-c", "import torch"])))
    ratio = start["ours"] / start["torch"]
    return [
        ["import of torch", f"{start['torch']:.2f} s", "", ""],
        [f"cold, {SHORT:.0f} s to MIDI, relative to that", f"{start['ours']:.2f} s", f"{ratio:.2f}", "at most 0.5"],
    ]


def against_before(path: Path) -> list[list[object]]:
    """Measure the warm speed of this version and of the last one that used torch; return their rows."""
    with tempfile.TemporaryDirectory() as folder:
        archive = ["git", "-C", str(HERE.parent), "archive", BEFORE, "singtrans", "models", "pyproject.toml"]
        files = subprocess.run(archive, capture_output=True, check=True).stdout
        subprocess.run(["tar", "-x", "-C", folder], input=files, check=True)
        now = before = float("inf")
        for _ in range(ROUNDS):
            now = warm(path, HERE.parent, now)
            before = warm(path, Path(folder), before)
    return [
        [f"warm, 3 min, {BEFORE}", f"{before:.3f} s", "", ""],
        ["warm, 3 min, speed relative to that", f"{now:.3f} s", f"{before / now:.2f}", "at least 1.35"],
    ]


def against_peers(path: Path, short: Path) -> list[list[object]]:
    """Measure the times of other tools relative to that of singtrans; return their rows."""
    tools: dict[str, Callable[[Path], int]] = {}
    makers = {"singtrans": peers.singtrans, "Basic Pitch (onnx)": peers.basic_pitch, "librosa.pyin": peers.pyin}
    for name, make in makers.items():
        try:
            tools[name] = make()
            tools[name](short)  # loads and compiles what it needs
        except ImportError as missing:
            print(f"{name} is left out: {missing}", file=sys.stderr)
            tools.pop(name, None)
    best = dict.fromkeys(tools, float("inf"))
    for _ in range(3):
        for name, tool in tools.items():
            best[name] = min(best[name], timed(lambda tool=tool: tool(path)))
    limits = {"Basic Pitch (onnx)": "at least 4", "librosa.pyin": "at least 10"}
    rows: list[list[object]] = [["warm, 1 min", f"{best['singtrans']:.3f} s", "", ""]]
    for name in (name for name in limits if name in best):
        ratio = best[name] / best["singtrans"]
        rows.append([f"{name}, 1 min; our speed relative to it", f"{best[name]:.2f} s", f"{ratio:.1f}", limits[name]])
    return rows


def memory(folder: Path, short: Path) -> list[list[object]]:
    """Measure the peak memory; return its rows."""
    least = peak(short)
    most = peak(repeated(LONG, folder / "long.flac"))
    many = folder / "many"
    many.mkdir()
    for number in range(6):
        repeated(SHORT, many / f"{number}.flac")
    worker = peak(many, "--jobs", "2")
    return [
        ["memory, 10 s", f"{least:.0f} MB", "", "at most 180 MB"],
        ["memory, 3 h", f"{most:.0f} MB", f"{most - least:+.0f} MB", "at most +100 MB"],
        ["memory, largest process of a batch", f"{worker:.0f} MB", "", "at most 180 MB"],
    ]


def main() -> None:
    """Measure and print the table."""
    os.environ |= ONE_THREAD
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        short, song = repeated(SHORT, folder / "short.flac"), repeated(SONG, folder / "song.flac")
        # Measure memory first: a new process inherits the peak of this one, which grows when the peers are loaded.
        used = memory(folder, short)
        rows = cold(short) + against_before(song)
        rows += against_peers(repeated(60.0, folder / "minute.wav"), short) + used
    head = ["measurement", "result", "ratio or difference", "limit"]
    publish(
        "Light",
        "python -m benchmarks.light",
        head,
        rows,
        "Cold times include the start of the program; for warm times, the model is already loaded. All programs used"
        " one thread\nand ran alternately in several rounds; the table has the best rounds. The limit for Basic Pitch"
        " has not been reached;\n[Experiments](../docs/experiments.md#can-transcribing-be-made-faster) describes what"
        " was tried.",
    )


if __name__ == "__main__":
    main()
