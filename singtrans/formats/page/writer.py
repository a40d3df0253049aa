"""Writer of report pages, on which notes can be played and corrected."""

from typing import BinaryIO

from singtrans.formats.format import Format
from singtrans.formats.options import NOTES, PLAIN, Options
from singtrans.notes import Transcription


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the page, with the sound of the recording if the options contain a recording.

    Raises:
        InputError: if the recording cannot be read.
    """
    from singtrans.formats.page.page import page

    file.write(page(transcription, options).encode("utf-8"))


FORMAT = Format(
    name="html",
    description="web page to play and correct the notes, with the recording",
    endings=(".report.html", ".html"),
    aliases=("report",),
    write=write,
    uses=NOTES | {"audio", "tuning", "key", "tempo", "metre", "lyrics"},
    precision="0.1 ms, 0.001 semitones",
)
