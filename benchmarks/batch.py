"""Speed of batches on one machine: files per second for each number of processes, and a digest of the outputs.

python -m benchmarks.batch [FILES] [JOBS ...]
"""

import hashlib
import sys
import tempfile
from pathlib import Path

from benchmarks.tables import COMMAND, generated, publish, run, timed


def digest(folder: Path) -> str:
    """Compute a digest of the names and contents of all files in a folder."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.*")):
        total.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode() + path.read_bytes())
    return total.hexdigest()[:12]


def main() -> None:
    """Measure and print the table."""
    numbers = [int(word) for word in sys.argv[1:]]
    count, jobs = (numbers[0] if numbers else 1000), (numbers[1:] or [1, 2])
    rows, first = [], None
    with tempfile.TemporaryDirectory() as folder:
        recordings = generated(Path(folder) / "in", count)
        for processes in jobs:
            out = Path(folder) / f"out{processes}"
            command = [*COMMAND, "transcribe", recordings, "-o", out, "-f", "mid", "-f", "csv", "-f", "json"]
            seconds = timed(lambda: run([*command, "--jobs", processes, "--threads", 1]))  # noqa: B023
            first = first or seconds
            cells = [f"{seconds:.1f} s", f"{count / seconds:.2f}", f"{first / seconds:.2f}", f"`{digest(out)}`"]
            rows.append([processes, *cells])
            resumed = timed(lambda: run([*command, "--jobs", processes, "--skip-existing"]))  # noqa: B023
    rows.append([f"{jobs[-1]}, all done before", f"{resumed:.1f} s", "", "", ""])
    note = f"{count} recordings of 5 to 20 s were each written as .mid, .csv and .json."
    note += " Times include the start of the program."
    head = ["jobs", "time", "files a second", "ratio", "SHA-256 of the output"]
    publish("Batch", "python -m benchmarks.batch", head, rows, note)


if __name__ == "__main__":
    main()
