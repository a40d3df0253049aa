"""Command-line options for reading files with notes and folders with labels."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.cli.commands import INPUT

if TYPE_CHECKING:
    from singtrans.formats import ReadOptions


class Unit(StrEnum):
    """Unit of pitch in a table."""

    midi = "midi"
    hz = "hz"


Name = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Name of the recording to read, if the file has several.", rich_help_panel=INPUT),
]
Voice = Annotated[
    str | None,
    typer.Option(
        metavar="VOICE",
        help="Voice to read: P1 or P2 of a duet, the name or number of a track or part, or the number of a JAMS"
        " annotation.",
        rich_help_panel=INPUT,
    ),
]
Tier = Annotated[str | None, typer.Option(metavar="NAME", help="Tier to read from a TextGrid.", rich_help_panel=INPUT)]
UnitOption = Annotated[
    Unit | None,
    typer.Option("--unit", help="Unit of the pitch in a table that does not state it.", rich_help_panel=INPUT),
]
Columns = Annotated[
    str | None,
    typer.Option(
        metavar="NAMES",
        help="Names of the columns in a table without a header, such as onset,offset,hz.",
        rich_help_panel=INPUT,
    ),
]
Pattern = Annotated[
    str,
    typer.Option(
        metavar="GLOB",
        help="Pattern of file names, such as '*_notesA1.csv'. If a recording has several label files, the file that"
        " matches the pattern is used. If a label file fits several recordings, it is used for the recording that"
        " matches the pattern.",
        rich_help_panel=INPUT,
    ),
]

ReferenceOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE|FOLDER",
        help="File with the written melody, in any key and at any tempo. For several recordings with different"
        " melodies, give a folder in which each file has the name of its recording.",
        rich_help_panel=INPUT,
    ),
]


def read_options(
    name: str | None = None,
    voice: str | None = None,
    tier: str | None = None,
    unit: Unit | None = None,
    columns: str | None = None,
) -> "ReadOptions":
    """Make `ReadOptions` from the command-line options."""
    from singtrans.formats import ReadOptions

    return ReadOptions(name, voice, tier, unit.value if unit else None, columns)
