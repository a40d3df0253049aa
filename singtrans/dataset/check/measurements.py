"""What is known of one labelled recording: its labels, the faults in them, and what a model hears."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import numpy as np

from singtrans.dataset.check.alignment import (
    HOP,
    Fit,
    OnsetLag,
    best_fit,
    measured_pitches,
    note_frames,
    onset_lag,
    track_frames,
)
from singtrans.dataset.manifest import Entry
from singtrans.dataset.requirements import Suspicion, last_voiced, load_sung_pitch, unusable_sound
from singtrans.errors import InputError
from singtrans.formats.labels import times
from singtrans.notes import Note, PitchTrack, Transcription

_T = TypeVar("_T")

_FEWEST = 3  # notes, below which no shift in time is judged


@dataclass(frozen=True)
class Labels:
    """The labels of a recording, as far as they can be read.

    Attributes:
        notes: sung notes; None where notes are not labelled, or their file cannot be read.
        f0: the pitch over time, or None likewise.
        times: (notes, 2) onset and offset in seconds, or None likewise.
        faults: file -> a line for each fault in it, which says where.
    """

    notes: tuple[Note, ...] | None = None
    f0: PitchTrack | None = None
    times: np.ndarray | None = None
    faults: dict[Path, list[str]] = field(default_factory=dict)

    @property
    def spans(self) -> np.ndarray:
        """(notes, 2) onset and offset of all notes in seconds; those of ``times`` where none have pitch."""
        notes = np.array([(note.onset, note.offset) for note in self.notes or ()]).reshape(-1, 2)
        return notes if self.notes or self.times is None else self.times

    @property
    def end(self) -> float:
        """Seconds from 0 to the end of the last note, or of the last voiced frame."""
        ends = [self.spans[:, 1].max()] if len(self.spans) else []
        if self.f0 is not None:
            ends.append(last_voiced(self.f0))
        return float(max(ends, default=0.0))


@dataclass(frozen=True)
class Evidence:
    """A recording, its labels, and what is heard in it.

    Attributes:
        entry: which.
        labels: what is said to be sung.
        heard: what a model hears; None if the recording cannot be read or is silent.
        sound: what is wrong with the recording, and with its accompaniment.
        fit: how labels and what is heard agree; None where there is too little of either.
        pitches: (notes,) the median measured pitch of each labelled note, fractional MIDI; NaN where none is heard.
            None where nothing can be measured.
        onset_lag: how long the labelled onsets come after those heard; None where few are, or all are late.
    """

    entry: Entry
    labels: Labels
    heard: Transcription | None = None
    sound: Sequence[Suspicion] = ()
    fit: Fit | None = None
    pitches: np.ndarray | None = None
    onset_lag: OnsetLag | None = None

    @property
    def duration(self) -> float:
        """Of the recording, in seconds; 0 if it cannot be read."""
        return self.heard.duration if self.heard else 0.0


def gather(entry: Entry, listen: Callable[[Path], Transcription]) -> Evidence:
    """Read the labels of an entry and listen to its recording; what cannot be read is part of the result."""
    labels = read_labels(entry)
    sound = unusable_sound(entry.audio)
    kinds = {suspicion.kind for suspicion in sound}
    if entry.accompaniment:
        sound += unusable_sound(entry.accompaniment, silence=True)
    if "audio" in kinds:
        return Evidence(entry, labels, sound=sound)
    try:
        heard = listen(entry.audio)
    except InputError as error:
        return Evidence(entry, labels, sound=[*sound, Suspicion(entry.audio, "audio", str(error))])
    if "silent" in kinds:
        return Evidence(entry, labels, heard, sound)
    fit = _fit(labels, heard)
    pitches = measured_pitches(labels.notes or (), heard.pitch, fit.likely if fit else 0.0)
    lag = None if fit and fit.late else onset_lag(labels.notes or (), heard.notes)
    return Evidence(entry, labels, heard, sound, fit, pitches, lag)


def read_labels(entry: Entry) -> Labels:
    """Read all that can be read of an entry's labels."""
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

    return Labels(
        read(entry.notes, lambda _, wrong: entry.load_notes(faults=wrong)),
        read(entry.f0, lambda path, _: load_sung_pitch(path)),
        read(entry.times, times.read),
        faults,
    )


def _fit(labels: Labels, heard: Transcription) -> Fit | None:
    """Agreement of the labels that say most: notes, else pitch, else times."""
    # Labels that go on far beyond the recording are judged by that, and would be many frames.
    count = round(heard.duration / HOP) + 1
    if labels.notes and len(labels.notes) >= _FEWEST:
        frames, pitched = note_frames(labels.notes, count), True
    elif labels.f0 is not None:
        frames, pitched = track_frames(labels.f0, count), True
    elif labels.times is not None and len(labels.times) >= _FEWEST:
        frames, pitched = note_frames([Note(on, off, 0.0) for on, off in labels.times.tolist()], count), False
    else:
        return None
    measured = track_frames(heard.pitch, count)
    if not np.isfinite(frames).any() or not np.isfinite(measured).any():
        return None
    return best_fit(frames, measured, pitched=pitched)
