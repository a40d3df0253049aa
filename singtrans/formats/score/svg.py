"""Sheet music as SVG, engraved by verovio (extra ``score``)."""

import re
from typing import BinaryIO

from singtrans.formats.format import Format
from singtrans.formats.options import JOINED, PLAIN, SHEET, Options
from singtrans.formats.score.engraving import engrave
from singtrans.formats.score.sheet import make_sheet
from singtrans.notes import Transcription

_SIZE = re.compile(r"<svg\b[^>]*?\bviewBox=\"0 0 (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)\"", re.ASCII)


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the melody as one picture, which is as wide as an A4 page and as long as the music needs.

    Raises:
        UsageError: if verovio is not installed.
    """
    pages = engrave(make_sheet(transcription, options), whole=True)
    if len(pages) == 1:
        file.write(pages[0].encode())
        return
    sizes = [tuple(float(value) for value in next(_SIZE.finditer(page)).groups()) for page in pages]
    width, height, top = max(size[0] for size in sizes), sum(size[1] for size in sizes), 0.0
    file.write(
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' viewBox="0 0 {width:g} {height:g}">\n'.encode()
    )
    for page, size in zip(pages, sizes, strict=True):
        inner = page[page.index("<svg") + 4 :]
        file.write(f'<svg y="{top:g}" height="{size[1]:g}"{inner}\n'.encode())
        top += size[1]
    file.write(b"</svg>\n")


FORMAT = Format(
    name="svg",
    description="sheet music as one picture",
    endings=(".svg",),
    write=write,
    uses=SHEET,
    precision="the grid, semitones",
    packages=("verovio",),
    extra="score",
    ends=JOINED,
    is_sheet=True,
)
