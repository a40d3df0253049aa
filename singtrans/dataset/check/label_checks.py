"""Search for problems with the labels of one recording. Each problem is reported with a remedy."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from singtrans.dataset.check.measurements import CheckedRecording
from singtrans.dataset.check.model_comparison import Convention, compare
from singtrans.dataset.check.problem_list import ONE_BY_ONE, ProblemList
from singtrans.dataset.manifest import Entry
from singtrans.dataset.requirements import Problem
from singtrans.errors import InputError
from singtrans.messages import counted

_OVERLAP = 0.02  # seconds; smaller overlaps are rounding errors
_BEYOND = 0.1  # seconds; how far a label may extend after the end of the recording
_SHORTEST, _LONGEST = 0.02, 30.0  # seconds of a note
_LOWEST, _HIGHEST = 28.0, 96.0  # MIDI, E1 and C7: the range of singing
_MILLISECONDS = 50.0  # factor of the recording's length from which labels are not in seconds


def check_labels(recording: CheckedRecording, convention: Convention) -> list[Problem]:
    """List all problems of one recording and its labels."""
    entry, labels = recording.entry, recording.labels
    found = [s for path, lines in labels.faults.items() for s in _unreadable(path, lines, recording)]
    found += recording.sound
    file = entry.notes if labels.notes is not None else entry.times if labels.times is not None else entry.f0
    if file is None or (labels.f0 is None and not len(labels.spans) and file in labels.faults):
        return found
    rest = ProblemList(file)
    if recording.transcription and labels.end > _MILLISECONDS * recording.duration:
        what = f"labels extend to {labels.end:g} s in a recording of {recording.duration:.1f} s"
        rest.add("times", f"{what}: their times are not in seconds (milliseconds?); convert them")
        return found + rest.lines
    _impossible(rest, recording)
    if recording.fit and recording.transcription:
        compare(rest, recording, recording.transcription, recording.fit, convention)
    return found + rest.lines


def _unreadable(path: Path, lines: list[str], recording: CheckedRecording) -> list[Problem]:
    notes = recording.labels.notes
    if path == recording.entry.notes and len(lines) > 1 and not notes:
        unit = _unit_that_fits(recording.entry)
        if unit:
            what = f"its pitches are {unit[0]}, not {unit[1]}: correct the name of the column in the first line"
            return [Problem(path, "unit", what)]
    shown = [Problem(path, "unreadable", line) for line in lines[:ONE_BY_ONE]]
    if more := len(lines) - len(shown):
        shown.append(
            Problem(path, "unreadable", f"{more} more faults of this kind: correct the first ones and check again")
        )
    return shown


def _unit_that_fits(entry: Entry) -> tuple[str, str] | None:
    """Return the unit in which all pitches are plausible, and the other unit; None if there is no such unit."""
    for unit, name, other in (("hz", "Hz", "MIDI numbers"), ("midi", "MIDI numbers", "Hz")):
        try:
            pitches = [note.pitch for note in entry.load_notes(unit=unit)]
        except InputError:
            continue
        if pitches and min(pitches) >= _LOWEST and max(pitches) <= _HIGHEST:
            return name, other
    return None


def _impossible(found: ProblemList, recording: CheckedRecording) -> None:
    """Add problems for notes with impossible times or pitches."""
    labels = recording.labels
    spans = labels.spans[np.argsort(labels.spans[:, 0], kind="stable")]
    if not len(spans) and (labels.notes is not None or labels.times is not None):
        found.add("empty", "has 0 notes: label the recording, or leave it out")
    pairs = [(a, b) for a, b in pairwise(spans.tolist()) if a[1] - b[0] > _OVERLAP]
    found.each(
        "overlap",
        [
            (b[0], f"a note begins {a[1] - b[0]:.2f} s before the previous note ends: correct one of them")
            for a, b in pairs
        ],
        lambda n: f"{n} notes begin before the previous note ends: a voice can sing only one note at a time",
    )
    found.notes.update(a[0] for a, _ in pairs)
    lengths = [(start, end - start) for start, end in spans if not _SHORTEST <= end - start <= _LONGEST]
    found.each(
        "length",
        [(t, f"a note lasts {s:.3g} s, which is not plausible: correct its times") for t, s in lengths],
        lambda n: f"{n} notes last less than {_SHORTEST:g} s or more than {_LONGEST:g} s: correct their times",
    )
    wrong = [note for note in labels.notes or () if not _LOWEST <= note.pitch <= _HIGHEST]
    found.each(
        "range",
        [
            (n.onset, f"a note has MIDI pitch {n.pitch:.1f}, which is outside the range of singing: correct it")
            for n in wrong
        ],
        lambda n: (
            f"{n} notes are outside the range of singing (MIDI {_LOWEST:g} to {_HIGHEST:g}): are they in another unit?"
        ),
    )
    # If all labels are late, they are reported as late, not as too long.
    end = recording.duration + _BEYOND + max(0.0, recording.fit.late if recording.fit else 0.0)
    if recording.transcription and labels.end > end:
        late = int((spans[:, 1] > end).sum())
        what = f"labels extend to {labels.end:.2f} s, but the recording ends at {recording.duration:.2f} s"
        what += f" ({counted(late, 'note')} beyond it)" if late else ""
        found.add("past_end", f"{what}: is the recording cut off, or a different one?", [labels.end])
