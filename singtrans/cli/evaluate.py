"""``singtrans evaluate``."""

from pathlib import Path
from typing import Annotated

import typer

from singtrans.errors import UsageError


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
