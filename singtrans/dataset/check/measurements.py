"""Labels of one recording, their faults, and their agreement with a transcription."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from singtrans.audio import Recording
from singtrans.dataset.check.alignment import (
    HOP,
    Fit,
    OnsetLag,
    best_fit,
    measured_pitches,
    note_frames,
    onset_lag,
    onsets_confirm,
    track_frames,
)
from singtrans.dataset.manifest import Entry
from singtrans.dataset.requirements import Problem, last_voiced, load_sung_pitch, unusable_sound
from singtrans.errors import InputError
from singtrans.formats.labels import times
from singtrans.notes import Note, PitchTrack, Transcription

_T = TypeVar("_T")

_MIN_NOTES = 3  # least number of notes for estimating a lag


@dataclass(frozen=True)
class CheckedLabels:
    """The readable labels of a recording.

    Attributes:
        notes: notes; None if they are not labelled or cannot be read.
        f0: pitch track; None if pitch is not labelled or cannot be read.
        times: (notes, 2) onsets and offsets in seconds, from labels without pitch; None if there are no such labels or
            they cannot be read.
        faults: for each file with faults, one line per fault.
    """

    notes: tuple[Note, ...] | None = None
    f0: PitchTrack | None = None
    times: np.ndarray | None = None
    faults: dict[Path, list[str]] = field(default_factory=dict)

    @property
    def spans(self) -> np.ndarray:
        """(notes, 2) onsets and offsets in seconds of the notes, or ``times`` if there are no notes."""
        notes = np.array([(note.onset, note.offset) for note in self.notes or ()]).reshape(-1, 2)
        return notes if self.notes or self.times is None else self.times

    @property
    def end(self) -> float:
        """Time of the last offset or voiced frame in seconds; 0 if there is none."""
        ends = [self.spans[:, 1].max()] if len(self.spans) else []
        if self.f0 is not None:
            ends.append(last_voiced(self.f0))
        return float(max(ends, default=0.0))


@dataclass(frozen=True)
class CheckedRecording:
    """A recording, its labels, and its transcription.

    Attributes:
        entry: entry of the data set.
        labels: readable labels.
        transcription: transcription; None if the recording cannot be read.
        sound: problems with the sound of the recording and of its accompaniment.
        fit: agreement of labels and transcription; None if either has too few notes.
        pitches: (notes,) median of the measured pitch in each labelled note, fractional MIDI, NaN where unvoiced; None
            if nothing can be measured.
        onset_lag: lag of the labelled onsets; None if too few onsets match, or all labels are late.
    """

    entry: Entry
    labels: CheckedLabels
    transcription: Transcription | None = None
    sound: Sequence[Problem] = ()
    fit: Fit | None = None
    pitches: np.ndarray | None = None
    onset_lag: OnsetLag | None = None

    @property
    def duration(self) -> float:
        """Duration in seconds; 0 if the recording cannot be read."""
        return self.transcription.duration if self.transcription else 0.0


def examine(entry: Entry, transcribe: Callable[[Path | Recording], Transcription]) -> CheckedRecording:
    """Read the labels of an entry, and transcribe its recording; return faults as part of the result."""
    labels = read_labels(entry)
    sound = unusable_sound(entry.audio)
    kinds = {problem.kind for problem in sound}
    if entry.accompaniment:
        sound += unusable_sound(entry.accompaniment, silence=True)
    if "audio" in kinds:
        return CheckedRecording(entry, labels, sound=sound)
    try:
        transcription = transcribe(entry.sound)
    except InputError as error:
        return CheckedRecording(entry, labels, sound=[*sound, Problem(entry.audio, "audio", str(error))])
    if "silent" in kinds:
        return CheckedRecording(entry, labels, transcription, sound)
    fit = _fit(labels, transcription)
    pitches = measured_pitches(labels.notes or (), transcription.pitch, fit.likely if fit else 0.0)
    lag = None if fit and fit.late else onset_lag(labels.notes or (), transcription.notes)
    return CheckedRecording(entry, labels, transcription, sound, fit, pitches, lag)


def read_labels(entry: Entry) -> CheckedLabels:
    """Read the labels of an entry, and collect their faults."""
    faults: dict[Path, list[str]] = {}

    def read(path: Path | None, reader: Callable[[Path, list[InputError]], _T]) -> _T | None:
        if path is None:
            return None
        wrong: list[InputError] = []
        try:
            return reader(path, wrong)
        except InputError as error:
            wrong.append(error)
        finally:
            if wrong:
                faults[path] = [str(error) for error in wrong]
        return None

    return CheckedLabels(
        read(entry.notes, lambda _, wrong: entry.load_notes(faults=wrong)),
        read(entry.f0, lambda path, _: load_sung_pitch(path, entry.audio)),
        read(entry.times, times.read),
        faults,
    )


def _fit(labels: CheckedLabels, transcription: Transcription) -> Fit | None:
    """Compute the agreement of a transcription with the labelled notes, or else with the labelled pitch or times."""
    # Labels far after the end of the recording would need many frames; they are reported by another check.
    count = round(transcription.duration / HOP) + 1
    if labels.notes and len(labels.notes) >= _MIN_NOTES:
        frames, pitched = note_frames(labels.notes, count), True
    elif labels.f0 is not None:
        frames, pitched = track_frames(labels.f0, count), True
    elif labels.times is not None and len(labels.times) >= _MIN_NOTES:
        frames, pitched = note_frames([Note(on, off, 0.0) for on, off in labels.times.tolist()], count), False
    else:
        return None
    measured = track_frames(transcription.pitch, count)
    if not np.isfinite(frames).any() or not np.isfinite(measured).any():
        return None
    fit = best_fit(frames, measured, pitched=pitched)
    if labels.notes and fit.late:
        return replace(fit, confirmed=onsets_confirm(labels.notes, transcription.notes, fit.lag))
    return fit
