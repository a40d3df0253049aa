"""Handling of signals that stop the program: it prints a short message, and leaves no incomplete files.

The exit code is 128 plus the number of the signal: 130 after Ctrl-C (SIGINT), 143 after SIGTERM, and 129 if the
terminal was closed (SIGHUP). Each signal is raised as an exception, so that unfinished files are removed.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows lacks the last


class Stopped(BaseException):
    """Exception that a signal raises to stop the program.

    It is not a subclass of KeyboardInterrupt, because typer prints a message of its own for that exception.

    Attributes:
        number: number of the signal.
        remark: addition to the message, such as the number of finished recordings.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
        self.remark = ""

    def __str__(self) -> str:
        text = "interrupted" if self.number == signal.SIGINT else f"stopped by {signal.Signals(self.number).name}"
        return f"{text}; {self.remark}" if self.remark else text


class _Handler:
    """Signal handler that stores a signal and raises `Stopped`.

    While ``patient`` is true, the first signal is stored without raising the exception.
    """

    def __init__(self) -> None:
        self.received = 0
        self.patient = False

    def __call__(self, number: int, _frame: object) -> None:
        first, self.received = not self.received, number
        if not (self.patient and first):
            raise Stopped(number)


def _numbers() -> list[int]:
    return [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]


def install() -> None:
    """Install handlers that raise `Stopped` in the main thread.

    Signals that are already ignored, as under nohup, stay ignored.
    """
    handler = _Handler()
    for number in _numbers():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
    sys.unraisablehook = _unraisable


def install_exit() -> None:
    """Install handlers that end the program at once, for the time while it starts and while it exits.

    During this time, there are no files to remove. An exception that is raised in an import could be lost or be
    replaced with another one, and nothing would catch an exception that is raised while the program exits.
    """
    for number in _numbers():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)


def _leave(number: int, _frame: object) -> None:
    with suppress(OSError):  # the terminal may be closed
        os.write(2, f"{Stopped(number)}\n".encode())
    os._exit(128 + number)


def _unraisable(report: "sys.UnraisableHookArgs") -> None:
    # Inside a callback from C, as in soundfile, an exception is lost. `check` raises it again.
    if not isinstance(report.exc_value, Stopped):
        sys.__unraisablehook__(report)


def _handlers() -> list[_Handler]:
    return [handler for n in _numbers() if isinstance(handler := signal.getsignal(n), _Handler)]


def pending() -> int:
    """Return the number of a signal that has arrived but has not stopped the program yet, or 0 if there is none."""
    return next((handler.received for handler in _handlers() if handler.received), 0)


@contextmanager
def held_back() -> Iterator[None]:
    """Block Ctrl-C in processes that are started in this context, and delay it in this process until the context ends.

    On Windows, this context has no effect.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def check() -> None:
    """Raise `Stopped` if a signal has arrived, but its exception was lost or delayed."""
    if number := pending():
        raise Stopped(number)


@contextmanager
def waiting() -> Iterator[None]:
    """Delay the first signal until `check` is called, so that a critical section can finish.

    A second signal is not delayed.
    """
    handlers = _handlers()
    for handler in handlers:
        handler.patient = True
    try:
        yield
    finally:
        for handler in handlers:
            handler.patient = False


def ignore() -> None:
    """Ignore all further signals."""
    for number in _numbers():
        signal.signal(number, signal.SIG_IGN)
