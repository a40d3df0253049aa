"""One labelled recording of a data set."""

from dataclasses import dataclass
from pathlib import Path

from singtrans.audio.recording import Recording, Selection, parse_channel
from singtrans.errors import InputError
from singtrans.formats import ReadOptions, load_notes
from singtrans.formats.format import DEFAULTS
from singtrans.notes import Note

FILES = ("audio", "notes", "f0", "times", "accompaniment", "syllables", "ornaments")
"""Columns of a manifest that name files."""

CHOICES = ("name", "voice", "tier", "unit", "columns")
"""Columns that say what to read from the file of notes, as the options of `singtrans convert` do."""


@dataclass(frozen=True)
class Entry:
    """One labelled recording.

    Attributes:
        id: unique in its manifest.
        audio: the recording of the voice.
        notes: its note file (any that `singtrans.formats.load_notes` reads), or None.
        f0: its pitch file (any that `singtrans.formats.load_pitch` reads), or None.
        times: a file of onsets and offsets alone (`singtrans.formats.labels.times`), or None.
        accompaniment: a recording that may be mixed in as background, or None.
        split: ``train``, ``valid`` or ``test``.
        source: the data set's name; scores are reported for each.
        weight: how often its excerpts are drawn, relative to its length.
        singer: who sings, or empty.
        license: of the recording, or empty.
        boundaries: which of its notes' boundaries are learnt from, ``both`` or ``onsets``: where notes end, and so
            where there is one, may be another's custom, or a guess. Pitch is learnt between them all the same, and
            they are scored all the same.
        syllables: a file of the times at which syllables begin (seconds, one per line), or None if unknown.
        ornaments: likewise of the times that divide ornaments (scoops, falls, grace notes) from their notes.
        convention: whose custom its boundaries follow, such as ``ssvd``; empty for the source's name. In training,
            each convention has corrections of its own (`singtrans.training.conventions`).
        channel: the channel of the recording that holds the voice, ``left``, ``right`` or a number from 1; empty for
            the mix of all.
        reading: what to read from its note file, where that leaves a choice.
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
        """Its recording, with the choice of a channel if there is one."""
        return Selection(channel=parse_channel(self.channel or "mix")).of(self.audio)

    @property
    def name(self) -> str:
        """What files with the notes of many recordings call it: unless stated, the id without its folders."""
        return self.reading.name or self.id.rpartition("/")[2]

    @property
    def choices(self) -> str:
        """What is chosen of its note file beside the name, as text; empty if nothing is."""
        return "".join(f"|{column}={value}" for column in CHOICES[1:] if (value := getattr(self.reading, column)))

    def load_notes(self, *, unit: str | None = None, faults: list[InputError] | None = None) -> tuple[Note, ...]:
        """Read its notes; none if they are not labelled.

        Args:
            unit: in place of the unit that the manifest states.
            faults: as for `singtrans.formats.load_notes`.

        Raises:
            InputError: if they cannot be read.
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
        """Every file that it names, None where it names none."""
        return tuple(getattr(self, name) for name in FILES)
