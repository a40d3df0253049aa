"""Index of a folder of report pages, sorted by the share of notes that should be checked."""

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
from singtrans.formats.page.content import read_page
from singtrans.formats.page.doubts import doubts
from singtrans.notes import Note, Transcription
from singtrans.pitch import note_name

SIGNATURE = '<meta name="generator" content="singtrans report">'
"""Text that marks a file as an index written by singtrans; files without it are not replaced."""

_NEAR = 2.0  # seconds; largest gap between unsure notes of one passage
_MAX_PASSAGES = 4  # listed per recording

_HEADS = ("Recording", "Length", "Notes", "Range", "To check", "Listen to")
_NUMBER = ' class="number"'
_STYLE = """
:root { color-scheme: light dark; --ink: #16191f; --muted: #545b68; --line: #d5d9e0; --link: #1f5fbf; --paper: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #eceff4; --muted: #a5adbb; --line: #323946; --link: #7fb0ff; --paper: #12151b; }
}
body { font: 15px/1.45 system-ui, sans-serif; margin: 24px auto; padding: 0 16px; max-width: 1000px; color: var(--ink);
  background: var(--paper); }
h1 { font-size: 20px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: 8px 14px 8px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--muted); font-weight: 500; }
td.number { font-variant-numeric: tabular-nums; white-space: nowrap; }
td:first-child { overflow-wrap: anywhere; font-weight: 600; }
td a { display: inline-block; min-height: 24px; }
a { color: var(--link); }
@media (max-width: 640px) {
  thead { display: none; }
  tr { display: block; padding: 10px 0; border-bottom: 1px solid var(--line); }
  td { display: flex; gap: 12px; padding: 2px 0; border: 0; }
  td:empty { display: none; }
  td:not(:first-child)::before { content: attr(data-name); flex: 0 0 86px; color: var(--muted); }
}
"""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One recording in the index.

    Attributes:
        name: name of the recording.
        page: path of the page of the recording, relative to the index.
        transcription: notes on the page; None if the page is not a report.
    """

    name: str
    page: Path
    transcription: Transcription | None

    @property
    def unsure(self) -> float:
        """Share of notes to check, 0 to 1; -1 if there are no notes."""
        notes = self.transcription.notes if self.transcription else ()
        return sum(map(bool, doubts(notes))) / len(notes) if notes else -1.0


def index_in(folder: Path) -> Path:
    """Return the path of a folder's index.

    Raises:
        UsageError: if there is a file with this name that is not an index.
    """
    target = folder / "index.html"
    if os.path.lexists(target) and not _is_index(target):
        raise UsageError(f"{target} already exists and is not an index of report pages; choose another folder with -o")
    return target


def write_index(target: Path, pages: Mapping[Path, str]) -> bool:
    """Write the index of all pages that exist, and replace an older index.

    Args:
        target: path of the index, from `index_in`.
        pages: map from the path of each page to the name of its recording.

    Returns:
        Whether an index was written. This is not the case if no page exists.

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
    """Format the index as HTML. The recordings with the largest share of notes to check come first."""
    rows = [_row(entry) for entry in sorted(entries, key=lambda entry: (-entry.unsure, entry.name))]
    head = "".join(f"<th>{name}</th>" for name in _HEADS)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n{SIGNATURE}\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>Transcriptions</title><style>{_STYLE}</style></head><body>\n<h1>Transcriptions</h1>\n"
        f"<table><thead><tr>{head}</tr></thead><tbody>\n" + "\n".join(rows) + "\n</tbody></table></body></html>\n"
    )


def passages(notes: Sequence[Note]) -> list[tuple[float, float]]:
    """Return the start and the end in seconds of each passage with notes to check.

    The passages with the most such notes come first.
    """
    unsure = [note for note, reasons in zip(notes, doubts(notes), strict=True) if reasons]
    groups: list[list[Note]] = [[unsure[0]]] if unsure else []
    for before, note in pairwise(unsure):
        if note.onset - before.offset <= _NEAR:
            groups[-1].append(note)
        else:
            groups.append([note])
    groups.sort(key=lambda group: (-len(group), group[0].onset))
    return [(group[0].onset, group[-1].offset) for group in groups]


def _row(entry: IndexEntry) -> str:
    # surrogateescape: the link works even if the file name is not valid text.
    link = quote(entry.page.as_posix(), errors="surrogateescape")
    name = f'<td><a href="./{link}">{escape(_printable(entry.name))}</a></td>'
    found = entry.transcription
    if found is None:
        return f'<tr>{name}<td colspan="5" data-name="">unknown</td></tr>'
    numbers = [note.note for note in found.notes]
    sung = f"{note_name(min(numbers))} to {note_name(max(numbers))}" if numbers else "no singing found"
    unsure = f"{100 * entry.unsure:.0f} %" if numbers else ""
    links = [
        f'<a href="./{link}#t={max(0.0, start - 0.5):.1f}">{_span(start, end)}</a>'
        for start, end in passages(found.notes)[:_MAX_PASSAGES]
    ]
    listen = f"<span>{', '.join(links)}</span>" if links else ""
    cells = [_clock(found.duration), str(len(numbers)), sung, unsure, listen]
    columns = [
        f'<td data-name="{head}"{_NUMBER if cell[:1].isdecimal() else ""}>{cell}</td>'
        for head, cell in zip(_HEADS[1:], cells, strict=True)
    ]
    return f"<tr>{name}{''.join(columns)}</tr>"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _span(start: float, end: float) -> str:
    times = (_clock(start), _clock(end))
    return "–".join(dict.fromkeys(times))  # equal times are written once


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name.encode("utf-8", "replace").decode())
