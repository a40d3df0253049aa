"""Fonts of the text on engraved pages."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TIMES = "'Times New Roman', 'Liberation Serif', 'Nimbus Roman', FreeSerif, Times, serif"
_REGULAR = re.compile(r"@font-face\s*\{[^}]*font-weight:\s*normal;\s*font-style:\s*normal;[^}]*\}")


@dataclass(frozen=True, slots=True)
class Fonts:
    """Fonts of all text of a page.

    Attributes:
        families: families in the order of preference, as in CSS.
        narrow: width of the letters of Times, which verovio expects, relative to letters of the first family.
    """

    families: str
    narrow: float


TYPST = Fonts(f"'Libertinus Serif', {_TIMES}", 0.94)
"""The first family comes with typst, which embeds it in PDF."""

VEROVIO = Fonts(f"Liberation, {_TIMES}", 1.0)
"""The first family comes with verovio; `font_face` embeds it in SVG."""


@cache
def font_face(resources: str) -> str:
    """Return the CSS rule that contains the regular letters of Liberation Serif; empty if verovio has none.

    Args:
        resources: verovio's folder of fonts.
    """
    path = Path(resources) / "Liberation.css"
    found = _REGULAR.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found[0] if found else ""
