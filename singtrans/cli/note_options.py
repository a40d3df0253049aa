"""Command-line options of the decoder."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.cli.commands import NOTES

if TYPE_CHECKING:
    from singtrans.decoding.options import DecodingOptions


class Ornaments(StrEnum):
    """Treatment of scoops, grace notes and falls."""

    fold = "fold"
    keep = "keep"


class Ends(StrEnum):
    """Where notes end."""

    sung = "sung"
    joined = "joined"


class NotePer(StrEnum):
    """Sounds that have a note of their own."""

    syllable = "syllable"
    mora = "mora"


OrnamentsOption = Annotated[
    Ornaments,
    typer.Option(
        "--ornaments",
        help="How to write scoops (slides up to a note), grace notes and falls (slides down at the end of a note)."
        " fold: as part of the adjacent notes. keep: as separate notes.",
        rich_help_panel=NOTES,
    ),
]
WrittenEnds = Annotated[
    Ends | None,
    typer.Option(
        "--ends",
        help="Where notes end. sung: when the voice stops. joined: where a score would end them, without rests for"
        " breaths. Default: joined in sheet music, UltraStar, ust, ustx and svp, otherwise sung.",
        rich_help_panel=NOTES,
    ),
]
EndsOption = Annotated[
    Ends,
    typer.Option(
        "--ends",
        help="Where notes end. sung: when the voice stops. joined: where a score would end them, without rests"
        " for breaths.",
        rich_help_panel=NOTES,
    ),
]
Sensitivity = Annotated[
    float,
    typer.Option(
        min=-1.0,
        max=1.0,
        metavar="X",
        help="A number from -1 to 1. Below 0, fewer notes are found; above 0, more notes are found.",
        rich_help_panel=NOTES,
    ),
]
ShortestNote = Annotated[
    float | None,
    typer.Option(
        min=0.02,
        max=5.0,
        metavar="SECONDS",
        help="Length of the shortest note that can be found. The times of notes are adjusted later, so a written note"
        " can be up to 0.05 s shorter. Default: the value in the model file.",
        rich_help_panel=NOTES,
    ),
]
NotePerOption = Annotated[
    NotePer,
    typer.Option(
        "--note-per",
        help="Sounds that can have a note of their own. syllable: suits most languages. mora: suits Japanese songs; a"
        " second vowel or a nasal can have a note of its own.",
        rich_help_panel=NOTES,
    ),
]


def decoding_options(
    ornaments: Ornaments, ends: Ends, sensitivity: float, shortest_note: float | None, note_per: NotePer
) -> "DecodingOptions":
    """Make `DecodingOptions` from the command-line options."""
    from singtrans.decoding.options import DecodingOptions

    return DecodingOptions(ornaments.value, ends.value, sensitivity, shortest_note, note_per.value)
