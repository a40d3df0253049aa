"""The command line: parses, calls, prints. It does no work of its own."""

import os
import sys
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from singtrans import __version__, interrupt
from singtrans.console import report, say
from singtrans.errors import SingtransError, UsageError
from singtrans.notes import Transcription

app = typer.Typer(
    name="singtrans",
    help="Turn recordings of singing into notes.",
    epilog="Exit codes: 0 all done; 1 some input failed; 2 wrong usage; 130 interrupted.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain text: errors stay one line, wherever they are read
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """Formats that are written."""

    mid = "mid"
    csv = "csv"
    json = "json"


class Device(StrEnum):
    """Where the network runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


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


@app.command()
def transcribe(  # noqa: PLR0913 (one parameter an option)
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", help="Recordings, or folders of them.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="Folder for the outputs, made if needed; for a single recording also a file such as tune.mid."
            " Default: beside each recording.",
        ),
    ] = None,
    formats: Annotated[
        list[Format] | None,
        typer.Option("-f", "--format", help="What to write; may be given several times. Default: mid."),
    ] = None,
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="A shipped model's name (see: singtrans info) or a weight file.")
    ] = "default",
    device: Annotated[Device, typer.Option(help="Where the network runs; auto is cuda if there is one.")] = Device.auto,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Keep outputs that exist, and make only what is missing.")
    ] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print failures only.")] = False,
) -> None:
    """Write the notes of recordings of singing.

    Any sound or video file is read; in a folder and its sub-folders, every recording. Existing outputs are refused
    unless you say --overwrite or --skip-existing. A recording that fails does not stop the others.

    \b
    Examples:
      singtrans transcribe song.wav
      singtrans transcribe song.wav -o tune.mid
      singtrans transcribe recordings/ -o notes/ -f mid -f csv
    """
    from singtrans import batch

    if overwrite and skip_existing:
        raise UsageError("--overwrite and --skip-existing contradict each other; use one")
    existing = (
        batch.Existing.OVERWRITE if overwrite else batch.Existing.SKIP if skip_existing else batch.Existing.REFUSE
    )
    transcriber = _LazyTranscriber(model, device.value)
    plan = batch.plan(inputs, out, [f.value for f in formats or []])
    if not report(plan, batch.run(plan.jobs, transcriber, existing), quiet):
        raise typer.Exit(1)


class _LazyTranscriber:
    """Loads the model at the first recording that needs it: a folder that is all done costs no torch."""

    def __init__(self, model: str, device: str) -> None:
        from singtrans.models import find_model

        self.model, self.device, self.transcriber = find_model(model), device, None

    def __call__(self, path: Path) -> Transcription:
        if self.transcriber is None:
            self.transcriber = self._load()
        try:
            return self.transcriber(path)
        finally:
            interrupt.check()

    def _load(self):
        import torch

        # The network is so small that a second thread gains a fifth on an idle machine, and loses a factor of ten
        # on a busy one, where torch's threads spin while they wait for each other.
        torch.set_num_threads(1)
        from singtrans.transcriber import Transcriber

        try:
            return Transcriber(self.model, self.device)
        except SingtransError as error:  # without it nothing can be done: not the fault of one recording
            raise UsageError(str(error)) from error


@app.command()
def info(model: Annotated[str, typer.Argument(help="A shipped model's name or a weight file.")] = "") -> None:
    """Say what a model is, or which are shipped."""
    import json

    from singtrans.model import load_model, read_metadata
    from singtrans.models import DEFAULT, find_model, shipped_models

    if not model:
        typer.echo(f"singtrans {__version__}")
        for name, path in shipped_models().items():
            typer.echo(f"{name}{' (default)' if name == DEFAULT else ''}: {path.stat().st_size / 1e6:.1f} MB, {path}")
        return
    path = find_model(model)
    loaded, metadata = load_model(path), read_metadata(path)
    typer.echo(f"{loaded.name}: {loaded.parameters_count:,} parameters, {path.stat().st_size / 1e6:.1f} MB, {path}")
    typer.echo(f"sha256 {metadata['sha256']}")
    for section, values in json.loads(metadata["config"]).items():
        typer.echo(f"{section}: " + ", ".join(f"{key} {value}" for key, value in values.items()))
    for key in sorted(set(metadata) - {"config", "sha256", "format"}):
        typer.echo(f"{key}: {metadata[key]}")


@app.command()
def train(  # noqa: PLR0913 (one parameter an option)
    data: Annotated[list[Path], typer.Argument(metavar="DATA", help="Manifests, or folders of labelled recordings.")],
    out: Annotated[Path, typer.Option("-o", "--output", help="Folder for the model, logs and checkpoints.")],
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps.")] = 6000,
    batch: Annotated[int, typer.Option(min=1, help="Excerpts a step.")] = 12,
    seconds: Annotated[float, typer.Option(min=1.0, max=60.0, help="Length of an excerpt.")] = 8.0,
    rate: Annotated[float, typer.Option(min=1e-6, max=0.1, help="Highest learning rate.")] = 2e-3,
    validate_every: Annotated[int, typer.Option(min=1, help="Steps between validations and checkpoints.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Start of all chance.")] = 0,
    cache: Annotated[Path | None, typer.Option(help="Folder for decoded audio. Default: OUTPUT/cache.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where this output folder stopped.")] = False,
) -> None:
    """Train a model on recordings with labels.

    A folder is searched for recordings with notes of the same name beside them (song.wav with song.tsv, .csv,
    .mid or .json) or pitch (song.f0.txt). A manifest is a CSV with the columns audio and notes, and optionally
    id, f0, accompaniment, split, singer, source and license.

    \b
    Example:
      singtrans train my-recordings/ -o runs/mine
    """
    from singtrans.training.run import TrainOptions, run_training

    options = TrainOptions(steps, batch, seconds, rate, validate_every, seed)
    try:
        best = run_training(data, out, options, cache, resume, say)
    finally:
        interrupt.check()  # a signal inside torch's C code comes out as an error of torch's
    say(f"the best model is {best}: use it with --model {best}")


@app.command()
def evaluate(
    reference: Annotated[Path, typer.Argument(help="True notes: a file, or a folder of them.")],
    estimate: Annotated[Path, typer.Argument(help="Notes to score: a file, or a folder with the same names.")],
    reference_shift_hz: Annotated[
        float,
        typer.Option(help="Add this to the pitch of the true notes, for labels that are sharp or flat."),
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score notes against true notes with mir_eval.

    Prints precision, recall and F-measure of COn (onset within 50 ms), COff (offset within 50 ms or 20 % of the
    note), COnP (onset, and pitch within 50 cents) and COnPOff (all three), for each file and as means over files.

    \b
    Examples:
      singtrans evaluate true.csv song.mid
      singtrans evaluate true-notes/ estimated-notes/ --json
    """
    from singtrans.evaluation_report import json_report, score_files, table

    try:
        rows = score_files(reference, estimate, reference_shift_hz)
    except ValueError as error:
        if not reference_shift_hz:
            raise
        raise UsageError(f"--reference-shift-hz {reference_shift_hz}: {error}") from None
    typer.echo(json_report(rows) if as_json else table(rows))


def main() -> None:
    """Entry point: runs the command and turns what went wrong into one line and an exit code."""
    with suppress(AttributeError):  # a stream that is closed or replaced
        sys.stdout.reconfigure(errors="backslashreplace")  # a file's name need not be text
    interrupt.install()
    try:
        app(prog_name="singtrans")
    except UsageError as error:
        _fail(error, 2)
    except SingtransError as error:
        _fail(error, 1)
    except interrupt.Stopped as stopped:
        interrupt.ignore()
        with suppress(OSError):  # the terminal may be what has gone
            say(str(stopped))
        sys.exit(128 + stopped.number)
    except OSError as error:  # stdout on a full disk, for one
        _drop_stdout()
        _fail(SingtransError(str(error)), 1)


def _drop_stdout() -> None:
    """What cannot be written now cannot be written on the way out either, and would be complained of again."""
    with suppress(OSError, AttributeError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: SingtransError, code: int) -> None:
    for line in str(error).splitlines():
        say(f"singtrans: {line}")
    sys.exit(code)
