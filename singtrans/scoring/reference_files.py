"""References and estimates in files and folders."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from pathlib import Path

from singtrans.dataset.label_files import choose_notes, matching, recording_names
from singtrans.errors import InputError
from singtrans.formats import (
    F0_ENDINGS,
    READ_SUFFIXES,
    TEXT_SUFFIXES,
    f0_stem,
    find_f0,
    find_notes,
    is_label,
    note_stem,
)
from singtrans.formats.labels import times as times_files
from singtrans.formats.labels.times import find_times, times_stem
from singtrans.scoring.references import NOTHING_CHOSEN, LabelChoice, Reference


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
    known = {*notes, *f0, *times}
    if not known:
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

    # If a text has the name of an estimate, it should have notes, and reading it shows which line is wrong.
    texts = unread_texts(path, known)
    if texts and estimate.is_dir():
        notes |= {stem: [texts[stem]] for stem in note_files(estimate) if stem in texts}
    stems = sorted({*notes, *known})
    return [Reference(stem.as_posix(), first(notes, stem), first(f0, stem), first(times, stem)) for stem in stems]


def _listed(files: Iterable[Path]) -> str:
    return ", ".join(map(str, files))


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


def unread_texts(folder: Path, known: Collection[Path]) -> dict[Path, Path]:
    """Return a map from paths inside the folder, without their suffixes, to texts in which no notes were recognised.

    Args:
        folder: the folder.
        known: paths of the labels that were recognised, without their suffixes.
    """
    files = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in TEXT_SUFFIXES and path.is_file()]
    texts = _by_stem(
        folder, note_stem, [p for p in files if not (p.name.startswith(".") or f0_stem(p) or times_stem(p))]
    )
    return {stem: paths[0] for stem, paths in texts.items() if stem not in known}


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
