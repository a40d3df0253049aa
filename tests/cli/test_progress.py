"""Progress bars: how much time is left, and what a person at a terminal sees."""

import re
import shutil
import sys

import pytest

from singtrans.batch import Job, Outcome, Plan
from singtrans.cli.console import report
from singtrans.cli.progress import Bar, Estimate
from tests.helpers.command import COMMAND, GOOD, SAMPLES, on_terminal, posix


def test_time_left():
    estimate = Estimate(now=100.0)
    assert estimate.left(105.0) is None
    estimate.update(0.25, now=110.0)
    assert estimate.left(110.0) == 30.0
    assert estimate.left(112.0) == 28.0  # it counts down between two updates
    assert estimate.left(200.0) == 0.0
    estimate.expect(5.0, now=112.0)
    assert estimate.left(113.0) == 4.0


@posix
def test_one_long_recording_has_a_bar():
    code = """
import time
from singtrans.cli.progress import Bar
with Bar() as bar:
    for share in range(8):
        bar.part(share / 8)
        time.sleep(0.4)
    bar.advance()
"""
    text = on_terminal([sys.executable, "-c", code], COLUMNS="120")
    assert re.search(r"\b50 %.*\b[12] s left", text), text
    assert "-:--" not in text


@posix
def test_a_quick_recording_has_none(tmp_path):
    assert (
        on_terminal([sys.executable, "-c", "from singtrans.cli.progress import Bar\nwith Bar() as b: b.advance()"])
        == ""
    )


@posix
def test_many_recordings_have_a_bar_with_the_time_left(tmp_path):
    for name in "abcd":
        shutil.copy(GOOD, tmp_path / f"{name}.mp3")
    text = on_terminal([*COMMAND, "transcribe", "."], tmp_path, COLUMNS="120")
    assert re.search(r"[0-4]/4\b.*\d s left", text), text
    assert "-:--" not in text and "?" not in text


@posix
def test_scoring_has_a_bar(tmp_path):
    for name in "abc":
        shutil.copy(SAMPLES / "ode_to_joy.ogg", tmp_path / f"{name}.ogg")
        shutil.copy(SAMPLES / "ode_to_joy.notes.csv", tmp_path / f"{name}.notes.csv")
    text = on_terminal([*COMMAND, "evaluate", ".", "--model", "default"], tmp_path, COLUMNS="120")
    assert re.search(r"[0-3]/3\b.*\d s left", text), text
    assert "-:--" not in text


@pytest.fixture
def jobs(tmp_path):
    return tuple(Job(tmp_path / f"{i}.wav", (tmp_path / f"{i}.mid",)) for i in range(30))


def test_outputs_that_exist_are_named_once(jobs, capsys):
    outcomes = [Outcome(job, error=f"{job.audio}: {job.outputs[0]} already exists", refused=True) for job in jobs]
    assert report(Plan(jobs), iter(outcomes), Bar()) is False
    said = capsys.readouterr().err
    assert all(said.count(str(job.audio)) == 1 for job in jobs)
    assert said.splitlines()[-1].endswith("30 refused because outputs exist")


def test_many_failures_are_cut_in_the_summary(jobs, capsys):
    outcomes = [Outcome(job, error=f"{job.audio} is bad") for job in jobs]
    assert report(Plan(jobs), iter(outcomes), Bar()) is False
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 30 + 1 + 20 + 1
    assert lines[-1] == "  and 10 more, listed above"
