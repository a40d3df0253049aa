"""Command classes that show the help in panels, add the option ``--debug``, and have a default command."""

import os
import re
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from singtrans.cli.wrong_values import wrong_value
from singtrans.errors import UsageError
from singtrans.logs import start_debugging

INPUT = "Input"
SONGS = "Songs with instruments"
NOTES = "Notes"
OUTPUT = "Output"
RHYTHM = "Rhythm"
PITCH = "Pitch"
MIDI = "MIDI"
MANY = "Many files"
MODEL = "Model"
MESSAGES = "Messages"
SCORING = "Scoring"
TRAINING = "Training"
DATA = "Data"
PANELS = (
    *("Arguments", OUTPUT, INPUT, SONGS, NOTES, RHYTHM, PITCH, MIDI),
    *(SCORING, TRAINING, DATA, "Options", MANY, MODEL, MESSAGES),
)
"""Titles of the panels in the order in which the help shows them."""

DIRECT = "transcribe"
"""The default command, which is run if the command line does not begin with the name of a command."""

_GENERAL = ("--debug",)  # options that may be placed before the command


def _start(_ctx: typer.Context, wanted: bool) -> None:
    if wanted:
        start_debugging()


Debug = Annotated[
    bool,
    typer.Option(
        "--debug",
        is_eager=True,
        expose_value=False,
        callback=_start,
        help="Show tracebacks and log messages.",
        rich_help_panel=MESSAGES,
    ),
]
"""The option ``--debug`` of every command."""


@cache
def _debug_option() -> Any:
    """Return ``--debug`` as a click option, which typer makes from the parameter of an example function."""
    app = typer.Typer(add_completion=False)

    @app.command()
    def example(debug: Debug = False) -> None:
        pass

    return typer.main.get_command(app).params[0]


class Command(TyperCommand):
    """A command that has ``--debug`` and shows its options in panels."""

    def __init__(self, name: str | None, *, params: list[Any] | None = None, **attributes: Any) -> None:
        super().__init__(name, params=[*(params or []), _debug_option()], **attributes)

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments. If an option has a wrong value, raise an error that is printed in one line."""
        try:
            return super().parse_args(ctx, args)
        except typer.BadParameter as error:
            raise wrong_value(error) or error from None

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the arguments for the usage line, as in ``[OPTIONS] INPUT...``."""
        pieces = []
        for param in self.get_params(ctx):
            if _is_argument(param):
                name = f"{param.metavar or param.name}{'...' if param.nargs == -1 else ''}"
                pieces.append(name if param.required else f"[{name}]")
        return [self.options_metavar or "", *pieces]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, and then each panel of options."""
        panels: dict[str, list[tuple[str, str]]] = {title: [] for title in PANELS}
        for param in self.get_params(ctx):
            if record := param.get_help_record(ctx):
                names = param.metavar or param.name if _is_argument(param) else _bare(record[0])
                panels.setdefault(_panel(param), []).append((names, _described(param)))
        for title, records in panels.items():
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _is_argument(param: Any) -> bool:
    return param.param_type_name == "argument"


def _bare(names: str) -> str:
    """Remove the brackets around the choices of an option."""
    return re.sub(r"[<\[]([\w|]+)[>\]]$", r"\1", names)


def _described(param: Any) -> str:
    """Return the help of a parameter, with its default.

    The names of the formats are imported only if they are needed, because the import is slow.
    """
    text = param.help or ""
    if "{formats}" in text:
        from singtrans.formats import WRITERS

        text = text.replace("{formats}", ", ".join(WRITERS))
    default = getattr(param.default, "value", param.default)
    if param.required and not _is_argument(param):
        return f"{text} Required."
    if isinstance(default, bool | None) or default in ("", []) or callable(default) or "Default" in text:
        return text
    return f"{text} Default: {default:g}." if isinstance(default, float) else f"{text} Default: {default}."


def _panel(param: Any) -> str:
    if _is_argument(param):
        return "Arguments"
    return getattr(param, "rich_help_panel", None) or (MESSAGES if param.name == "help" else "Options")


class Group(TyperGroup):
    """The command ``singtrans``. If it is given a recording instead of a command, the recording is transcribed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert the default command if no command is named, and parse the arguments."""
        own = {opt for param in self.get_params(ctx) for opt in (*param.opts, *param.secondary_opts)}
        return super().parse_args(ctx, with_command(args, self.commands, own))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Find the command that the first argument names.

        Raises:
            UsageError: if there is no such command. `with_command` has checked that there is no such recording, either.
        """
        name = args[0]
        if ctx.resilient_parsing or name in self.commands:
            return super().resolve_command(ctx, args)
        near = get_close_matches(name, self.commands)
        hint = f"did you mean {near[0]}?" if near else "singtrans --help lists the commands"
        raise UsageError(f"{name} is not a command, and there is no file or folder with this name; {hint}")


def with_command(args: Sequence[str], commands: Collection[str], own: Collection[str]) -> list[str]:
    """Insert the command ``transcribe`` if the arguments begin with a recording or an option instead of a command.

    Args:
        args: arguments after ``singtrans`` on the command line.
        commands: names of the commands.
        own: options of ``singtrans`` itself, such as ``--version``.
    """
    args = list(args)
    at = next((i for i, arg in enumerate(args) if arg not in _GENERAL), len(args))
    if at == len(args) or args[at] in commands or args[at].partition("=")[0] in own:
        return args
    return [*args[:at], DIRECT, *args[at:]] if _is_input(args[at]) else args


def _is_input(text: str) -> bool:
    """Return whether an argument looks like an option, a path or a URL rather than a command."""
    return text.startswith("-") or any(c in text for c in "./\\") or os.path.lexists(text)
