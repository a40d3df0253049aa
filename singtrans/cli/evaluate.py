"""``singtrans evaluate``."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.cli.commands import MODEL, OUTPUT, SCORING
from singtrans.cli.note_options import (
    Ends,
    EndsOption,
    NotePer,
    NotePerOption,
    Ornaments,
    OrnamentsOption,
    Sensitivity,
    ShortestNote,
    decoding_options,
)
from singtrans.cli.options import Overwrite
from singtrans.cli.outputs import named
from singtrans.cli.progress import Bar, say
from singtrans.cli.read_options import Columns, Name, Pattern, Tier, UnitOption, Voice, read_options
from singtrans.cli.song_options import SeparateOption, SeparatorOption, separation_options
from singtrans.errors import UsageError
from singtrans.messages import counted, listed
from singtrans.separation.choices import Engine, Separate

if TYPE_CHECKING:
    from singtrans.decoding.options import DecodingOptions
    from singtrans.scoring.references import Reference
    from singtrans.scoring.scores import Evaluation
    from singtrans.scoring.systems import System
    from singtrans.scoring.task import Task
    from singtrans.separation.song import SeparationOptions


def evaluate(  # noqa: PLR0913 (one parameter per option)
    reference: Annotated[
        Path,
        typer.Argument(
            metavar="REFERENCE",
            help="True notes: a file or a folder. With --model, a manifest or a folder of labelled recordings.",
        ),
    ],
    estimate: Annotated[
        Path | None,
        typer.Argument(metavar="ESTIMATE", help="Notes to score: a file, or a folder with files of the same names."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL",
            help="Name of a shipped model, or a weight file. The recordings are transcribed with it, and the result is"
            " scored.",
            rich_help_panel=MODEL,
        ),
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            metavar="PART",
            help="Split to score: train, valid, test or all. Default: test, or all if there is no test split.",
            rich_help_panel=MODEL,
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="OTHER",
            help="Notes of a second system, which is compared with the first. With --model, this may also be another"
            " model.",
            rich_help_panel=SCORING,
        ),
    ] = None,
    reference_shift_hz: Annotated[
        float,
        typer.Option(
            metavar="HZ",
            help="Add this number of Hz to the pitch of the true notes, to correct labels that are sharp or flat.",
            rich_help_panel=SCORING,
        ),
    ] = 0.0,
    ornaments: OrnamentsOption = Ornaments.fold,
    ends: EndsOption = Ends.sung,
    sensitivity: Sensitivity = 0.0,
    shortest_note: ShortestNote = None,
    note_per: NotePerOption = NotePer.syllable,
    separate: SeparateOption = Separate.AUTO,
    separator: SeparatorOption = Engine.SPLEETER,
    files: Annotated[
        bool | None,
        typer.Option(
            "--files/--no-files",
            help="Print one line per file. Default: yes for up to 12 files, no for more.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print all scores as JSON, without rounding.", rich_help_panel=OUTPUT)
    ] = False,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write a CSV table with one line per file; with -, to standard output instead of the report.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            callback=named,
            help="Draw the four files with the lowest COnPOff in this .png, .svg or .pdf file.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    overwrite: Overwrite = False,
    name: Name = None,
    voice: Voice = None,
    tier: Tier = None,
    unit: UnitOption = None,
    columns: Columns = None,
    pattern: Pattern = "",
) -> None:
    """Score notes and pitch tracks against true ones.

    The scores are computed by mir_eval. They are the precision, the recall and the F-measure of four figures: COn
    (onset within 50 ms), COff (offset within 50 ms or 20 % of the note's length, whichever is larger), COnP (onset, and
    pitch within 50 cents) and COnPOff (onset, pitch and offset). The command also counts the errors of each kind. If
    both the reference and the estimate have a pitch track, such as song.f0.csv, the pitch tracks are compared, too. The
    printed scores are means over files, with 95 % intervals if there are five or more files. If there are several data
    sets, each data set is also scored separately.

    \b
    Examples:
      singtrans evaluate true.csv song.mid
      singtrans evaluate true-notes/ estimated-notes/ --json
      singtrans evaluate true-notes/ estimated-notes/ --against other-notes/
      singtrans evaluate manifest.csv --model mine.safetensors --against default
      singtrans evaluate songs/ --model default --csv scores.csv --plot worst.png
    """
    from singtrans.batch.locations import STREAM
    from singtrans.scoring.export import csv_report, json_report
    from singtrans.scoring.references import LabelChoice
    from singtrans.scoring.report import text_comparison, text_report
    from singtrans.scoring.scores import compare
    from singtrans.scoring.task import choose_task

    table_only = str(csv) == STREAM
    if table_only and as_json:
        raise UsageError("--csv - and --json both write to standard output; give the name of a file to --csv")
    _check_outputs(None if table_only else csv, plot, overwrite)
    choice = LabelChoice(read_options(name, voice, tier, unit, columns), pattern)
    system = partial(
        _model_system,
        decoding=decoding_options(ornaments, ends, sensitivity, shortest_note, note_per),
        separation=separation_options(separate, separator),
    )
    task = choose_task(reference, estimate, model, split, against, system, choice)
    scores = [_scored(task, system, reference_shift_hz) for system in task.systems]
    ours, theirs = scores[0], scores[1] if len(scores) > 1 else None
    differences = compare(ours, theirs) if theirs else {}
    if csv is not None and not table_only:
        _write(csv, csv_report(ours, theirs))
    if table_only:
        typer.echo(csv_report(ours, theirs), nl=False)
    elif as_json:
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
    if plot is not None:  # done last, so that the scores are printed even if drawing fails
        from singtrans.view.worst_files import plot_worst

        plot_worst(ours, plot)
    if failures:
        raise typer.Exit(1)


def _model_system(model: str, decoding: "DecodingOptions", separation: "SeparationOptions") -> "System":
    from singtrans.batch.lazy_transcriber import LazyTranscriber, default_threads
    from singtrans.scoring.systems import ModelSystem

    return ModelSystem(model, LazyTranscriber(model, "auto", default_threads(), separation, decoding=decoding))


def _scored(task: "Task", system: "System", shift: float) -> "Evaluation":
    from singtrans.scoring.scores import evaluate as score

    try:
        with Bar(total=len(task.references), doing=system.name) as bar:
            return score(_watched(task.references, bar), system, shift, faults=task.faults)
    except ValueError as error:
        if not shift:
            raise
        raise UsageError(f"--reference-shift-hz {shift}: {error}") from None


def _watched(references: "Iterable[Reference]", bar: Bar) -> "Iterator[Reference]":
    for reference in references:
        yield reference
        bar.advance()


def _check_outputs(table: Path | None, picture: Path | None, overwrite: bool) -> None:
    for path in (table, picture):
        if path is not None and path.exists() and not overwrite:
            raise UsageError(f"{path} already exists; use --overwrite, or choose another name")
    if picture is None:
        return
    from singtrans.extras import need
    from singtrans.view.plot import KINDS

    if picture.suffix[1:].lower() not in KINDS:
        raise UsageError(f"--plot {picture}: pictures are .png, .svg or .pdf")
    need("matplotlib", "plot", "--plot")


def _write(path: Path, text: str) -> None:
    from singtrans.files import whole_file

    with whole_file(path) as file:
        file.write(text.encode("utf-8", "replace"))


def _warn(evaluation: "Evaluation") -> None:
    for names, what in [
        (evaluation.missing, "without an estimate, scored as if no notes had been found"),
        (evaluation.extra, "ignored, because there are no true notes of this name"),
    ]:
        if names:
            say(f"{evaluation.system}: {counted(len(names), 'file')} {what}: {listed(names)}")
    for line in evaluation.warnings:
        say(f"{evaluation.system}: {line}")
