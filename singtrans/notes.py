"""Notes, pitch tracks and transcriptions.

Readers, the decoder, writers and scorers exchange only these frozen dataclasses. Time is in seconds from the start of
the recording; pitch is a fractional MIDI number (69 = A4 = 440 Hz).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from singtrans.errors import UsageError
from singtrans.pitch import note_name

if TYPE_CHECKING:
    from pandas import DataFrame

LONGEST_SONG = 43_200.0
"""Half a day in seconds. No tempo or tuning is estimated for notes that are spread over a longer time."""

DOUBTFUL = 0.7
"""Probability below which a value of a note is uncertain."""


SCOOP, GRACE, FALL = "scoop", "grace", "fall"
"""Kinds of ornaments: a scoop begins with a lower pitch, a grace note begins with a higher pitch, and a fall ends with
a different pitch."""


@dataclass(frozen=True, slots=True)
class Ornament:
    """A part of a note whose pitch differs from the rest of the note.

    A note has at most one ornament at its start, and at most one at its end.

    Attributes:
        onset, offset: start and end in seconds. The ornament starts or ends together with the note.
        pitch: fractional MIDI number.
        kind: `SCOOP`, `GRACE` or `FALL`.

    Raises:
        ValueError: if a value is not finite, the length is not above 0, or the kind is unknown.
    """

    onset: float
    offset: float
    pitch: float
    kind: str

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.onset, self.offset, self.pitch))) or self.offset <= self.onset:
            raise ValueError(f"an ornament needs finite values and a length, not {self}")
        if self.kind not in (SCOOP, GRACE, FALL):
            raise ValueError(f"an ornament is a scoop, a grace note or a fall, not {self.kind!r}")


@dataclass(frozen=True, slots=True)
class Certainty:
    """Probabilities, from 0 to 1, that the values of a note are right.

    Attributes:
        right: probability that the onset is within 50 ms and the pitch within 50 cents.
        onset: probability that the onset is within 50 ms.
        pitch, octave: probabilities that the pitch and the octave are right, if the onset is right.
        offset: probability that the offset is within 50 ms or within a fifth of the note's length, if the onset is
            right.
    """

    NAMES: ClassVar = ("right", "onset", "pitch", "octave", "offset")

    right: float
    onset: float
    pitch: float
    octave: float
    offset: float

    @property
    def doubts(self) -> tuple[str, ...]:
        """Names of the values whose probability is below `DOUBTFUL`."""
        return tuple(name for name in self.NAMES[1:] if getattr(self, name) < DOUBTFUL)


@dataclass(frozen=True, slots=True)
class Note:
    """One sung note.

    Attributes:
        onset: start, in seconds.
        offset: end, in seconds; always later than ``onset``.
        pitch: fractional MIDI number.
        confidence: confidence in the note, from 0 (a guess) to 1 (certain).
        tuning: number of semitones by which the singer's A4 is above 440 Hz at this note; ``note`` is relative to this
            tuning.
        moved: correction of ``note`` that takes the key of the song into account: -1, 0 or 1 semitones.
        certainty: probabilities that the values are right, or None if the model is not calibrated. If there are such
            probabilities, ``confidence`` is equal to ``certainty.right``.
        ornaments: scoops, grace notes and falls that are part of the note, in time order.
        release: time in seconds at which the note would end in a score; None if unknown.

    Raises:
        ValueError: if a value is not finite, the length is not above 0, or ``confidence`` or ``moved`` is out of range.
    """

    onset: float
    offset: float
    pitch: float
    confidence: float = 1.0
    tuning: float = 0.0
    moved: int = 0
    certainty: Certainty | None = None
    ornaments: tuple[Ornament, ...] = ()
    release: float | None = None

    def __post_init__(self) -> None:
        if not all(map(math.isfinite, (self.onset, self.offset, self.pitch, self.confidence, self.tuning))):
            raise ValueError(f"a note needs finite values, not {self}")
        if self.offset <= self.onset:
            raise ValueError(f"a note must end after it starts: {self}")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"a confidence lies between 0 and 1: {self}")
        if self.moved not in (-1, 0, 1):
            raise ValueError(f"a note is moved by a semitone at most: {self}")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.offset - self.onset

    @property
    def note(self) -> int:
        """Integer MIDI number (0 to 127): the pitch relative to ``tuning``, rounded (halves up), plus ``moved``."""
        return min(127, max(0, math.floor(self.pitch - self.tuning + 0.5) + self.moved))

    @property
    def name(self) -> str:
        """Name of the note with its octave; C4 is MIDI number 60."""
        return note_name(self.note)


@dataclass(frozen=True, slots=True, eq=False)
class PitchTrack:
    """The sung pitch over time, with one value per frame.

    Attributes:
        time: (frames,) centres of the frames in seconds, ascending.
        midi: (frames,) fractional MIDI number, NaN where unvoiced.
        voicing: (frames,) probability 0..1 that the frame is voiced.

    Raises:
        ValueError: if the three arrays are not one-dimensional or differ in length.
    """

    time: np.ndarray
    midi: np.ndarray
    voicing: np.ndarray

    def __post_init__(self) -> None:
        if not (self.time.ndim == 1 and self.time.shape == self.midi.shape == self.voicing.shape):
            raise ValueError(
                "time, midi and voicing must be one-dimensional and of equal length, not"
                f" {self.time.shape}, {self.midi.shape}, {self.voicing.shape}"
            )

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Separation:
    """Result of the decision whether to separate the voice from instruments.

    Attributes:
        separated: whether the notes come from the separated voice.
        engine: program that separated the voice; empty if the voice was not separated.
        mix_confidence: mean confidence of the notes in the original recording, weighted by their length; None if
            unknown.
        voice_confidence: mean confidence of the notes of the separated voice, weighted by their length; None if
            unknown.
        tempo: estimated tempo of the instruments in beats per minute, which may be half or twice the true tempo; None
            if it was not requested or not found.
    """

    separated: bool = False
    engine: str = ""
    mix_confidence: float | None = None
    voice_confidence: float | None = None
    tempo: float | None = None


def mean_confidence(notes: Sequence[Note]) -> float | None:
    """Compute the mean confidence of notes, weighted by their length; None if there are no notes."""
    length = sum(note.duration for note in notes)
    return sum(note.duration * note.confidence for note in notes) / length if notes else None


NOTE_COLUMNS = ["onset", "offset", "duration", "pitch", "note", "name", "confidence"]
"""Attributes of `Note` that are columns in `Transcription.to_dataframe`."""


@dataclass(frozen=True, slots=True)
class Transcription:
    """The transcription of one recording.

    Attributes:
        notes: notes in time order, which do not overlap.
        pitch: pitch track from which the notes were decoded.
        duration: length of the recording in seconds.
        audio: name of the recording's file, without its folder.
        model: name of the model.
        missing: description of the part of the recording that could not be decoded; empty if there is none.
        remarks: lines that tell the user which choices were made, for example which sound track was read, and whether
            the voice was separated.
        separation: result of the decision whether to separate the voice; None if separation was not requested.
        clarity: mean clarity of the evidence for the notes, 0 to 1; None if unknown.
        mixed: whether ``clarity`` is lower than is usual for a single voice, probably because of an accompaniment or
            several voices; None if unknown.
    """

    notes: tuple[Note, ...]
    pitch: PitchTrack
    duration: float
    audio: str = ""
    model: str = ""
    missing: str = ""
    remarks: tuple[str, ...] = ()
    separation: Separation | None = None
    clarity: float | None = None
    mixed: bool | None = None

    def save(self, path: str | Path, *, overwrite: bool = True) -> Path:
        """Write the transcription to a file, and return the path of the file.

        The ending of ``path`` determines the format; see `singtrans.formats.save`. If writing fails, no incomplete file
        is left.

        Raises:
            InputError: if the ending is unknown, the folder is missing, the file cannot be written, or the file exists
                and ``overwrite`` is False.
        """
        from singtrans.formats import save

        return save(self, path, overwrite=overwrite)

    def __iter__(self) -> Iterator[Note]:
        """Iterate over the notes."""
        return iter(self.notes)

    def to_dataframe(self) -> "DataFrame":
        """Return the notes as a pandas data frame with the columns of `NOTE_COLUMNS` and one row per note.

        Raises:
            UsageError: if pandas is not installed.
        """
        try:
            import pandas
        except ModuleNotFoundError:
            raise UsageError(
                "to_dataframe needs the package pandas, which is not installed: pip install pandas"
            ) from None
        return pandas.DataFrame([[getattr(note, name) for name in NOTE_COLUMNS] for note in self], columns=NOTE_COLUMNS)

    def _repr_html_(self) -> str:
        """Return the picture, as HTML, that notebooks show for the transcription."""
        from singtrans.formats.notebook import picture

        return picture(self)
