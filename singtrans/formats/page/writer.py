"""A page to listen to the notes and to correct them, in one HTML file."""

from typing import BinaryIO

from singtrans.formats.options import PLAIN, Options
from singtrans.notes import Transcription


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the page; with the recording in it, if the options name one.

    Raises:
        InputError: if the recording cannot be read.
    """
    from singtrans.formats.page.page import page

    file.write(page(transcription, options.audio).encode("utf-8"))
