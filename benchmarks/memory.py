"""Peak memory of a process for recordings of different lengths.

python -m benchmarks.memory [SECONDS ...]
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.tables import COMMAND, publish, repeated


def peak(path: Path, *options: str) -> float:
    """Measure the peak memory in MB of transcribing a file or folder with the command."""
    process = subprocess.Popen([*COMMAND, "transcribe", path, "--overwrite", "-q", *options])
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"transcribing {path} failed")
    return usage.ru_maxrss / 1000


def main() -> None:
    """Measure and print the table."""
    lengths = [float(word) for word in sys.argv[1:]] or [10.0, 180.0, 3600.0, 10_800.0]
    rows, first = [], None
    for seconds in lengths:
        with tempfile.TemporaryDirectory() as folder:
            most = peak(repeated(seconds, Path(folder) / "long.flac"))
        first = most if first is None else first
        rows.append([f"{seconds:.0f} s", f"{most:.0f} MB", f"{most - first:+.0f} MB"])
    head = ["length of the recording", "peak memory", "difference from the first row"]
    publish("Memory", "python -m benchmarks.memory", head, rows)


if __name__ == "__main__":
    main()
