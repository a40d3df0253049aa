"""Comparison of labels with a transcription: wrong units or recordings, deviations in time or pitch, missing notes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.dataset.check.alignment import HOP, LAG, Fit, moved_back, track_frames
from singtrans.dataset.check.measurements import CheckedRecording
from singtrans.dataset.check.problem_list import ProblemList
from singtrans.errors import InputError
from singtrans.notes import Note, PitchTrack, Transcription
from singtrans.pitch import hz_to_midi, midi_to_hz, note_name

FEWEST = 5
"""Smallest number of notes with a measured pitch from which the pitch of a whole recording can be judged."""

_FOLLOWING = 0.45  # share of the notes that must follow the sung pitch
_FITTING = 0.6  # share of the frames that must agree after moving the labels
_OTHER_UNIT = 10.0  # semitones
_BRIEF = 0.15  # seconds; pitch and voicing of shorter notes are unreliable
_STEADY_LAG = 0.02  # seconds; variation of the median onset lag within one convention
_SURE = 3.0  # standard errors
_UNLABELLED = 1.0  # seconds of continuous singing without a label


@dataclass(frozen=True)
class Convention:
    """Constant deviations between the labels of a data set and the sung notes.

    These deviations are not reported as problems of single recordings.

    Attributes:
        semitones, hz: constant amount by which the labels are sharp; one of the two is 0.
        lag: delay of the labels in seconds.
        onset_lag: delay of the labelled onsets relative to the transcribed onsets in seconds, which depends on the
            conventions of the labels and the model; None if there is no common delay.
        recording_limit: largest additional deviation of a whole recording that is not a problem, in semitones.
        note_limit: largest deviation of a note from the other notes of its recording that is not a problem, in
            semitones.
    """

    semitones: float = 0.0
    hz: float = 0.0
    lag: float = 0.0
    onset_lag: float | None = None
    recording_limit: float = 0.25
    note_limit: float = 1.5

    def deviations(self, recording: CheckedRecording) -> np.ndarray:
        """Compute the deviations of the labels after the constant deviation has been removed.

        Returns:
            (notes,) semitones, NaN where unknown.
        """
        labels = np.array([note.pitch for note in recording.labels.notes or ()])
        if recording.pitches is None:
            return np.full(len(labels), np.nan)
        expected = hz_to_midi(midi_to_hz(recording.pitches) + self.hz) + self.semitones
        return labels - expected


def compare(
    found: ProblemList, recording: CheckedRecording, transcription: Transcription, fit: Fit, convention: Convention
) -> None:
    """Compare the labels of a recording with its transcription.

    Args:
        found: list to which problems are added.
        recording: the recording.
        transcription, fit: attributes of the recording, which are not None here.
        convention: constant deviations of the data set.
    """
    notes, track = recording.labels.notes, recording.labels.f0
    if notes:
        deviations = convention.deviations(recording)
        known = deviations[np.isfinite(deviations)]
        inside = sum(note.offset <= recording.duration for note in notes)
        following = (np.abs(known - np.median(known)) < convention.note_limit).sum() if len(known) else 0
        if len(known) and np.median(np.abs(known)) > _OTHER_UNIT and _is_in_midi(recording):
            found.add("unit", "its pitches are MIDI numbers, not Hz: correct the name of the column in the first line")
            return
        if inside >= FEWEST and (following < _FOLLOWING * inside or (fit.late and fit.best < _FITTING)):
            found.add("mismatch", "its notes do not follow the sung pitch: are these the labels of another recording?")
            return
        _pitch(found, notes, deviations, convention)
    elif track is not None and not _contour(found, track, transcription, fit):
        return
    if abs(fit.late - convention.lag) <= LAG:
        _missing_and_extra(found, recording, transcription, convention.lag)
        _onset_deviation(found, recording, convention)
    elif fit.late:
        found.add("offset", f"labels are {lateness(fit.late)} throughout: move them by {-fit.late:+.2f} s")
    else:
        found.add(
            "offset", f"labels are in time, although those of its set are {lateness(convention.lag)}: do not move these"
        )


def _onset_deviation(found: ProblemList, recording: CheckedRecording, convention: Convention) -> None:
    """Add a problem if the onset lag of a recording differs significantly from the onset lag of its data set."""
    if recording.onset_lag is None or convention.onset_lag is None:
        return
    late = recording.onset_lag.seconds - convention.onset_lag
    if abs(late) > _STEADY_LAG + _SURE * recording.onset_lag.error:
        what = f"{abs(1000 * late):.0f} ms {'later' if late > 0 else 'earlier'} than usual in its set"
        found.add("offset", f"its notes begin {what}: if all are so, move them by {-late:+.3f} s")


def _pitch(found: ProblemList, notes: Sequence[Note], deviations: np.ndarray, convention: Convention) -> None:
    """Add problems for pitch deviations of the whole recording and of single notes."""
    usual = 0.0
    known = deviations[np.isfinite(deviations)]
    if len(known) >= FEWEST and abs(np.median(known)) > convention.recording_limit:
        usual = float(np.median(known))
        found.add("tuning", f"labels are {describe(usual)} throughout: {remedy(usual)}")
    off = [
        (note.onset, float(d - usual), note)
        for note, d in zip(notes, deviations, strict=True)
        if abs(d - usual) > convention.note_limit and note.duration >= _BRIEF and note.onset not in found.notes
    ]
    octaves = [o for o in off if is_octave(o[1])]
    others = [o for o in off if not is_octave(o[1])]
    for kind, group, word in (("octave", octaves, "an octave"), ("pitch", others, "far")):
        found.each(
            kind,
            [(t, f"the note {note_name(note.note)} is {describe(d)}: listen, and correct it") for t, d, note in group],
            f"{{}} of {len(notes)} notes are {word} off the sung pitch: listen, and correct them".format,
        )


def _contour(found: ProblemList, track: PitchTrack, transcription: Transcription, fit: Fit) -> bool:
    """Add the problems of a labelled pitch track; return whether the track follows the sung pitch."""
    count = round(transcription.duration / HOP) + 1
    labels = moved_back(track_frames(track, count), round(fit.likely / HOP))
    off = labels - track_frames(transcription.pitch, count)
    both = np.isfinite(off)
    if both.sum() * HOP < 1.0:
        found.add(
            "mismatch",
            "almost no frame is voiced both here and in the recording: does this belong to another recording?",
        )
        return False
    usual = float(np.median(off[both]))
    following = (np.abs(off[both] - usual) < 1.0).mean()
    if following < _FOLLOWING or (fit.late and fit.best < _FITTING):
        found.add("mismatch", "the pitch does not follow the sung pitch: are these the labels of another recording?")
        return False
    if abs(usual) > Convention.recording_limit:
        found.add("tuning", f"labels are {describe(usual)} throughout: {remedy(usual)}")
    stretches = _stretches(both & (np.abs(np.abs(off - usual) - 12) < 1), 0.2)
    found.each(
        "octave",
        [(t, f"{length:.1f} s are an octave off the sung pitch: listen, and correct them") for t, length in stretches],
        lambda n: f"{n} stretches are an octave off the sung pitch: listen, and correct them",
    )
    return True


def _missing_and_extra(
    found: ProblemList, recording: CheckedRecording, transcription: Transcription, lag: float
) -> None:
    """Add problems for labelled notes without singing, and for singing without labels."""
    spans = np.maximum(recording.labels.spans - lag, 0.0)
    if not len(spans):
        return
    count = round(transcription.duration / HOP) + 1
    sung = np.isfinite(track_frames(transcription.pitch, count))
    silent = []
    for (start, end), (onset, _) in zip(spans, recording.labels.spans, strict=True):
        inside = sung[round(start / HOP) : round(end / HOP) + 1]
        if end <= transcription.duration and end - start >= _BRIEF and not inside.any() and onset not in found.notes:
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
    """Return (start, length) in seconds of each run of True frames that is at least ``shortest`` seconds long."""
    edges = np.flatnonzero(np.diff(frames, prepend=False, append=False))
    runs = zip(edges[::2], edges[1::2], strict=True)
    return [(a * HOP, (b - a) * HOP) for a, b in runs if (b - a) * HOP >= shortest]


def _is_in_midi(recording: CheckedRecording) -> bool:
    """Check whether the labelled pitches fit the sung pitches if the labels are read as MIDI numbers."""
    entry, measured = recording.entry, recording.pitches
    if entry.notes is None or measured is None:
        return False
    try:
        pitches = np.array([note.pitch for note in entry.load_notes(unit="midi")])
    except InputError:
        return False
    return len(pitches) == len(measured) and bool(np.nanmedian(np.abs(pitches - measured)) < 3)


def is_octave(semitones: float) -> bool:
    """Check whether an interval is one or more octaves, with a deviation of less than a semitone."""
    return abs(semitones) > 6 and abs(semitones - 12 * round(semitones / 12)) < 1


def describe(semitones: float) -> str:
    """Describe a deviation: ``an octave above the sung pitch``, ``23 cents sharp of the sung pitch``."""
    if is_octave(semitones):
        octaves = abs(round(semitones / 12))
        size = "an octave" if octaves == 1 else f"{octaves} octaves"
        return f"{size} {'above' if semitones > 0 else 'below'} the sung pitch"
    size = f"{abs(semitones):.1f} semitones" if abs(semitones) >= 1 else f"{abs(100 * semitones):.0f} cents"
    return f"{size} {'sharp' if semitones > 0 else 'flat'} of the sung pitch"


def lateness(seconds: float) -> str:
    """Describe a lag: ``about 0.20 s late``, ``about 0.10 s early``."""
    return f"about {abs(seconds):.2f} s {'late' if seconds > 0 else 'early'}"


def remedy(semitones: float) -> str:
    """Describe the correction of a constant deviation."""
    if is_octave(semitones):
        return f"move them by {-12 * round(semitones / 12):+d} semitones"
    return f"move them by {-semitones:+.2f} semitones, or learn pitch from other data"
