"""Speed and memory: how long help, one minute and a cold start take, and what an hour needs.

    python benchmarks/speed.py [--hour]

The recording is `sample_audio/frere_jacques.flac`, repeated. Each line says what was measured; the best of several
runs is printed, since other work on the machine can only slow a run down.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import soundfile

SAMPLE = Path(__file__).parent.parent / "sample_audio" / "frere_jacques.flac"


def best(command: list[str], runs: int) -> float:
    """Shortest wall-clock seconds of a command."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return min(times)


def repeated(seconds: float, path: Path) -> Path:
    """The sample, repeated to a length, as 16-bit FLAC."""
    samples, rate = soundfile.read(SAMPLE, dtype="float32")
    wanted = int(seconds * rate)
    with soundfile.SoundFile(path, "w", rate, 1, "PCM_16") as file:
        while wanted > 0:
            file.write(samples[:wanted])
            wanted -= len(samples)
    return path


def warm(path: Path, threads: int, runs: int) -> float:
    """Shortest seconds for one file, from reading to notes, with the model loaded."""
    import torch

    from singtrans import Transcriber

    torch.set_num_threads(threads)
    transcriber = Transcriber()
    transcriber(path)
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        transcriber(path)
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    """Print the table."""
    program = [sys.executable, "-m", "singtrans"]
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        print(f"| `singtrans --help` | {best([*program, '--help'], 5):.2f} s |")
        print(f"| `import torch` alone | {best([sys.executable, '-c', 'import torch'], 3):.2f} s |")
        short = repeated(10.0, here / "short.flac")
        command = [*program, "transcribe", str(short), "--overwrite"]
        print(f"| 10 s from cold start to MIDI | {best(command, 3):.2f} s |")
        minute = repeated(60.0, here / "minute.flac")
        for threads in (1, 2):
            seconds = warm(minute, threads, 5)
            print(f"| 60 s, warm, {threads} thread(s) | {seconds:.2f} s ({60 / seconds:.0f} times real time) |")
        if "--hour" in sys.argv:
            hour = repeated(3600.0, here / "hour.wav")
            seconds = best([*program, "transcribe", str(hour), "--overwrite"], 1)
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"| 60 min | {seconds:.0f} s, {peak:.0f} MB at most |")


if __name__ == "__main__":
    main()
