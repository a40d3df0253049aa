"""Speed against other tools that turn a recording into notes, in alternation in one run, each with one thread.

    pip install --no-deps basic-pitch; pip install onnxruntime resampy pretty_midi; apt-get install aubio-tools
    python benchmarks/peers.py [SECONDS] [ROUNDS]

Each is warm, from file to notes: singtrans; librosa's pYIN with the plainest segmentation into notes (a note is a run
of frames that round to one semitone); Basic Pitch's network on onnxruntime with its own note creation; and the
program aubionotes, whose start is part of what it does, and takes milliseconds. What is not installed is left out.
"""

import contextlib
import io
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ |= {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "TQDM_DISABLE": "1"}

import itertools

import numpy as np
from results import publish, repeated


def singtrans():
    import torch

    from singtrans import Transcriber

    torch.set_num_threads(1)
    transcriber = Transcriber(device="cpu")
    return lambda path: len(transcriber(path).notes)


def pyin():
    import librosa

    def transcribe(path: Path) -> int:
        samples, rate = librosa.load(path, sr=22_050)
        f0, voiced, _ = librosa.pyin(samples, fmin=65.0, fmax=1000.0, sr=rate)
        semitone = np.where(voiced, np.round(librosa.hz_to_midi(np.where(voiced, f0, 440.0))), 0)
        edges = np.flatnonzero(np.diff(semitone, prepend=0, append=0))
        return sum(semitone[a] > 0 and b - a >= 3 for a, b in itertools.pairwise(edges))

    return transcribe


def basic_pitch():
    logging.disable(logging.WARNING)
    import onnxruntime
    from basic_pitch import ICASSP_2022_MODEL_PATH, inference

    model = inference.Model(ICASSP_2022_MODEL_PATH)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    model.model = onnxruntime.InferenceSession(
        str(ICASSP_2022_MODEL_PATH), sess_options=options, providers=["CPUExecutionProvider"]
    )

    def transcribe(path: Path) -> int:
        with contextlib.redirect_stdout(io.StringIO()):
            return len(inference.predict(path, model)[2])

    return transcribe


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
    note = f"{seconds:.0f} s of WAV at 44.1 kHz, one thread, the best of {rounds} rounds. x: times real time."
    publish("Peers", "python benchmarks/peers.py", ["tool", "time", "speed", "time / singtrans'", "notes"], rows, note)


if __name__ == "__main__":
    main()
