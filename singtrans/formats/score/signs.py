"""Signs for scoops and falls on an engraved page. They are drawn here, because verovio does not draw them."""

from xml.etree.ElementTree import Element, SubElement

from singtrans.formats.score.headings import SVG
from singtrans.formats.score.note_xml import note_id
from singtrans.formats.score.sheet import FALL_SIGN, SCOOP_SIGN, Sheet

# Curves relative to the left edge and the middle of a note head, in verovio's units: 180 from line to line.
_CURVES = {SCOOP_SIGN: "m-260 150 q140 -10 215 -105", FALL_SIGN: "m265 45 q75 95 215 105"}
_WIDTH = 22


def draw_ornaments(page: Element, sheet: Sheet) -> None:
    """Draw a rising curve before each note with a scoop, and a falling curve after each note with a fall."""
    marks = {note_id(number): ornaments.marks for number, ornaments in enumerate(sheet.ornaments) if ornaments.marks}
    for group in page.iter(f"{{{SVG}}}g"):
        for mark in marks.get(group.get("id", ""), ()):
            x, y = _head(group)
            curve = SubElement(group, f"{{{SVG}}}path", d=f"M{x} {y} {_CURVES[mark]}", fill="none", stroke="black")
            curve.set("class", mark)
            curve.set("stroke-width", str(_WIDTH))


def _head(group: Element) -> tuple[str, str]:
    """Return the coordinates of the head of a note, as they are written in the page."""
    head = next(group.iter(f"{{{SVG}}}use"))
    x, y = head.get("transform", "").removeprefix("translate(").split(")")[0].split(",")
    return x.strip(), y.strip()
