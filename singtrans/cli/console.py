"""What the command says while it works: a line a file, a bar on a terminal, a summary. All of it on stderr."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from singtrans.batch import Outcome, Plan
from singtrans.batch.plan import count_endings
from singtrans.messages import printable
from singtrans.notes import Note
from singtrans.pitch import note_name

if TYPE_CHECKING:
    from singtrans.training.loop import Listener


def say(line: str) -> None:
    """One line on stderr, whatever is in it."""
    typer.echo(printable(line), err=True)


def counted(notes: Sequence[Note]) -> str:
    """How many notes there are, and how low and high they lie."""
    numbers = [note.note for note in notes]
    return _counted(len(notes), min(numbers, default=0), max(numbers, default=0))


def _counted(notes: int, lowest: int, highest: int) -> str:
    text = f"{notes} note{'s' if notes != 1 else ''}"
    return f"{text}, {note_name(lowest)} to {note_name(highest)}" if notes else text


def report(plan: Plan, outcomes: Iterator[Outcome], quiet: bool) -> bool:
    """Say what becomes of each job as it is done, and of all at the end; the failures come last.

    Args:
        plan: the jobs, and the inputs that failed before any job.
        outcomes: what became of each job, in order; taking one does the work.
        quiet: print failures only.

    Returns:
        Whether nothing failed.
    """
    began, done, failed = time.monotonic(), _Tally(), list(plan.failures)
    jobs = len(plan.jobs)
    with bar(jobs, quiet) as (print_line, advance):
        for line in plan.failures:
            print_line(f"failed: {line}")
        for number, outcome in enumerate(outcomes, start=1):
            done.add(outcome)
            if outcome.failure:
                failed.append(outcome.failure)
            if outcome.failure or not quiet:
                print_line((f"[{number}/{jobs}] " if jobs > 1 else "") + _line(outcome))
            advance(outcome.seconds)
    if not quiet and jobs + len(plan.failures) > 1:
        say(done.summary(len(failed) - done.incomplete, time.monotonic() - began))
        for line in failed:
            say(f"  {line}")
    if plan.passed_over and not quiet:
        files = sum(count for _, count in plan.passed_over)
        what = "file that is not a recording" if files == 1 else "files that are not recordings"
        say(f"passed over {files} {what}: {count_endings(plan.passed_over)}")
    return not failed


def _line(outcome: Outcome) -> str:
    if outcome.error:
        return f"failed: {outcome.error}"
    result = outcome.result
    if result is None:
        return f"{outcome.job.audio}: done before"
    found = _counted(result.notes, result.lowest, result.highest)
    found += "" if result.notes else " (no singing found)"
    names = ", ".join(str(output) for output in outcome.written)
    remarks = "".join(f"; {remark}" for remark in (outcome.incomplete, *outcome.remarks) if remark)
    return f"{outcome.job.audio}: {found}, {outcome.seconds:.1f} s -> {names}{remarks}"


@dataclass
class _Tally:
    """What has been done, in numbers."""

    transcribed: int = 0
    seconds: float = 0.0
    silent: int = 0
    skipped: int = 0
    incomplete: int = 0

    def add(self, outcome: Outcome) -> None:
        self.skipped += outcome.skipped
        self.incomplete += bool(outcome.incomplete)
        if outcome.result:
            self.transcribed += 1
            self.seconds += outcome.seconds
            self.silent += not outcome.result.notes

    def summary(self, failed: int, elapsed: float) -> str:
        parts = [f"{self.transcribed} transcribed ({_length(self.seconds)} of audio in {_length(elapsed)})"]
        parts += [f"{self.silent} of them without singing"] if self.silent else []
        parts += [f"{self.skipped} done before"] if self.skipped else []
        parts += [f"{self.incomplete} incomplete"] if self.incomplete else []
        parts += [f"{failed} failed"] if failed else []
        return ", ".join(parts) + (":" if failed or self.incomplete else "")


def _length(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min {rest:02} s"


@contextmanager
def bar(jobs: int, quiet: bool = False) -> Iterator[tuple[Callable[[str], None], Callable[[float], None]]]:
    """How to print a line, and how to count a file done; with a bar if there is a terminal and time to look at it."""
    if quiet or jobs < 2 or sys.stderr is None or not sys.stderr.isatty():
        yield say, lambda seconds: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[heard]}"))
    left = (TextColumn("left"), TimeRemainingColumn())
    console, total, began = Console(stderr=True), 0.0, time.monotonic()
    with Progress(*columns, *left, console=console, transient=True, refresh_per_second=4) as progress:
        task = progress.add_task("", total=jobs, heard="")

        def advance(seconds: float) -> None:
            nonlocal total
            total += seconds
            speed = total / max(time.monotonic() - began, 1e-3)
            progress.update(task, advance=1, heard=f"{_length(total)} of audio, {speed:.0f} times real time")

        yield lambda line: console.print(Text(printable(line)), soft_wrap=True), advance


@contextmanager
def progress(jobs: int) -> Iterator[Callable[[float], None]]:
    """What is told of the seconds of each file that is done; with a bar as `bar` has it."""
    with bar(jobs) as (_, advance):
        yield advance


@contextmanager
def training_progress() -> "Iterator[Listener]":
    """Who is told how a training goes: a line a validation, and a bar on a terminal or a line every 100 steps."""
    from singtrans.training.loop import Listener, Progress

    def now_and_then(at: Progress) -> None:
        if at.step % 100 == 0 and at.step < at.steps:
            say(f"step {at.step} of {at.steps}: loss {at.loss:.3f}, about {_length(at.seconds_left)} left")

    if sys.stderr is None or not sys.stderr.isatty():
        yield Listener(say, now_and_then)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    console = Console(stderr=True)
    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[now]}"))
    with Bar(*columns, console=console, transient=True, refresh_per_second=4) as bar:
        task = bar.add_task("", total=None, now="reading the recordings")

        def moved(at: Progress) -> None:
            now = f"loss {at.loss:.3f}, rate {at.rate:.2g}, {_length(at.seconds_left)} left"
            bar.update(task, total=at.steps, completed=at.step, now=now)

        yield Listener(lambda line: console.print(Text(printable(line)), soft_wrap=True), moved)
