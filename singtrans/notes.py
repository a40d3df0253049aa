"""What a transcription is made of: notes, a pitch track, and both together.

These frozen dataclasses are the only things that readers, the decoder, writers and scorers hand to each other.
Time is in seconds from the start of the recording; pitch is a fractional MIDI number (69 = A4 = 440 Hz).
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
"""Seconds, half a day: where notes lie farther apart, there is no one tempo or tuning to be found in them."""

DOUBTFUL = 0.7
"""Probability below which a value of a note counts as unsure."""


SCOOP, GRACE, FALL = "scoop", "grace", "fall"
"""Kinds of ornaments: a note begins lower than it goes on; it begins otherwise; it ends otherwise."""


@dataclass(frozen=True, slots=True)
class Ornament:
    """A part of a note that is not its steady pitch; a note has one at most at its beginning and one at its end.

    Attributes:
        onset, offset: seconds, within the note: it begins with the note, or ends with it.
        pitch: fractional MIDI number.
        kind: `SCOOP`, `GRACE` or `FALL`.

    Raises:
        ValueError: if a value is not finite, it has no length, or there is no such kind.
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
    """Probabilities that a note is right, from 0 to 1.

    Attributes:
        right: onset and pitch are, within 50 ms and 50 cents.
        onset: the onset is.
        pitch, octave, offset: they are, if the onset is; an offset within 50 ms or a fifth of the note.
    """

    NAMES: ClassVar = ("right", "onset", "pitch", "octave", "offset")

    right: float
    onset: float
    pitch: float
    octave: float
    offset: float

    @property
    def doubts(self) -> tuple[str, ...]:
        """What is unsure: the names of what is right with less than `DOUBTFUL`."""
        return tuple(name for name in self.NAMES[1:] if getattr(self, name) < DOUBTFUL)


@dataclass(frozen=True, slots=True)
class Note:
    """One sung note.

    Attributes:
        onset: start, in seconds.
        offset: end, in seconds; always later than ``onset``.
        pitch: fractional MIDI number.
        confidence: 0 (a guess) to 1 (certain).
        tuning: how far above 440 Hz the singer's A4 lies at this note, in semitones; ``note`` counts from there.
        moved: how many semitones above the integer nearest to its pitch the note was meant, as the song's key has it;
            -1, 0 or 1.
        certainty: how sure each of its values is, if the model is calibrated; ``confidence`` is then its ``right``.
        ornaments: scoop, grace note and fall that are part of it, in time order.
        release: where a score would end it, in seconds; None if it is not known.

    Raises:
        ValueError: if a value is not finite, the note has no length, the confidence is outside 0..1, or it was
            moved further.
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
        """The integer MIDI number (0 to 127) that is written to a MIDI file: the nearest, halves up, unless moved."""
        return min(127, max(0, math.floor(self.pitch - self.tuning + 0.5) + self.moved))

    @property
    def name(self) -> str:
        """The note's name with its octave, C4 being MIDI 60."""
        return note_name(self.note)


@dataclass(frozen=True, slots=True, eq=False)
class PitchTrack:
    """The sung pitch over time, one value a frame.

    Attributes:
        time: (frames,) seconds, the centre of each frame, ascending.
        midi: (frames,) fractional MIDI number, NaN where unvoiced.
        voicing: (frames,) probability 0..1 that the frame is voiced.

    Raises:
        ValueError: if the three arrays are not one-dimensional and of one length.
    """

    time: np.ndarray
    midi: np.ndarray
    voicing: np.ndarray

    def __post_init__(self) -> None:
        if not (self.time.ndim == 1 and self.time.shape == self.midi.shape == self.voicing.shape):
            raise ValueError(
                "time, midi and voicing need one length each:"
                f" {self.time.shape}, {self.midi.shape}, {self.voicing.shape}"
            )

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Separation:
    """Whether the notes are those of a voice that was separated from instruments, and why.

    Attributes:
        separated: whether they are.
        engine: what separated the voice; empty if nothing did.
        mix_confidence: mean confidence of the recording's own notes, weighted by their length; None if not known.
        voice_confidence: that of the separated voice's notes; None if not known.
    """

    separated: bool = False
    engine: str = ""
    mix_confidence: float | None = None
    voice_confidence: float | None = None


def mean_confidence(notes: Sequence[Note]) -> float | None:
    """Mean confidence of notes, weighted by their length; None if there are none."""
    length = sum(note.duration for note in notes)
    return sum(note.duration * note.confidence for note in notes) / length if notes else None


NOTE_COLUMNS = ["onset", "offset", "duration", "pitch", "note", "name", "confidence"]
"""Attributes of `Note` that `Transcription.to_dataframe` has as columns."""


@dataclass(frozen=True, slots=True)
class Transcription:
    """What was sung in one recording.

    Attributes:
        notes: in time order, never overlapping.
        pitch: the pitch track the notes were read from.
        duration: length of the recording in seconds.
        audio: name of the recording (the file's name without its folder).
        model: name of the model that listened.
        missing: how much of the recording could not be decoded, in words; empty if it is complete.
        remarks: lines on how the recording was read, such as which of several sound tracks, and on its voice.
        separation: whether a voice was separated from instruments first; None if nobody asked.
        clarity: how clear the evidence for the notes is on the average, 0 to 1; None if it is not known.
        mixed: whether that is less than the notes of one voice alone have, as in recordings with an accompaniment or
            with several voices; None if it is not known.
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
        """Write to ``path`` in the format of its ending, as `singtrans.formats.save` does, and return the path.

        The file appears whole or not at all.

        Raises:
            InputError: if the ending is unknown, the folder is missing or cannot be written, or the file
                exists and ``overwrite`` is False.
        """
        from singtrans.formats import save

        return save(self, path, overwrite=overwrite)

    def __iter__(self) -> Iterator[Note]:
        """Iterate over the notes."""
        return iter(self.notes)

    def to_dataframe(self) -> "DataFrame":
        """The notes as a pandas data frame with the columns of `NOTE_COLUMNS`, one row per note.

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
        """The picture that notebooks show."""
        from singtrans.formats.notebook import picture

        return picture(self)
