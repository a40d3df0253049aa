"""The record that describes a file format. Each format has a `Format` in its module.

`singtrans.formats.registry` lists the records. Command-line choices, help, the table in docs/formats.md, endings and
tests are generated from this list, so a new format needs only a new module and one line in the registry.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from singtrans.errors import InputError
from singtrans.formats.lyrics import Syllable
from singtrans.formats.options import SUNG, Options
from singtrans.formats.text import Row
from singtrans.melody.beats import Beats
from singtrans.notes import Note, Transcription


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Options for reading a file. Each reader uses the fields that apply to its format.

    Attributes:
        name: name of the recording in files with many recordings.
        voice: voice to read: ``P2`` of a duet, the number of an annotation, or the name or number of a track or part.
        tier: name of a tier in a TextGrid.
        unit: unit of a pitch column, ``midi`` or ``hz``, which overrides the unit in the file; None to use that unit.
        columns: names of the columns of a table without a header, such as ``onset,offset,hz``; None to infer them.
        faults: list to which errors in single lines are added, so that only these lines are skipped; None to raise the
            first error.
    """

    name: str | None = None
    voice: str | None = None
    tier: str | None = None
    unit: str | None = None
    columns: str | None = None
    faults: list[InputError] | None = None

    def or_else(self, other: "ReadOptions") -> "ReadOptions":
        """Return these options, with values of ``other`` for options that are not set."""
        return ReadOptions(
            self.name or other.name,
            self.voice or other.voice,
            self.tier or other.tier,
            self.unit or other.unit,
            self.columns or other.columns,
            self.faults,
        )


DEFAULTS = ReadOptions()
"""Default options, with which the reader makes all choices."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Start of a file, from which the format of the file is recognised.

    Attributes:
        path: path of the file.
        text: first characters of the file; empty for a JSON file.
        rows: lines of ``text`` split into cells, without blank lines and comments.
        header: names of the columns; empty if the text is not a table with a header.
        data: content of a JSON file; None for other files.
    """

    path: Path
    text: str
    rows: tuple[Row, ...]
    header: tuple[str, ...] = ()
    data: object = None


Content = tuple[Note, ...] | Transcription
"""Result of a reader: notes in the order of their onsets, or a transcription if the format contains more than notes."""


@dataclass(frozen=True, slots=True)
class Song:
    """Content of a file of notes besides the notes.

    Attributes:
        words: one syllable for each note, ``~`` where the previous syllable is held; empty if the file has no words.
        beats: beats of the file; None if the file has no beats.
        title, artist, composer, language: texts as in `Options`; empty if the file does not state them.
        audio: name of the recording; empty if the file does not state it.
        tags: further tags of an UltraStar song, as in `Options`.
    """

    words: tuple[Syllable, ...] = ()
    beats: Beats | None = None
    title: str = ""
    artist: str = ""
    composer: str = ""
    language: str = ""
    audio: str = ""
    tags: tuple[tuple[str, str], ...] = ()


Reader = Callable[[Path, ReadOptions], Content]
SongReader = Callable[[Path, Sequence[Note], ReadOptions], Song]
Writer = Callable[[Transcription, BinaryIO, Options], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format.

    Attributes:
        name: name of the format on the command line and in the docs.
        description: description in one line, for help and docs.
        endings: file endings of this format; files are written with the first one.
        aliases: other names that the command line accepts.
        also_read: endings of further files that can be read.
        read: function that reads notes; None if the format has no notes or cannot be read.
        read_song: function that reads the words and beats of notes from a file; None if the format has neither.
        recognises: function that returns whether the start of a file is in this format; it is used for endings that
            several formats share.
        write: function that writes a transcription to an open binary file; None if the format is only read.
        uses: fields of `Options` that have an effect on the file.
        precision: precision of written times and pitches, for the docs.
        packages: packages that the writer needs.
        extra: extra of singtrans that installs these packages.
        ends: default of `Options.ends`: ``sung`` or ``joined``.
        is_sheet: whether the format is sheet music, which always has beats and a grid.
    """

    name: str
    description: str
    endings: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    also_read: tuple[str, ...] = ()
    read: Reader | None = None
    read_song: SongReader | None = None
    recognises: Callable[[Sample], bool] | None = None
    write: Writer | None = None
    uses: frozenset[str] = frozenset()
    precision: str = ""
    packages: tuple[str, ...] = ()
    extra: str = ""
    ends: str = SUNG
    is_sheet: bool = False
