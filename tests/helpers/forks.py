"""The command in a fork of the test process, for tests that send signals to it."""

import importlib
import multiprocessing
import os
import signal
import sys
from pathlib import Path
from typing import TextIO

# Only systems with fork have this context; tests that use it are skipped elsewhere.
_Process = multiprocessing.get_context("fork").Process if hasattr(os, "fork") else multiprocessing.Process


def import_training() -> None:
    """Import what a training imports while it runs, such as the compiler that each optimiser of torch imports."""
    for module in ("torch._dynamo", "mir_eval.transcription", "singtrans.training.run"):
        importlib.import_module(module)


class Fork(_Process):
    """A process with its own session that runs the command; it need not import what this process has imported.

    Attributes:
        stderr: pipe from the stderr of the process, and of all processes that it starts.
    """

    def __init__(self, *args: object, cwd: Path | None = None) -> None:
        super().__init__()
        self._words, self._cwd = ["singtrans", *map(str, args)], cwd
        read, self._write = os.pipe()
        self.stderr: TextIO = os.fdopen(read, encoding="utf-8")
        self.start()
        os.close(self._write)

    def run(self) -> None:
        os.setsid()
        os.chdir(self._cwd or Path.cwd())
        os.dup2(self._write, 2)
        os.close(self._write)
        sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace")
        sys.argv = self._words
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        from singtrans.__main__ import main

        main()

    def send(self, number: int, *, group: bool = False) -> None:
        """Send a signal to the process, or, as a terminal does, to its whole group."""
        (os.killpg if group else os.kill)(self.pid or 0, number)

    def end(self, seconds: float = 120.0) -> tuple[int | None, list[str]]:
        """Wait until all writers of stderr have ended; return the exit code of the process, and the lines left."""
        lines = self.stderr.read().splitlines()
        self.stderr.close()
        self.join(seconds)
        return self.exitcode, lines
