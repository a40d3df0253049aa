"""Command-line options that choose the track and channel of a recording."""

from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.cli.commands import INPUT

if TYPE_CHECKING:
    from singtrans.audio import Selection

TrackOption = Annotated[
    int | None,
    typer.Option(
        "--track",
        min=1,
        metavar="N",
        help="Number of the sound track to read, if there are several. Default: the track that is most likely to have"
        " a voice; a message states its number.",
        rich_help_panel=INPUT,
    ),
]
ChannelOption = Annotated[
    str,
    typer.Option(
        "--channel",
        metavar="CHANNEL",
        help="Channel to read: left, right, the number of a channel (the first is 1), or mix, which mixes all"
        " channels.",
        rich_help_panel=INPUT,
    ),
]


def read_selection(track: int | None, channel: str) -> "Selection":
    """Make a `Selection` from ``--track`` and ``--channel``.

    Raises:
        UsageError: if the channel is invalid.
    """
    from singtrans.audio import Selection, parse_channel

    return Selection(track, parse_channel(channel))
