"""The formats that are read and written: one line per format, and the tables that follow from their records."""

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
"""All formats; the written ones first, in the order in which help lists them."""

WRITERS: dict[str, Format] = {format.name: format for format in FORMATS if format.write}
"""Name -> format, for the formats that are written."""

ENDINGS: dict[str, str] = {name: format.endings[0] for name, format in WRITERS.items()}
"""Name -> the ending of the files. Endings with two dots tell apart what shares the last part."""

ALIASES: dict[str, str] = {alias: name for name, format in WRITERS.items() for alias in (name, *format.aliases)}
"""Everything that ``-f`` accepts, in lower case -> the format's name."""

USES: dict[str, frozenset[str]] = {name: format.uses for name, format in WRITERS.items()}
"""Name -> the fields of `Options` that change the file, ``audio`` also if only its name does."""

SCORED: frozenset[str] = frozenset(name for name, fields in USES.items() if "tempo" in fields)
"""Formats that have beats, and so a use for tempo, grid and lyrics."""

SHEETS: frozenset[str] = frozenset(name for name, format in WRITERS.items() if format.is_sheet)
"""Formats that are sheet music, which has beats and a grid even where none are asked for."""

_KNOWN = {ending: name for name, format in WRITERS.items() for ending in format.endings}

WRITE_SUFFIXES: tuple[str, ...] = tuple(dict.fromkeys(Path(f"a{ending}").suffix for ending in _KNOWN))
"""Last endings of all files that are written."""

SHARED_SUFFIXES: tuple[str, ...] = (".json", ".csv", ".tsv")
"""Endings of notes in several formats: the content decides which."""

TEXT_SUFFIXES: tuple[str, ...] = (".txt", ".lab", ".notes", ".corrected", ".xml")
"""Endings that notes share with other text: in a folder, such a file counts only if it holds notes."""

BY_SUFFIX: dict[str, Format] = {
    ending.lower(): format
    for format in FORMATS
    if format.read
    for ending in (*format.endings, *format.also_read)
    if ending.count(".") == 1 and ending.lower() not in SHARED_SUFFIXES + TEXT_SUFFIXES
}
"""Ending -> format, for endings that only one format has."""

READ_SUFFIXES: tuple[str, ...] = (*SHARED_SUFFIXES, *BY_SUFFIX)
"""Endings of notes, those that keep most of a transcription first."""


class Named(Protocol):
    """A path or a URL."""

    @property
    def name(self) -> str:
        """The last part."""


def format_of(path: Named) -> str | None:
    """The name of the written format that a file's name states, the longest ending first; None if there is none."""
    name = path.name.lower()
    return next((_KNOWN[e] for e in sorted(_KNOWN, key=len, reverse=True) if name.endswith(e)), None)


def find_format(text: str) -> Format:
    """The written format of a name, an alias or an ending, in upper or lower case.

    Raises:
        UsageError: if there is none; with a suggestion where the name is nearly right.
    """
    name = text.strip().lower()
    name = ALIASES.get(name) or _KNOWN.get(name) or ALIASES.get(name.removeprefix(".")) or ""
    if name not in WRITERS:
        near = difflib.get_close_matches(text.strip().lower().lstrip("."), ALIASES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"use one of {', '.join(WRITERS)}"
        raise UsageError(f"-f {shown(text)}: unknown format; {hint}")
    return WRITERS[name]


def check_formats(names: Iterable[str]) -> None:
    """Find the packages that formats need without importing them, so that nothing fails after an hour's work.

    Raises:
        UsageError: if one is not installed.
    """
    for name in names:
        format = WRITERS.get(name)
        for package in format.packages if format else ():
            if format and importlib.util.find_spec(package) is None:
                raise missing_package(package, format.extra, f"-f {name}")
