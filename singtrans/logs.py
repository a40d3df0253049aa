"""Logging and debug mode: library modules log, and only a program that a user starts decides what is shown."""

import logging
import os
import sys

DEBUG = "SINGTRANS_DEBUG"
"""Environment variable that turns debug mode on, also in the processes that a command starts."""


def debugging() -> bool:
    """Whether debug mode is on: tracebacks are printed, and everything that is logged."""
    return os.environ.get(DEBUG, "") not in ("", "0")


def start_debugging() -> None:
    """Turn debug mode on, in this process and in those that it starts."""
    os.environ[DEBUG] = "1"
    show_logs()


def show_logs() -> None:
    """Print what singtrans logs to stderr, if debug mode is on."""
    logger = logging.getLogger("singtrans")
    if not debugging() or logger.handlers or sys.stderr is None:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s", "%H:%M:%S"))
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
