"""Which formats are written: their names, their files' endings, and the modules that write them."""

import importlib.util
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Protocol

from singtrans.extras import missing_package
from singtrans.formats import (
    audacity,
    csv_notes,
    f0,
    jams_notes,
    json_notes,
    midi,
    sonic_visualiser,
    sonification,
    ultrastar,
)
from singtrans.formats.page import writer
from singtrans.formats.score import musicxml, pdf, svg

WRITERS: dict[str, ModuleType] = {
    "mid": midi,
    "csv": csv_notes,
    "json": json_notes,
    "ustar": ultrastar,
    "musicxml": musicxml,
    "svg": svg,
    "pdf": pdf,
    "labels": audacity,
    "sv": sonic_visualiser,
    "jams": jams_notes,
    "f0": f0,
    "wav": sonification,
    "html": writer,
}
"""Format name -> the module whose ``write`` makes it."""

ENDINGS: dict[str, str] = {name: f".{name}" for name in WRITERS} | {
    "ustar": ".txt",
    "labels": ".labels.txt",
    "sv": ".sv.csv",
    "f0": ".f0.csv",
    "wav": ".sonified.wav",
    "html": ".report.html",
}
"""Format name -> the ending of its files. Those with two dots tell apart what shares the last part."""

_KNOWN = {ending: name for name, ending in ENDINGS.items()} | {".midi": "mid", ".wav": "wav", ".html": "html"}

WRITE_SUFFIXES: tuple[str, ...] = tuple(dict.fromkeys(Path(f"a{ending}").suffix for ending in _KNOWN))
"""Last endings of all files that are written."""

_PACKAGES = {
    "musicxml": ("partitura",),
    "svg": ("partitura", "verovio"),
    "pdf": ("partitura", "verovio", "typst"),
}
"""Format name -> the packages that its writer asks for."""

_SCORE = frozenset(("tempo", "metre", "quantize", "tuning", "key", "lyrics", "audio"))

USES: dict[str, frozenset[str]] = {
    "mid": _SCORE | {"pitch_bend", "program", "loudness"},
    "csv": frozenset({"tuning", "key"}),
    "json": frozenset({"tuning", "key", "audio"}),
    "ustar": _SCORE - {"metre"},
    "musicxml": _SCORE,
    "svg": _SCORE,
    "pdf": _SCORE,
    "labels": frozenset(),
    "sv": frozenset({"tuning", "key"}),
    "jams": frozenset({"audio"}),
    "f0": frozenset(),
    "wav": frozenset({"audio"}),
    "html": frozenset({"audio", "tuning", "key"}),
}
"""Format name -> the fields of `Options` that change what is written; ``audio`` also where only its name does."""

SCORED: frozenset[str] = frozenset(name for name, fields in USES.items() if "tempo" in fields)
"""Formats that have beats, and so a use for tempo, grid and lyrics."""

SHEETS: frozenset[str] = frozenset({"musicxml", "svg", "pdf"})
"""Those of them that are sheet music, which has beats and a grid even where none are asked for."""


class Named(Protocol):
    """A path or a URL."""

    @property
    def name(self) -> str:
        """The last part."""


def format_of(path: Named) -> str | None:
    """The name of the format that a file's name states, the longest ending first; None if there is none."""
    name = path.name.lower()
    return next((_KNOWN[e] for e in sorted(_KNOWN, key=len, reverse=True) if name.endswith(e)), None)


def check_formats(names: Iterable[str]) -> None:
    """Find the packages that formats need, without importing them: before an hour's work, not after it.

    Raises:
        UsageError: if one is not installed.
    """
    for name in names:
        for package in _PACKAGES.get(name, ()):
            if importlib.util.find_spec(package) is None:
                raise missing_package(package, "score", f"-f {name}")
