"""One labelled recording of a data set."""

from dataclasses import dataclass
from pathlib import Path

from singtrans.audio.recording import Recording, Selection, parse_channel
from singtrans.errors import InputError
from singtrans.formats import ReadOptions, load_notes
from singtrans.formats.format import DEFAULTS
from singtrans.notes import Note

FILES = ("audio", "notes", "f0", "times", "accompaniment", "syllables", "ornaments")
"""Columns of a manifest that contain file names."""

CHOICES = ("name", "voice", "tier", "unit", "columns")
"""Columns that determine what is read from the file of notes, like the options of ``singtrans convert``."""


@dataclass(frozen=True)
class Entry:
    """One labelled recording.

    Attributes:
        id: name that is unique in the manifest.
        audio: recording of the voice.
        notes: file of notes in a format that `singtrans.formats.load_notes` reads, or None.
        f0: file of pitch in a format that `singtrans.formats.load_pitch` reads, or None.
        times: file of onsets and offsets without pitch (`singtrans.formats.labels.times`), or None.
        accompaniment: recording that may be mixed in as background, or None.
        split: ``train``, ``valid`` or ``test``.
        source: name of the data set; scores are reported for each data set.
        weight: factor for the probability that an excerpt of this recording is drawn in training.
        singer: name of the singer, or empty.
        license: licence of the recording, or empty.
        boundaries: boundaries that are used for training, ``both`` or ``onsets``. ``onsets`` is for labels whose
            offsets follow another convention or are guesses. Pitch is used for training in both cases, and offsets are
            always scored.
        syllables: file with the times at which syllables begin (seconds, one per line), or None if unknown.
        ornaments: file with the times at which ornaments (scoops, falls, grace notes) are separated from their notes,
            or None if unknown.
        convention: name of the convention for labelling boundaries, such as ``ssvd``; if it is empty, the name of the
            source is used. In training, each convention has separate corrections
            (`singtrans.model.network.Corrections`).
        channel: channel of the voice, ``left``, ``right`` or a number from 1; empty for a mix of all channels.
        reading: options for reading the file of notes.
    """

    id: str
    audio: Path
    notes: Path | None = None
    f0: Path | None = None
    times: Path | None = None
    accompaniment: Path | None = None
    split: str = "train"
    source: str = ""
    weight: float = 1.0
    singer: str = ""
    license: str = ""
    boundaries: str = "both"
    syllables: Path | None = None
    ornaments: Path | None = None
    convention: str = ""
    channel: str = ""
    reading: ReadOptions = DEFAULTS

    @property
    def sound(self) -> Path | Recording:
        """The recording, with the chosen channel if there is one."""
        return Selection(channel=parse_channel(self.channel or "mix")).of(self.audio)

    @property
    def name(self) -> str:
        """Name of this recording in a file with the notes of many recordings; by default, the id without folders."""
        return self.reading.name or self.id.rpartition("/")[2]

    @property
    def choices(self) -> str:
        """The options for reading the file of notes, except the name, as text; empty if there are none."""
        return "".join(f"|{column}={value}" for column in CHOICES[1:] if (value := getattr(self.reading, column)))

    def load_notes(self, *, unit: str | None = None, faults: list[InputError] | None = None) -> tuple[Note, ...]:
        """Read the notes; the result is empty if the entry has no file of notes.

        Args:
            unit: unit of pitch, which overrides the unit in the manifest.
            faults: list to which faults are added, as in `singtrans.formats.load_notes`.

        Raises:
            InputError: if the notes cannot be read.
        """
        if self.notes is None:
            return ()
        asked = self.reading
        return load_notes(
            self.notes,
            name=self.name,
            voice=asked.voice,
            tier=asked.tier,
            unit=unit or asked.unit,
            columns=asked.columns,
            faults=faults,
        )

    @property
    def files(self) -> tuple[Path | None, ...]:
        """All files of the entry; None for columns without a file."""
        return tuple(getattr(self, name) for name in FILES)
