"""Stopping by a signal: one line, the exit code that shells expect, and nothing half-written.

Ctrl-C (SIGINT) ends the program with 130, SIGTERM with 143, a closed terminal (SIGHUP) with 129: 128 plus the
signal's number. Each is raised as an exception, so that whatever is being written is removed on the way out.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows lacks the last


class Stopped(BaseException):
    """A signal asked the program to stop. Not a KeyboardInterrupt, of which typer would make its own message."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return "interrupted" if self.number == signal.SIGINT else f"stopped by {signal.Signals(self.number).name}"


class _Handler:
    """Raises `Stopped`, and remembers that it did; while it is patient, the first signal is only remembered."""

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
    """Raise `Stopped` in the main thread at each signal that is not ignored already, as under nohup."""
    handler = _Handler()
    for number in _numbers():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)
    sys.unraisablehook = _unraisable


def install_early() -> None:
    """End the program at once at each signal: while it starts there is nothing to be removed.

    An exception could be lost in the middle of an import, or become another there.
    """
    for number in _numbers():
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)


def _leave(number: int, _frame: object) -> None:
    with suppress(OSError):  # the terminal may be what has gone
        os.write(2, f"{Stopped(number)}\n".encode())
    os._exit(128 + number)


def _unraisable(report: "sys.UnraisableHookArgs") -> None:
    # Inside a callback from C, such as soundfile's, an exception is lost: `check` raises it again.
    if not isinstance(report.exc_value, Stopped):
        sys.__unraisablehook__(report)


def _handlers() -> list[_Handler]:
    return [handler for n in _numbers() if isinstance(handler := signal.getsignal(n), _Handler)]


def pending() -> int:
    """The number of a signal that came and was not obeyed yet, or 0."""
    return next((handler.received for handler in _handlers() if handler.received), 0)


@contextmanager
def held_back() -> Iterator[None]:
    """Let no Ctrl-C reach processes that are started meanwhile, from their first moment on; here it waits."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def check() -> None:
    """Raise `Stopped` if a signal came whose exception was lost on its way, or had to wait."""
    if number := pending():
        raise Stopped(number)


@contextmanager
def waiting() -> Iterator[None]:
    """Inside it a first signal waits for `check`, so that what must not be torn apart is done; a second does not."""
    handlers = _handlers()
    for handler in handlers:
        handler.patient = True
    try:
        yield
    finally:
        for handler in handlers:
            handler.patient = False


def ignore() -> None:
    """Let no further signal disturb the way out."""
    for number in _numbers():
        signal.signal(number, signal.SIG_IGN)
