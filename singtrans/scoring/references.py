"""References to score against: recordings with labelled notes or pitch, from files, folders and manifests."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singtrans.audio import Recording
from singtrans.dataset.label_files import choose_notes, matching, recording_names
from singtrans.errors import InputError, UsageError
from singtrans.formats import (
    F0_ENDINGS,
    READ_SUFFIXES,
    TEXT_SUFFIXES,
    ReadOptions,
    f0_stem,
    find_f0,
    find_notes,
    is_label,
    load_pitch,
    note_stem,
    notes_of,
    read_content,
)
from singtrans.formats.format import DEFAULTS
from singtrans.formats.labels import times as times_files
from singtrans.formats.labels.times import find_times, times_stem
from singtrans.notes import Note, PitchTrack
from singtrans.scoring.metrics import note_arrays

if TYPE_CHECKING:
    from singtrans.dataset.manifest import Entry

EVERYTHING = "all"
"""Name of the split that contains every recording."""


@dataclass(frozen=True, eq=False)
class Annotations:
    """Notes and pitch of a recording, either labelled or estimated. Attributes that are not known are None.

    Attributes:
        notes: the notes.
        pitch: the pitch track.
        times: (notes, 2) onsets and offsets, in seconds, of notes whose pitch is not annotated.
    """

    notes: tuple[Note, ...] | None = None
    pitch: PitchTrack | None = None
    times: np.ndarray | None = None

    @property
    def spans(self) -> np.ndarray:
        """(notes, 2) onsets and offsets in seconds."""
        if self.notes:
            return note_arrays(self.notes)[0]
        return np.zeros((0, 2)) if self.times is None else self.times


@dataclass(frozen=True)
class Reference:
    """A recording and the labels to score against.

    Attributes:
        name: name of the recording, which is unique in an evaluation. In a folder of estimates, the estimate for the
            recording has the same name.
        notes: file of the labelled notes, or None.
        f0: file of the labelled pitch track, or None.
        times: file of onsets and offsets without pitch, or None.
        audio: file of the recording, or None.
        source: name of the data set, or empty.
        song: name of the recording inside files that contain the notes of many recordings; None if it is the last part
            of ``name``.
        reading: options for reading the file of notes.
    """

    name: str
    notes: Path | None = None
    f0: Path | None = None
    times: Path | None = None
    audio: Path | Recording | None = None
    source: str = ""
    song: str | None = None
    reading: ReadOptions = DEFAULTS

    def read(self) -> Annotations:
        """Read the labels.

        Raises:
            InputError: if one of the files cannot be read.
        """
        song = self.song or self.name.rpartition("/")[2]
        times = None
        if self.times and not self.notes:
            times = times_files.read(self.times)
        return Annotations(
            notes=notes_of(read_content(self.notes, self.reading.or_else(ReadOptions(song)))) if self.notes else None,
            pitch=load_pitch(self.f0, audio=self.audio) if self.f0 else None,
            times=times,
        )


def check_pair(path: Path, estimate: Path) -> None:
    """Check that two paths can be compared: two files, two folders, or a file with several recordings and a folder.

    Raises:
        InputError: if a path does not exist, or the two paths cannot be compared.
    """
    for one in (path, estimate):
        if not one.exists():
            raise InputError(f"{one} does not exist: check the path.")
    if path.is_dir() != estimate.is_dir() and not (estimate.is_dir() and len(recording_names(path)) > 1):
        kinds = ("a folder", "a file") if path.is_dir() else ("a file", "a folder")
        raise InputError(f"{path} is {kinds[0]} but {estimate} is {kinds[1]}: give two files or two folders.")


@dataclass(frozen=True)
class LabelChoice:
    """Options that choose among labels.

    Attributes:
        reading: options for reading files of notes.
        pattern: pattern for names of label files; it is used if a recording has several label files.
    """

    reading: ReadOptions = DEFAULTS
    pattern: str = ""


NOTHING_CHOSEN = LabelChoice()


def find_references(path: Path, estimate: Path, choice: LabelChoice = NOTHING_CHOSEN) -> list[Reference]:
    """Find the references in a file or a folder.

    Args:
        path: a file of notes, a file of pitch over time (``song.f0.csv``), a file of times without pitch
            (``song.times.csv``), or a folder with such files and sub-folders. Files of the same name in the same folder
            form one reference.
        estimate: file or folder to score; see `check_pair` for the pairs of paths that can be compared.
        choice: options that choose among labels.

    Returns:
        The references, sorted by name.

    Raises:
        InputError: if the paths cannot be compared, the folder has no labels, or several files may be the reference of
            one recording. In the last case, the message has one line for each such recording.
    """
    check_pair(path, estimate)
    references = _find_references(path, estimate, choice.pattern)
    return [replace(reference, reading=choice.reading) for reference in references]


def _find_references(path: Path, estimate: Path, pattern: str) -> list[Reference]:
    if not path.is_dir():
        if stem := f0_stem(path):
            return [Reference(stem.name, f0=path)]
        if stem := times_stem(path):
            return [Reference(stem.name, times=path)]
        if len(songs := recording_names(path)) > 1 and (estimate.is_dir() or len(recording_names(estimate)) > 1):
            return [Reference(song, path, song=song) for song in sorted(songs)]
        return [
            Reference(
                note_stem(path).name,
                path,
                pitch_file_beside(path),
                song=(f0_stem(estimate) or note_stem(estimate)).name,
            )
        ]
    notes: dict[Path, list[Path]] = {}
    songs_of: dict[Path, Path] = {}
    for stem, files in _by_stem(path, note_stem, find_notes(path)).items():
        for file in files:
            if len(songs := recording_names(file)) > 1:
                songs_of |= {stem.with_name(song): file for song in songs}
        if single := [file for file in files if file not in songs_of.values()]:
            notes[stem] = choose_notes(single, pattern)
    notes |= {stem: [file] for stem, file in songs_of.items() if stem not in notes}
    f0 = {stem: matching(files, pattern) for stem, files in _by_stem(path, f0_stem, find_f0(path)).items()}
    times = {stem: matching(files, pattern) for stem, files in _by_stem(path, times_stem, find_times(path)).items()}
    stems = sorted({*notes, *f0, *times})
    if not stems:
        endings = " ".join(READ_SUFFIXES + TEXT_SUFFIXES + F0_ENDINGS + times_files.ENDINGS)
        raise InputError(f"{path} has no files of notes ({endings}): check the path.")
    if ambiguous := [files for kind in (notes, f0, times) for files in kind.values() if len(files) > 1]:
        # One of the files may be the estimate, which would then be scored against itself.
        raise InputError(
            "\n".join(
                f"{_listed(files)} may each be the reference: choose with --pattern, or keep one of them."
                for files in ambiguous
            )
        )

    def first(files: dict[Path, list[Path]], stem: Path) -> Path | None:
        return next(iter(files.get(stem, ())), None)

    return [Reference(stem.as_posix(), first(notes, stem), first(f0, stem), first(times, stem)) for stem in stems]


def _listed(files: Iterable[Path]) -> str:
    return ", ".join(map(str, files))


@dataclass(frozen=True)
class SelectedReferences:
    """Recordings of a data set that were selected for scoring.

    Attributes:
        references: recordings that can be scored.
        faults: one line for each recording that cannot be used; recordings of other splits are included.
    """

    references: list[Reference]
    faults: list[str]


def select_recordings(data: Path, split: str | None = None, choice: LabelChoice = NOTHING_CHOSEN) -> SelectedReferences:
    """Select the references of one split from a manifest or a folder of labelled recordings.

    Args:
        data: manifest or folder, as for `singtrans.dataset.manifest.list_entries`.
        split: ``train``, ``valid``, ``test`` or ``all``. None means ``test`` if there is one, else ``all``.
        choice: options that choose among labels.

    Raises:
        UsageError: if there is no split of that name.
        InputError: if no recording of the split can be used, or the data cannot be read.
    """
    from singtrans.dataset.manifest import SPLITS, list_entries

    if split not in (None, EVERYTHING, *SPLITS):
        raise UsageError(f"--split {split}: there is no such split; use {', '.join((*SPLITS, EVERYTHING))}")
    listing = list_entries(data, pattern=choice.pattern)
    entries = [entry for entry in listing.entries if entry.split in SPLITS]
    parts = {entry.split for entry in entries}
    if split is None and listing.decided and listing.faults and "test" not in parts:
        # If all recordings of the test split are unusable, the training recordings must not be scored in their place.
        raise InputError(
            "\n".join([*listing.faults, f"{data} has no other recordings in a test split: choose a --split."])
        )
    wanted = split or ("test" if "test" in parts else EVERYTHING)
    chosen = [entry for entry in entries if wanted in (entry.split, EVERYTHING)]
    counts = Counter(entry.id for entry in chosen)
    # Scores are stored by name. If two recordings have the same name, neither is scored; the faults already list them.
    references = references_of_entries(
        replace(entry, reading=entry.reading.or_else(choice.reading)) for entry in chosen if counts[entry.id] == 1
    )
    if not references:
        lacking = f"{data} has no {wanted} split: choose --split {' or '.join(sorted(parts))}, or all."
        raise InputError("\n".join(listing.faults) or lacking)
    return SelectedReferences(references, listing.faults)


def references_of_entries(entries: "Iterable[Entry]") -> list[Reference]:
    """Convert the entries of a data set to references, in the same order."""
    return [
        Reference(entry.id, entry.notes, entry.f0, entry.times, entry.sound, entry.source, entry.name, entry.reading)
        for entry in entries
    ]


def note_files(folder: Path) -> dict[Path, Path]:
    """Return a map from paths inside the folder, without their suffixes, to files of estimated notes.

    A file with the notes of many recordings is listed under the name of each recording. If several files have the same
    name, the one in the most complete format is used, in the order .json, .csv, .tsv, .mid and the others. Files with
    the name of a label file (``song.notes.csv``) are last in this order.
    """
    by_stem = _by_stem(folder, note_stem, sorted(find_notes(folder), key=is_label))
    files_of = {stem: files[0] for stem, files in by_stem.items()}
    many = {stem: songs for stem, file in files_of.items() if len(songs := recording_names(file)) > 1}
    return {stem.with_name(song): files_of[stem] for stem, songs in many.items() for song in songs} | {
        stem: file for stem, file in files_of.items() if stem not in many
    }


def f0_files(folder: Path) -> dict[Path, Path]:
    """Return a map from paths inside the folder, without their suffixes, to files of estimated pitch tracks."""
    return {stem: files[0] for stem, files in _by_stem(folder, f0_stem, find_f0(folder)).items()}


def pitch_file_beside(notes: Path) -> Path | None:
    """Return the pitch file that has the same name and folder as a file of notes, or None if there is none."""
    stem = note_stem(notes)
    return next((f for e in F0_ENDINGS if (f := stem.with_name(stem.name + e)).is_file()), None)


def _by_stem(folder: Path, stem: Callable[[Path], Path | None], files: Iterable[Path]) -> dict[Path, list[Path]]:
    """Return a map from paths inside the folder, without their suffixes, to lists of files; their order is kept."""
    found: dict[Path, list[Path]] = {}
    for path in files:
        if name := stem(path.relative_to(folder)):
            found.setdefault(name, []).append(path)
    return found
