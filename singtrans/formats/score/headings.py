"""Title, names, tempo mark and page number of an engraved page, as shapes and plain text."""

from xml.etree.ElementTree import Element, SubElement

from singtrans.formats.score.sheet import Sheet

SVG = "http://www.w3.org/2000/svg"
"""Namespace of SVG."""

_TITLE, _NAME, _NUMBER = 34.0, 19.0, 17.0  # sizes of text, in pixels: a fifth of a millimetre each
_TITLE_Y, _NAME_Y = 92.0, 128.0  # base lines
_MARGIN = 75.0
_LETTER = 0.5  # width of an average letter, relative to the size of the text
_SHORTEST_LINE = 90.0  # units; shorter than a hyphen
_RAISED = 230.0  # units by which a tempo mark is raised above verovio's place, so that it does not touch beams
_TEMPO = 405.0  # size of a tempo mark, in verovio's units


def add_heading(page: Element, sheet: Sheet) -> None:
    """Write the title in the middle, the artist on the left and the composer on the right."""
    width = _size(page)[0]
    if sheet.title:
        size = min(_TITLE, (width - 2 * _MARGIN) / (_LETTER * len(sheet.title)))
        _add_text(page, sheet.title, width / 2, _TITLE_Y, size, "middle")
    if sheet.artist:
        _add_text(page, sheet.artist, _MARGIN, _NAME_Y, _NAME, "start")
    if sheet.composer:
        _add_text(page, sheet.composer, width - _MARGIN, _NAME_Y, _NAME, "end")


def add_page_number(page: Element, number: int) -> None:
    """Write the number of a page in the middle of its lower margin."""
    width, height = _size(page)
    _add_text(page, str(number), width / 2, height - 0.5 * _MARGIN, _NUMBER, "middle")


def replace_tempo(page: Element, sheet: Sheet) -> None:
    """Draw the note of the tempo mark as a shape, which needs no font; remove the mark if the tempo is not shown."""
    for group in page.iter(f"{{{SVG}}}g"):
        text = group.find(f"{{{SVG}}}text")
        if "tempo" not in group.get("class", "").split() or text is None:
            continue
        x, y = float(text.get("x", "0")), float(text.get("y", "0")) - _RAISED
        group.remove(text)
        if not sheet.tempo.shown:
            continue
        width = _draw_note(group, x, y, sheet)
        mark = SubElement(group, f"{{{SVG}}}text", x=f"{x + width:g}", y=f"{y:g}")
        mark.set("font-size", f"{_TEMPO:g}px")
        mark.set("style", "font-weight: normal")  # verovio's style is bold; only the regular font is embedded
        mark.text = f"= {sheet.tempo.beats:g}"


def tidy_lyrics(page: Element, narrow: float) -> None:
    """Make the letters of lyrics as wide as verovio expects, and remove very short strokes after syllables.

    Args:
        page: an engraved page.
        narrow: factor by which the size of letters is multiplied.
    """
    for group in page.iter(f"{{{SVG}}}g"):
        if "syl" not in group.get("class", "").split():
            continue
        for part in group.iter(f"{{{SVG}}}tspan"):
            size = part.get("font-size")
            if size:
                part.set("font-size", f"{narrow * float(size.removesuffix('px')):g}px")
        for line in group.findall(f"{{{SVG}}}rect"):
            if float(line.get("width", "0")) < _SHORTEST_LINE:
                group.remove(line)


def _draw_note(group: Element, x: float, y: float, sheet: Sheet) -> float:
    """Draw the note value of a beat, and return the width of the drawing."""
    metre, size = sheet.metre, _TEMPO
    rx, ry, stem = 0.19 * size, 0.13 * size, 0.85 * size
    cx, cy, right = x + rx, y - ry, x + 1.9 * rx
    is_open = metre.denominator == 2
    head = SubElement(group, f"{{{SVG}}}ellipse", cx=f"{cx:g}", cy=f"{cy:g}", rx=f"{rx:g}", ry=f"{ry:g}")
    head.set("transform", f"rotate(-22 {cx:g} {cy:g})")
    head.set("stroke", "black")
    head.set("fill", "none" if is_open else "black")
    head.set("stroke-width", f"{0.05 * size:g}" if is_open else "0")
    _stroke(group, f"M{right:g} {cy:g} V{y - stem:g}", 0.045 * size)
    value = metre.denominator // 2 if metre.is_compound else metre.denominator
    for flag in range({8: 1, 16: 2}.get(value, 0)):
        top = y - stem + 0.2 * size * flag
        curve = f"M{right:g} {top:g} c{0.05 * size:g} {0.2 * size:g} {0.3 * size:g} {0.2 * size:g}"
        _stroke(group, f"{curve} {0.18 * size:g} {0.5 * size:g}", 0.06 * size)
    width = 3 * rx + 0.25 * size * (value >= 8)
    if metre.is_compound:
        dot = SubElement(group, f"{{{SVG}}}circle", cx=f"{x + width:g}", cy=f"{cy:g}", r=f"{0.065 * size:g}")
        dot.set("fill", "black")
        width += 0.15 * size
    return width + 0.15 * size


def _stroke(group: Element, path: str, width: float) -> None:
    line = SubElement(group, f"{{{SVG}}}path", d=path, fill="none", stroke="black")
    line.set("stroke-width", f"{width:g}")


def _size(page: Element) -> tuple[float, float]:
    """Return the width and the height of a page in pixels."""
    _, _, width, height = (float(value) for value in page.get("viewBox", "0 0 0 0").split())
    return width, height


def _add_text(page: Element, content: str, x: float, y: float, size: float, anchor: str) -> None:
    text = SubElement(page, f"{{{SVG}}}text", x=f"{x:g}", y=f"{y:g}")
    text.set("font-size", f"{size:g}px")
    text.set("text-anchor", anchor)
    text.text = content
