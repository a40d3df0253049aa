"""References to score against: recordings with labelled notes or pitch, and their selection from a manifest."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singtrans.audio import Recording
from singtrans.errors import InputError, UsageError
from singtrans.formats import (
    ReadOptions,
    load_pitch,
    notes_of,
    read_content,
)
from singtrans.formats.format import DEFAULTS
from singtrans.formats.labels import times as times_files
from singtrans.notes import Note, PitchTrack
from singtrans.scoring.metrics import note_arrays

if TYPE_CHECKING:
    from singtrans.dataset.manifest import Entry

EVERYTHING = "all"
"""Name of the split that contains every recording."""


@dataclass(frozen=True, eq=False)
class Annotations:
    """Notes and pitch of a recording, either labelled or estimated. Attributes that are not known are None.

    Attributes:
        notes: the notes.
        pitch: the pitch track.
        times: (notes, 2) onsets and offsets, in seconds, of notes whose pitch is not annotated.
    """

    notes: tuple[Note, ...] | None = None
    pitch: PitchTrack | None = None
    times: np.ndarray | None = None

    @property
    def spans(self) -> np.ndarray:
        """(notes, 2) onsets and offsets in seconds."""
        if self.notes:
            return note_arrays(self.notes)[0]
        return np.zeros((0, 2)) if self.times is None else self.times


@dataclass(frozen=True)
class Reference:
    """A recording and the labels to score against.

    Attributes:
        name: name of the recording, which is unique in an evaluation. In a folder of estimates, the estimate for the
            recording has the same name.
        notes: file of the labelled notes, or None.
        f0: file of the labelled pitch track, or None.
        times: file of onsets and offsets without pitch, or None.
        audio: file of the recording, or None.
        source: name of the data set, or empty.
        song: name of the recording inside files that contain the notes of many recordings; None if it is the last part
            of ``name``.
        reading: options for reading the file of notes.
    """

    name: str
    notes: Path | None = None
    f0: Path | None = None
    times: Path | None = None
    audio: Path | Recording | None = None
    source: str = ""
    song: str | None = None
    reading: ReadOptions = DEFAULTS

    def read(self) -> Annotations:
        """Read the labels.

        Raises:
            InputError: if one of the files cannot be read.
        """
        song = self.song or self.name.rpartition("/")[2]
        times = None
        if self.times and not self.notes:
            times = times_files.read(self.times)
        return Annotations(
            notes=notes_of(read_content(self.notes, self.reading.or_else(ReadOptions(song)))) if self.notes else None,
            pitch=load_pitch(self.f0, audio=self.audio) if self.f0 else None,
            times=times,
        )


@dataclass(frozen=True)
class LabelChoice:
    """Options that choose among labels.

    Attributes:
        reading: options for reading files of notes.
        pattern: pattern for names of label files; it is used if a recording has several label files.
    """

    reading: ReadOptions = DEFAULTS
    pattern: str = ""


NOTHING_CHOSEN = LabelChoice()


@dataclass(frozen=True)
class SelectedReferences:
    """Recordings of a data set that were selected for scoring.

    Attributes:
        references: recordings that can be scored.
        faults: one line for each recording that cannot be used; recordings of other splits are included.
    """

    references: list[Reference]
    faults: list[str]


def select_recordings(data: Path, split: str | None = None, choice: LabelChoice = NOTHING_CHOSEN) -> SelectedReferences:
    """Select the references of one split from a manifest or a folder of labelled recordings.

    Args:
        data: manifest or folder, as for `singtrans.dataset.manifest.list_entries`.
        split: ``train``, ``valid``, ``test`` or ``all``. None means ``test`` if there is one, else ``all``.
        choice: options that choose among labels.

    Raises:
        UsageError: if there is no split of that name.
        InputError: if no recording of the split can be used, or the data cannot be read.
    """
    from singtrans.dataset.manifest import SPLITS, list_entries

    if split not in (None, EVERYTHING, *SPLITS):
        raise UsageError(f"--split {split}: there is no such split; use {', '.join((*SPLITS, EVERYTHING))}")
    listing = list_entries(data, pattern=choice.pattern)
    entries = [entry for entry in listing.entries if entry.split in SPLITS]
    parts = {entry.split for entry in entries}
    if split is None and listing.decided and listing.faults and "test" not in parts:
        # If all recordings of the test split are unusable, the training recordings must not be scored in their place.
        raise InputError(
            "\n".join([*listing.faults, f"{data} has no other recordings in a test split: choose a --split."])
        )
    wanted = split or ("test" if "test" in parts else EVERYTHING)
    chosen = [entry for entry in entries if wanted in (entry.split, EVERYTHING)]
    counts = Counter(entry.id for entry in chosen)
    # Scores are stored by name. If two recordings have the same name, neither is scored; the faults already list them.
    references = references_of_entries(
        replace(entry, reading=entry.reading.or_else(choice.reading)) for entry in chosen if counts[entry.id] == 1
    )
    if not references:
        lacking = f"{data} has no {wanted} split: choose --split {' or '.join(sorted(parts))}, or all."
        raise InputError("\n".join(listing.faults) or lacking)
    return SelectedReferences(references, listing.faults)


def references_of_entries(entries: "Iterable[Entry]") -> list[Reference]:
    """Convert the entries of a data set to references, in the same order."""
    return [
        Reference(entry.id, entry.notes, entry.f0, entry.times, entry.sound, entry.source, entry.name, entry.reading)
        for entry in entries
    ]
