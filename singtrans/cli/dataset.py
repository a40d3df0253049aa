"""``singtrans dataset check`` and ``singtrans dataset split``."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from singtrans.cli.console import progress, say
from singtrans.errors import InputError, UsageError

dataset = typer.Typer(
    name="dataset",
    help="Look through labelled recordings, and split them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class By(StrEnum):
    """What stays together in a split."""

    singer = "singer"
    recording = "recording"


@dataset.command()
def check(
    data: Annotated[list[Path], typer.Argument(metavar="DATA", help="Manifests, or folders of labelled recordings.")],
    model: Annotated[str, typer.Option(metavar="MODEL", help="A shipped model's name or a weight file.")] = "default",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what labelled recordings hold, and name every label that is suspicious.

    Each recording is listened to, and its labels are compared with the pitch that is sung: overlapping notes, wrong
    octaves, labels that are sharp or late throughout, labels of another recording, recordings that are cut short,
    and more (docs/labels.md). The exit code is 1 if anything is suspicious.

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
            report = look_through(path, listen, progress)
        except InputError as error:
            say(f"singtrans: {error}")
            fine = False
            continue
        fine = fine and not report.suspicions
        reports.append({"data": str(path)} | report.plain)
        if not as_json:
            typer.echo("\n".join([str(path), *(f"  {line}" for line in report.summary.lines), *report.lines]))
    if as_json:
        typer.echo(json.dumps(reports, ensure_ascii=False, indent=1))
    if not fine:
        raise typer.Exit(1)


@dataset.command()
def split(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A manifest, or a folder of labelled recordings.")],
    out: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The manifest to write.")],
    by: Annotated[By | None, typer.Option(help="What stays together. Default: singers, if all are known.")] = None,
    valid: Annotated[float, typer.Option(min=0.0, max=0.9, help="Share to choose the best model by.")] = 0.1,
    test: Annotated[float, typer.Option(min=0.0, max=0.9, help="Share to report scores on.")] = 0.1,
    seed: Annotated[int, typer.Option(min=0, help="Another one makes another choice.")] = 0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a manifest that exists.")] = False,
) -> None:
    """Write a manifest that says which recordings are trained on, which choose the model, and which are scored.

    \b
    Examples:
      singtrans dataset split my-recordings/ -o my-recordings/manifest.csv
      singtrans dataset split all.csv -o split.csv --by singer --valid 0.1 --test 0.2
    """
    from singtrans.dataset.manifest import read_entries, write_manifest
    from singtrans.dataset.splits import divide, summarise

    if valid + test >= 1.0:
        raise UsageError(f"--valid {valid:g} and --test {test:g} leave nothing to train on; make them smaller")
    if out.exists() and not overwrite:
        raise UsageError(f"{out} exists already; choose another name, or say --overwrite")
    shares = {"valid": valid, "test": test}
    entries = divide(read_entries(data, 0.0), shares, by and by.value, seed, keep_test=data.is_dir())
    lines = summarise(entries)
    write_manifest(out, entries, overwrite=overwrite)
    typer.echo("\n".join([str(out), *(f"  {line}" for line in lines)]))
