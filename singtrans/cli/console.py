"""Messages of the commands on stderr: one line per file, and a summary."""

import re
import textwrap
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from singtrans.cli.progress import Bar, is_terminal, say
from singtrans.interrupt import Stopped
from singtrans.messages import braced, counted, length, printable

if TYPE_CHECKING:
    from singtrans.batch import Outcome, Plan
    from singtrans.notes import Note
    from singtrans.training.progress import Listener

_MOST_FAILURES = 20  # largest number of failures that are repeated after the summary
_WIDTH = 80  # columns
_INSTALLATION = re.compile(r"pip install [^;)]*")


def describe(notes: "Sequence[Note]") -> str:
    """Format the number of notes and their range, as in ``31 notes, D3 to A3``."""
    numbers = [note.note for note in notes]
    return _described(len(notes), min(numbers, default=0), max(numbers, default=0))


def _described(notes: int, lowest: int, highest: int) -> str:
    from singtrans.pitch import note_name

    text = counted(notes, "note")
    return f"{text}, {note_name(lowest)} to {note_name(highest)}" if notes else text


def remark_lines(remarks: "Iterable[str]", head: str = "  ") -> list[str]:
    """Format remarks, each once, on lines of at most 80 columns. Commands are not divided, so that they can be copied.

    Args:
        remarks: remarks of one sentence each.
        head: text before each remark. The further lines of a long remark are indented by two columns more than the
            first one.
    """
    indent = " " * (2 + len(head) - len(head.lstrip()))
    lines = []
    for remark in dict.fromkeys(remarks):
        text = _INSTALLATION.sub(lambda command: command[0].replace(" ", "\xa0"), printable(f"{head}{remark}"))
        lines += textwrap.wrap(text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return [line.replace("\xa0", " ") for line in lines]


def report(plan: "Plan", outcomes: "Iterator[Outcome]", bar: Bar, quiet: bool = False, overwrite: bool = False) -> bool:
    """Print the outcome of each job when it is finished, and a summary at the end.

    Args:
        plan: jobs, and error messages for inputs without recordings.
        outcomes: outcomes of the jobs, in order; iterating over them runs the jobs.
        bar: progress bar.
        quiet: whether to print failures only.
        overwrite: whether existing outputs are replaced.

    Returns:
        True if no job or input failed.
    """
    began, tally = time.monotonic(), _Tally(list(plan.failures))
    jobs = len(plan.jobs)
    bar.begin(jobs)
    with bar:
        for line in plan.failures:
            bar.line(f"failed: {line}")
        try:
            for number, outcome in enumerate(outcomes, start=1):
                tally.add(outcome)
                if outcome.failure or not quiet:
                    bar.line((f"[{number}/{jobs}] " if jobs > 1 else "") + _line(outcome))
                    for line in remark_lines(filter(None, (outcome.incomplete, *outcome.remarks))):
                        bar.line(line)
                bar.remark = tally.speed(time.monotonic() - began)
                bar.advance(idle=not outcome.result)
        except Stopped as stopped:
            if jobs > 1:
                stopped.remark = tally.progress(jobs, overwrite)
            raise
    if not quiet and jobs + len(plan.failures) > 1:
        for line in tally.summary(time.monotonic() - began):
            say(line)
    if plan.passed_over and not quiet:
        from singtrans.batch.plan import count_endings

        files = counted(sum(count for _, count in plan.passed_over), "file")
        say(f"ignored {files} not recognised as audio: {count_endings(plan.passed_over)}")
    return not (tally.failed or tally.refused)


def _line(outcome: "Outcome") -> str:
    if outcome.error:
        return f"failed: {outcome.error}"
    result = outcome.result
    if result is None:
        return f"{outcome.job.audio}: skipped, outputs exist"
    found = _described(result.notes, result.lowest, result.highest)
    found += "" if result.notes else " (no singing found)"
    return f"{outcome.job.audio}: {found}, {outcome.seconds:.1f} s -> {braced(outcome.written)}"


@dataclass
class _Tally:
    """Counts of the outcomes of the jobs."""

    failed: list[str] = field(default_factory=list)
    refused: int = 0
    transcribed: int = 0
    seconds: float = 0.0
    silent: int = 0
    skipped: int = 0
    incomplete: int = 0

    def add(self, outcome: "Outcome") -> None:
        self.skipped += outcome.skipped
        self.incomplete += bool(outcome.incomplete)
        if outcome.refused:
            self.refused += 1
        elif outcome.failure:
            self.failed.append(outcome.failure)
        if outcome.result:
            self.transcribed += 1
            self.seconds += outcome.seconds
            self.silent += not outcome.result.notes

    def speed(self, elapsed: float) -> str:
        return f"{self.seconds / elapsed:.0f} times real time" if self.seconds and elapsed > 1 else ""

    def progress(self, jobs: int, overwrite: bool) -> str:
        """Describe how many recordings are finished when a signal stops the command, and how to continue."""
        finished = f"recordings finished: {self.transcribed + self.skipped} of {jobs}"
        return finished if overwrite else f"{finished}; add --skip-existing to continue"

    def summary(self, elapsed: float) -> list[str]:
        """Return the lines of the summary, with the failures. Refused outputs are only counted, not listed."""
        parts = [f"{self.transcribed} transcribed ({length(self.seconds)} of audio in {length(elapsed)})"]
        parts += [f"{self.silent} without singing"] if self.silent else []
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        parts += [f"{self.refused} refused because outputs exist"] if self.refused else []
        parts += [f"{self.incomplete} incomplete"] if self.incomplete else []
        failed = len(self.failed) - self.incomplete
        parts += [f"{failed} failed"] if failed else []
        lines = [
            ", ".join(parts) + (":" if self.failed else ""),
            *(f"  {line}" for line in self.failed[:_MOST_FAILURES]),
        ]
        rest = len(self.failed) - _MOST_FAILURES
        return lines + ([f"  and {rest} more, listed above"] if rest > 0 else [])


@contextmanager
def progress(items: int, doing: str = "") -> Iterator[Callable[[float], None]]:
    """Show the progress over a number of items; yield a function to call after each item with its length in seconds."""
    with Bar(total=items, doing=doing) as bar:
        yield lambda seconds: bar.advance()


@contextmanager
def training_progress() -> "Iterator[Listener]":
    """Print the progress of a training.

    One line is printed for each validation. On a terminal, a progress bar is shown, too. Elsewhere, a line is printed
    every 100 steps.
    """
    from singtrans.training.progress import Listener, Progress

    bar = Bar()

    def read(done: int, recordings: int) -> None:
        if not done:
            bar.begin(recordings, "reading recordings")
        else:
            bar.advance()

    def stepped(at: Progress) -> None:
        bar.total, bar.doing, bar.remark = at.steps, "training", f"loss {at.loss:.3f}, rate {at.rate:.2g}"
        bar.reach(at.step, at.seconds_left)
        if not is_terminal() and at.step % 100 == 0 and at.step < at.steps:
            say(f"step {at.step} of {at.steps}: loss {at.loss:.3f}, about {length(at.seconds_left)} left")

    with bar:
        yield Listener(bar.line, stepped, read)
