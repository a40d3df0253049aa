"""Memory, open files and processes over thousands of transcriptions.

    python -m benchmarks.soak [--alone N] [--pool N]

A line is fitted to the memory in use after each transcription. The first tenth of the transcriptions is left out,
because libraries fill their caches during this time.
"""

import argparse
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import soundfile

from singtrans import audio
from singtrans.batch import Existing, Job, run
from singtrans.batch.lazy_transcriber import LazyTranscriber
from singtrans.batch.processes import run as run_in_pool

SAMPLE = Path(__file__).parents[1] / "sample_audio" / "frere_jacques.flac"


def memory(process: int | str = "self") -> float:
    """Measure the memory of a process in MB."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def open_files() -> int:
    """Count the open files of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def jobs(folder: Path, count: int) -> Iterator[Job]:
    """Yield jobs for clips of 1 to 2 s; each clip has a new name, but there are only a hundred different contents."""
    sound = audio.load(SAMPLE)
    for number in range(count):
        path = folder / f"{number:05}.wav"
        if number < 100:
            soundfile.write(path, sound[: 16_000 + number * 160], 16_000)
        else:
            os.link(folder / f"{number % 100:05}.wav", path)
        yield Job(path, (path.with_suffix(".mid"),))


def row(name: str, count: int, outcomes: Iterator, measured) -> list[str]:
    """Format a line of the table."""
    files, began, held = open_files(), time.monotonic(), []
    for outcome in outcomes:
        if outcome.error:
            raise SystemExit(outcome.error)
        held.append(measured())
    seconds = time.monotonic() - began
    settled = np.array(held[count // 10 :])
    slope = np.polyfit(np.arange(len(settled)), settled, 1)[0] * 1000
    left = len(multiprocessing.active_children())
    return [
        *(name, f"{count:,}", f"{seconds:.0f} s", f"{settled[0]:.0f} MB", f"{settled[-1]:.0f} MB"),
        *(f"{slope:+.2f} MB", f"{open_files() - files:+d}", str(left)),
    ]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="Measure memory, files and processes over thousands of runs.")
    parser.add_argument("--alone", type=int, default=2000, help="number of transcriptions in one process")
    parser.add_argument("--pool", type=int, default=5000, help="number of transcriptions in a pool of two processes")
    given = parser.parse_args()
    factory = partial(LazyTranscriber, "default", "cpu", 1)
    head = (
        "where",
        "transcriptions",
        "time",
        "memory before",
        "after",
        "a thousand more",
        "open files",
        "processes left",
    )
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        alone = row(
            "one process", given.alone, run(list(jobs(folder, given.alone)), factory(), Existing.REFUSE), memory
        )
        print("| " + " | ".join(alone) + " |", flush=True)

    def pool_memory() -> float:
        return sum(memory(child.pid) for child in multiprocessing.active_children())

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        outcomes = run_in_pool(list(jobs(folder, given.pool)), factory, Existing.REFUSE, 2)
        print("| " + " | ".join(row("a pool of two", given.pool, outcomes, pool_memory)) + " |", flush=True)


if __name__ == "__main__":
    main()
