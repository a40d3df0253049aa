"""Sheet music as SVG, engraved by verovio (extra ``score``)."""

import re
from typing import BinaryIO

from singtrans.errors import InputError
from singtrans.extras import need
from singtrans.formats.format import Format
from singtrans.formats.options import BEATS, PLAIN, Options
from singtrans.formats.score.musicxml import score_xml
from singtrans.notes import Transcription

_WIDTH, _HEIGHT = 2100, 2970  # of a page, in verovio's tenths of a millimetre: A4
_SIZE = re.compile(r"<svg\b[^>]*?\bviewBox=\"0 0 (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)\"", re.ASCII)

_OWN_QUARTER = '<tspan font-family="Leipzig" font-size="720px">\ueca5</tspan>'


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the melody as one picture, as wide as an A4 page and as long as it needs to be.

    Raises:
        UsageError: if verovio or partitura is not installed.
    """
    pages = engrave(transcription, options, whole=True)
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


def engrave(transcription: Transcription, options: Options, *, whole: bool) -> list[str]:
    """SVG of each page.

    Args:
        transcription: the notes.
        options: tempo, grid, lyrics.
        whole: cut the paper under the last system, and make pages as long as verovio can; else they are A4, with room
            for a title.

    Raises:
        InputError: if verovio cannot engrave them.
    """
    verovio = need("verovio", "score", "engraving")
    content = score_xml(transcription, options).decode()
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        {
            "pageWidth": _WIDTH,
            "pageHeight": 60_000 if whole else _HEIGHT,
            "adjustPageHeight": whole,
            "pageMarginLeft": 120,
            "pageMarginRight": 120,
            "pageMarginTop": 100 if whole else 250,  # room for a title that is set by others
            "pageMarginBottom": 100,
            "scale": 50,
            "footer": "none",
            "header": "auto" if whole else "none",
            "svgViewBox": True,
            "breaks": "auto",
        }
    )
    if not toolkit.loadData(content):
        raise InputError(f"{transcription.audio}: the notes cannot be engraved; try -f musicxml.")
    return [_portable(toolkit.renderToSVG(page)) for page in range(1, toolkit.getPageCount() + 1)]


def _portable(page: str) -> str:
    """A page without letters that only verovio's own font has: the note of the metronome mark."""
    return page.replace(_OWN_QUARTER, '<tspan font-family="DejaVu Sans, Noto Music, serif" font-size="500px">♩</tspan>')


FORMAT = Format(
    name="svg",
    description="sheet music as one picture",
    endings=(".svg",),
    write=write,
    uses=BEATS | {"title", "artist"},
    precision="the grid, semitones",
    packages=("partitura", "verovio"),
    extra="score",
    is_sheet=True,
)
