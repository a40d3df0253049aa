"""Recordings in a folder, and the labels that belong to them.

Labels lie beside their recording under the same name (``song.wav``, ``song.tsv``), in another folder under the same
name if no other has it (``audio/song.wav``, ``labels/song.mid``), or many recordings' in one file that names them by
their names or their folders (MIR-ST500's JSON, DiffSinger's ``transcriptions.csv``).
"""

import csv
import json
import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from singtrans.audio import AUDIO_SUFFIXES
from singtrans.errors import InputError
from singtrans.formats import ENDINGS, F0_ENDINGS, find_notes, jams_notes, load_notes, note_stem
from singtrans.formats import is_label as is_true

NOTE_SUFFIXES = (".tsv", ".csv", ".mid", ".midi", ".json")  # others may hold words
TIMES_ENDINGS = (".times.csv", ".times.tsv", ".times.txt")


@dataclass(frozen=True)
class Labelled:
    """A recording with its labels; None where there are none.

    Attributes:
        by_folder: whether its folder's name is what the labels call it.
    """

    audio: Path
    notes: Path | None
    f0: Path | None
    times: Path | None
    by_folder: bool = False


@dataclass(frozen=True)
class Found:
    """What a folder holds.

    Attributes:
        items: recordings with labels, by path.
        faults: a line for each recording whose labels are not clear.
        unlabelled: recordings without labels.
        orphans: labels without a recording.
        missing: of files with many recordings' labels, the names that no recording has.
        by_singer: whether each sub-folder is a singer's: every recording lies in one, there are several, and one at
            least holds several recordings.
    """

    items: list[Labelled] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unlabelled: list[Path] = field(default_factory=list)
    orphans: list[Path] = field(default_factory=list)
    missing: dict[Path, list[str]] = field(default_factory=dict)
    by_singer: bool = False


def recordings_in(folder: Path) -> list[Path]:
    """Recordings in a folder and its sub-folders, by path: no hidden ones (macOS makes ._song.wav), nor our own."""
    ours = ENDINGS["wav"]
    files = [path for path in _files(folder) if path.suffix.lower() in AUDIO_SUFFIXES]
    return [path for path in files if not path.name.lower().endswith(ours)]


def find_labelled(folder: Path) -> Found:
    """Recordings with labels in a folder and its sub-folders; hidden files and folders are passed over."""
    files, recordings = _files(folder), recordings_in(folder)
    labels = _Labels(folder, files, recordings)
    found = Found(by_singer=_by_singer(folder, recordings))
    for audio in recordings:
        notes, by_folder = labels.notes_of(audio)
        f0, times = labels.f0.of(audio), labels.times.of(audio)
        several = next((few for few in (notes, f0, times) if len(few) > 1), ())
        if several:
            # One of them may be an estimate, and training on estimates would go unnoticed.
            names = ", ".join(str(path) for path in several)
            kind = "note" if several is notes else "label"
            fault = f"{audio}: has several {kind} files ({names}); keep the true one, or write a manifest"
            found.faults.append(fault)
        elif notes or f0 or times:
            its_notes, its_f0, its_times = (next(iter(few), None) for few in (notes, f0, times))
            found.items.append(Labelled(audio, its_notes, its_f0, its_times, by_folder))
        else:
            found.unlabelled.append(audio)
    found.orphans.extend(labels.orphans())
    found.missing.update(labels.missing())
    return found


class _Index:
    """Label files of one kind, and the recording that each is named after.

    Args:
        stems: file -> its path without endings: that of its recording, if it lies beside it.
        recordings: all there are, without their endings.
    """

    def __init__(self, stems: dict[Path, Path], recordings: Sequence[Path]) -> None:
        self.stems = stems
        self._beside: dict[Path, list[Path]] = defaultdict(list)
        self._elsewhere: dict[tuple[str, ...], list[Path]] = defaultdict(list)
        for path, stem in stems.items():
            self._beside[stem].append(path)
            for key in _keys(stem):
                self._elsewhere[key].append(path)
        self._counts = Counter(key for stem in recordings for key in _keys(stem))
        self.used: set[Path] = set()

    def of(self, audio: Path) -> list[Path]:
        """Those of a recording; more than one is one too many."""
        stem = audio.with_suffix("")
        files = self._beside.get(stem, [])
        for key in _keys(stem):
            if not files and self._counts[key] == 1:
                files = self._elsewhere.get(key, [])
        self.used.update(files)
        return files

    def unused(self) -> list[Path]:
        """Those that are named like no recording."""
        return [p for p, stem in self.stems.items() if p not in self.used and not self._counts[_keys(stem)[0]]]


class _Labels:
    """All label files of a folder."""

    def __init__(self, folder: Path, files: Sequence[Path], recordings: Sequence[Path]) -> None:
        self._folder = folder
        stems = [path.with_suffix("") for path in recordings]
        contours = [p for p in files if p.suffix.lower() == ".jams" and jams_notes.namespaces(p) == {"pitch_contour"}]
        notes = [p for p in find_notes(folder) if not _hidden(p.relative_to(folder))]
        notes = [p for p in notes if not _stem_without(p, (*F0_ENDINGS, *TIMES_ENDINGS)) and p not in contours]
        self._many = {path: names for path in notes if (names := _names(path))}
        # A file of one recording needs not name it.
        own = [path for path in notes if len(self._many.get(path, ())) < 2]
        self.notes = _Index({path: note_stem(path) for path in own}, stems)
        f0 = {path: stem for path in files if (stem := _stem_without(path, F0_ENDINGS))}
        self.f0 = _Index(f0 | {path: path.with_suffix("") for path in contours}, stems)
        self.times = _Index({p: stem for p in files if (stem := _stem_without(p, TIMES_ENDINGS))}, stems)
        self._known = {name for path in recordings for name in (path.stem, path.parent.name)}

    def notes_of(self, audio: Path) -> tuple[list[Path], bool]:
        """A recording's notes, and whether they are named after its folder."""
        if own := self.notes.of(audio):
            return true_notes(own), False
        if files := self._nearest(audio, audio.stem):
            return files, False
        if audio.parent == self._folder:
            return [], False
        return (files := self._nearest(audio, audio.parent.name)), bool(files)

    def _nearest(self, audio: Path, name: str) -> list[Path]:
        """Files with many recordings' notes that name this one: of several, those that share most folders with it."""
        files = [path for path, names in self._many.items() if name in names]
        shared = {path: len(Path(os.path.commonpath([path, audio])).parts) for path in files}
        return [path for path in files if shared[path] == max(shared.values())]

    def orphans(self) -> list[Path]:
        """Labels that are named like no recording."""
        # A table of singers is no orphan: only what holds notes is.
        notes = [p for p in self.notes.unused() if p not in self._many and _holds_notes(p)]
        return sorted([*notes, *self.f0.unused(), *self.times.unused()])

    def missing(self) -> dict[Path, list[str]]:
        """Of files with many recordings' notes, the names that no recording has."""
        rest = {path: sorted(names - self._known) for path, names in self._many.items() if path not in self.notes.used}
        return {path: names for path, names in rest.items() if names}


def _keys(stem: Path) -> tuple[tuple[str, ...], ...]:
    """What labels in other folders are known by: the name; or with its folder, where several have that name."""
    return (stem.name,), (stem.parent.name, stem.name)


def true_notes(files: Sequence[Path]) -> list[Path]:
    """Of one recording's note files those that can be the truth; where there are several, nothing says which.

    These are the ones whose name says so (``song.notes.csv``); else those of the usual endings, and others that hold
    notes, which a TextGrid of words does not; else all.
    """
    if len(files) < 2:
        return list(files)
    named = [path for path in files if is_true(path)]
    return named or [p for p in files if p.suffix.lower() in NOTE_SUFFIXES or _holds_notes(p)] or list(files)


def _by_singer(folder: Path, recordings: Sequence[Path]) -> bool:
    parts = [path.relative_to(folder).parts for path in recordings]
    singers = Counter(part[0] for part in parts)
    return all(len(part) > 1 for part in parts) and 1 < len(singers) < len(parts)


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if not _hidden(p.relative_to(folder)) and p.is_file())


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)  # such as the shadows that macOS leaves


def _stem_without(path: Path, endings: tuple[str, ...]) -> Path | None:
    """The path without the first of these endings that it has."""
    return next((path.with_name(path.name[: -len(e)]) for e in endings if path.name.lower().endswith(e)), None)


def _holds_notes(path: Path) -> bool:
    try:
        return bool(load_notes(path, faults=[]))
    except InputError:
        return False


def _names(path: Path) -> set[str]:
    """The recordings that a file of many says it labels; none if it is not such a file."""
    try:
        if path.suffix.lower() == ".json":
            content = json.loads(path.read_text(encoding="utf-8-sig"))
            songs = isinstance(content, dict) and not {"notes", "annotations"} & set(content)
            return set(content) if songs and all(isinstance(notes, list) for notes in content.values()) else set()
        if path.suffix.lower() != ".csv":
            return set()
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if not {"name", "note_seq"} <= set(reader.fieldnames or ()):
                return set()
            return {row["name"] for row in reader if row["name"]}
    except (OSError, ValueError, csv.Error, RecursionError):
        return set()
