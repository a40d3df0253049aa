"""The index of a folder of report pages, sorted by the share of unsure notes."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from singtrans.errors import UsageError
from singtrans.files import whole_file
from singtrans.formats.page.page import UNSURE, read_page
from singtrans.notes import Note, Transcription
from singtrans.pitch import note_name

SIGNATURE = '<meta name="generator" content="singtrans report">'
"""Marks an index as written by singtrans, so that no other page is replaced."""

_NEAR = 2.0  # seconds; largest gap between unsure notes of one passage
_MAX_PASSAGES = 4  # listed per recording

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 16px; color: #1a1a1a; }
h1 { font-size: 20px; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: 5px 14px 5px 0; border-bottom: 1px solid #c9ced6; vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
td:first-child { overflow-wrap: anywhere; min-width: 9em; }
a { color: #0072b2; }
"""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One recording in the index.

    Attributes:
        name: name of the recording.
        page: path of its page, relative to the index.
        transcription: its notes; None if the page is not a report.
    """

    name: str
    page: Path
    transcription: Transcription | None

    @property
    def unsure(self) -> float:
        """Share of unsure notes, 0..1; -1 without notes."""
        notes = self.transcription.notes if self.transcription else ()
        return sum(note.confidence < UNSURE for note in notes) / len(notes) if notes else -1.0


def index_in(folder: Path) -> Path:
    """Return the path of a folder's index.

    Raises:
        UsageError: if another file has that name.
    """
    target = folder / "index.html"
    if os.path.lexists(target) and not _is_index(target):
        raise UsageError(f"{target} already exists and is not an index of report pages; choose another folder with -o")
    return target


def write_index(target: Path, pages: Mapping[Path, str]) -> bool:
    """Write the index of the pages that exist, whichever run made them; an older index is replaced.

    Args:
        target: path of the index, from `index_in`.
        pages: path of each page -> name of its recording.

    Returns:
        False if there is no page, and therefore no index.

    Raises:
        InputError: if a page cannot be read, or the index cannot be written.
    """
    entries = [
        IndexEntry(name, Path(os.path.relpath(page, target.parent)), read_page(page))
        for page, name in pages.items()
        if page.is_file()
    ]
    if entries:
        with whole_file(target) as file:
            file.write(index(entries).encode("utf-8", "replace"))
    return bool(entries)


def _is_index(path: Path) -> bool:
    with suppress(OSError):
        if path.is_file():
            with path.open("rb") as file:
                return SIGNATURE.encode() in file.read(1000)
    return False


def index(entries: Sequence[IndexEntry]) -> str:
    """Format the index as HTML, the recordings with the largest share of unsure notes first."""
    rows = [_row(entry) for entry in sorted(entries, key=lambda entry: (-entry.unsure, entry.name))]
    head = "".join(f"<th>{name}</th>" for name in ("Recording", "Length", "Notes", "Range", "Unsure", "Listen to"))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n{SIGNATURE}\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>Transcriptions</title><style>{_STYLE}</style></head><body>\n<h1>Transcriptions</h1>\n"
        f'<div class="wide"><table>\n<tr>{head}</tr>\n' + "\n".join(rows) + "\n</table></div></body></html>\n"
    )


def passages(notes: Sequence[Note]) -> list[tuple[float, float]]:
    """Find passages of unsure notes: start and end in seconds, the most uncertain passages first."""
    unsure = [note for note in notes if note.confidence < UNSURE]
    groups: list[list[Note]] = [[unsure[0]]] if unsure else []
    for before, note in pairwise(unsure):
        if note.onset - before.offset <= _NEAR:
            groups[-1].append(note)
        else:
            groups.append([note])
    groups.sort(key=lambda group: (-sum(UNSURE - note.confidence for note in group), group[0].onset))
    return [(group[0].onset, group[-1].offset) for group in groups]


def _row(entry: IndexEntry) -> str:
    # surrogateescape: the link works even if the file name is not valid text.
    link = quote(entry.page.as_posix(), errors="surrogateescape")
    name = f'<td><a href="./{link}">{escape(_printable(entry.name))}</a></td>'
    found = entry.transcription
    if found is None:
        return f'<tr>{name}<td colspan="5">unknown</td></tr>'
    numbers = [note.note for note in found.notes]
    sung = f"{note_name(min(numbers))} to {note_name(max(numbers))}" if numbers else "no singing found"
    unsure = f"{100 * entry.unsure:.0f} %" if numbers else ""
    links = [
        f'<a href="./{link}#t={max(0.0, start - 0.5):.1f}">{_clock(start)}–{_clock(end)}</a>'
        for start, end in passages(found.notes)[:_MAX_PASSAGES]
    ]
    cells = [_clock(found.duration), str(len(numbers)), sung, unsure]
    number = [f'<td class="number">{cell}</td>' for cell in cells]
    number[2] = f"<td>{sung}</td>"
    return f"<tr>{name}{''.join(number)}<td>{', '.join(links)}</td></tr>"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name.encode("utf-8", "replace").decode())
