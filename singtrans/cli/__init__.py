"""The command line: each module parses one command, calls, prints. None does work of its own."""

import io
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from singtrans import __version__, interrupt
from singtrans.cli.console import say
from singtrans.cli.convert import convert
from singtrans.cli.dataset import dataset
from singtrans.cli.evaluate import evaluate
from singtrans.cli.info import info
from singtrans.cli.plot import plot
from singtrans.cli.report import report
from singtrans.cli.train import train
from singtrans.cli.transcribe import transcribe
from singtrans.errors import InputError, SingtransError

app = typer.Typer(
    name="singtrans",
    help="Turn recordings of singing into notes.",
    epilog="Defaults can be kept in singtrans.toml."
    " Exit codes: 0 all done; 1 some input failed; 2 wrong usage; 130 interrupted.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text: errors stay one line, wherever they are read
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"singtrans {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


for command in (transcribe, convert, plot, report, evaluate, train, info):
    app.command()(command)
app.add_typer(dataset)


def main() -> None:
    """Entry point: runs the command and turns what went wrong into one line and an exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # else it is closed or replaced
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name need not be text
    interrupt.install()
    try:
        app(prog_name="singtrans", default_map=_defaults())
    except SingtransError as error:
        _fail(error)
    except interrupt.Stopped as stopped:
        interrupt.ignore()
        with suppress(OSError):  # the terminal may be what has gone
            say(str(stopped))
        sys.exit(128 + stopped.number)
    except OSError as error:  # stdout on a full disk, for one
        _drop_stdout()
        _fail(InputError(str(error)))


def _defaults() -> dict[str, dict[str, object]]:
    """What singtrans.toml says, the user's and then the folder's; read only where there is one."""
    from singtrans.cli.defaults import NAME, Option, merged, read_defaults

    files = [Path(typer.get_app_dir("singtrans")) / NAME, Path(NAME)]
    if not any(path.exists() for path in files):
        return {}
    options = {
        name: {
            opt[2:]: Option(param.name, getattr(param, "multiple", False))
            for param in command.params
            for opt in param.opts
            if opt.startswith("--")
        }
        for name, command in typer.main.get_group(app).commands.items()
    }
    return merged([read_defaults(path, options) for path in files])


def _drop_stdout() -> None:
    """What cannot be written now cannot be written on the way out either, and would be complained of again."""
    with suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: SingtransError) -> None:
    for line in str(error).splitlines():
        say(f"singtrans: {line}")
    sys.exit(error.exit_code)
