"""Recordings in a folder, and the labels that belong to them.

Labels lie beside their recording under the same name (``song.wav``, ``song.tsv``), in another folder under the same
name if no other has it (``audio/song.wav``, ``labels/song.mid``), or many recordings' in one file that names them
(MIR-ST500's JSON, DiffSinger's ``transcriptions.csv``).
"""

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from singtrans.audio import AUDIO_SUFFIXES
from singtrans.formats import find_notes, note_stem

NOTE_SUFFIXES = (".tsv", ".csv", ".mid", ".midi", ".json")  # taken first, in this order
F0_ENDINGS = (".f0.txt", ".f0.csv", ".f0.tsv", ".pv")
TIMES_ENDINGS = (".times.csv", ".times.tsv", ".times.txt")


@dataclass(frozen=True)
class Labelled:
    """A recording with its labels; None where there are none."""

    audio: Path
    notes: Path | None
    f0: Path | None
    times: Path | None


@dataclass(frozen=True)
class Found:
    """What a folder holds.

    Attributes:
        items: recordings with labels, by path.
        faults: a line for each recording whose labels are not clear.
        unlabelled: recordings without labels.
        orphans: labels without a recording.
        by_singer: whether every recording lies in a sub-folder, two or more of them: then each is a singer's.
    """

    items: list[Labelled] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unlabelled: list[Path] = field(default_factory=list)
    orphans: list[Path] = field(default_factory=list)
    by_singer: bool = False


def find_labelled(folder: Path) -> Found:
    """Recordings with labels in a folder and its sub-folders; hidden files and folders are passed over."""
    files = sorted(p for p in folder.rglob("*") if not _hidden(p.relative_to(folder)) and p.is_file())
    recordings = [p for p in files if p.suffix.lower() in AUDIO_SUFFIXES]
    notes = [p for p in find_notes(folder) if not _hidden(p.relative_to(folder)) and not _ends(p, TIMES_ENDINGS)]
    shared = {path: _names(path) for path in notes if path.suffix.lower() in (".json", ".csv")}
    own = [path for path in notes if not shared.get(path)]
    stems = {path.stem for path in recordings}
    found, used = Found(by_singer=_by_singer(folder, recordings)), set()
    for audio in recordings:
        beside = [p for p in own if note_stem(p) == audio.with_suffix("")]
        first = [p for s in NOTE_SUFFIXES for p in beside if p == audio.with_suffix(s)]
        if len(first) > 1:
            # One of them may be an estimate, and training on estimates would go unnoticed.
            names = ", ".join(str(n) for n in first)
            found.faults.append(f"{audio}: has several note files ({names}); keep the true one, or write a manifest")
            used.update(first)
            continue
        elsewhere = [p for p in own if note_stem(p).name == audio.stem] if stems_unique(recordings, audio) else []
        in_many = [p for p, names in shared.items() if names & {audio.stem, audio.parent.name}]
        choices = first or beside[:1] or (elsewhere if len(elsewhere) == 1 else []) or in_many[:1]
        f0, times = (_beside(audio, endings) for endings in (F0_ENDINGS, TIMES_ENDINGS))
        item = Labelled(audio, choices[0] if choices else None, f0, times)
        used.update([*choices, *beside])
        if item.notes or f0 or times:
            found.items.append(item)
        else:
            found.unlabelled.append(audio)
    # Files of other things (a table of singers) are no orphans: only what is named like a recording could be.
    found.orphans.extend([p for p in own if p not in used and note_stem(p).name not in stems and _looks_like_notes(p)])
    return found


def stems_unique(recordings: Iterable[Path], audio: Path) -> bool:
    """Whether no other recording has this one's name."""
    return sum(path.stem == audio.stem for path in recordings) == 1


def _by_singer(folder: Path, recordings: list[Path]) -> bool:
    parents = [path.relative_to(folder).parts for path in recordings]
    return all(len(parts) > 1 for parts in parents) and len({parts[0] for parts in parents}) > 1


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)  # such as the shadows that macOS leaves


def _ends(path: Path, endings: tuple[str, ...]) -> bool:
    return path.name.lower().endswith(endings)


def _beside(audio: Path, endings: tuple[str, ...]) -> Path | None:
    return next((f for e in endings if (f := audio.with_name(audio.stem + e)).is_file()), None)


def _looks_like_notes(path: Path) -> bool:
    from singtrans.errors import SingtransError
    from singtrans.formats import load_notes

    try:
        return bool(load_notes(path))
    except SingtransError:
        return False


def _names(path: Path) -> set[str]:
    """The recordings that a file of many says it labels; none if it is not such a file."""
    try:
        if path.suffix.lower() == ".json":
            content = json.loads(path.read_text(encoding="utf-8-sig"))
            many = isinstance(content, dict) and not {"notes", "annotations"} & set(content)
            return {str(name) for name in content} if many else set()
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if "name" not in (reader.fieldnames or ()) or "note_seq" not in reader.fieldnames:
                return set()
            return {row["name"] for row in reader if row["name"]}
    except (OSError, ValueError, csv.Error, RecursionError):
        return set()
