"""A manifest to which corrected recordings are added one at a time."""

from dataclasses import replace
from pathlib import Path

from singtrans import audio
from singtrans.dataset.entry import Entry
from singtrans.dataset.manifest import read_entries, write_manifest
from singtrans.dataset.requirements import PAST_THE_END
from singtrans.errors import InputError


def add_recording(manifest: Path, recording: Path, notes: Path) -> list[Entry]:
    """Add a recording with its corrected notes to a training manifest, and return all entries of the manifest.

    If the recording is already in the manifest, its notes are replaced.

    Args:
        manifest: CSV file; it is created if it does not exist.
        recording: the recording.
        notes: corrected notes in any format that can be read, such as a session of the report page.

    Raises:
        InputError: if a file cannot be read, or the notes cannot belong to the recording.
    """
    entry = Entry(recording.stem, recording, notes, split="train", source=manifest.stem)
    _check(entry)
    known = read_entries(manifest, 0.0) if manifest.exists() else []
    place = next((i for i, old in enumerate(known) if old.audio.resolve() == recording.resolve()), len(known))
    others = {old.id for i, old in enumerate(known) if i != place}
    entry = replace(entry, id=_unused(entry.id, others))
    entries = [*known[:place], entry, *known[place + 1 :]]
    write_manifest(manifest, entries)
    return entries


def _check(entry: Entry) -> None:
    seconds = audio.seconds(entry.audio)
    notes = entry.load_notes()
    if not notes:
        raise InputError(f"{entry.notes} has no notes: give the corrected notes of {entry.audio}")
    end = max(note.offset for note in notes)
    if end > seconds + PAST_THE_END:
        raise InputError(
            f"{entry.notes} has notes until {end:.1f} s, but {entry.audio} ends at {seconds:.1f} s: give the recording"
            " that they belong to"
        )


def _unused(name: str, taken: set[str]) -> str:
    """Return the name, and append a number if the name is already taken."""
    number, found = 2, name
    while found in taken:
        number, found = number + 1, f"{name}-{number}"
    return found
