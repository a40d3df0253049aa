"""Pages of a score as SVG, engraved by verovio (extra ``score``)."""

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from singtrans.errors import InputError
from singtrans.extras import need
from singtrans.formats.score.fonts import TYPST, VEROVIO, font_face
from singtrans.formats.score.headings import SVG, add_heading, add_page_number, replace_tempo, tidy_lyrics
from singtrans.formats.score.musicxml_writer import to_xml
from singtrans.formats.score.sheet import Sheet
from singtrans.formats.score.signs import draw_ornaments

WIDTH, HEIGHT = 2100, 2970
"""Width and height of an A4 page in tenths of a millimetre, which are verovio's units."""

_LONGEST = 60_000  # the longest page that verovio makes
_MARGIN = 150
_SCALE = 50  # per cent, for staves of 7 mm
_TITLE_ROOM, _NAMES_ROOM = 4, 11  # space between the heading and the first staff, in verovio's units

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")


def engrave(sheet: Sheet, *, whole: bool) -> list[str]:
    """Draw a sheet as one SVG picture per page.

    Args:
        sheet: music to draw.
        whole: True for a page that is as long as the music needs, and contains its font; False for A4 pages with page
            numbers.

    Raises:
        UsageError: if verovio is not installed.
        InputError: if verovio cannot engrave the sheet.
    """
    verovio = need("verovio", "score", "engraving")
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setOptions(
        {
            "pageWidth": WIDTH,
            "pageHeight": _LONGEST if whole else HEIGHT,
            "adjustPageHeight": whole,
            "pageMarginLeft": _MARGIN,
            "pageMarginRight": _MARGIN,
            "pageMarginTop": _MARGIN,
            "pageMarginBottom": _MARGIN,
            "scale": _SCALE,
            "header": "auto",  # makes room for the heading
            "footer": "none",
            "breaks": "smart",
            "spacingSystem": 6,
            "bottomMarginHeader": _NAMES_ROOM if sheet.artist or sheet.composer else _TITLE_ROOM,
            "lyricWordSpace": 1.8,
            "lyricLineThickness": 0.15,
            "svgViewBox": True,
            "smuflTextFont": "none",
        }
    )
    if not toolkit.loadData(to_xml(sheet).decode()):
        raise InputError(f"{sheet.title}: the notes cannot be engraved; try -f musicxml.")
    count = toolkit.getPageCount()
    pages = [ElementTree.fromstring(toolkit.renderToSVG(page)) for page in range(1, count + 1)]
    for number, page in enumerate(pages, 1):
        _finish(page, sheet, number, whole)
    if whole and (rule := font_face(toolkit.getResourcePath())):
        SubElement(pages[0], f"{{{SVG}}}style").text = rule
    return [ElementTree.tostring(page, encoding="unicode") for page in pages]


def _finish(page: Element, sheet: Sheet, number: int, whole: bool) -> None:
    """Replace text that verovio wrote in its own fonts, or at a position that programs interpret differently."""
    fonts = VEROVIO if whole else TYPST
    for element in (page, page.find(f"{{{SVG}}}svg")):
        if element is not None:
            element.set("font-family", fonts.families)
    for parent in page.iter():
        for child in list(parent):
            if "pgHead" in child.get("class", "").split():
                parent.remove(child)
    tidy_lyrics(page, fonts.narrow)
    draw_ornaments(page, sheet)
    if number == 1:
        replace_tempo(page, sheet)
        add_heading(page, sheet)
    elif not whole:
        add_page_number(page, number)
