"""Label files in a folder, and the recordings to which they belong.

A label file belongs to the recording that has the same name and is in the same folder. The label file may also be in
another folder if only one recording has this name. If no recording has the name of the label file, common words at the
ends of the names are ignored: ``song_notesA1.csv`` and ``song_f0.csv`` belong to ``song.wav``, and ``song.mid`` belongs
to ``song_vocals.wav``. An UltraStar song belongs to the recording that is named in the song. A file with the notes of
many recordings belongs to all recordings that are named in the file.
"""

import csv
import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from singtrans.errors import InputError
from singtrans.files import read_bytes
from singtrans.formats import F0_ENDINGS, find_notes, is_label, jams_notes, load_notes, note_stem, ultrastar
from singtrans.formats.detection import holds_notes, holds_pitch
from singtrans.formats.labels import opencpop, singing_json
from singtrans.formats.labels.times import times_stem
from singtrans.notes import Note

NOTE_SUFFIXES = (".tsv", ".csv", ".mid", ".midi", ".json")
"""Endings of files that should contain notes, even if these cannot be read; other files may contain only words."""

_SCORE_SUFFIXES = (".musicxml", ".mxl", ".xml")
_PITCH_SUFFIXES = (".csv", ".tsv", ".txt")

_VOICE = r"vocals?|voice|vox|singing|singer|song|acapella|dry|lead"
_MIX = r"mix|mixture|audio|full|original"
_BACKING = r"inst|instrumental|accompaniment|karaoke|backing|bgm|no_?vocals|drums|bass|other|piano|guitar"
_AUDIO_TAIL = re.compile(rf"[_\-. ](?:{_VOICE}|{_MIX})$", re.IGNORECASE)
_LABEL = r"notes?|f0|pitch|midi|score|labels?|melody|gt|ground_?truth|annotations?"
_LABEL_TAIL = re.compile(rf"[_\-. ](?:vamp_)?(?:pyin_)*(?:{_LABEL})[_-]?[a-z]?\d{{0,2}}$", re.IGNORECASE)
_SAME_TIME, _SAME_PITCH = 0.02, 0.5  # seconds and semitones within which two files have the same notes


class LabelIndex:
    """Index of the label files of one kind, which finds the files of a recording by the name of the recording.

    Args:
        stems: map from each label file to the path that its recording would have in the same folder, without the
            ending of the recording.
        recordings: paths of all recordings without their endings.
    """

    def __init__(self, stems: dict[Path, Path], recordings: Sequence[Path]) -> None:
        self.stems = stems
        self.used: set[Path] = set()
        self._beside: dict[Path, list[Path]] = defaultdict(list)
        self._elsewhere: dict[tuple[str, ...], list[Path]] = defaultdict(list)
        self._counts = Counter(key for stem in recordings for key in _keys(stem))
        self._loose: dict[str, list[Path]] = defaultdict(list)
        loose = [_loose_name(stem.name, _AUDIO_TAIL) for stem in recordings]
        self._loose_counts = Counter(loose)
        for path, stem in stems.items():
            self._beside[stem].append(path)
            for key in _keys(stem):
                self._elsewhere[key].append(path)
            if not self._counts[(stem.name,)]:
                self._loose[_loose_name(stem.name, _LABEL_TAIL)].append(path)

    def of(self, audio: Path) -> list[Path]:
        """Return the label files of a recording.

        These are the files with its name in its folder, or else the files with its name in other folders, or else the
        files with a similar name.
        """
        stem = audio.with_suffix("")
        files = self._beside.get(stem, [])
        for key in _keys(stem):
            if not files and self._counts[key] == 1:
                files = self._elsewhere.get(key, [])
        name = _loose_name(stem.name, _AUDIO_TAIL)
        if not files and self._loose_counts[name] == 1:
            files = self._loose.get(name, [])
        self.used.update(files)
        return files

    def beside(self, stem: Path) -> list[Path]:
        """Return the label files that have the folder and name of a recording, given its path without the ending."""
        files = self._beside.get(stem, [])
        self.used.update(files)
        return files

    def unused(self) -> list[Path]:
        """Return the label files that belong to no recording."""
        return [p for p, stem in self.stems.items() if p not in self.used and not self._counts[_keys(stem)[0]]]


class LabelFiles:
    """All label files of a folder.

    Args:
        folder: folder of the files.
        files: all files in the folder.
        recordings: recordings among the files.
        pattern: pattern of file names, by which one of several label files or recordings is chosen.
    """

    def __init__(self, folder: Path, files: Sequence[Path], recordings: Sequence[Path], pattern: str = "") -> None:
        self._folder, self._pattern, self._recordings = folder, pattern, recordings
        stems = [path.with_suffix("") for path in recordings]
        named_f0 = {path: stem for path in files if (stem := _stem_without(path, F0_ENDINGS))}
        times = {path: stem for path in files if (stem := times_stem(path))}
        contours = [p for p in files if p.suffix.lower() == ".jams" and jams_notes.namespaces(p) == {"pitch_contour"}]
        others = [p for p in files if p not in named_f0 and p not in times and p.suffix.lower() in _PITCH_SUFFIXES]
        contours += [path for path in others if holds_pitch(path)]
        notes = [p for p in find_notes(folder) if p in set(files)]
        notes = [p for p in notes if p not in named_f0 and p not in times and p not in set(contours)]
        self._many = {path: names for path in notes if (names := recording_names(path))}
        # The name in a file with a single recording does not matter.
        own = [path for path in notes if len(self._many.get(path, ())) < 2]
        self.notes = LabelIndex({path: _audio_of_song(path) or note_stem(path) for path in own}, stems)
        self.f0 = LabelIndex(named_f0 | {path: path.with_suffix("") for path in contours}, stems)
        self.times = LabelIndex(times, stems)
        self._known = {name for path in recordings for name in (path.stem, path.parent.name, in_folder(path))}

    def notes_of(self, audio: Path) -> list[Path]:
        """Return the files with the notes of a recording, found by the file names or else by the names in the files."""
        return (
            choose_notes(own, self._pattern)
            if (own := self.notes.of(audio))
            else self._nearest(audio, audio.stem, in_folder(audio))
        )

    def pitch_of(self, audio: Path) -> list[Path]:
        """Return the files with the pitch of a recording; files with an ending for pitch are preferred."""
        files = matching(self.f0.of(audio), self._pattern)
        return [path for path in files if _stem_without(path, F0_ENDINGS)] or files

    def times_of(self, audio: Path) -> list[Path]:
        """Return the files with the times of a recording's notes."""
        return matching(self.times.of(audio), self._pattern)

    def notes_of_folder(self, audio: Path) -> list[Path]:
        """Return the files of notes that belong to a recording by the name of its folder.

        These are files with the notes of many recordings that contain this name, or else files in the folder that have
        this name.
        """
        if audio.parent == self._folder:
            return []
        many = self._nearest(audio, audio.parent.name)
        return many or choose_notes(self.notes.beside(audio.parent / audio.parent.name), self._pattern)

    def name_in(self, notes: Path, audio: Path) -> str:
        """Return the result of `in_folder` if a file of notes contains it as the name of a recording, otherwise ''."""
        return in_folder(audio) if in_folder(audio) in self._many.get(notes, ()) else ""

    def _nearest(self, audio: Path, *names: str) -> list[Path]:
        """Return the files with the notes of many recordings that contain one of the names.

        If there are several such files, only those that share the most parent folders with the recording are returned.
        """
        files = matching([path for path, known in self._many.items() if known & set(names)], self._pattern)
        shared = {path: len(Path(os.path.commonpath([path, audio])).parts) for path in files}
        return [path for path in files if shared[path] == max(shared.values())]

    def orphans(self) -> list[Path]:
        """Return the label files that belong to no recording."""
        # Only files with notes are orphans; a table of singers, for example, is not.
        notes = [p for p in self.notes.unused() if p not in self._many and _read_notes(p)]
        return sorted([*notes, *self.f0.unused(), *self.times.unused()])

    def missing(self) -> dict[Path, list[str]]:
        """Map each file with the notes of many recordings to the names in it for which there is no recording."""
        rest = {path: sorted(names - self._known) for path, names in self._many.items() if path not in self.notes.used}
        return {path: names for path, names in rest.items() if names}


def choose_notes(files: Sequence[Path], pattern: str = "") -> list[Path]:
    """Choose among several files of notes that belong to one recording.

    Files whose names match the pattern are preferred, then files with the name of a label file (``song.notes.csv``),
    then files that contain notes and not only metadata or words, and then files that are not scores. If several files
    contain the same notes, only the first one is kept.

    Returns:
        One file, or several if the choice is ambiguous.
    """
    if len(files) < 2:
        return list(files)
    files = matching(files, pattern)
    files = [path for path in files if is_label(path)] or list(files)
    held = {path: _read_notes(path) for path in files}
    likely = [path for path, notes in held.items() if notes or (notes is None and path.suffix.lower() in NOTE_SUFFIXES)]
    # A score seldom has the sung times, so it is used only if no other file has notes.
    likely = [path for path in likely if path.suffix.lower() not in _SCORE_SUFFIXES] or likely
    kept: list[Path] = []
    for path in likely or files:
        if not any(_same_notes(held[path], held[other]) for other in kept):
            kept.append(path)
    return kept


def choose_recordings(recordings: Sequence[Path], pattern: str = "") -> list[Path]:
    """Choose the recordings to which the labels of a folder belong: the voice, or else all except the backing."""
    chosen = matching(recordings, pattern)
    for words, wanted in ((_BACKING, False), (_VOICE, True)):
        role = re.compile(rf"(?:.*[_\-. ])?(?:{words})", re.IGNORECASE)
        chosen = [path for path in chosen if bool(role.fullmatch(path.stem)) is wanted] or chosen
    return chosen


def in_folder(audio: Path) -> str:
    """Return a name that consists of a recording's folder and file name, as in M4Singer: ``Alto-1#song#0000``."""
    return f"{audio.parent.name}#{audio.stem}"


def recording_names(path: Path) -> set[str]:
    """Return the names of the recordings in a file with the notes of many recordings; empty for other files."""
    readers = {".json": _names_in_json, ".txt": opencpop.names_in, ".csv": _names_in_table}
    try:
        return readers[path.suffix.lower()](path) if path.suffix.lower() in readers else set()
    except (InputError, ValueError, csv.Error, RecursionError):
        return set()


def _names_in_json(path: Path) -> set[str]:
    content = json.loads(read_bytes(path).decode("utf-8-sig"))
    if isinstance(content, list):
        return singing_json.names_in(content)
    songs = isinstance(content, dict) and not {"notes", "annotations"} & set(content)
    return set(content) if songs and all(isinstance(notes, list) for notes in content.values()) else set()


def _names_in_table(path: Path) -> set[str]:
    reader = csv.DictReader(read_bytes(path).decode("utf-8-sig").splitlines())
    if not {"name", "note_seq"} <= set(reader.fieldnames or ()):
        return set()
    return {row["name"] for row in reader if row["name"]}


def _audio_of_song(path: Path) -> Path | None:
    """Return the path, without ending, of the recording that an UltraStar song names; None for other files."""
    if path.suffix.lower() != ".txt":
        return None
    beside = {other.name.lower(): other for other in path.parent.iterdir()}
    named = (beside.get(name.lower()) for name in ultrastar.audio_names(path))
    return next((audio.with_suffix("") for audio in named if audio), None)


def matching(files: Sequence[Path], pattern: str) -> list[Path]:
    """Return the files whose names or paths match a pattern; return all files if none matches or there is only one."""
    if not pattern or len(files) < 2:
        return list(files)
    return [p for p in files if fnmatch(p.name, pattern) or fnmatch(p.as_posix(), f"*{pattern}")] or list(files)


def _loose_name(name: str, tail: re.Pattern[str]) -> str:
    return tail.sub("", name) or name


def _keys(stem: Path) -> tuple[tuple[str, ...], ...]:
    """Return keys for finding labels in other folders: the name, and the name with its folder."""
    return (stem.name,), (stem.parent.name, stem.name)


def _stem_without(path: Path, endings: tuple[str, ...]) -> Path | None:
    """Remove the first of the endings that the path has; return None if it has none of them."""
    return next((path.with_name(path.name[: -len(e)]) for e in endings if path.name.lower().endswith(e)), None)


def _read_notes(path: Path) -> tuple[Note, ...] | None:
    """Read the notes of a file. The result is empty if the file has no notes, and None if they cannot be read."""
    if not holds_notes(path):
        return ()
    try:
        return load_notes(path, faults=[])
    except InputError:
        return None


def _same_notes(some: tuple[Note, ...] | None, others: tuple[Note, ...] | None) -> bool:
    if not some or not others or len(some) != len(others):
        return False
    return all(
        abs(a.onset - b.onset) <= _SAME_TIME
        and abs(a.offset - b.offset) <= _SAME_TIME
        and abs(a.pitch - b.pitch) <= _SAME_PITCH
        for a, b in zip(some, others, strict=True)
    )
