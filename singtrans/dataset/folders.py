"""Search of a folder for labelled recordings, their singers and their splits.

`label_files` finds the label files of each recording.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from singtrans.audio import AUDIO_SUFFIXES
from singtrans.dataset.label_files import LabelFiles, choose_recordings
from singtrans.formats import ENDINGS

_SPLIT_NAMES = {
    "train": r"train(?:ing)?|train(?:ing)?[_ &+-]*(?:and[_ -]*)?valid(?:ation)?",
    "valid": r"valid(?:ation)?|val|dev(?:elopment)?",
    "test": r"test(?:ing)?|eval(?:uation)?",
}
_SPLITS = {
    split: re.compile(rf"(?:{names})[_ -]?(?:set|data|split|part|audio|wavs?)?", re.IGNORECASE)
    for split, names in _SPLIT_NAMES.items()
}
"""Patterns of folder names that stand for a split, such as ``train``, ``Test set`` and ``train&valid``."""


@dataclass(frozen=True)
class LabelledRecording:
    """A recording with its label files. A label file that does not exist is None.

    Attributes:
        name: name of the recording in a file with the notes of many recordings. It is empty if there is no such file,
            or if this name is the name of the recording's own file or the name of its folder.
        by_folder: whether the notes have the name of the folder instead of the name of the recording.
        split: ``train``, ``valid`` or ``test`` if the recording is in a folder with the name of a split; otherwise
            empty.
        singer: name of the singer's folder, or empty.
    """

    audio: Path
    notes: Path | None
    f0: Path | None
    times: Path | None
    by_folder: bool = False
    name: str = ""
    split: str = ""
    singer: str = ""


@dataclass(frozen=True)
class FolderContents:
    """Content of a folder.

    Attributes:
        items: recordings with labels, in the order of their paths.
        faults: one line for each recording with ambiguous labels.
        unlabelled: recordings without labels.
        orphans: labels without a recording.
        missing: for each file with the notes of many recordings, the names in it for which there is no recording.
    """

    items: list[LabelledRecording] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unlabelled: list[Path] = field(default_factory=list)
    orphans: list[Path] = field(default_factory=list)
    missing: dict[Path, list[str]] = field(default_factory=dict)


def recordings_in(folder: Path) -> list[Path]:
    """List the recordings in a folder and its sub-folders, without hidden files and files that singtrans writes."""
    ours = ENDINGS["wav"]
    files = [path for path in _files(folder) if path.suffix.lower() in AUDIO_SUFFIXES]
    return [path for path in files if not path.name.lower().endswith(ours)]


def find_labelled(folder: Path, pattern: str = "") -> FolderContents:
    """Find recordings with labels in a folder and its sub-folders. Hidden files and folders are ignored.

    Args:
        folder: folder to search.
        pattern: pattern of file names, by which one of several label files or recordings is chosen.
    """
    recordings = recordings_in(folder)
    labels = LabelFiles(folder, _files(folder), recordings, pattern)
    found = FolderContents()
    for audio in recordings:
        notes, by_folder = labels.notes_of(audio), False
        if not notes and (of_folder := labels.notes_of_folder(audio)):
            rivals = choose_recordings([path for path in recordings if path.parent == audio.parent], pattern)
            if len(rivals) > 1 and audio == rivals[0]:
                names = ", ".join(path.name for path in rivals)
                found.faults.append(
                    f"{audio.parent}: {of_folder[0].name} names this folder, which has several recordings ({names});"
                    " choose one with --pattern"
                )
            if len(rivals) > 1:
                continue
            notes, by_folder = (of_folder, True) if audio in rivals else ([], False)
        f0, times = labels.pitch_of(audio), labels.times_of(audio)
        several = next((few for few in (notes, f0, times) if len(few) > 1), ())
        if several:
            # One of the files may be an estimate, and training with estimates would not be noticed.
            names = ", ".join(str(path) for path in several)
            kind = "note" if several is notes else "label"
            found.faults.append(
                f"{audio}: has several {kind} files ({names}); choose with --pattern, such as --pattern"
                f" '{_distinct_pattern(several, audio)}', keep the true one, or write a manifest"
            )
        elif notes or f0 or times:
            its_notes, its_f0, its_times = (next(iter(few), None) for few in (notes, f0, times))
            split = split_of(audio.relative_to(folder))
            name = labels.name_in(its_notes, audio) if its_notes else ""
            found.items.append(LabelledRecording(audio, its_notes, its_f0, its_times, by_folder, name, split))
        else:
            found.unlabelled.append(audio)
    found.items[:] = _with_singers(folder, found.items)
    found.orphans.extend(labels.orphans())
    found.missing.update(labels.missing())
    return found


def split_of(path: Path) -> str:
    """Return the split if a folder of a relative path has the name of a split, otherwise an empty string."""
    return next((split for part in path.parts[:-1] if (split := _named_split(part))), "")


def _named_split(folder: str) -> str:
    return next((split for split, names in _SPLITS.items() if names.fullmatch(folder)), "")


def _distinct_pattern(labels: Sequence[Path], audio: Path) -> str:
    """Make a pattern that matches only the first of several label files, by its name or its folder."""
    first, *others = labels
    if all(first.name != other.name for other in others):
        return f"*{first.name.removeprefix(audio.stem)}"
    return f"*{first.parent.name}/*"


def _with_singers(folder: Path, items: Sequence[LabelledRecording]) -> list[LabelledRecording]:
    """Set the singers to the names of the top-level folders, if these look like folders of singers.

    This is the case if every recording is in such a folder, there are at least two such folders, and at least one of
    them contains several recordings. Folders that are named after a split or after a recording do not count.
    """
    places = [(item.audio.parent if item.by_folder else item.audio).relative_to(folder).parts[:-1] for item in items]
    names = [[name for name in parts if not _named_split(name)] for parts in places]
    counts = Counter(parts[0] for parts in names if parts)
    if not all(names) or not 1 < len(counts) < len(items):
        return list(items)
    return [replace(item, singer=parts[0]) for item, parts in zip(items, names, strict=True)]


def _files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if not _hidden(p.relative_to(folder)) and p.is_file())


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)  # such as the files ._* that macOS makes
