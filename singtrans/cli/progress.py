"""Progress bars on a terminal, with an estimate of the time left."""

import sys
import time
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING

import typer

from singtrans.messages import length, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

_PATIENCE = 1.0  # seconds after which a bar is shown for a single item


def say(line: str) -> None:
    """Print a line on stderr; characters that cannot be printed are escaped."""
    typer.echo(printable(line), err=True)


def is_terminal() -> bool:
    """Return whether stderr is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()


class Estimate:
    """Estimate of the time left, based on the share of the work that is done.

    Args:
        now: time at the start, in seconds.
    """

    def __init__(self, now: float) -> None:
        self._began = now
        self._whole: float | None = None

    def update(self, share: float, now: float) -> None:
        """Set the share of the work that is done, 0 to 1."""
        if share > 0:
            self._whole = (now - self._began) / share

    def expect(self, seconds: float, now: float) -> None:
        """Set the number of seconds that are left."""
        self._whole = now - self._began + seconds

    def left(self, now: float) -> float | None:
        """Return the number of seconds that are left; None before any work is done."""
        return None if self._whole is None else max(0.0, self._began + self._whole - now)


class Bar:
    """Progress bar over a number of items. Without a terminal, lines are printed, but no bar is drawn.

    For a single item, the bar is drawn only after a second. Use the class as a context manager.

    Args:
        quiet: whether to hide the bar.
        total: number of items; it may be set later.
        doing: description of the work, which is shown before the bar.
    """

    def __init__(self, quiet: bool = False, total: int = 1, doing: str = "") -> None:
        self.remark = ""
        self._wanted = is_terminal() and not quiet
        self._progress: Progress | None = None
        self._console: Console | None = None
        self.begin(total, doing)

    def begin(self, total: int, doing: str = "") -> None:
        """Start again with other items.

        Args:
            total: number of items.
            doing: description of the work, which is shown before the bar.
        """
        self.total, self.doing = total, doing
        self._done, self._idle = 0, 0
        self._began = time.monotonic()
        self._estimate = Estimate(self._began)

    def __enter__(self) -> "Bar":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            with suppress(OSError):  # the terminal may be closed
                self._progress.stop()

    def line(self, text: str) -> None:
        """Print a line above the bar."""
        if self._progress and self._console:
            from rich.text import Text

            self._console.print(Text(printable(text)), soft_wrap=True)
        else:
            say(text)

    def part(self, share: float) -> None:
        """Set the share of the current item that is done, 0 to 1."""
        self._show(min(1.0, max(0.0, share)))

    def advance(self, idle: bool = False) -> None:
        """Count an item as done. An ``idle`` item took no time, so the estimate of the time left ignores it."""
        self._done += 1
        self._idle += idle
        self._show(0.0)

    def reach(self, done: int, seconds_left: float) -> None:
        """Set the number of items that are done, and the number of seconds that the remaining items will take."""
        self._done = done
        self._show(0.0, seconds_left)

    def _show(self, share: float, seconds_left: float | None = None) -> None:
        if not self._wanted:
            return
        now = time.monotonic()
        if seconds_left is not None:
            self._estimate.expect(seconds_left, now)
        elif self.total > self._idle:
            self._estimate.update((self._done - self._idle + share) / (self.total - self._idle), now)
        if self._progress is None:
            if self.total < 2 and now - self._began < _PATIENCE:
                return
            self._progress = self._start()
        task = self._progress.task_ids[0]
        done = self._done + share
        self._progress.update(task, total=self.total, completed=done, doing=self.doing, remark=self.remark)

    def _start(self) -> "Progress":
        from rich.console import Console
        from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
        from rich.text import Text

        bar = self

        class Count(ProgressColumn):
            """Column with the number of finished items and the total, or with the finished share of a single item."""

            def render(self, task: Task) -> Text:
                whole = int(task.total or 1)
                return Text(f"{task.percentage:.0f} %" if whole == 1 else f"{int(task.completed)}/{whole}")

        class Left(ProgressColumn):
            """Column with the time left."""

            def render(self, task: Task) -> Text:
                left = bar._estimate.left(time.monotonic())
                if left is None:
                    return Text("")
                return Text(f"{length(left) if left >= 60 else f'{round(left)} s'} left")

        self._console = Console(stderr=True)
        columns = (SpinnerColumn(), TextColumn("{task.fields[doing]}"), BarColumn(bar_width=24), Count())
        progress = Progress(
            *columns,
            Left(),
            TextColumn("{task.fields[remark]}"),
            console=self._console,
            transient=True,
            refresh_per_second=4,
        )
        progress.add_task("", total=self.total, doing=self.doing, remark=self.remark)
        progress.start()
        return progress
