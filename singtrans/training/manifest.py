"""What to train on: a manifest, or a folder of recordings with their labels beside them."""

import csv
import zlib
from dataclasses import dataclass, replace
from pathlib import Path

from singtrans.audio import AUDIO_SUFFIXES
from singtrans.errors import SingtransError
from singtrans.formats import find_notes, note_stem

SPLITS = ("train", "valid", "test")
COLUMNS = ("id", "audio", "notes", "f0", "accompaniment", "split", "singer", "source", "license", "weight")
_NOTE_SUFFIXES = (".tsv", ".csv", ".mid", ".midi", ".json")  # taken first, in this order
_F0_ENDINGS = (".f0.txt", ".f0.csv", ".f0.tsv", ".pv")


@dataclass(frozen=True)
class Entry:
    """One labelled recording.

    Attributes:
        id: unique in its manifest.
        audio: the recording of the voice.
        notes: its note file (any that `singtrans.formats.load_notes` reads), or None.
        f0: its pitch file (any that `singtrans.formats.load_pitch` reads), or None.
        accompaniment: a recording that may be mixed in as background, or None.
        split: ``train``, ``valid`` or ``test``.
        source: the data set's name; scores are reported for each.
        weight: how often its excerpts are drawn, relative to its length.
    """

    id: str
    audio: Path
    notes: Path | None
    f0: Path | None
    accompaniment: Path | None
    split: str
    source: str
    weight: float = 1.0

    @property
    def name(self) -> str:
        """What files with the notes of many recordings call it: the id without its folders."""
        return self.id.rpartition("/")[2]


def read_entries(path: Path, valid_fraction: float = 0.1) -> list[Entry]:
    """Entries of a manifest file or of a folder of labelled recordings.

    Args:
        path: a CSV with at least the columns ``audio`` and one of ``notes`` and ``f0``, whose paths are relative
            to it; or a folder in which every recording has its labels beside it under the same name.
        valid_fraction: of the training recordings, this part is set aside for validation, by name, where
            no split says otherwise.

    Raises:
        SingtransError: if there is nothing to train on, or naming every fault of the manifest, one a line.
    """
    if path.is_dir():
        entries, decided = _folder_entries(path), False
    elif path.is_file():
        entries, decided = _manifest_entries(path)
    else:
        raise SingtransError(f"{path}: there is no such manifest or folder; give one that exists")
    if not entries:
        raise SingtransError(f"{path}: no labelled recordings found; put song.tsv, .csv or .mid beside song.wav")
    if not decided:
        entries = _set_aside(entries, valid_fraction)
    return entries


def _folder_entries(folder: Path) -> list[Entry]:
    entries = []
    others = {note_stem(path): path for path in reversed(find_notes(folder))}
    for audio in sorted(p for p in folder.rglob("*") if _is_recording(p)):
        beside = [n for s in _NOTE_SUFFIXES if (n := audio.with_suffix(s)).is_file()]
        if len(beside) > 1:
            # One of them may be an estimate, and training on estimates would go unnoticed.
            names = ", ".join(str(n) for n in beside)
            raise SingtransError(f"{audio}: has several note files ({names}); keep the true one, or write a manifest")
        notes = beside[0] if beside else others.get(audio.with_suffix(""))
        f0 = next((f for e in _F0_ENDINGS if (f := audio.with_name(audio.stem + e)).is_file()), None)
        if notes or f0:
            name = audio.relative_to(folder).with_suffix("").as_posix()
            entries.append(Entry(name, audio, notes, f0, None, "train", folder.name))
    return entries


def _is_recording(path: Path) -> bool:
    hidden = path.name.startswith(".")  # such as the shadows that macOS leaves beside real files
    return path.suffix.lower() in AUDIO_SUFFIXES and path.is_file() and not hidden


def _manifest_entries(path: Path) -> tuple[list[Entry], bool]:
    """The entries, and whether the manifest itself says which are for what."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SingtransError(f"{path}: not a manifest ({error}); give a CSV file or a folder") from None
    faults, entries = [], []
    for line, row in enumerate(rows, start=2):
        split = (row.get("split") or "train").strip()
        files = {
            column: path.parent / row[column].strip() if (row.get(column) or "").strip() else None
            for column in ("audio", "notes", "f0", "accompaniment")
        }
        if split not in SPLITS:
            faults.append(f"{path}:{line}: split is {split!r}; use train, valid or test")
        if files["audio"] is None or not (files["notes"] or files["f0"]):
            faults.append(f"{path}:{line}: needs an audio file and notes or f0")
            continue
        faults += [f"{path}:{line}: {c} {f} does not exist" for c, f in files.items() if f and not f.is_file()]
        name = (row.get("id") or files["audio"].stem).strip()
        weight = _weight(row.get("weight") or "1")
        if weight is None:
            faults.append(f"{path}:{line}: weight is {row['weight']!r}; use a number above 0")
            continue
        entries.append(Entry(name, *files.values(), split, (row.get("source") or path.stem).strip(), weight))
    seen: set[str] = set()
    for entry in entries:
        if entry.id in seen:
            faults.append(f"{path}: the id {entry.id!r} is there twice; every recording needs its own")
        seen.add(entry.id)
    if faults:
        raise SingtransError("\n".join(faults))
    return entries, any((row.get("split") or "").strip() for row in rows)


def _weight(text: str) -> float | None:
    try:
        weight = float(text)
    except ValueError:
        return None
    return weight if 0.0 < weight < float("inf") else None


def _set_aside(entries: list[Entry], fraction: float) -> list[Entry]:
    """Validation recordings chosen by a checksum of their names: a second training makes the same choice."""
    count = max(1, round(fraction * len(entries))) if len(entries) > 1 else 0
    chosen = {e.id for e in sorted(entries, key=lambda e: zlib.crc32(e.id.encode()))[:count]}
    return [replace(e, split="valid") if e.id in chosen else e for e in entries]
