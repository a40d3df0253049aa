"""The command line. Each command has a module that parses its options, calls the library and prints the results."""

import io
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from singtrans import __version__, interrupt
from singtrans.cli.analyse import analyse
from singtrans.cli.commands import Command, Debug, Group
from singtrans.cli.convert import convert
from singtrans.cli.dataset import dataset
from singtrans.cli.evaluate import evaluate
from singtrans.cli.info import info
from singtrans.cli.plot import plot
from singtrans.cli.progress import say
from singtrans.cli.report import report
from singtrans.cli.train import train
from singtrans.cli.transcribe import transcribe
from singtrans.errors import InputError, SingtransError
from singtrans.logs import debugging, show_logs

app = typer.Typer(
    name="singtrans",
    cls=Group,
    help="Transcribe recordings of singing to notes.\n\n"
    "`singtrans song.wav` is short for `singtrans transcribe song.wav`.",
    epilog="You can set defaults for options in singtrans.toml."
    " Exit codes: 0 success, 1 some input failed, 2 wrong usage, 130 interrupted.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text, so that an error is one line on every terminal
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"singtrans {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
    debug: Debug = False,
) -> None:
    pass


for command in (transcribe, convert, plot, report, analyse, evaluate, train, info):
    app.command(cls=Command)(command)
app.add_typer(dataset)


def main() -> None:
    """Run the command line. If an error occurs, print its message, and exit with the exit code of the error."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # otherwise, it is closed or replaced
        sys.stdout.reconfigure(errors="backslashreplace")  # a file name may have bytes that are not valid text
    interrupt.install()
    show_logs()
    try:
        app(prog_name="singtrans", default_map=_defaults())
    except SingtransError as error:
        _fail(error)
    except interrupt.Stopped as stopped:
        interrupt.ignore()
        with suppress(OSError):  # the terminal may be closed
            say(str(stopped))
        sys.exit(128 + stopped.number)
    except OSError as error:  # such as stdout on a full disk
        _drop_stdout()
        _fail(InputError(str(error)))
    except Exception as error:
        what = " ".join(f"{type(error).__name__}: {error}".split())
        _fail(SingtransError(f"internal error ({what}); run it again with --debug, and report what it prints"))


def _defaults() -> dict[str, dict[str, object]]:
    """Read the defaults from the user's singtrans.toml; those in the working folder's singtrans.toml override them."""
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
    """Discard the buffered output, so that writing it does not fail again when the interpreter exits."""
    with suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: SingtransError) -> None:
    if debugging():
        traceback.print_exc()
    for line in str(error).splitlines():
        say(f"singtrans: {line}")
    sys.exit(error.exit_code)
