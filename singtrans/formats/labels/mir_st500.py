"""MIR-ST500's JSON, which has a list of notes for each song (Wang and Jang, ICASSP 2021).

    {"1": [[0.42, 0.96, 60], [1.1, 1.5, 62]], "2": …}

A note has an onset and an offset in seconds, and a MIDI number. A file with a single list of notes is also read.
"""

from pathlib import Path

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.json_file import finite, read_json
from singtrans.formats.text import in_order, listed, make_note, refuse
from singtrans.notes import Note


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of one song.

    Args:
        path: path of the file.
        request: options, of which ``name`` and ``faults`` are used. ``name`` is the key of the song. If it is None, the
            key is the name of the file without its ending. If the file has only one song, that song is read.

    Raises:
        InputError: if the file cannot be read, has no such song, or has an entry that is not a note. The message names
            the entry.
    """
    path = Path(path)
    name, faults = request.name, request.faults
    content = read_json(path)
    if isinstance(content, list) and content:
        return _notes(path, "", content, faults)
    if not isinstance(content, dict) or not content or not all(isinstance(song, list) for song in content.values()):
        raise InputError(
            f"{path} has neither a list of notes nor songs with such lists: give [[onset, offset, midi], ...]."
        )
    keys = list(content)
    key = keys[0] if len(keys) == 1 else name if name is not None else path.stem
    if key not in content:
        raise InputError(f"{path} has no song {key!r}: choose one with --name ({listed(keys)}).")
    return _notes(path, key, content[key], faults)


def _notes(path: Path, song: str, entries: list[object], faults: list[InputError] | None) -> tuple[Note, ...]:
    notes = []
    for place, entry in enumerate(entries, 1):
        try:
            if not isinstance(entry, list) or len(entry) < 3:
                raise ValueError("a note is a list of three")
            notes.append(make_note(*(finite(value) for value in entry[:3])))
        except ValueError:
            where = f" of song {song[:40]!r}" if song else ""
            fault = f"entry {place}{where} is not a note: give an onset from 0 s, a later offset and a MIDI number."
            refuse(InputError(f"{path}: {fault}"), faults)
    return in_order(notes)


def _recognises(sample: Sample) -> bool:
    """Return whether the content is a list of notes, or a map from names to such lists."""
    songs = list(sample.data.values()) if isinstance(sample.data, dict) else [sample.data]
    lists = [song for song in songs if isinstance(song, list)]
    entries = [entry for song in lists for entry in song]
    if len(lists) < len(songs) or not entries:
        return False
    notes = [
        e for e in entries if isinstance(e, list) and len(e) >= 3 and all(isinstance(v, int | float) for v in e[:3])
    ]
    return 2 * len(notes) >= len(entries)


FORMAT = Format(
    name="mir-st500",
    description="MIR-ST500's JSON: songs by name, each a list of [onset, offset, MIDI]",
    endings=(".json",),
    read=read,
    recognises=_recognises,
)
