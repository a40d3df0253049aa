"""``singtrans dataset check``, ``singtrans dataset add`` and ``singtrans dataset split``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from singtrans.cli.commands import OUTPUT, Command
from singtrans.cli.console import progress
from singtrans.cli.options import ModelOption, Overwrite
from singtrans.cli.outputs import named
from singtrans.cli.progress import say
from singtrans.cli.read_options import Pattern
from singtrans.errors import InputError, UsageError
from singtrans.messages import counted

dataset = typer.Typer(
    name="dataset",
    help="Check, collect and split labelled recordings.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class By(StrEnum):
    """Whether recordings are split by singer or individually."""

    singer = "singer"
    recording = "recording"


@dataset.command(cls=Command)
def check(
    data: Annotated[list[Path], typer.Argument(metavar="DATA", help="Manifests, or folders of labelled recordings.")],
    model: ModelOption = "default",
    pattern: Pattern = "",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary and the problems as JSON.", rich_help_panel=OUTPUT)
    ] = False,
) -> None:
    """Summarise labelled recordings, and list labels that look wrong.

    Each recording is transcribed and compared with its labels. The checks find, among other faults, overlapping notes,
    wrong octaves, labels that are sharp or late throughout, labels that belong to another recording, and labels after
    the end of the recording. docs/labels.md lists all checks. The exit code is 1 if anything looks wrong.

    \b
    Examples:
      singtrans dataset check my-recordings/
      singtrans dataset check manifest.csv --json
    """
    import json

    from singtrans.batch.lazy_transcriber import LazyTranscriber, default_threads
    from singtrans.dataset.check.checker import check as look_through

    listen = LazyTranscriber(model, "auto", default_threads())
    reports, fine = [], True
    for path in data:
        try:
            report = look_through(path, listen, progress, pattern)
        except InputError as error:
            say(f"singtrans: {error}")
            fine = False
            continue
        fine = fine and not report.problems
        reports.append({"data": str(path)} | report.plain)
        if not as_json:
            typer.echo("\n".join([str(path), *(f"  {line}" for line in report.summary.lines), *report.lines]))
    if as_json:
        typer.echo(json.dumps(reports, ensure_ascii=False, indent=1))
    if not fine:
        raise typer.Exit(1)


@dataset.command(cls=Command)
def add(
    recording: Annotated[Path, typer.Argument(metavar="RECORDING", help="A recording.")],
    notes: Annotated[
        Path, typer.Argument(metavar="NOTES", help="Its corrected notes, such as a session saved on the report page.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            callback=named,
            help="Manifest to add the recording to. It is created if it does not exist.",
            rich_help_panel=OUTPUT,
        ),
    ],
) -> None:
    """Add a corrected recording to a manifest for training.

    If the manifest already lists the recording, the new notes replace the old ones.

    \b
    Examples:
      singtrans dataset add song.wav song.session.json -o corrected.csv
      singtrans train corrected.csv -o my-model --adapt
    """
    from singtrans.dataset.collection import add_recording

    entries = add_recording(out, recording, notes)
    typer.echo(f"{out}: {counted(len(entries), 'recording')}, with {recording.name}")


@dataset.command(cls=Command)
def split(  # noqa: PLR0913 (one parameter per option)
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A manifest, or a folder of labelled recordings.")],
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE", callback=named, help="Manifest to write.", rich_help_panel=OUTPUT
        ),
    ],
    overwrite: Overwrite = False,
    by: Annotated[
        By | None,
        typer.Option(
            help="singer: all recordings of a singer are in the same split. recording: recordings are split"
            " individually. Default: singer if all singers are known and there is at least one singer per split;"
            " recording in all other cases."
        ),
    ] = None,
    valid: Annotated[
        float, typer.Option(min=0.0, max=0.9, metavar="SHARE", help="Share of the recordings for validation.")
    ] = 0.1,
    test: Annotated[
        float, typer.Option(min=0.0, max=0.9, metavar="SHARE", help="Share of the recordings for testing.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Random seed.")] = 0,
    pattern: Pattern = "",
) -> None:
    """Split labelled recordings for training, validation and testing.

    The command writes a manifest in which the column split contains train, valid or test. Recordings in a folder named
    test stay in the test split.

    \b
    Examples:
      singtrans dataset split my-recordings/ -o my-recordings/manifest.csv
      singtrans dataset split all.csv -o split.csv --by singer --test 0.2
    """
    from singtrans.dataset.manifest import read_entries, write_manifest
    from singtrans.dataset.splits import divide, summarise

    if valid + test >= 1.0:
        raise UsageError(f"--valid {valid:g} and --test {test:g} leave no recordings for training; make them smaller")
    if out.exists() and not overwrite:
        raise UsageError(f"{out} already exists; use --overwrite, or choose another name with -o")
    shares = {"valid": valid, "test": test}
    entries = divide(read_entries(data, 0.0, pattern), shares, by and by.value, seed, keep_test=data.is_dir())
    lines = summarise(entries)
    write_manifest(out, entries, overwrite=overwrite)
    typer.echo("\n".join([str(out), *(f"  {line}" for line in lines)]))
