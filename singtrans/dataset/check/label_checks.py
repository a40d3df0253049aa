"""What is suspicious about the labels of one recording: a line each, with what to do about it."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from singtrans.dataset.check.measurements import Evidence
from singtrans.dataset.check.model_comparison import Custom, compare
from singtrans.dataset.check.problem_list import ONE_BY_ONE, Findings
from singtrans.dataset.manifest import Entry
from singtrans.dataset.requirements import Suspicion
from singtrans.errors import InputError

_OVERLAP = 0.02  # seconds; below it is rounding
_BEYOND = 0.1  # seconds after the recording's end where a label may end
_SHORTEST, _LONGEST = 0.02, 30.0  # seconds of a note
_LOWEST, _HIGHEST = 28.0, 96.0  # MIDI: E1 and C7, as far as anyone sings
_MILLISECONDS = 50.0  # labels that are longer than their recording by this factor count something else than seconds


def judge(evidence: Evidence, custom: Custom) -> list[Suspicion]:
    """Everything that is suspicious about one recording and its labels."""
    entry, labels = evidence.entry, evidence.labels
    found = [s for path, lines in labels.faults.items() for s in _unreadable(path, lines, evidence)]
    found += evidence.sound
    file = entry.notes if labels.notes is not None else entry.times if labels.times is not None else entry.f0
    if file is None or (labels.f0 is None and not len(labels.spans) and file in labels.faults):
        return found
    rest = Findings(file)
    if evidence.heard and labels.end > _MILLISECONDS * evidence.duration:
        what = f"labels go on to {labels.end:g} s in a recording of {evidence.duration:.1f} s"
        rest.add("times", f"{what}: their times are not in seconds (milliseconds?); divide them")
        return found + rest.lines
    _impossible(rest, evidence)
    if evidence.fit and evidence.heard:
        compare(rest, evidence, evidence.heard, evidence.fit, custom)
    return found + rest.lines


def _unreadable(path: Path, lines: list[str], evidence: Evidence) -> list[Suspicion]:
    notes = evidence.labels.notes
    if path == evidence.entry.notes and len(lines) > 1 and not notes:
        unit = _unit_that_fits(evidence.entry)
        if unit:
            what = f"its pitches are {unit[0]}, not {unit[1]}: name the column so in the first line"
            return [Suspicion(path, "unit", what)]
    shown = [Suspicion(path, "unreadable", line) for line in lines[:ONE_BY_ONE]]
    if more := len(lines) - len(shown):
        shown.append(Suspicion(path, "unreadable", f"{more} more faults of this kind: mend the first ones, look again"))
    return shown


def _unit_that_fits(entry: Entry) -> tuple[str, str] | None:
    """The unit with which every line can be read, and the other one."""
    for unit, said, other in (("hz", "Hz", "MIDI numbers"), ("midi", "MIDI numbers", "Hz")):
        try:
            pitches = [note.pitch for note in entry.load_notes(unit=unit)]
        except InputError:
            continue
        if pitches and min(pitches) >= _LOWEST and max(pitches) <= _HIGHEST:
            return said, other
    return None


def _impossible(found: Findings, evidence: Evidence) -> None:
    """Notes that cannot be as they are labelled, whatever is sung."""
    labels = evidence.labels
    spans = labels.spans[np.argsort(labels.spans[:, 0], kind="stable")]
    if not len(spans) and (labels.notes is not None or labels.times is not None):
        found.add("empty", "has 0 notes: label the recording, or leave it out")
    pairs = [(a, b) for a, b in pairwise(spans.tolist()) if a[1] - b[0] > _OVERLAP]
    found.each(
        "overlap",
        [(b[0], f"a note begins {a[1] - b[0]:.2f} s before the one before it ends: mend one") for a, b in pairs],
        lambda n: f"{n} notes begin before the ones before them end: one voice sings one note at a time",
    )
    found.notes.update(a[0] for a, _ in pairs)
    lengths = [(start, end - start) for start, end in spans if not _SHORTEST <= end - start <= _LONGEST]
    found.each(
        "length",
        [(t, f"a note lasts {s:.3g} s, which nobody sings: mend its times") for t, s in lengths],
        lambda n: f"{n} notes last less than {_SHORTEST:g} s or more than {_LONGEST:g} s: mend their times",
    )
    wrong = [note for note in labels.notes or () if not _LOWEST <= note.pitch <= _HIGHEST]
    found.each(
        "range",
        [(n.onset, f"a note has MIDI pitch {n.pitch:.1f}, which nobody sings: mend it") for n in wrong],
        lambda n: f"{n} notes lie outside what is sung (MIDI {_LOWEST:g} to {_HIGHEST:g}): are they in another unit?",
    )
    # Labels that are late throughout end late as well, and are said to be late.
    end = evidence.duration + _BEYOND + max(0.0, evidence.fit.late if evidence.fit else 0.0)
    if evidence.heard and labels.end > end:
        late = int((spans[:, 1] > end).sum())
        what = f"labels go on to {labels.end:.2f} s, but the recording ends at {evidence.duration:.2f} s"
        what += f" ({late} {'note' if late == 1 else 'notes'} beyond it)" if late else ""
        found.add("past_end", f"{what}: is the recording cut short, or another one?", [labels.end])
