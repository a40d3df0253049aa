"""Reading of data sets from a manifest or a folder, and writing of manifests."""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from singtrans.audio.recording import parse_channel
from singtrans.dataset.entry import CHOICES, FILES, Entry
from singtrans.dataset.folders import find_labelled
from singtrans.dataset.label_files import recording_names
from singtrans.dataset.splits import set_aside
from singtrans.errors import InputError, UsageError
from singtrans.files import whole_file
from singtrans.formats import UNITS, ReadOptions
from singtrans.formats.text import listed
from singtrans.messages import counted

__all__ = [
    "BOUNDARIES",
    "CHOICES",
    "COLUMNS",
    "SPLITS",
    "Entry",
    "Listing",
    "list_entries",
    "read_entries",
    "write_manifest",
]

SPLITS = ("train", "valid", "test")
COLUMNS = ("id", *FILES, "split", "singer", "source", "license", "weight", "boundaries", "convention", "channel")
BOUNDARIES = ("both", "onsets")


@dataclass(frozen=True)
class Listing:
    """Content of a manifest or a folder.

    Attributes:
        entries: entries that can be used.
        faults: one line for each entry that cannot be used.
        decided: whether the data set states the splits.
        unlabelled: recordings without labels.
        orphans: labels without a recording.
        missing: for each file with the notes of many recordings, the names in it for which there is no recording.
    """

    entries: list[Entry]
    faults: list[str] = field(default_factory=list)
    decided: bool = False
    unlabelled: list[Path] = field(default_factory=list)
    orphans: list[Path] = field(default_factory=list)
    missing: dict[Path, list[str]] = field(default_factory=dict)


def read_entries(path: Path, valid_fraction: float = 0.1, pattern: str = "") -> list[Entry]:
    """Read the entries of a manifest, or of a folder of labelled recordings.

    Args:
        path: manifest or folder. A manifest is a CSV file with the column ``audio`` and at least one of the columns
            ``notes``, ``f0`` and ``times``; its paths are relative to its folder. For folders, see
            `singtrans.dataset.folders`.
        valid_fraction: fraction of the recordings to use for validation, if no splits are stated.
        pattern: pattern of file names in a folder, such as ``*_notesA1.csv``, by which one of several label files or
            recordings is chosen.

    Raises:
        InputError: if there are no recordings, or some entries have faults. The message has one line for each fault.
    """
    listing = list_entries(path, valid_fraction, pattern)
    if listing.faults:
        raise InputError("\n".join(listing.faults))
    return listing.entries


def list_entries(path: Path, valid_fraction: float = 0.1, pattern: str = "") -> Listing:
    """Read the usable entries of a manifest or folder, and collect all faults.

    Raises:
        InputError: if there is no such manifest or folder, or it has no recordings.
    """
    if path.is_dir():
        listing = _folder(path, pattern)
    elif path.is_file():
        listing = _manifest(path)
    else:
        raise InputError(f"{path}: there is no such manifest or folder; give one that exists")
    if not listing.entries and not listing.faults:
        raise InputError(f"{path}: no labelled recordings found: {_describe_content(listing)}")
    if not listing.decided:
        return replace(listing, entries=set_aside(listing.entries, valid_fraction))
    if path.is_dir() and not any(entry.split == "valid" for entry in listing.entries):
        train = iter(set_aside([entry for entry in listing.entries if entry.split == "train"], valid_fraction))
        return replace(listing, entries=[next(train) if e.split == "train" else e for e in listing.entries])
    return listing


def _describe_content(listing: Listing) -> str:
    """Describe the content of a folder without labelled recordings, and the remedy."""
    recordings = [path.name for path in listing.unlabelled]
    labels = [path.name for path in (*listing.orphans, *listing.missing)]
    if not recordings:
        return f"there are {len(labels)} label files, but no recordings" if labels else "there are no recordings"
    seen = f"there are {counted(len(recordings), 'recording')} ({listed(recordings, 3)})"
    if not labels:
        return f"{seen}, but no label files; put song.csv, .tsv, .mid or song.f0.csv beside song.wav"
    return (
        f"{seen} and {counted(len(labels), 'label file')} ({listed(labels, 3)}), but none has the name of a recording;"
        " rename them, or write a manifest with the columns audio and notes"
    )


def write_manifest(path: Path, entries: Sequence[Entry], *, overwrite: bool = True) -> None:
    """Write a manifest. The paths in it are relative to its folder.

    Raises:
        InputError: if the file cannot be written, or exists and ``overwrite`` is False.
    """
    base = path.parent.resolve()
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    choices = [column for column in CHOICES if any(getattr(entry.reading, column) for entry in entries)]
    writer.writerow([*COLUMNS, *choices])
    for entry in entries:
        cells = [_cell(getattr(entry, column), base) for column in COLUMNS]
        writer.writerow([*cells, *(getattr(entry.reading, column) or "" for column in choices)])
    with whole_file(path, overwrite=overwrite) as file:
        file.write(text.getvalue().encode())


def _cell(value: object, base: Path) -> str:
    if isinstance(value, Path):
        # Links in the folder's path are resolved, but not a linked file, because the name of the link identifies it.
        return Path(os.path.relpath(value.parent.resolve() / value.name, base)).as_posix()
    return f"{value:g}" if isinstance(value, float) else str(value or "")


def _folder(folder: Path, pattern: str) -> Listing:
    found = find_labelled(folder, pattern)
    entries, source = [], folder.resolve().name
    for item in found.items:
        inner = item.audio.relative_to(folder)
        entries.append(
            Entry(
                (inner.parent if item.by_folder else inner.with_suffix("")).as_posix(),
                item.audio,
                item.notes,
                item.f0,
                item.times,
                split=item.split or "train",
                source=source,
                singer=item.singer,
                reading=ReadOptions(name=item.name or None),
            )
        )
    decided = bool(found.items) and all(item.split for item in found.items)
    if not decided:
        entries = [replace(entry, split="train") for entry in entries]
    faults = [*found.faults, *_twice(folder, entries)]
    return Listing(entries, faults, decided, found.unlabelled, found.orphans, found.missing)


def _manifest(path: Path) -> Listing:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            names, rows = reader.fieldnames or (), [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a manifest ({error}); give a CSV file or a folder") from None
    if "audio" not in names or not {"notes", "f0", "times"} & set(names):
        needs = "its first line needs the columns audio, and notes, f0 or times"
        raise InputError(f"{path}: not a manifest; {needs}, with commas between them")
    faults, entries = [], []
    for line, row in rows:
        cells = {column: (row.get(column) or "").strip() for column in (*COLUMNS, *CHOICES)}
        entry, wrong = _entry(path, cells)
        faults += [f"{path}:{line}: {what}" for what in wrong]
        if entry:
            entries.append(entry)
    faults += _twice(path, entries)
    decided = any((row.get("split") or "").strip() for _, row in rows)
    # Entries with missing files are dropped. Entries with a repeated id are kept.
    entries = [e for e in entries if all(f is None or f.is_file() for f in e.files)]
    return Listing(entries, faults, decided)


def _entry(path: Path, cells: Mapping[str, str]) -> tuple[Entry | None, list[str]]:
    """Return the entry in a row of a manifest, and the faults of the row.

    The entry is None if the row has no audio file or no labels.
    """
    faults = []
    files = {c: path.parent / cells[c] if cells[c] and "\0" not in cells[c] else None for c in FILES}
    split, weight = cells["split"] or "train", _weight(cells["weight"] or "1")
    if split not in SPLITS:
        faults.append(f"split is {split!r}; use train, valid or test")
    if weight is None:
        faults.append(f"weight is {cells['weight']!r}; use a number above 0")
    boundaries = cells["boundaries"] or "both"
    if boundaries not in BOUNDARIES:
        faults.append(f"boundaries is {boundaries!r}; use both or onsets")
    channel = _is_channel(cells["channel"])
    if not channel:
        faults.append(f"channel is {cells['channel']!r}; use left, right, mix or the number of a channel, from 1")
    if cells["unit"] not in ("", *UNITS):
        faults.append(f"unit is {cells['unit']!r}; use {' or '.join(UNITS)}")
    audio = files["audio"]
    if audio is None or not any(files[c] for c in ("notes", "f0", "times")):
        return None, [*faults, "needs an audio file, and notes, f0 or times; fill them in or drop the line"]
    faults += [f"{c} {f} does not exist; check the path" for c, f in files.items() if f and not f.is_file()]
    name = cells["id"] or audio.stem
    entry = Entry(
        id=name,
        audio=audio,
        notes=files["notes"],
        f0=files["f0"],
        times=files["times"],
        accompaniment=files["accompaniment"],
        split=split,
        source=cells["source"] or path.stem,
        weight=weight or 1.0,
        singer=cells["singer"],
        license=cells["license"],
        boundaries=boundaries,
        syllables=files["syllables"],
        ornaments=files["ornaments"],
        convention=cells["convention"],
        channel=cells["channel"] if channel else "",
        reading=_reading(cells, name, audio, files["notes"]),
    )
    return entry, faults


def _is_channel(text: str) -> bool:
    try:
        parse_channel(text or "mix")
    except UsageError:
        return False
    return True


def _reading(cells: Mapping[str, str], name: str, audio: Path, notes: Path | None) -> ReadOptions:
    """Return the options with which the notes of a row are read.

    If the file of notes has many recordings, the options include the name of this recording.
    """
    stated = {column: cells[column] or None for column in CHOICES}
    song = stated["name"]
    if notes is not None and notes.is_file() and song is None:
        known = recording_names(notes)
        likely = (name.rpartition("/")[2], audio.stem, audio.parent.name)
        song = next((some for some in likely[1:] if some in known and likely[0] not in known), None)
    unit = stated["unit"] if stated["unit"] in UNITS else None  # other units are among the faults
    return ReadOptions(song, stated["voice"], stated["tier"], unit, stated["columns"])


def _twice(where: Path, entries: Sequence[Entry]) -> list[str]:
    files: dict[str, list[str]] = {}
    for entry in entries:
        files.setdefault(entry.id, []).append(str(entry.audio))
    return [
        f"{where}: the id {name!r} occurs {_times(len(paths))} ({', '.join(dict.fromkeys(paths))});"
        " give every recording a different id"
        for name, paths in files.items()
        if len(paths) > 1
    ]


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def _weight(text: str) -> float | None:
    try:
        weight = float(text)
    except ValueError:
        return None
    return weight if 0.0 < weight < float("inf") else None
