"""``singtrans convert``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from singtrans.cli.commands import OUTPUT
from singtrans.cli.console import describe, remark_lines
from singtrans.cli.note_options import Ornaments, OrnamentsOption, WrittenEnds
from singtrans.cli.options import (
    Artist,
    Composer,
    Downbeat,
    Key,
    Language,
    Lyrics,
    Metre,
    Overwrite,
    Pickup,
    PitchBend,
    Program,
    Quantize,
    Quiet,
    Tempo,
    TempoMap,
    Title,
    Transpose,
    Tuning,
    Velocity,
    VelocityOption,
    parse_formats,
    refuse_idle,
    write_options,
)
from singtrans.cli.progress import say
from singtrans.cli.read_options import Columns, Name, Tier, UnitOption, Voice, read_options
from singtrans.errors import UsageError


def convert(  # noqa: PLR0913 (one parameter per option)
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FROM", help="A file with notes.")],
    target: Annotated[
        Path,
        typer.Argument(
            metavar="TO", help="The file to write; its ending determines the format. - is standard output, with -f."
        ),
    ],
    format: Annotated[
        str | None,
        typer.Option(
            "-f",
            "--format",
            metavar="NAME",
            help="Format of TO, if its ending does not determine it: {formats}.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    audio: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="The recording. It is required for wav and for --velocity loudness. html contains its sound, ustar"
            " contains its name, and default titles are made of its name.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    lyrics: Lyrics = None,
    title: Title = "",
    artist: Artist = "",
    composer: Composer = "",
    language: Language = "",
    overwrite: Overwrite = False,
    ornaments: OrnamentsOption = Ornaments.fold,
    ends: WrittenEnds = None,
    tempo: Tempo = None,
    metre: Metre = None,
    pickup: Pickup = None,
    downbeat: Downbeat = None,
    tempo_map: TempoMap = False,
    quantize: Quantize = "",
    tuning: Tuning = None,
    key: Key = None,
    transpose: Transpose = 0,
    pitch_bend: PitchBend = False,
    program: Program = 54,
    velocity: VelocityOption = Velocity.fixed,
    name: Name = None,
    voice: Voice = None,
    tier: Tier = None,
    unit: UnitOption = None,
    columns: Columns = None,
    quiet: Quiet = False,
) -> None:
    """Convert a file with notes to another format.

    The tempo and metre of MIDI and score files are kept unless you give --tempo or --metre. docs/formats.md lists the
    formats that can be written, and docs/labels.md lists further formats that can be read.

    \b
    Examples:
      singtrans convert song.csv song.mid --tempo 96
      singtrans convert song.json song.musicxml --tempo auto --quantize 1/8
      singtrans convert corrected.mid song.txt --lyrics words.txt
      singtrans convert song.csv song.mid --tuning 432 --key Bb
      singtrans convert song.csv song.sonified.wav --audio song.wav
      singtrans convert duet.txt second.mid --voice P2
    """
    from singtrans.batch.locations import STREAM
    from singtrans.formats import format_of
    from singtrans.formats.conversion import convert_file

    to_stream = str(target) == STREAM
    wanted = parse_formats([format]) if format else []
    if len(wanted) > 1:
        raise UsageError(f"-f {format}: a file can have only one format; give one name")
    written = wanted[0] if wanted else format_of(target)
    refuse_idle(ctx, [written] if written else [])
    options = write_options(
        tempo=tempo,
        metre=metre,
        pickup=pickup,
        downbeat=downbeat,
        tempo_map=tempo_map,
        quantize=quantize,
        pitch_bend=pitch_bend,
        program=program,
        velocity=velocity,
        lyrics=lyrics,
        title=title,
        artist=artist,
        composer=composer,
        language=language,
        tuning=tuning,
        key=key,
        transpose=transpose,
        ornaments=ornaments.value,
        ends=ends.value if ends else None,
    )
    request = read_options(name, voice, tier, unit, columns)
    converted = convert_file(
        source,
        sys.stdout.buffer if to_stream else target,
        format=written,
        audio=audio,
        options=options,
        overwrite=overwrite,
        request=request,
    )
    if not quiet:
        where = "standard output" if to_stream else target
        for line in (f"{source}: {describe(converted.notes)} -> {where}", *remark_lines(converted.remarks)):
            say(line)
