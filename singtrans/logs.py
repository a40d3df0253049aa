"""Logging and debug mode. Library modules only log; the command decides what is printed."""

import logging
import os
import sys

DEBUG = "SINGTRANS_DEBUG"
"""Environment variable that turns on debug mode in the program and in the processes that it starts."""


def debugging() -> bool:
    """Return whether debug mode is on, in which tracebacks and all log messages are printed."""
    return os.environ.get(DEBUG, "") not in ("", "0")


def start_debugging() -> None:
    """Turn on debug mode in this process and in the processes that it starts."""
    os.environ[DEBUG] = "1"
    show_logs()


def show_logs() -> None:
    """Print the log messages of singtrans on stderr if debug mode is on."""
    logger = logging.getLogger("singtrans")
    if not debugging() or logger.handlers or sys.stderr is None:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s", "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
