"""``singtrans convert``."""

from pathlib import Path
from typing import Annotated

import typer

from singtrans.cli.console import counted, say
from singtrans.cli.options import (
    Format,
    Key,
    Lyrics,
    Metre,
    PitchBend,
    Program,
    Quantize,
    Tempo,
    Tuning,
    Velocity,
    VelocityOption,
    refuse_idle,
    write_options,
)


def convert(  # noqa: PLR0913 (one parameter an option)
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FROM", help="A file of notes.")],
    target: Annotated[Path, typer.Argument(metavar="TO", help="The file to write; its ending says the format.")],
    format: Annotated[
        Format | None, typer.Option("-f", "--format", help="The format of TO, where its ending does not say it.")
    ] = None,
    audio: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The recording, for wav, html, --velocity loudness, and titles.")
    ] = None,
    tempo: Tempo = None,
    metre: Metre = None,
    quantize: Quantize = "",
    tuning: Tuning = None,
    key: Key = None,
    pitch_bend: PitchBend = False,
    program: Program = 54,
    velocity: VelocityOption = Velocity.fixed,
    lyrics: Lyrics = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace TO if it exists.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print failures only.")] = False,
) -> None:
    """Turn a file of notes into another format.

    Of a file, only the notes are read, and from MIDI tempo and metre, which are kept unless --tempo or --metre says
    otherwise. All formats that transcribe writes can be read, but for svg, pdf, f0, wav and html; and many labels
    besides.

    \b
    Examples:
      singtrans convert song.csv song.mid --tempo 96
      singtrans convert song.json song.musicxml --tempo auto --quantize 1/8
      singtrans convert corrected.mid song.txt --lyrics words.txt
      singtrans convert song.csv song.mid --tuning 432 --key Bb
      singtrans convert song.csv song.sonified.wav --audio song.wav
    """
    from singtrans.formats import format_of
    from singtrans.formats.conversion import convert_file

    name = format.value if format else format_of(target)
    refuse_idle(ctx, [name] if name else [])
    options = write_options(
        tempo=tempo,
        metre=metre,
        quantize=quantize,
        pitch_bend=pitch_bend,
        program=program,
        velocity=velocity,
        lyrics=lyrics,
        tuning=tuning,
        key=key,
    )
    converted = convert_file(source, target, format=name, audio=audio, options=options, overwrite=overwrite)
    if not quiet:
        say("; ".join((f"{source}: {counted(converted.notes)} -> {target}", *converted.remarks)))
