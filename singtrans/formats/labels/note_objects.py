"""JSON with an object for each note. The keys of the objects are named like the columns of tables (docs/labels.md).

    [{"start": 0.4, "end": 0.9, "midi": 60}, …]
    {"notes": [{"time": 0.4, "duration": 0.5, "pitch": 60}, …]}
    {"tracks": [{"name": "Voice", "notes": [{"time": 0.4, "duration": 0.5, "midi": 60, "name": "C4"}]}]}

Tone.js converts MIDI files to the last of these forms.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from singtrans.errors import InputError
from singtrans.formats.columns import Columns, find_columns
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.json_file import finite, read_json
from singtrans.formats.note_names import guess_unit, label_pitch, to_midi
from singtrans.formats.text import in_order, make_note, refuse
from singtrans.formats.tracks import Track, choose_track
from singtrans.notes import Note


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of one track.

    Args:
        path: path of the file.
        request: options, of which ``voice`` (the name or number of a track), ``unit`` and ``faults`` are used.

    Raises:
        InputError: if the file cannot be read, an entry is not a note, the unit is ambiguous, or several tracks could
            be the voice. The message names the entry.
    """
    path = Path(path)
    lists = _lists(read_json(path))
    if not lists:
        raise InputError(f"{path} has no list of notes: each needs an onset, an offset or a duration, and a pitch.")
    tracks = [Track(name, in_order(_notes(path, entries, request))) for name, entries in lists]
    return choose_track(path, [track for track in tracks if track.notes], request.voice)


def _lists(content: Any) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the name and the entries of each list of notes."""
    if isinstance(content, dict) and isinstance(content.get("tracks"), list):
        tracks = [track for track in content["tracks"] if isinstance(track, dict) and _fits(track.get("notes"))]
        return [(str(track.get("name", "")), track["notes"]) for track in tracks]
    notes: Any = content.get("notes") if isinstance(content, dict) else content
    return [("", notes)] if _fits(notes) else []


def _fits(entries: Any) -> bool:
    """Return whether a value is a list of objects, the first of which has the keys of a note."""
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        return False
    columns = find_columns(list(map(str, entries[0])))
    return min(columns.onset, columns.pitch, max(columns.offset, columns.duration)) >= 0


def _notes(path: Path, entries: list[dict[str, Any]], request: ReadOptions) -> Iterator[Note]:
    keys = list(entries[0])
    columns = find_columns(list(map(str, keys)))
    pitches = [_pitch(entry.get(keys[columns.pitch])) for entry in entries]
    unit = request.unit or ("midi" if columns.unit == "name" else columns.unit)
    unit = unit or guess_unit([pitch for pitch in pitches if pitch]) or ""
    if not unit:
        raise InputError(f"{path} has pitches that could be MIDI or Hz: choose with --unit.")
    for place, (entry, pitch) in enumerate(zip(entries, pitches, strict=True), 1):
        try:
            if pitch is None:
                raise ValueError("a note has a pitch")
            onset, offset = _span(entry, keys, columns)
            if pitch > 0:
                yield make_note(onset, offset, to_midi(pitch, unit))
        except (ValueError, KeyError):
            fault = f"entry {place} is not a note: it needs an onset from 0 s, a later offset or duration, and a pitch."
            refuse(InputError(f"{path}: {fault}"), request.faults)


def _span(entry: dict[str, Any], keys: list[str], columns: Columns) -> tuple[float, float]:
    onset = finite(entry[keys[columns.onset]]) / columns.second
    if columns.offset >= 0:
        return onset, finite(entry[keys[columns.offset]]) / columns.second
    return onset, onset + finite(entry[keys[columns.duration]]) / columns.second


def _pitch(value: object) -> float | None:
    """Return a number, or the MIDI number of a note name; return 0 for a rest, and None for other values."""
    try:
        return (label_pitch(value) or 0.0) if isinstance(value, str) else finite(value)
    except ValueError:
        return None


def _recognises(sample: Sample) -> bool:
    return bool(_lists(sample.data))


FORMAT = Format(
    name="note-objects",
    description="JSON with an object for each note: onset or time, offset or duration, pitch",
    endings=(".json",),
    read=read,
    recognises=_recognises,
)
