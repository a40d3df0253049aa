"""``singtrans plot``."""

from pathlib import Path
from typing import Annotated

import typer

from singtrans.cli.console import say
from singtrans.cli.options import Key, Tuning, write_options
from singtrans.errors import UsageError


def plot(  # noqa: PLR0913 (one parameter an option)
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A recording, or a file of notes.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="PATH", help="A .png, .svg or .pdf. Default: FILE's .png.")
    ] = None,
    notes: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Notes of the recording, instead of transcribing it.")
    ] = None,
    audio: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The recording, if FILE holds notes: for the spectrogram.")
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(metavar="FILE", help="True notes: those missed are dashed, extra ones hatched.")
    ] = None,
    tuning: Tuning = None,
    key: Key = None,
    row_seconds: Annotated[float, typer.Option(min=1.0, max=600.0, help="Seconds in a row.")] = 15.0,
    model: Annotated[str, typer.Option(metavar="MODEL", help="A shipped model's name or a weight file.")] = "default",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the picture if it exists.")] = False,
) -> None:
    """Draw notes over the sung pitch and the spectrogram.

    The surer a note is, the darker its box. A long song gets several rows, and as PDF several pages.

    \b
    Examples:
      singtrans plot song.wav
      singtrans plot song.wav --reference true-notes.csv -o song.pdf
      singtrans plot song.json --audio song.wav --row-seconds 30
    """
    from singtrans.extras import need
    from singtrans.formats import load_notes
    from singtrans.formats.conversion import melody_remarks
    from singtrans.melody.key import apply_tuning_and_key
    from singtrans.view.plot import KINDS, Picture
    from singtrans.view.plot import plot as draw
    from singtrans.view.source import load

    target = out or source.with_suffix(".png")
    if target.suffix[1:].lower() not in KINDS:
        raise UsageError(f"-o {target}: pictures are .png, .svg or .pdf")
    if target.exists() and not overwrite:
        raise UsageError(f"{target} exists already; use --overwrite, or another name with -o")
    need("matplotlib", "plot", "plotting")
    wanted = write_options(tuning=tuning, key=key)
    found = load(source, notes, audio, model)
    true_notes = load_notes(reference) if reference else None
    shown = apply_tuning_and_key(found.transcription, wanted.tuning, wanted.key)
    draw(Picture(shown, found.audio, true_notes, row_seconds), target, overwrite=overwrite)
    say(f"{target}: {len(shown.notes)} notes")
    for remark in melody_remarks(found.transcription, wanted):
        say(f"{target}: {remark}")
