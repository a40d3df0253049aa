"""``singtrans transcribe``."""

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.batch.locations import STREAM, is_folder, local, place
from singtrans.cli.console import report, say
from singtrans.cli.options import (
    Format,
    Jobs,
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
    choose_existing,
    given,
    refuse_idle,
    write_options,
)
from singtrans.cli.song_options import SeparateOption, SeparatorOption, WriteVoice, separation_options
from singtrans.errors import UsageError
from singtrans.separation.engines import Engine
from singtrans.separation.song import Separate

if TYPE_CHECKING:
    from singtrans.audio import Selection
    from singtrans.batch.lazy_transcriber import LazyTranscriber
    from singtrans.formats import Options


class Device(StrEnum):
    """Where the network runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


def transcribe(  # noqa: PLR0913 (one parameter an option)
    ctx: typer.Context,
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT", help="Recordings, or folders of them; also URLs; - for standard input."),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="Folder for the outputs, made if needed; for a single recording also a file such as tune.mid."
            " Default: beside each recording. - for standard output.",
        ),
    ] = None,
    formats: Annotated[
        list[Format] | None,
        typer.Option("-f", "--format", help="What to write; may be given several times. Default: mid."),
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
    separate: SeparateOption = Separate.AUTO,
    separator: SeparatorOption = Engine.SPLEETER,
    write_voice: WriteVoice = False,
    track: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Number of the sound track to read. Default: the best, which is named."),
    ] = None,
    channel: Annotated[
        str, typer.Option(metavar="CHANNEL", help="Channel to read: left, right, a number from 1, or mix for all.")
    ] = "mix",
    model: Annotated[
        str, typer.Option(metavar="MODEL", help="A shipped model's name (see: singtrans info) or a weight file.")
    ] = "default",
    device: Annotated[Device, typer.Option(help="Where the network runs; auto is cuda if there is one.")] = Device.auto,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.")] = False,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Keep outputs that exist, and make only what is missing.")
    ] = False,
    jobs: Jobs = 1,
    threads: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Threads for one recording. Default: 2 where there are; 1 with --jobs."),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Spread the work over a Dask cluster (tcp://host:port), or start one of --jobs workers here (local).",
        ),
    ] = None,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Add a line of JSON for each recording to this file.")
    ] = None,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Print failures only.")] = False,
) -> None:
    """Write the notes of recordings of singing.

    Any sound or video file is read; in a folder and its sub-folders, every recording. Existing outputs are refused
    unless you say --overwrite or --skip-existing. A recording that fails does not stop the others.

    \b
    Examples:
      singtrans transcribe song.wav
      singtrans transcribe song.wav -o tune.mid
      singtrans transcribe recordings/ -o notes/ -f mid -f csv
      singtrans transcribe recordings/ -o notes/ --jobs 8 --skip-existing --log run.jsonl
      singtrans transcribe song.wav --tempo auto --quantize 1/16 --pitch-bend
      singtrans transcribe song.wav --tuning auto --key auto
      singtrans transcribe song.wav -f ustar --lyrics words.txt
      singtrans transcribe song.wav -f pdf --tempo 96 --metre 3/4
      singtrans transcribe band.mp3 --separate always --write-voice
      ffmpeg -i film.mkv -f wav - | singtrans transcribe - -f json > notes.json
    """
    from singtrans import batch
    from singtrans.audio import Selection, parse_channel
    from singtrans.batch.dispatch import run_jobs
    from singtrans.batch.lazy_transcriber import LazyTranscriber, default_threads

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
    selection = Selection(track, parse_channel(channel))
    separation = separation_options(separate, separator, write_voice)
    if STREAM in inputs or out == STREAM:
        written = _stream_format(ctx, inputs, out, formats or [Format.csv])
        transcriber = LazyTranscriber(model, device.value, threads or default_threads(), separation)
        _stream(inputs[0], written, transcriber, options, selection, quiet)
        return
    existing = choose_existing(ctx, overwrite, skip_existing)
    threads = threads or (1 if jobs > 1 or scheduler else default_threads())
    factory = partial(LazyTranscriber, model, device.value, threads, separation)
    places = [place(i) for i in inputs]
    names = [f.value for f in formats or []]
    plan = batch.plan(places, place(out) if out else None, names, options, selection, voice=write_voice)
    refuse_idle(ctx, plan.formats)
    if lyrics and len(plan.jobs) > 1:
        raise UsageError(f"--lyrics {lyrics}: these are the words of one song; give one recording")
    outcomes = run_jobs(plan.jobs, factory, existing, jobs, scheduler)
    if log:
        from singtrans.batch.run_log import logged

        outcomes = logged(plan, outcomes, log)
    if not report(plan, outcomes, quiet):
        raise typer.Exit(1)


def _stream_format(ctx: typer.Context, inputs: list[str], out: str | None, formats: list[Format]) -> str:
    """The format for standard output; what the command line asks for beside, and only files can have, is refused."""
    if given(ctx, "out") and out != STREAM:
        raise UsageError("- reads standard input and writes to standard output: leave -o out, and use > for a file")
    for name in ("jobs", "scheduler", "log", "overwrite", "skip_existing", "write_voice"):
        if given(ctx, name):
            option = name.replace("_", "-")
            raise UsageError(f"--{option} is for files: standard input and output hold one recording")
    if len(inputs) != 1 or is_folder(place(inputs[0])):
        raise UsageError("standard output can hold one recording: give one")
    if len(formats) != 1 and given(ctx, "formats"):
        raise UsageError("standard output can hold one format: give one -f")
    refuse_idle(ctx, [formats[0].value])
    return formats[0].value


def _stream(
    source: str,
    format: str,
    transcriber: "LazyTranscriber",
    options: "Options",
    selection: "Selection",
    quiet: bool,
) -> None:
    """One recording to standard output."""
    from singtrans.batch.standard_streams import transcribe_stream
    from singtrans.formats.conversion import remarks_on

    with local(place(source)) as path:
        found = transcribe_stream(transcriber, path, format, options, selection)
    name = "standard input" if source == STREAM else source
    if not quiet:
        for line in (*found.remarks, *remarks_on(found, (format,), options)):
            say(f"{name}: {line}")
    if found.missing:
        say(f"{name}: {found.missing}")
        raise typer.Exit(1)
