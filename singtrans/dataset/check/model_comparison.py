"""Labels against what a model hears: in another unit or of another recording, off in time or pitch, or not sung."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.dataset.check.alignment import HOP, LAG, Fit, moved_back, track_frames
from singtrans.dataset.check.measurements import Evidence
from singtrans.dataset.check.problem_list import Findings
from singtrans.errors import InputError
from singtrans.notes import Note, PitchTrack, Transcription
from singtrans.pitch import hz_to_midi, midi_to_hz, note_name

FEWEST = 5
"""Notes with a measured pitch, below which a whole recording's pitch is not judged."""

_FOLLOWING = 0.45  # share of the notes that must move as the singing does
_FITTING = 0.6  # share of the frames that must agree where labels are moved; those of other songs can be made to fit
_OTHER_UNIT = 10.0  # semitones
_BRIEF = 0.15  # seconds: the pitch and voicing of shorter notes is hard to measure
_STEADY_LAG = 0.02  # seconds beside the usual: more than the medians of recordings lie apart that are labelled alike
_SURE = 3.0  # standard errors
_UNLABELLED = 1.0  # seconds of singing in one stretch


@dataclass(frozen=True)
class Custom:
    """How a set's labels usually lie to what is sung; what is usual is not suspicious of a single recording.

    Attributes:
        semitones, hz: by which labels are sharp throughout, to be taken off one after the other; one of them is 0.
        lag: seconds by which they are late throughout.
        onset_lag: seconds by which labelled onsets come after those heard: a convention, or what a model makes of it.
            None where recordings of the set differ in it.
        recording_limit: semitones by which the notes of a whole recording may lie beside that.
        note_limit: semitones by which a note may lie beside the others of its recording.
    """

    semitones: float = 0.0
    hz: float = 0.0
    lag: float = 0.0
    onset_lag: float | None = None
    recording_limit: float = 0.25
    note_limit: float = 1.5

    def deviations(self, evidence: Evidence) -> np.ndarray:
        """(notes,) semitones by which each label is sharp of what is sung, beyond the usual; NaN where unknown."""
        labels = np.array([note.pitch for note in evidence.labels.notes or ()])
        if evidence.pitches is None:
            return np.full(len(labels), np.nan)
        expected = hz_to_midi(midi_to_hz(evidence.pitches) + self.hz) + self.semitones
        return labels - expected


def compare(found: Findings, evidence: Evidence, heard: Transcription, fit: Fit, custom: Custom) -> None:
    """Find where labels are not what is sung.

    Args:
        found: where it is noted.
        evidence: of the recording.
        heard, fit: its own, which are there.
        custom: how the labels of its set usually lie.
    """
    notes, track = evidence.labels.notes, evidence.labels.f0
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
    elif track is not None and not _contour(found, track, heard, fit):
        return
    if abs(fit.late - custom.lag) <= LAG:
        _unheard(found, evidence, heard, custom.lag)
        _beside_the_others(found, evidence, custom)
    elif fit.late:
        found.add("offset", f"labels are {lateness(fit.late)} throughout: move them by {-fit.late:+.2f} s")
    else:
        found.add("offset", f"labels are in time, where those of its set are {lateness(custom.lag)}: do not move these")


def _beside_the_others(found: Findings, evidence: Evidence, custom: Custom) -> None:
    """Labels that are late or early by less than a score would notice, but not as those of the set are."""
    if evidence.onset_lag is None or custom.onset_lag is None:
        return
    late = evidence.onset_lag.seconds - custom.onset_lag
    if abs(late) > _STEADY_LAG + _SURE * evidence.onset_lag.error:
        what = f"{abs(1000 * late):.0f} ms {'later' if late > 0 else 'earlier'} than is usual in its set"
        found.add("offset", f"its notes begin {what}: if all are so, move them by {-late:+.3f} s")


def _pitch(found: Findings, notes: Sequence[Note], deviations: np.ndarray, custom: Custom) -> None:
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
            f"{{}} of {len(notes)} notes are {word} off what is sung: listen, and mend them".format,
        )


def _contour(found: Findings, track: PitchTrack, heard: Transcription, fit: Fit) -> bool:
    """Labels of pitch over time; whether they follow what is sung at all."""
    count = round(heard.duration / HOP) + 1
    labels = moved_back(track_frames(track, count), round(fit.likely / HOP))
    off = labels - track_frames(heard.pitch, count)
    both = np.isfinite(off)
    if both.sum() * HOP < 1.0:
        found.add("mismatch", "hardly a frame is voiced both here and in what is sung: is it another recording's?")
        return False
    usual = float(np.median(off[both]))
    following = (np.abs(off[both] - usual) < 1.0).mean()
    if following < _FOLLOWING or (fit.late and fit.best < _FITTING):
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


def _unheard(found: Findings, evidence: Evidence, heard: Transcription, lag: float) -> None:
    """Notes where nothing is sung, and singing where no note is."""
    spans = np.maximum(evidence.labels.spans - lag, 0.0)
    if not len(spans):
        return
    count = round(heard.duration / HOP) + 1
    sung = np.isfinite(track_frames(heard.pitch, count))
    silent = []
    for (start, end), (onset, _) in zip(spans, evidence.labels.spans, strict=True):
        inside = sung[round(start / HOP) : round(end / HOP) + 1]
        if end <= heard.duration and end - start >= _BRIEF and not inside.any() and onset not in found.notes:
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


def _is_in_midi(evidence: Evidence) -> bool:
    """Whether pitches that are far from what is sung are near it when they are read as MIDI numbers."""
    entry, measured = evidence.entry, evidence.pitches
    if entry.notes is None or measured is None:
        return False
    try:
        pitches = np.array([note.pitch for note in entry.load_notes(unit="midi")])
    except InputError:
        return False
    return len(pitches) == len(measured) and bool(np.nanmedian(np.abs(pitches - measured)) < 3)


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


def lateness(seconds: float) -> str:
    """By how much labels come late: ``about 0.20 s late``, ``about 0.10 s early``."""
    return f"about {abs(seconds):.2f} s {'late' if seconds > 0 else 'early'}"


def remedy(semitones: float) -> str:
    """What to do about labels that are off throughout."""
    if is_octave(semitones):
        return f"move them by {-12 * round(semitones / 12):+d} semitones"
    return f"move them by {-semitones:+.2f} semitones, or learn pitch from other data"
