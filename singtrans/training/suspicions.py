"""What is suspicious about the labels of one recording: a line each, with what to do about it.

Notes that stand alone get a line each; where many have the same fault, one line counts them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from singtrans.errors import SingtransError
from singtrans.formats import load_notes
from singtrans.notes import Note, note_name
from singtrans.pitch import hz_to_midi, midi_to_hz
from singtrans.training.agreement import HOP, LAG, track_frames
from singtrans.training.evidence import Evidence
from singtrans.training.usable import Suspicion

FEWEST = 5  # notes with a measured pitch, below which a whole recording's pitch is not judged
_OVERLAP = 0.02  # seconds; below it is rounding
_BEYOND = 0.1  # seconds after the recording's end where a label may end
_SHORTEST, _LONGEST = 0.02, 30.0  # seconds of a note
_LOWEST, _HIGHEST = 28.0, 96.0  # MIDI: E1 and C7, as far as anyone sings
_MILLISECONDS = 50.0  # labels that are longer than their recording by this factor count something else than seconds
_FOLLOWING = 0.45  # share of the notes that must move as the singing does
_FITTING = 0.6  # share of the frames that must agree where labels are moved; those of other songs can be made to fit
_OTHER_UNIT = 10.0  # semitones
_BRIEF = 0.15  # seconds: the pitch and voicing of shorter notes is hard to measure
_UNLABELLED = 1.0  # seconds of singing in one stretch
_ONE_BY_ONE = 3


@dataclass(frozen=True)
class Custom:
    """How a set's labels usually lie to what is sung; what is usual is not suspicious of a single recording.

    Attributes:
        semitones, hz: by which labels are sharp throughout, to be taken off one after the other; one of them is 0.
        lag: seconds by which they are late throughout.
        recording_limit: semitones by which the notes of a whole recording may lie beside that.
        note_limit: semitones by which a note may lie beside the others of its recording.
    """

    semitones: float = 0.0
    hz: float = 0.0
    lag: float = 0.0
    recording_limit: float = 0.25
    note_limit: float = 1.5

    def deviations(self, evidence: Evidence) -> np.ndarray:
        """(notes,) semitones by which each label is sharp of what is sung, beyond the usual; NaN where unknown."""
        labels = np.array([note.pitch for note in evidence.labels.notes or ()])
        expected = hz_to_midi(midi_to_hz(evidence.pitches) + self.hz) + self.semitones
        return labels - expected


@dataclass
class _Found:
    """What is being found in one file.

    Attributes:
        notes: onsets of notes of which something has been said: the rest would only follow from it.
    """

    file: Path
    notes: set[float] = field(default_factory=set)
    lines: list[Suspicion] = field(default_factory=list)

    def add(self, kind: str, what: str, times: Sequence[float] = ()) -> None:
        self.lines.append(Suspicion(self.file, kind, what, tuple(round(float(t), 3) for t in times)))

    def each(self, kind: str, found: Sequence[tuple[float, str]], many: Callable[[int], str]) -> None:
        """A line for each of a few (time, what); one line that counts them for more."""
        self.notes.update(time for time, _ in found)
        if len(found) <= _ONE_BY_ONE:
            for time, what in found:
                self.add(kind, f"at {time:.2f} s {what}", [time])
            return
        times = [time for time, _ in found]
        shown = ", ".join(f"{time:.2f}" for time in times[:5]) + (", …" if len(times) > 5 else "")
        self.add(kind, f"{many(len(found))} (at {shown} s)", times)


def judge(evidence: Evidence, custom: Custom) -> list[Suspicion]:
    """Everything that is suspicious about one recording and its labels."""
    entry, labels = evidence.entry, evidence.labels
    found = [s for path, lines in labels.faults.items() for s in _unreadable(path, lines, evidence)]
    found += evidence.sound
    file = entry.notes if labels.notes is not None else entry.times if labels.times is not None else entry.f0
    if file is None or (labels.f0 is None and not len(labels.spans) and file in labels.faults):
        return found
    rest = _Found(file)
    if evidence.heard and labels.end > _MILLISECONDS * evidence.duration:
        what = f"labels go on to {labels.end:g} s in a recording of {evidence.duration:.1f} s"
        rest.add("times", f"{what}: their times are not in seconds (milliseconds?); divide them")
        return found + rest.lines
    _impossible(rest, evidence)
    if evidence.fit:
        _heard(rest, evidence, custom)
    return found + rest.lines


def _unreadable(path: Path, lines: list[str], evidence: Evidence) -> list[Suspicion]:
    notes = evidence.labels.notes
    if path == evidence.entry.notes and len(lines) > 1 and not notes:
        unit = _unit_that_fits(path, evidence.entry.name)
        if unit:
            what = f"its pitches are {unit[0]}, not {unit[1]}: name the column so in the first line"
            return [Suspicion(path, "unit", what)]
    shown = [Suspicion(path, "unreadable", line) for line in lines[:_ONE_BY_ONE]]
    if more := len(lines) - len(shown):
        shown.append(Suspicion(path, "unreadable", f"{more} more faults of this kind: mend the first ones, look again"))
    return shown


def _unit_that_fits(path: Path, name: str) -> tuple[str, str] | None:
    """The unit with which every line can be read, and the other one."""
    for unit, said, other in (("hz", "Hz", "MIDI numbers"), ("midi", "MIDI numbers", "Hz")):
        try:
            pitches = [note.pitch for note in load_notes(path, name=name, unit=unit)]
        except SingtransError:
            continue
        if pitches and min(pitches) >= _LOWEST and max(pitches) <= _HIGHEST:
            return said, other
    return None


def _is_in_midi(evidence: Evidence) -> bool:
    """Whether pitches that are far from what is sung are near it when they are read as MIDI numbers."""
    entry = evidence.entry
    try:
        pitches = np.array([note.pitch for note in load_notes(entry.notes, name=entry.name, unit="midi")])
    except SingtransError:
        return False
    return len(pitches) == len(evidence.pitches) and np.nanmedian(np.abs(pitches - evidence.pitches)) < 3


def _impossible(found: _Found, evidence: Evidence) -> None:
    """Notes that cannot be as they are labelled, whatever is sung."""
    labels = evidence.labels
    spans = labels.spans[np.argsort(labels.spans[:, 0], kind="stable")]
    if not len(spans) and (evidence.entry.notes or evidence.entry.times):
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


def _heard(found: _Found, evidence: Evidence, custom: Custom) -> None:
    """Labels against what is sung."""
    notes, fit = evidence.labels.notes, evidence.fit
    if notes:
        deviations = custom.deviations(evidence)
        known = deviations[np.isfinite(deviations)]
        inside = sum(note.offset <= evidence.duration for note in notes)
        following = (np.abs(known - np.median(known)) < custom.note_limit).sum() if len(known) else 0
        if len(known) and np.median(np.abs(known)) > _OTHER_UNIT and _is_in_midi(evidence):
            found.add("unit", "its pitches are MIDI numbers, not Hz: name the column so in the first line")
            return
        if inside >= FEWEST and (following < _FOLLOWING * inside or (fit.late and fit.best < _FITTING)):
            found.add("mismatch", "its notes do not follow what is sung: are these the labels of another recording?")
            return
        _pitch(found, notes, deviations, custom)
    elif evidence.labels.f0 is not None and not _contour(found, evidence):
        return
    if abs(fit.late - custom.lag) > LAG:
        side = "late" if fit.lag > 0 else "early"
        what = f"labels are about {abs(fit.lag):.2f} s {side} throughout"
        found.add("offset", f"{what}: move them by {-fit.lag:+.2f} s")
    elif len(evidence.labels.spans):
        _unheard(found, evidence, custom.lag)


def _pitch(found: _Found, notes: Sequence[Note], deviations: np.ndarray, custom: Custom) -> None:
    """Whole recordings that lie off, and single notes."""
    usual = 0.0
    known = deviations[np.isfinite(deviations)]
    if len(known) >= FEWEST and abs(np.median(known)) > custom.recording_limit:
        usual = float(np.median(known))
        found.add("tuning", f"labels are {describe(usual)} throughout: {remedy(usual)}")
    off = [
        (note.onset, float(d - usual), note)
        for note, d in zip(notes, deviations, strict=True)
        if abs(d - usual) > custom.note_limit and note.duration >= _BRIEF and note.onset not in found.notes
    ]
    octaves = [o for o in off if is_octave(o[1])]
    others = [o for o in off if not is_octave(o[1])]
    for kind, group, word in (("octave", octaves, "an octave"), ("pitch", others, "far")):
        found.each(
            kind,
            [(t, f"the note {note_name(note.note)} is {describe(d)}: listen, and mend it") for t, d, note in group],
            lambda n, word=word: f"{n} of {len(notes)} notes are {word} off what is sung: listen, and mend them",
        )


def _contour(found: _Found, evidence: Evidence) -> bool:
    """Labels of pitch over time; whether they follow what is sung at all."""
    count = round(evidence.duration / HOP) + 1
    shift = round(evidence.fit.lag / HOP)
    labels = np.roll(track_frames(evidence.labels.f0, count), -shift)
    off = labels - track_frames(evidence.heard.pitch, count)
    both = np.isfinite(off)
    if both.sum() * HOP < 1.0:
        found.add("mismatch", "hardly a frame is voiced both here and in what is sung: is it another recording's?")
        return False
    usual = float(np.median(off[both]))
    following = (np.abs(off[both] - usual) < 1.0).mean()
    if following < _FOLLOWING or (evidence.fit.late and evidence.fit.best < _FITTING):
        found.add("mismatch", "the pitch does not follow what is sung: are these the labels of another recording?")
        return False
    if abs(usual) > Custom.recording_limit:
        found.add("tuning", f"labels are {describe(usual)} throughout: {remedy(usual)}")
    stretches = _stretches(both & (np.abs(np.abs(off - usual) - 12) < 1), 0.2)
    found.each(
        "octave",
        [(t, f"{length:.1f} s are an octave off what is sung: listen, and mend them") for t, length in stretches],
        lambda n: f"{n} stretches are an octave off what is sung: listen, and mend them",
    )
    return True


def _unheard(found: _Found, evidence: Evidence, lag: float) -> None:
    """Notes where nothing is sung, and singing where no note is."""
    track, spans = evidence.heard.pitch, np.maximum(evidence.labels.spans - lag, 0.0)
    count = round(evidence.duration / HOP) + 1
    sung = np.isfinite(track_frames(track, count))
    silent = []
    for (start, end), (onset, _) in zip(spans, evidence.labels.spans, strict=True):
        inside = sung[round(start / HOP) : round(end / HOP) + 1]
        if end <= evidence.duration and end - start >= _BRIEF and not inside.any() and onset not in found.notes:
            silent.append((onset, "a note is labelled where nothing is sung: remove it"))
    found.each("unheard", silent, lambda n: f"{n} notes are labelled where nothing is sung: remove them")
    labelled = np.zeros(count, bool)
    for start, end in spans:
        labelled[max(0, round(start / HOP) - 10) : round(end / HOP) + 10] = True
    missing = [
        (t, f"{length:.1f} s of singing have no label: label them, or cut the recording")
        for t, length in _stretches(sung & ~labelled, _UNLABELLED)
    ]
    found.each("unlabelled", missing, lambda n: f"{n} stretches of singing have no label: label them")


def _stretches(frames: np.ndarray, shortest: float) -> list[tuple[float, float]]:
    """(start, length) in seconds of each run of frames that is long enough."""
    edges = np.flatnonzero(np.diff(frames, prepend=False, append=False))
    runs = zip(edges[::2], edges[1::2], strict=True)
    return [(a * HOP, (b - a) * HOP) for a, b in runs if (b - a) * HOP >= shortest]


def is_octave(semitones: float) -> bool:
    """Whether an interval is one octave, or several, within a semitone."""
    return abs(semitones) > 6 and abs(semitones - 12 * round(semitones / 12)) < 1


def describe(semitones: float) -> str:
    """How much a label is off: ``an octave above what is sung``, ``23 cents sharp of what is sung``."""
    if is_octave(semitones):
        octaves = abs(round(semitones / 12))
        size = "an octave" if octaves == 1 else f"{octaves} octaves"
        return f"{size} {'above' if semitones > 0 else 'below'} what is sung"
    size = f"{abs(semitones):.1f} semitones" if abs(semitones) >= 1 else f"{abs(100 * semitones):.0f} cents"
    return f"{size} {'sharp' if semitones > 0 else 'flat'} of what is sung"


def remedy(semitones: float) -> str:
    """What to do about labels that are off throughout."""
    if is_octave(semitones):
        return f"move them by {-12 * round(semitones / 12):+d} semitones"
    return f"move them by {-semitones:+.2f} semitones, or learn pitch from other data"
