"""``singtrans plot``."""

from pathlib import Path
from typing import Annotated

import typer

from singtrans.cli.commands import INPUT, OUTPUT
from singtrans.cli.console import remark_lines
from singtrans.cli.options import Key, ModelOption, Overwrite, Tuning, write_options
from singtrans.cli.outputs import named
from singtrans.cli.progress import say
from singtrans.cli.song_options import SeparateOption, SeparatorOption, separation_options
from singtrans.errors import UsageError
from singtrans.messages import counted
from singtrans.separation.choices import Engine, Separate


def plot(  # noqa: PLR0913 (one parameter per option)
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A recording, or a file with notes.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            callback=named,
            help="Picture to write: .png, .svg or .pdf. Default: FILE with the ending .png.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    row_seconds: Annotated[
        float | None,
        typer.Option(
            min=1.0,
            max=600.0,
            metavar="S",
            help="Seconds per row. Default: 30 for recordings of 8 minutes or more, and 15 for shorter recordings;"
            " a recording of up to one minute is divided into equal rows of up to 15 s.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    overwrite: Overwrite = False,
    notes: Annotated[
        Path | None,
        typer.Option(
            metavar="NOTES",
            help="Draw the notes in this file instead of transcribing the recording.",
            rich_help_panel=INPUT,
        ),
    ] = None,
    audio: Annotated[
        Path | None,
        typer.Option(
            metavar="RECORDING",
            help="The recording for the spectrogram, if FILE is a file with notes.",
            rich_help_panel=INPUT,
        ),
    ] = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            metavar="NOTES",
            help="File with the true notes, for comparison. Missed notes have dashed outlines, and extra notes are"
            " hatched.",
            rich_help_panel=INPUT,
        ),
    ] = None,
    tuning: Tuning = None,
    key: Key = None,
    separate: SeparateOption = Separate.AUTO,
    separator: SeparatorOption = Engine.SPLEETER,
    model: ModelOption = "default",
) -> None:
    """Draw notes over the sung pitch and the spectrogram.

    Darker boxes are notes with higher confidence. A long recording is drawn on several pages of four rows. A .pdf file
    contains all pages; in other formats, each page is a separate file: song-1.png, song-2.png and so on.

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
    need("matplotlib", "plot", "plotting")
    if not overwrite:
        _refuse_existing(target, source, audio, row_seconds)
    wanted = write_options(tuning=tuning, key=key)
    found = load(source, notes, audio, model, separation_options(separate, separator))
    true_notes = load_notes(reference) if reference else None
    shown = apply_tuning_and_key(found.transcription, wanted.tuning, wanted.key)
    files = draw(Picture(shown, found.audio, true_notes, row_seconds), target, overwrite=overwrite)
    written = str(files[0]) if len(files) == 1 else f"{files[0]} to {files[-1].name}"
    say(f"{written}: {counted(len(shown.notes), 'note')}")
    for line in remark_lines(melody_remarks(found.transcription, wanted), f"{target}: "):
        say(line)


def _refuse_existing(target: Path, source: Path, audio: Path | None, row_seconds: float | None) -> None:
    """Refuse existing outputs before anything is transcribed. Their number depends on the recording's length."""
    from singtrans.audio import seconds
    from singtrans.formats import READ_SUFFIXES, TEXT_SUFFIXES
    from singtrans.view.pages import divide
    from singtrans.view.plot import files_of

    is_notes = source.suffix.lower() in READ_SUFFIXES + TEXT_SUFFIXES
    recording = audio if is_notes else source
    pages = divide(seconds(recording), row_seconds).count if recording else 1
    for path in files_of(target, pages):
        if path.exists():
            raise UsageError(f"{path} already exists; use --overwrite, or choose another name with -o")
