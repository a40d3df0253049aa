"""Transcribers for processes that tests start."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from singtrans.errors import InputError, UsageError
from singtrans.notes import Note, PitchTrack, Transcription


def of_content(path: Path) -> Transcription:
    """Return a note whose pitch is the size of the file.

    Depending on the name of the file, wait before that, raise an error, or kill the process.
    """
    marks = path.parent / "marks"
    if "slow" in path.name:
        time.sleep(0.1)
    if "bad" in path.name:
        raise InputError(f"{path} is bad")
    if "faulty" in path.name:
        raise ZeroDivisionError("no such\nthing")
    if "deadly" in path.name or ("once" in path.name and not (marks / path.name).exists()):
        marks.mkdir(exist_ok=True)
        with (marks / path.name).open("a") as file:
            file.write("died\n")
        os.kill(os.getpid(), signal.SIGKILL)
    empty = np.zeros(0)
    pitch = float(path.stat().st_size)
    return Transcription((Note(0.0, 1.0, pitch),), PitchTrack(empty, empty, empty), 1.0, path.name, "fake")


def make():
    return of_content


def refuse():
    def never(path: Path) -> Transcription:
        raise UsageError("no such device")

    return never


def forbidden():
    raise AssertionError("no process must be started")
