"""Corrections of a transcription like those of a user of the report page, and the session that the page saves."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from singtrans import Note, Transcription, formats
from singtrans.pitch import midi_to_hz


def right_notes(true: Sequence[Note], found: Sequence[Note]) -> dict[int, int]:
    """Map indices of the true notes that were found to indices of the notes that match in onset, pitch and offset."""
    from mir_eval.transcription import match_notes

    def arrays(notes):
        return np.array([(n.onset, n.offset) for n in notes]), midi_to_hz(np.array([n.pitch for n in notes]))

    return dict(match_notes(*arrays(true), *arrays(found)))


def correct(true: Sequence[Note], found: Sequence[Note], most: int) -> tuple[tuple[Note, ...], int]:
    """Correct up to ``most`` wrong notes from the start, and remove wrong notes that overlap the corrected ones.

    Returns:
        The corrected notes, and the number of corrections.
    """
    matched = right_notes(true, found)
    fine = {found[number] for number in matched.values()}
    notes, done = list(found), 0
    for number, note in enumerate(true):
        if number in matched or done == most:
            continue
        notes = [n for n in notes if n in fine or n.offset < note.onset + 0.01 or n.onset > note.offset - 0.01]
        notes.append(Note(note.onset, note.offset, round(note.pitch, 2)))
        done += 1
    notes.sort(key=lambda note: note.onset)
    ends = [*(note.onset for note in notes[1:]), np.inf]
    cut = [replace(n, offset=max(n.onset + 0.03, min(n.offset, end))) for n, end in zip(notes, ends, strict=True)]
    return tuple(cut), done


def write_session(transcription: Transcription, path: Path) -> Path:
    """Write a session like those that the report page saves: JSON with marks, beats and a history."""
    formats.save(transcription, path)
    content = json.loads(path.read_text(encoding="utf-8"))
    for note in content["notes"]:
        note["checked"] = True
    content |= {"key": "C", "beats": None, "recording": "0" * 16, "history": {"done": [], "undone": []}}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path
