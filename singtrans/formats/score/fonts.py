"""Fonts of the text on engraved pages."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TIMES = "'Times New Roman', 'Liberation Serif', 'Nimbus Roman', FreeSerif, Times, serif"
_REGULAR = re.compile(r"@font-face\s*\{[^}]*font-weight:\s*normal;\s*font-style:\s*normal;[^}]*\}")


@dataclass(frozen=True, slots=True)
class Fonts:
    """Fonts of the text on a page.

    Attributes:
        families: families in the order of preference, as in CSS.
        narrow: factor for the size of letters that makes the first family as wide as Times, for which verovio leaves
            space.
    """

    families: str
    narrow: float


TYPST = Fonts(f"'Libertinus Serif', {_TIMES}", 0.94)
"""Fonts for PDF. The first family comes with typst, which embeds it in the file."""

VEROVIO = Fonts(f"Liberation, {_TIMES}", 1.0)
"""Fonts for SVG. The first family comes with verovio, and `font_face` returns the rule that embeds it."""


@cache
def font_face(resources: str) -> str:
    """Return the CSS rule that contains the regular letters of Liberation Serif; empty if verovio has none.

    Args:
        resources: folder with the fonts of verovio.
    """
    path = Path(resources) / "Liberation.css"
    found = _REGULAR.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    return found[0] if found else ""
