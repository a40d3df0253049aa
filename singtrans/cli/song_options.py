"""Options on separating a voice from instruments."""

from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.separation.engines import Engine
from singtrans.separation.song import Separate

if TYPE_CHECKING:
    from singtrans.separation.song import SeparationOptions

SeparateOption = Annotated[
    Separate,
    typer.Option(
        "--separate",
        help="Whether to separate the voice from instruments first; auto does so for recordings that sound like songs.",
    ),
]
SeparatorOption = Annotated[
    Engine,
    typer.Option("--separator", help="What separates the voice; each needs an extra: songs or demucs."),
]
WriteVoice = Annotated[
    bool, typer.Option("--write-voice", help="Also write the separated voice of each recording, as song.voice.flac.")
]


def separation_options(separate: Separate, separator: Engine, write_voice: bool = False) -> "SeparationOptions":
    """What the options together ask for.

    Raises:
        UsageError: if they contradict each other, or what is asked for is not installed.
    """
    from singtrans.separation.song import SeparationOptions

    options = SeparationOptions(separate, separator)
    options.check(needed=write_voice)
    return options
