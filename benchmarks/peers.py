"""Speed of singtrans and other transcription tools, which run alternately with one thread each.

    pip install --no-deps basic-pitch; pip install onnxruntime resampy pretty_midi; apt-get install aubio-tools
    python -m benchmarks.peers [SECONDS] [ROUNDS]

Times are from file to notes, with loaded models. The other tools are librosa's pYIN with simple segmentation and Basic
Pitch on onnxruntime (both from `other_systems`), and the program aubionotes, whose times include its start-up of a few
milliseconds. Tools that are not installed are left out.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TQDM_DISABLE": "1"}

from benchmarks import other_systems
from benchmarks.tables import publish, repeated


def singtrans():
    from singtrans import Transcriber

    transcriber = Transcriber(device="cpu")
    return lambda path: len(transcriber(path).notes)


def pyin():
    transcribe = other_systems.pyin()
    return lambda path: len(transcribe(path).notes)


def basic_pitch():
    transcribe = other_systems.basic_pitch()
    return lambda path: len(transcribe(path).notes)


def aubionotes():
    program = shutil.which("aubionotes")
    if not program:
        raise ImportError("aubionotes")

    def transcribe(path: Path) -> int:
        return subprocess.run([program, path], check=True, capture_output=True).stdout.count(b"\n")

    return transcribe


def main() -> None:
    """Measure and print the table."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    tools = {}
    for name, make in (
        ("singtrans", singtrans),
        ("librosa.pyin, segmented", pyin),
        ("Basic Pitch (onnxruntime)", basic_pitch),
        ("aubionotes", aubionotes),
    ):
        try:
            tools[name] = make()
        except ImportError as missing:
            print(f"{name} is left out: {missing}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        path = repeated(seconds, Path(folder) / "song.wav")
        short = repeated(5.0, Path(folder) / "short.wav")
        for tool in tools.values():
            tool(short)  # loads and compiles what it needs
        times: dict[str, list[float]] = {name: [] for name in tools}
        notes = {}
        for _ in range(rounds):
            for name, tool in tools.items():
                began = time.perf_counter()
                notes[name] = tool(path)
                times[name].append(time.perf_counter() - began)
    ours = min(times["singtrans"])
    rows = []
    for name, measured in times.items():
        best = min(measured)
        rows.append([name, f"{best:.2f} s", f"{seconds / best:.0f} x", f"{best / ours:.2f}", notes[name]])
    note = (
        f"The recording is a WAV file of {seconds:.0f} s at 44.1 kHz. Times are the best of {rounds} rounds with one"
        " thread. x: times real time.\n"
        "aubionotes is a C program that finds jumps of energy and computes a YIN pitch every 12 ms, without a network."
    )
    head = ["tool", "time", "speed", "time relative to singtrans", "notes"]
    publish("Peers", "python -m benchmarks.peers", head, rows, note)


if __name__ == "__main__":
    main()
