"""Folders of recordings with labels."""

from singtrans import Note
from singtrans.dataset.folders import find_labelled
from tests.helpers.sung import write_notes

NOTES = (Note(0.5, 1.0, 60), Note(1.0, 1.5, 62))


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".tsv", ".csv") and ".f0" not in name:
            write_notes(path, NOTES)
        else:
            path.touch()


def labelled(folder):
    """Return a map from recordings to their labels, as paths relative to the folder."""
    found = find_labelled(folder)
    assert found.faults == []
    return {
        item.audio.relative_to(folder).as_posix(): [
            path.relative_to(folder).as_posix() for path in (item.notes, item.f0, item.times) if path
        ]
        for item in found.items
    }


def other_notes(path):
    write_notes(path, (Note(0.5, 1.0, 67), Note(1.2, 1.5, 62)))
