"""``singtrans report``."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from singtrans.cli.options import Tuning, write_options
from singtrans.console import report as tell
from singtrans.console import say
from singtrans.errors import SingtransError, UsageError


def report(  # noqa: PLR0913 (one parameter an option)
    inputs: Annotated[list[Path], typer.Argument(metavar="INPUT", help="Recordings, or folders of them.")],
    out: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="PATH", help="Folder for the pages. Default: beside each recording."),
    ] = None,
    notes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Notes of a single recording, instead of transcribing it.")
    ] = None,
    tuning: Tuning = None,
    model: Annotated[str, typer.Option(metavar="MODEL", help="A shipped model's name or a weight file.")] = "default",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace pages that exist.")] = False,
    skip_existing: Annotated[bool, typer.Option("--skip-existing", help="Keep pages that exist.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print failures only.")] = False,
) -> None:
    """Write pages to listen to transcriptions and to correct them.

    Each page, song.report.html, is one file that any browser opens without a network: it plays recording and notes,
    shows them over the sung pitch, and saves what you correct as MIDI, CSV or UltraStar. For a folder, index.html
    lists the pages, those with most unsure notes first.

    \b
    Examples:
      singtrans report song.wav
      singtrans report class-recordings/ -o pages/
      singtrans report song.wav --notes corrected.csv --overwrite
      singtrans report song.wav --tuning auto
    """
    from singtrans import batch
    from singtrans.conversion import load_transcription
    from singtrans.listening import LazyTranscriber, default_threads

    existing = batch.choose_existing(overwrite, skip_existing)
    plan = batch.plan(inputs, out, ["html"], write_options(tuning=tuning))
    listen = LazyTranscriber(model, "auto", default_threads())
    if notes is not None:
        if len(plan.jobs) != 1:
            raise UsageError(f"--notes {notes}: these are the notes of one recording; give one")
        transcription = load_transcription(notes)

        def listen(path: Path):
            return replace(transcription, audio=path.name)

    outcomes: list[batch.Outcome] = []

    def kept(running: Iterator[batch.Outcome]) -> Iterator[batch.Outcome]:
        for outcome in running:
            outcomes.append(outcome)
            yield outcome

    fine = tell(plan, kept(batch.run(plan.jobs, listen, existing)), quiet)
    folders = [path for path in inputs if path.is_dir()]
    made = [outcome for outcome in outcomes if not outcome.error]
    if made and (folders or len(plan.jobs) > 1):
        target = _write_index(made, out or (folders or [inputs[0].parent])[0])
        if not quiet:
            say(f"{target}: open this in a browser")
    if not fine:
        raise typer.Exit(1)


def _write_index(outcomes: list, folder: Path) -> Path:
    """Write the index of the pages that were made; an older index of pages is replaced."""
    from singtrans.formats import whole_file
    from singtrans.view.index import SIGNATURE, Entry, index
    from singtrans.view.page import read_page

    target = folder / "index.html"
    if target.exists() and SIGNATURE not in target.read_text(encoding="utf-8", errors="replace")[:1000]:
        raise SingtransError(f"{target} exists already and is no index of pages; choose another folder with -o")
    entries = [
        Entry(
            outcome.job.audio.name,
            Path(os.path.relpath(outcome.job.outputs[0], folder)),
            read_page(outcome.job.outputs[0]),
        )
        for outcome in outcomes
    ]
    with whole_file(target) as file:
        file.write(index(entries).encode("utf-8", "replace"))
    return target
