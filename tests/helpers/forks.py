"""Functions that run the command in a fork of the test process, for tests of signals and terminals.

A fork does not repeat the imports of the test process, which take longer than most commands.
"""

import importlib
import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

# Only systems with fork have this context; tests that use it are skipped elsewhere.
_Process = multiprocessing.get_context("fork").Process if hasattr(os, "fork") else multiprocessing.Process


def import_training() -> None:
    """Import all modules that training needs, such as the compiler that the optimisers of torch import."""
    for module in ("torch._dynamo", "mir_eval.transcription", "singtrans.training.run"):
        importlib.import_module(module)


def command(*args: object, cwd: Path | None = None) -> None:
    """Run the command, and exit."""
    from singtrans.__main__ import main

    os.chdir(cwd or Path.cwd())
    sys.argv = ["singtrans", *map(str, args)]
    main()


def _write_stderr_to(descriptor: int) -> None:
    os.dup2(descriptor, 2)
    os.close(descriptor)
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace")


class Fork(_Process):
    """A process with its own session that runs the command.

    Attributes:
        stderr: pipe from the stderr of the process, and of all processes that it starts.
    """

    def __init__(self, *args: object, cwd: Path | None = None) -> None:
        super().__init__(target=command, args=args, kwargs={"cwd": cwd})
        read, self._write = os.pipe()
        self.stderr: TextIO = os.fdopen(read, encoding="utf-8")
        self.start()
        os.close(self._write)

    def run(self) -> None:
        os.setsid()
        _write_stderr_to(self._write)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        super().run()

    def send(self, number: int, *, group: bool = False) -> None:
        """Send a signal to the process, or to its whole group, as a terminal does."""
        (os.killpg if group else os.kill)(self.pid or 0, number)

    def end(self, seconds: float = 120.0) -> tuple[int | None, list[str]]:
        """Wait until all processes have closed stderr; return the exit code of this process and the remaining lines."""
        lines = self.stderr.read().splitlines()
        self.stderr.close()
        self.join(seconds)
        return self.exitcode, lines


def on_terminal(function: Callable[..., None], *args: object, cwd: Path | None = None, columns: int = 80) -> str:
    """Call a function in a fork whose stderr is a terminal, and return the output without control sequences.

    Args:
        function: function that is called with ``args``, such as `command`.
        args: arguments of the function.
        cwd: working folder of the fork.
        columns: width of the terminal.
    """
    import pty

    main, terminal = pty.openpty()

    def run() -> None:
        os.chdir(cwd or Path.cwd())
        os.environ |= {"TERM": "xterm", "COLUMNS": str(columns)}
        _write_stderr_to(terminal)
        function(*args)

    process = _Process(target=run)
    process.start()
    os.close(terminal)
    shown = b""
    while True:
        try:
            piece = os.read(main, 4096)
        except OSError:  # Linux raises this when the fork has ended
            break
        if not piece:
            break
        shown += piece
    os.close(main)
    process.join(60)
    assert process.exitcode == 0, shown
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
