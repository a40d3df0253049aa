"""Types of command-line arguments that several benchmarks share."""

import argparse
from pathlib import Path

from singtrans.dataset.manifest import Entry, read_entries
from singtrans.errors import SingtransError


def manifest(text: str) -> list[Entry]:
    """Read the recordings of a manifest.

    Raises:
        ArgumentTypeError: if the manifest does not exist or has an error.
    """
    try:
        return read_entries(Path(text))
    except SingtransError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def source_and_word(text: str) -> tuple[str, str]:
    """Split SOURCE=WORD, in which WORD is a property of the data set SOURCE.

    Raises:
        ArgumentTypeError: if the source or the word is missing.
    """
    source, _, word = text.partition("=")
    if not (source and word):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form SOURCE=SOMETHING")
    return source, word


def source_and_hz(text: str) -> tuple[str, float]:
    """Split SOURCE=HZ, where HZ is a shift for the pitch labels of the data set SOURCE.

    Raises:
        ArgumentTypeError: if the source is missing, or HZ is missing or not a number.
    """
    source, hz = source_and_word(text)
    try:
        return source, float(hz)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: {hz!r} is not a number of Hz") from None
