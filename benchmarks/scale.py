"""Speed of a local Dask cluster with one and two workers, and its behaviour when workers die.

    python -m benchmarks.scale [FILES]

The scheduler and the workers are separate processes. In one run, a worker is killed; in another, a recording kills
every worker that opens it.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from benchmarks.batch import digest
from benchmarks.tables import COMMAND, generated, publish, timed

# The workers' audio reader is patched to exit at this file name.
_POISON = """
import os, signal
from singtrans import audio
class Deadly(audio.Reading):
    def __iter__(self):
        if "poison" in str(self.source):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__iter__()
if audio.Reading.__name__ != "Deadly":  # Dask imports this module twice
    audio.Reading = Deadly
"""


@contextmanager
def cluster(folder: Path, workers: int):
    """Start a scheduler with workers, and yield a client that is connected to it."""
    from distributed import Client

    file, preload = folder / f"scheduler{workers}-{time.time_ns()}.json", folder / "poison.py"
    preload.write_text(_POISON)
    environment = os.environ | {
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
        "OMP_NUM_THREADS": "1",
    }
    dask, local = [sys.executable, "-m", "dask"], ["--scheduler-file", file, "--host", "127.0.0.1", "--no-dashboard"]
    options = {"env": environment, "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    number = ["--nworkers", str(workers), "--nthreads", "1", "--preload", str(preload)]
    processes = [subprocess.Popen([*dask, "scheduler", "--port", "0", *local], **options)]
    while not file.exists():
        time.sleep(0.1)
    processes.append(subprocess.Popen([*dask, "worker", *local, *number], **options))
    try:
        with Client(scheduler_file=str(file), timeout=60) as client:
            client.wait_for_workers(workers, timeout=120)
            yield client
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(60)


def transcribe(recordings: Path, out: Path, *options: object) -> subprocess.CompletedProcess:
    """Run the command, and return its result with its output."""
    command = [*COMMAND, "transcribe", recordings, "-o", out, *options]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)


def killed_half_way(client, recordings: Path, out: Path, count: int) -> subprocess.CompletedProcess:
    """Run the command, and kill a worker when half of the outputs exist."""
    address = client.scheduler.address
    command = [*COMMAND, "transcribe", str(recordings), "-o", str(out), "--scheduler", address]
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stderr=output)
        while len(list(out.glob("[!.]*"))) < count // 2 and process.poll() is None:
            time.sleep(0.05)
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)
        process.wait()
        output.seek(0)
        return subprocess.CompletedProcess(command, process.returncode, "", output.read())


def row(what: str, seconds: float, result: subprocess.CompletedProcess, out: Path) -> list[object]:
    """Format a line of the table."""
    made = len(list(out.glob("[!.]*")))
    for hidden in out.glob(".*"):  # left by a killed worker
        hidden.unlink()
    failures = sum("[" in line and "failed: " in line for line in result.stderr.splitlines())
    rate = f"{made / seconds:.2f}" if seconds else ""
    return [what, f"{seconds:.1f} s" if seconds else "", rate, made, failures, result.returncode, f"`{digest(out)}`"]


def main() -> None:
    """Measure and print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recordings = generated(folder / "in", count)
        result = None

        def go(out: Path, *options: object) -> float:
            def once() -> None:
                nonlocal result
                result = transcribe(recordings, out, *options)

            return timed(once)

        seconds = go(folder / "local")
        rows.append(row("no cluster", seconds, result, folder / "local"))
        for workers in (1, 2):
            with cluster(folder, workers) as client:
                out = folder / f"cluster{workers}"
                seconds = go(out, "--scheduler", client.scheduler.address)
                rows.append(row(f"{workers} worker{'s' * (workers > 1)}", seconds, result, out))
        with cluster(folder, 2) as client:
            out = folder / "killed"
            result = killed_half_way(client, recordings, out, count)
            rows.append(row("2 workers, one killed half-way", 0.0, result, out))
        middle = recordings / f"{count // 2:05}.flac"
        middle.rename(recordings / f"{count // 2:05}poison.flac")
        with cluster(folder, 2) as client:
            out = folder / "poisoned"
            seconds = go(out, "--scheduler", client.scheduler.address)
            rows.append(row("2 workers, one recording kills its worker", 0.0, result, out))
        (folder / "local" / f"{count // 2:05}.mid").unlink()
        rows.append(["no cluster, without that recording", "", "", count - 1, "", "", f"`{digest(folder / 'local')}`"])
    head = ["run", "time", "files a second", "outputs", "failures", "exit code", "SHA-256 of the output"]
    note = f"{count} generated recordings of 5 to 20 s were transcribed. Times include the loading of the model."
    publish("Scale", "python -m benchmarks.scale", head, rows, note)


if __name__ == "__main__":
    main()
