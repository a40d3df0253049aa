"""Progress bars: the estimate of the time left, and the output on a terminal."""

import re
import shutil
import time

import pytest

from singtrans.batch import Job, Outcome, Plan
from singtrans.cli.console import report
from singtrans.cli.progress import Bar, Estimate
from tests.helpers.command import GOOD, SAMPLES, posix
from tests.helpers.forks import command, on_terminal


def test_the_time_left_is_estimated():
    estimate = Estimate(now=100.0)
    assert estimate.left(105.0) is None
    estimate.update(0.25, now=110.0)
    assert estimate.left(110.0) == 30.0
    assert estimate.left(112.0) == 28.0  # the estimate falls between two updates
    assert estimate.left(200.0) == 0.0
    estimate.expect(5.0, now=112.0)
    assert estimate.left(113.0) == 4.0


def slow_bar() -> None:
    with Bar() as bar:
        for share in range(8):
            bar.part(share / 8)
            time.sleep(0.3)
        bar.advance()


def quick_bar() -> None:
    with Bar() as bar:
        bar.advance()


@posix
def test_a_bar_is_shown_for_one_long_recording():
    text = on_terminal(slow_bar, columns=120)
    assert re.search(r"\b50 %.*\b[12] s left", text), text
    assert "-:--" not in text


@posix
def test_no_bar_is_shown_for_a_short_recording():
    assert on_terminal(quick_bar) == ""


@posix
def test_a_bar_with_the_time_left_is_shown_for_many_recordings(tmp_path):
    for name in "abcd":
        shutil.copy(GOOD, tmp_path / f"{name}.mp3")
    text = on_terminal(command, "transcribe", ".", cwd=tmp_path, columns=120)
    assert re.search(r"[0-4]/4\b.*\d s left", text), text
    assert "-:--" not in text and "?" not in text


@posix
def test_a_bar_is_shown_while_scoring(tmp_path):
    pytest.importorskip("mir_eval")
    for name in "abc":
        shutil.copy(SAMPLES / "ode_to_joy.ogg", tmp_path / f"{name}.ogg")
        shutil.copy(SAMPLES / "ode_to_joy.notes.csv", tmp_path / f"{name}.notes.csv")
    text = on_terminal(command, "evaluate", ".", "--model", "default", cwd=tmp_path, columns=120)
    assert re.search(r"[0-3]/3\b.*\d s left", text), text
    assert "-:--" not in text


@pytest.fixture
def jobs(tmp_path):
    return tuple(Job(tmp_path / f"{i}.wav", (tmp_path / f"{i}.mid",)) for i in range(30))


def test_existing_outputs_are_only_counted_in_the_summary(jobs, capsys):
    outcomes = [Outcome(job, error=f"{job.audio}: {job.outputs[0]} already exists", refused=True) for job in jobs]
    assert report(Plan(jobs), iter(outcomes), Bar()) is False
    said = capsys.readouterr().err
    assert all(said.count(str(job.audio)) == 1 for job in jobs)
    assert said.splitlines()[-1].endswith("30 refused because outputs exist")


def test_the_summary_lists_a_limited_number_of_failures(jobs, capsys):
    outcomes = [Outcome(job, error=f"{job.audio} is bad") for job in jobs]
    assert report(Plan(jobs), iter(outcomes), Bar()) is False
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 30 + 1 + 20 + 1
    assert lines[-1] == "  and 10 more, listed above"
