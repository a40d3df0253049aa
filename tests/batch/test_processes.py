"""Jobs in several processes have the same outcomes in the same order, even if processes die."""

import json
import multiprocessing
import os
import re
import signal
from multiprocessing import resource_tracker
from pathlib import Path

import pytest

from singtrans.batch import Existing, plan, processes, run
from singtrans.batch.run_log import logged
from singtrans.errors import UsageError
from tests.helpers import transcribers

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def recordings(folder, *names):
    for i, name in enumerate(names):
        (folder / name).write_bytes(b"x" * (40 + i % 40))
    return plan([folder], folder / "out", ["mid", "csv"]).jobs


def outputs(folder):
    # The unfinished file of a killed process has a hidden name.
    return {path.name: path.read_bytes() for path in sorted((folder / "out").glob("[!.]*"))}


@pytest.mark.parametrize("count", [1, 2, 3])
def test_order_and_output_do_not_depend_on_the_number_of_processes(tmp_path, count):
    names = [f"{i:02}{'slow' if i % 5 == 0 else ''}{'bad' if i == 7 else ''}.wav" for i in range(20)]
    jobs = recordings(tmp_path, *names)
    here = list(run(jobs, transcribers.of_content, Existing.REFUSE))
    made = outputs(tmp_path)
    assert len(made) == 2 * 19
    there = list(processes.run(jobs, transcribers.make, Existing.OVERWRITE, count))
    assert there == here
    assert outputs(tmp_path) == made
    assert not multiprocessing.active_children()


def test_a_fault_is_reported_in_one_line_and_other_jobs_are_done(tmp_path):
    jobs = recordings(tmp_path, "a.wav", "faulty.wav", "z.wav")
    for outcomes in (
        run(jobs, transcribers.of_content, Existing.OVERWRITE),
        processes.run(jobs, transcribers.make, Existing.OVERWRITE, 2),
    ):
        errors = [outcome.error for outcome in outcomes]
        assert errors[0] == errors[2] == ""
        assert errors[1].startswith(f"{tmp_path / 'faulty.wav'}: internal error (ZeroDivisionError: no such thing)")


def test_a_recording_that_kills_its_process_is_tried_three_times(tmp_path):
    jobs = recordings(tmp_path, *(f"{i}.wav" for i in range(8)), "4deadly.wav", "5deadly.wav")
    outcomes = list(processes.run(jobs, transcribers.make, Existing.REFUSE, 2))
    assert [outcome.job for outcome in outcomes] == list(jobs)
    errors = [outcome.error for outcome in outcomes if outcome.error]
    assert len(errors) == 2
    assert all("died 3 times (killed by SIGKILL)" in error for error in errors)
    assert (tmp_path / "marks" / "4deadly.wav").read_text() == "died\n" * 3
    assert len(outputs(tmp_path)) == 2 * 8


def test_all_outputs_exist_if_a_process_dies_once(tmp_path):
    jobs = recordings(tmp_path, *(f"{i}{'once' if i % 3 == 0 else ''}.wav" for i in range(10)))
    outcomes = list(processes.run(jobs, transcribers.make, Existing.REFUSE, 2))
    assert not any(outcome.error for outcome in outcomes)
    assert len(outputs(tmp_path)) == 2 * 10


def test_all_outputs_exist_if_a_process_is_killed(tmp_path):
    jobs = recordings(tmp_path, *(f"{i}slow.wav" for i in range(8)))
    outcomes = processes.run(jobs, transcribers.make, Existing.REFUSE, 2)
    done = [next(outcomes)]
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
    done += outcomes
    assert [outcome.job for outcome in done] == list(jobs)
    assert not any(outcome.error for outcome in done)


def test_a_usage_error_stops_the_run(tmp_path):
    jobs = recordings(tmp_path, "a.wav", "b.wav")
    with pytest.raises(UsageError, match="no such device"):
        list(processes.run(jobs, transcribers.refuse, Existing.REFUSE, 2))
    assert not multiprocessing.active_children()


def test_no_process_is_started_for_finished_recordings(tmp_path, monkeypatch):
    jobs = recordings(tmp_path, "a.wav", "b.wav")
    list(run(jobs, transcribers.of_content, Existing.REFUSE))
    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", lambda self: transcribers.forbidden())
    assert all(outcome.skipped for outcome in processes.run(jobs, transcribers.forbidden, Existing.SKIP, 2))


def test_existing_outputs_are_refused_in_processes(tmp_path):
    jobs = recordings(tmp_path, "a.wav", "b.wav")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.csv").write_text("mine")
    outcomes = list(processes.run(jobs, transcribers.make, Existing.REFUSE, 2))
    assert "already exists" in outcomes[0].error and not outcomes[1].error
    assert (tmp_path / "out" / "a.csv").read_text() == "mine"


def test_closing_the_iterator_ends_the_processes(tmp_path):
    jobs = recordings(tmp_path, *(f"{i}slow.wav" for i in range(30)))
    outcomes = processes.run(jobs, transcribers.make, Existing.REFUSE, 2)
    next(outcomes)
    outcomes.close()
    assert not multiprocessing.active_children()
    assert len(outputs(tmp_path)) < 2 * 30


@pytest.fixture
def without_resource_tracker(monkeypatch):
    """Let the next process start a resource tracker, as the first process of a program does."""
    tracker = resource_tracker._resource_tracker
    monkeypatch.setattr(tracker, "_fd", None)
    monkeypatch.setattr(tracker, "_pid", None)
    yield
    os.close(tracker._fd)
    os.waitpid(tracker._pid, 0)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux has this file")
def test_ctrl_c_is_blocked_in_all_processes(tmp_path, without_resource_tracker):
    outcomes = processes.run(
        recordings(tmp_path, "0.wav", "1slow.wav", "2slow.wav"), transcribers.make, Existing.REFUSE, 2
    )
    next(outcomes)
    states = [Path(f"/proc/{child.pid}/status").read_text() for child in multiprocessing.active_children()]
    outcomes.close()
    blocked = [int(re.search(r"^SigBlk:\s+(\w+)", state, re.MULTILINE)[1], 16) for state in states]
    assert [mask >> (signal.SIGINT - 1) & 1 for mask in blocked] == [1, 1]


def test_the_log_has_one_line_per_recording(tmp_path):
    names = ("a.wav", "bad.wav")
    jobs = recordings(tmp_path, *names)
    (tmp_path / "empty").mkdir()
    given = plan([tmp_path / "a.wav", tmp_path / "bad.wav", tmp_path / "empty"], tmp_path / "out", [])
    log = tmp_path / "run.jsonl"
    assert len(list(logged(given, run(given.jobs, transcribers.of_content, Existing.REFUSE), log))) == 2
    list(logged(given, run(given.jobs[:1], transcribers.of_content, Existing.SKIP), log))
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["status"] for line in lines] == ["failed", "done", "failed", "failed", "skipped"]
    assert lines[1] == {
        "audio": str(jobs[0].audio),
        "status": "done",
        "seconds": 1.0,
        "notes": 1,
        "separated": False,
        "written": [str(tmp_path / "out" / "a.mid")],
    }
    with pytest.raises(UsageError, match="cannot be written"):
        logged(given, iter(()), tmp_path / "nowhere" / "x.jsonl")
