"""What the command says while it works: a line a file, a bar on a terminal, a summary. All of it on stderr."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

from singtrans.batch import Outcome, Plan
from singtrans.notes import note_name


def say(line: str) -> None:
    """One line on stderr, whatever is in it."""
    typer.echo(printable(line), err=True)


def printable(line: str) -> str:
    """The line with everything that is not to be printed escaped: file names may hold line breaks and worse."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)


def report(plan: Plan, outcomes: Iterator[Outcome], quiet: bool) -> bool:
    """Say what becomes of each job as it is done, and of all at the end; the failures come last.

    Args:
        plan: the jobs, and the inputs that failed before any job.
        outcomes: what became of each job, in order; taking one does the work.
        quiet: print failures only.

    Returns:
        Whether nothing failed.
    """
    began, done, failed = time.monotonic(), [], list(plan.failures)
    jobs = len(plan.jobs)
    with _bar(jobs, quiet) as (print_line, advance):
        for line in plan.failures:
            print_line(f"failed: {line}")
        for number, outcome in enumerate(outcomes, start=1):
            done.append(outcome)
            if outcome.error:
                failed.append(outcome.error)
            if outcome.error or not quiet:
                print_line((f"[{number}/{jobs}] " if jobs > 1 else "") + _line(outcome))
            advance(outcome.seconds)
    if not quiet and jobs + len(plan.failures) > 1:
        say(_summary(done, len(failed), time.monotonic() - began))
        for line in failed:
            say(f"  {line}")
    return not failed


def _line(outcome: Outcome) -> str:
    if outcome.error:
        return f"failed: {outcome.error}"
    if outcome.skipped:
        return f"{outcome.job.audio}: done before"
    numbers = [note.note for note in outcome.transcription.notes]
    heard = f"{len(numbers)} note{'s' if len(numbers) != 1 else ''}"
    heard += f", {note_name(min(numbers))} to {note_name(max(numbers))}" if numbers else " (no singing found)"
    names = ", ".join(str(output) for output in outcome.written)
    remarks = "".join(f"; {remark}" for remark in outcome.remarks)
    return f"{outcome.job.audio}: {heard}, {outcome.seconds:.1f} s -> {names}{remarks}"


def _summary(outcomes: list[Outcome], failed: int, elapsed: float) -> str:
    heard = [outcome for outcome in outcomes if outcome.transcription]
    seconds = sum(outcome.seconds for outcome in heard)
    silent = sum(not outcome.transcription.notes for outcome in heard)
    skipped = sum(outcome.skipped for outcome in outcomes)
    parts = [f"{len(heard)} transcribed ({_length(seconds)} of audio in {_length(elapsed)})"]
    parts += [f"{silent} of them without singing"] if silent else []
    parts += [f"{skipped} done before"] if skipped else []
    parts += [f"{failed} failed:"] if failed else []
    return ", ".join(parts)


def _length(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"{minutes} min {rest:02} s"


@contextmanager
def _bar(jobs: int, quiet: bool) -> Iterator[tuple[Callable[[str], None], Callable[[float], None]]]:
    """How to print a line, and how to count a file done; with a bar if there is a terminal and time to look at it."""
    if quiet or jobs < 2 or sys.stderr is None or not sys.stderr.isatty():
        yield say, lambda seconds: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[heard]}"))
    left = (TextColumn("left"), TimeRemainingColumn())
    console, total = Console(stderr=True), 0.0
    with Progress(*columns, *left, console=console, transient=True, refresh_per_second=4) as progress:
        task = progress.add_task("", total=jobs, heard="")

        def advance(seconds: float) -> None:
            nonlocal total
            total += seconds
            progress.update(task, advance=1, heard=f"{_length(total)} of audio")

        yield lambda line: console.print(Text(printable(line)), soft_wrap=True), advance
