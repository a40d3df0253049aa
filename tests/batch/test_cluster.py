"""Jobs on a cluster: a Dask scheduler with two worker processes on this machine."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from singtrans.batch import Existing, cluster, run
from singtrans.errors import SingtransError, UsageError
from tests.batch.test_processes import outputs, recordings
from tests.helpers import transcribers

pytest.importorskip("distributed")
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Start a scheduler and yield its address. Its two workers are restarted when they die."""
    folder = tmp_path_factory.mktemp("dask")
    file = folder / "scheduler.json"
    root = str(Path(__file__).parents[2])
    environment = os.environ | {
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
        "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")]),
    }
    quiet = {"env": environment, "cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    dask, local = [sys.executable, "-m", "dask"], ["--host", "127.0.0.1", "--no-dashboard"]
    processes = [
        subprocess.Popen([*dask, "scheduler", "--port", "0", "--scheduler-file", file, *local], **quiet),
        subprocess.Popen(
            [*dask, "worker", "--scheduler-file", file, "--nworkers", "2", "--nthreads", "1", *local], **quiet
        ),
    ]
    try:
        from distributed import Client

        deadline = time.monotonic() + 90
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        with Client(scheduler_file=str(file), timeout=60) as client:
            client.wait_for_workers(2, timeout=90)
            address = client.scheduler.address
        yield address
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in reversed(processes):
            process.wait(120)


def workers_of(address: str) -> list[int]:
    from distributed import Client

    with Client(address) as client:
        return list(client.run(os.getpid).values())


def test_a_killed_worker_does_not_change_the_output(tmp_path, scheduler):
    names = [f"{i:03}{'slow' if i % 10 == 0 else ''}{'bad' if i == 50 else ''}.wav" for i in range(100)]
    jobs = recordings(tmp_path, *names)
    here = list(run(jobs, transcribers.of_content, Existing.REFUSE))
    made = outputs(tmp_path)
    for output in (tmp_path / "out").iterdir():
        output.unlink()
    outcomes = cluster.run(jobs, transcribers.make, Existing.REFUSE, scheduler, 2)
    there = [next(outcomes) for _ in range(30)]
    os.kill(workers_of(scheduler)[0], signal.SIGKILL)
    there += outcomes
    assert there == here
    assert outputs(tmp_path) == made and len(made) == 2 * 99


def test_a_recording_that_kills_its_worker_is_tried_three_times(tmp_path, scheduler):
    jobs = recordings(tmp_path, *(f"{i:02}.wav" for i in range(12)), "05deadly.wav")
    outcomes = list(cluster.run(jobs, transcribers.make, Existing.REFUSE, scheduler, 2))
    assert [outcome.job for outcome in outcomes] == list(jobs)
    errors = [outcome.error for outcome in outcomes if outcome.error]
    assert len(errors) == 1 and "05deadly.wav: its worker died 3 times" in errors[0]
    assert (tmp_path / "marks" / "05deadly.wav").read_text() == "died\n" * 3
    assert len(outputs(tmp_path)) == 2 * 12


def test_faults_are_outcomes_and_usage_errors_are_raised(tmp_path, scheduler):
    jobs = recordings(tmp_path, "a.wav", "faulty.wav")
    errors = [outcome.error for outcome in cluster.run(jobs, transcribers.make, Existing.REFUSE, scheduler, 2)]
    assert errors[0] == "" and "internal error" in errors[1]
    with pytest.raises(UsageError, match="no such device"):
        list(cluster.run(jobs, transcribers.refuse, Existing.OVERWRITE, scheduler, 2))
    done = list(cluster.run(jobs[:1], transcribers.forbidden, Existing.SKIP, "tcp://127.0.0.1:1", 2))
    assert done[0].skipped


def test_a_missing_scheduler_is_reported_in_one_line(tmp_path):
    jobs = recordings(tmp_path, "a.wav")
    with pytest.raises(SingtransError, match="start `dask scheduler`"):
        list(cluster.run(jobs, transcribers.make, Existing.REFUSE, "nonsense://", 2))


def test_a_local_cluster_can_be_started(tmp_path):
    jobs = recordings(tmp_path, "a.wav", "b.wav", "bad.wav")
    outcomes = list(cluster.run(jobs, transcribers.make, Existing.REFUSE, "local", 1))
    assert outcomes == list(run(jobs, transcribers.of_content, Existing.OVERWRITE))
