"""Registry of all formats, and tables that are generated from it."""

import difflib
import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from singtrans.errors import UsageError
from singtrans.extras import missing_package
from singtrans.formats import (
    audacity,
    csv_notes,
    f0,
    jams_notes,
    json_notes,
    midi,
    plain_table,
    sonic_visualiser,
    sonification,
    ultrastar,
)
from singtrans.formats.format import Format
from singtrans.formats.labels import diffsinger, mir_st500, note_objects, opencpop, singing_json, textgrid, tonas
from singtrans.formats.page import writer as page
from singtrans.formats.score import musicxml, pdf, svg
from singtrans.formats.voicebanks import svp, ust, ustx
from singtrans.messages import shown

FORMATS: tuple[Format, ...] = (
    midi.FORMAT,
    csv_notes.FORMAT,
    json_notes.FORMAT,
    ultrastar.FORMAT,
    musicxml.FORMAT,
    svg.FORMAT,
    pdf.FORMAT,
    audacity.FORMAT,
    sonic_visualiser.FORMAT,
    jams_notes.FORMAT,
    f0.FORMAT,
    sonification.FORMAT,
    page.FORMAT,
    ust.FORMAT,
    ustx.FORMAT,
    svp.FORMAT,
    plain_table.FORMAT,
    textgrid.FORMAT,
    diffsinger.FORMAT,
    opencpop.FORMAT,
    singing_json.FORMAT,
    note_objects.FORMAT,
    tonas.FORMAT,
    mir_st500.FORMAT,
)
"""All formats. Those that are written come first, in the order of the help."""

WRITERS: dict[str, Format] = {format.name: format for format in FORMATS if format.write}
"""Map from names to formats, for the formats that can be written."""

ENDINGS: dict[str, str] = {name: format.endings[0] for name, format in WRITERS.items()}
"""Map from names of formats to endings of written files. An ending has two dots if its last part is not unique."""

ALIASES: dict[str, str] = {alias: name for name, format in WRITERS.items() for alias in (name, *format.aliases)}
"""Map from all names that ``-f`` accepts, in lower case, to names of formats."""

USES: dict[str, frozenset[str]] = {name: format.uses for name, format in WRITERS.items()}
"""Map from names of formats to the fields of `Options` that affect the file.

``audio`` is also included if only the name of the recording affects the file.
"""

SCORED: frozenset[str] = frozenset(name for name, fields in USES.items() if "tempo" in fields)
"""Names of formats with beats; these formats use tempo, grid and lyrics."""

SHEETS: frozenset[str] = frozenset(name for name, format in WRITERS.items() if format.is_sheet)
"""Names of formats of sheet music; these formats always have beats and a grid."""

_KNOWN = {ending: name for name, format in WRITERS.items() for ending in format.endings}

WRITE_SUFFIXES: tuple[str, ...] = tuple(dict.fromkeys(Path(f"a{ending}").suffix for ending in _KNOWN))
"""Last parts of the endings of written files, such as ``.csv`` of ``.f0.csv``."""

SHARED_SUFFIXES: tuple[str, ...] = (".json", ".csv", ".tsv")
"""Endings that several formats share; these formats are distinguished by content."""

TEXT_SUFFIXES: tuple[str, ...] = (".txt", ".lab", ".notes", ".corrected", ".xml")
"""Endings that other text files also have. In a folder, such files are only used if they have notes."""

BY_SUFFIX: dict[str, Format] = {
    ending.lower(): format
    for format in FORMATS
    if format.read
    for ending in (*format.endings, *format.also_read)
    if ending.count(".") == 1 and ending.lower() not in SHARED_SUFFIXES + TEXT_SUFFIXES
}
"""Map from endings to formats, for endings that only one format has."""

READ_SUFFIXES: tuple[str, ...] = (*SHARED_SUFFIXES, *BY_SUFFIX)
"""Endings of files of notes, ordered from the most complete to the least complete format."""


class Named(Protocol):
    """A path or a URL."""

    @property
    def name(self) -> str:
        """The last part of the path."""


def format_of(path: Named) -> str | None:
    """Return the name of the output format of a file, by its longest known ending; None if no ending is known."""
    name = path.name.lower()
    return next((_KNOWN[e] for e in sorted(_KNOWN, key=len, reverse=True) if name.endswith(e)), None)


def find_format(text: str) -> Format:
    """Return the output format that has a given name, alias or ending; case is ignored.

    Raises:
        UsageError: if there is no such format. The message suggests a similar name, if there is one.
    """
    name = text.strip().lower()
    name = ALIASES.get(name) or _KNOWN.get(name) or ALIASES.get(name.removeprefix(".")) or ""
    if name not in WRITERS:
        near = difflib.get_close_matches(text.strip().lower().lstrip("."), ALIASES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(WRITERS)}"
        raise UsageError(f"-f {shown(text)}: unknown format; {hint}")
    return WRITERS[name]


def check_formats(names: Iterable[str]) -> None:
    """Check that the packages for formats are installed, without importing them.

    Raises:
        UsageError: if a package is not installed.
    """
    for name in names:
        format = WRITERS.get(name)
        for package in format.packages if format else ():
            if format and importlib.util.find_spec(package) is None:
                raise missing_package(package, format.extra, f"-f {name}")
