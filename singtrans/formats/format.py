"""The record that describes a file format: one `Format` per format, kept in the format's own module.

`singtrans.formats.registry` lists the records. Command-line choices, help, the table in docs/formats.md, endings and
tests all follow from them: a new written format is one new module and one line in the registry.
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
    """What to read from a file, where the file leaves a choice. Each reader uses the fields it has a use for.

    Attributes:
        name: which recording, in files with many recordings.
        voice: which voice: ``P2`` of a duet, the number of an annotation, the name or number of a track or part.
        tier: which tier of a TextGrid.
        unit: ``midi`` or ``hz``, the unit of a pitch column, whatever the file says; None for what the file says.
        columns: names of the columns of a table without a header, such as ``onset,offset,hz``; None to infer them.
        faults: collects the errors in single lines, which are then skipped; None to raise the first one.
    """

    name: str | None = None
    voice: str | None = None
    tier: str | None = None
    unit: str | None = None
    columns: str | None = None
    faults: list[InputError] | None = None

    def or_else(self, other: "ReadOptions") -> "ReadOptions":
        """These choices, with those of ``other`` where nothing is chosen."""
        return ReadOptions(
            self.name or other.name,
            self.voice or other.voice,
            self.tier or other.tier,
            self.unit or other.unit,
            self.columns or other.columns,
            self.faults,
        )


DEFAULTS = ReadOptions()
"""Nothing chosen: the file decides."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The start of a file, for recognising its format by content.

    Attributes:
        path: the file.
        text: its first characters; empty if it is not text.
        rows: the lines of ``text`` cut into cells, without blank lines and comments.
        header: names of the columns, if the text is a table with a header; empty if it has none.
        data: the whole content of a JSON file; None for other files.
    """

    path: Path
    text: str
    rows: tuple[Row, ...]
    header: tuple[str, ...] = ()
    data: object = None


Content = tuple[Note, ...] | Transcription
"""What a reader returns: notes in the order of their onsets, or a transcription if the format holds one."""


@dataclass(frozen=True, slots=True)
class Song:
    """What a file of notes holds besides its notes.

    Attributes:
        words: a syllable for each note, ``~`` where one is held; empty if the file has no words.
        beats: the beats that the file states; None if it states none.
    """

    words: tuple[Syllable, ...] = ()
    beats: Beats | None = None


Reader = Callable[[Path, ReadOptions], Content]
SongReader = Callable[[Path, Sequence[Note], ReadOptions], Song]
Writer = Callable[[Transcription, BinaryIO, Options], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A file format.

    Attributes:
        name: its name on the command line and in the docs.
        description: one line for help and docs.
        endings: file endings of this format; the first one is what is written.
        aliases: other names that the command line accepts.
        also_read: further endings that are read but not written.
        read: reads notes; None if files of this format hold none, or are not read.
        read_song: reads words and beats for notes that were read from a file; None if the format has neither.
        recognises: whether the start of a file is in this format, for endings that several formats share.
        write: writes a transcription to an open binary file; None if the format is read only.
        uses: fields of `Options` that change what is written.
        precision: of times and pitches that are written, for the docs.
        packages: packages that the writer needs, all of them in ``extra``.
        extra: the extra of singtrans that brings them.
        ends: where notes end unless the options say so: ``sung`` or ``joined``.
        is_sheet: whether it is sheet music, which has beats and a grid even where none are asked for.
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
