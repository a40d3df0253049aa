"""``singtrans evaluate``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.cli.console import say
from singtrans.errors import UsageError

if TYPE_CHECKING:
    from singtrans.scoring.scores import Evaluation
    from singtrans.scoring.systems import System
    from singtrans.scoring.task import Task


def evaluate(  # noqa: PLR0913 (one parameter an option)
    reference: Annotated[
        Path,
        typer.Argument(help="True notes: a file, or a folder; with --model, a manifest or a folder of recordings."),
    ],
    estimate: Annotated[
        Path | None, typer.Argument(help="Notes to score: a file, or a folder with the same names.")
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Transcribe the recordings with this: a shipped name, default, or a file."),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(metavar="PART", help="train, valid, test or all. Default: test if there is one, else all."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="OTHER", help="Compare with another ESTIMATE; with --model also with another model."),
    ] = None,
    reference_shift_hz: Annotated[
        float,
        typer.Option(help="Add this to the pitch of the true notes, for labels that are sharp or flat."),
    ] = 0.0,
    files: Annotated[bool | None, typer.Option("--files/--no-files", help="A line for each file. Default: if few.")] = (
        None
    ),
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: everything, with all digits.")] = False,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="Write a CSV with a line a file.")] = None,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw the worst files to a .png, .svg or .pdf.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILEs that exist.")] = False,
) -> None:
    """Score notes, and pitch tracks, against true ones with mir_eval.

    Prints precision, recall and F-measure of COn (onset within 50 ms), COff (offset within 50 ms or 20 % of the
    note), COnP (onset, and pitch within 50 cents) and COnPOff (all three); where song.f0.csv lies beside the notes,
    the pitch track's accuracy; and which errors were made. Means are over files, with 95 % intervals; each of several
    data sets has its own.

    \b
    Examples:
      singtrans evaluate true.csv song.mid
      singtrans evaluate true-notes/ estimated-notes/ --json
      singtrans evaluate true-notes/ estimated-notes/ --against other-notes/
      singtrans evaluate manifest.csv --model runs/mine/best.safetensors --against default
      singtrans evaluate my-recordings/ --model default --csv scores.csv --plot worst.png
    """
    from singtrans.scoring.export import csv_report, json_report
    from singtrans.scoring.report import text_comparison, text_report
    from singtrans.scoring.scores import compare
    from singtrans.scoring.task import choose_task

    for path in (csv, plot):
        if path is not None and path.exists() and not overwrite:
            raise UsageError(f"{path} exists already; use --overwrite, or another name")
    if plot is not None:
        _check_picture(plot)
    task = choose_task(reference, estimate, model, split, against, _model_system)
    scores = [_scored(task, system, reference_shift_hz) for system in task.systems]
    ours, theirs = scores[0], scores[1] if len(scores) > 1 else None
    differences = compare(ours, theirs) if theirs else {}
    if csv is not None:
        _write(csv, csv_report(ours, theirs))
    if as_json:
        typer.echo(json_report(ours, theirs, differences))
    else:
        typer.echo(text_report(ours, files))
        if theirs:
            typer.echo("\n" + text_comparison(ours, theirs, differences))
    for evaluation in scores:
        _warn(evaluation)
    failures = dict.fromkeys(line for evaluation in scores for line in evaluation.failures)
    for line in failures:
        say(f"failed: {line}")
    if plot is not None:  # last, so that no scores are lost where there is nothing to draw
        from singtrans.view.worst_files import plot_worst

        plot_worst(ours, plot)
    if failures:
        raise typer.Exit(1)


def _model_system(model: str) -> "System":
    from singtrans.batch.lazy_transcriber import LazyTranscriber, default_threads
    from singtrans.scoring.systems import ModelSystem

    return ModelSystem(model, LazyTranscriber(model, "auto", default_threads()))


def _scored(task: "Task", system: "System", shift: float) -> "Evaluation":
    from rich.console import Console
    from rich.progress import track

    from singtrans.scoring.scores import evaluate as score

    bar = len(task.references) > 1 and sys.stderr is not None and sys.stderr.isatty()
    watched = track(
        task.references,
        system.name,
        console=Console(stderr=True),
        transient=True,
        disable=not bar,
        refresh_per_second=4,
    )
    try:
        return score(watched, system, shift, faults=task.faults)
    except ValueError as error:
        if not shift:
            raise
        raise UsageError(f"--reference-shift-hz {shift}: {error}") from None


def _check_picture(path: Path) -> None:
    from singtrans.extras import need
    from singtrans.view.plot import KINDS

    if path.suffix[1:].lower() not in KINDS:
        raise UsageError(f"--plot {path}: pictures are .png, .svg or .pdf")
    need("matplotlib", "plot", "--plot")


def _write(path: Path, text: str) -> None:
    from singtrans.files import whole_file

    with whole_file(path) as file:
        file.write(text.encode("utf-8", "replace"))


def _warn(evaluation: "Evaluation") -> None:
    if evaluation.missing:
        say(f"{evaluation.system}: no estimate, scored as no notes: {', '.join(evaluation.missing)}")
    if evaluation.extra:
        say(f"{evaluation.system}: estimates without a reference, left aside: {', '.join(evaluation.extra)}")
    for line in evaluation.warnings:
        say(f"{evaluation.system}: {line}")
