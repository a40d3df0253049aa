"""Words of a command line that several of these programs take, as types for argparse."""

import argparse
from pathlib import Path

from singtrans.dataset.manifest import Entry, read_entries
from singtrans.errors import SingtransError


def manifest(text: str) -> list[Entry]:
    """The recordings of a manifest.

    Raises:
        ArgumentTypeError: if there is no such manifest, or it is wrong: which, and in which line.
    """
    try:
        return read_entries(Path(text))
    except SingtransError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def source_and_word(text: str) -> tuple[str, str]:
    """Both sides of SOURCE=WORD, for something that is said of one data set.

    Raises:
        ArgumentTypeError: if there are no two sides.
    """
    source, _, word = text.partition("=")
    if not (source and word):
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form SOURCE=SOMETHING")
    return source, word


def source_and_hz(text: str) -> tuple[str, float]:
    """Both sides of SOURCE=HZ, for a constant that is added to a data set's pitch labels.

    Raises:
        ArgumentTypeError: if there are no two sides, or the second is no number.
    """
    source, hz = source_and_word(text)
    try:
        return source, float(hz)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: {hz!r} is no number of Hz") from None
