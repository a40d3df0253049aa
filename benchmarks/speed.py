"""Speed on recordings of 10 s, 3 min and 60 min, with 1 and 2 threads, cold and warm.

    python -m benchmarks.speed [--no-hour]

Cold times are from the start of a new process to the MIDI file. Warm times are from the file to notes, with a loaded
model.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.tables import COMMAND, publish, repeated, run, timed


def warm(path: Path, threads: int, runs: int) -> float:
    """Measure the shortest time in seconds from file to notes with a loaded model."""
    from singtrans import Transcriber

    transcriber = Transcriber(device="cpu", threads=threads)
    transcriber(path)
    return timed(lambda: transcriber(path), runs)


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="Speed on short and long recordings.")
    parser.add_argument("--no-hour", action="store_true", help="leave out the recording of an hour")
    options = parser.parse_args()
    rows = [
        ["`singtrans --help`", "", f"{timed(lambda: run([*COMMAND, '--help']), 5):.2f} s", ""],
        ["`import torch` alone", "", f"{timed(lambda: run([sys.executable, '-c', 'import torch']), 5):.2f} s", ""],
    ]
    lengths = {"10 s": (10.0, 5, 7), "3 min": (180.0, 3, 5), "60 min": (3600.0, 1, 0)}
    if options.no_hour:
        del lengths["60 min"]
    with tempfile.TemporaryDirectory() as folder:
        for name, (seconds, cold_runs, warm_runs) in lengths.items():
            path = repeated(seconds, Path(folder) / f"{seconds:.0f}.flac")
            for threads in (1, 2):
                command = [*COMMAND, "transcribe", path, "--overwrite", "--threads", threads]
                cold = timed(lambda command=command: run(command), cold_runs)
                cells = [f"{cold:.2f} s ({seconds / cold:.0f} x)", ""]
                if warm_runs:
                    best = warm(path, threads, warm_runs)
                    cells[1] = f"{best:.3f} s ({seconds / best:.0f} x)"
                rows.append([name, threads, *cells])
    note = (
        "Cold times include the start of the program; for warm times, the model is already loaded. x: times real time."
        " Times are\nthe best of several runs (of one run for 60 min), and include the decoding of FLAC."
    )
    publish("Speed", "python -m benchmarks.speed", ["recording", "threads", "cold", "warm"], rows, note)


if __name__ == "__main__":
    main()
