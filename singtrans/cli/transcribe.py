"""``singtrans transcribe``."""

from collections.abc import Iterable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.cli.commands import MANY, MODEL, OUTPUT
from singtrans.cli.console import remark_lines, report
from singtrans.cli.note_options import (
    Ends,
    NotePer,
    NotePerOption,
    Ornaments,
    OrnamentsOption,
    Sensitivity,
    ShortestNote,
    WrittenEnds,
    decoding_options,
)
from singtrans.cli.options import (
    Artist,
    Composer,
    Downbeat,
    Formats,
    Jobs,
    Key,
    Language,
    Lyrics,
    Metre,
    ModelOption,
    Overwrite,
    Pickup,
    PitchBend,
    Program,
    Quantize,
    Quiet,
    SkipExisting,
    Tempo,
    TempoMap,
    Title,
    Transpose,
    Tuning,
    Velocity,
    VelocityOption,
    choose_existing,
    given,
    parse_formats,
    refuse_idle,
    write_options,
)
from singtrans.cli.outputs import named
from singtrans.cli.progress import Bar, say
from singtrans.cli.recording_options import ChannelOption, TrackOption, read_selection
from singtrans.cli.song_options import SeparateOption, SeparatorOption, WriteVoice, separation_options
from singtrans.errors import UsageError
from singtrans.separation.choices import Engine, Separate

if TYPE_CHECKING:
    from singtrans.audio import Selection
    from singtrans.batch.lazy_transcriber import LazyTranscriber
    from singtrans.formats import Options


class Device(StrEnum):
    """Device that runs the network."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"
    mps = "mps"


def transcribe(  # noqa: PLR0913 (one parameter per option)
    ctx: typer.Context,
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT", help="Recordings, folders of recordings, URLs, or - for standard input."),
    ],
    out: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            help="Folder for the outputs. For one recording, this may also be a file, such as tune.mid, or - for"
            " standard output. Default: the folder of each recording.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    formats: Formats = None,
    lyrics: Lyrics = None,
    title: Title = "",
    artist: Artist = "",
    composer: Composer = "",
    language: Language = "",
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    track: TrackOption = None,
    channel: ChannelOption = "mix",
    separate: SeparateOption = Separate.AUTO,
    separator: SeparatorOption = Engine.SPLEETER,
    write_voice: WriteVoice = False,
    ornaments: OrnamentsOption = Ornaments.fold,
    ends: WrittenEnds = None,
    sensitivity: Sensitivity = 0.0,
    shortest_note: ShortestNote = None,
    note_per: NotePerOption = NotePer.syllable,
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
    jobs: Jobs = 1,
    log: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            callback=named,
            help="Append one line of JSON per recording to this file.",
            rich_help_panel=MANY,
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Address of a Dask cluster to use, such as tcp://host:8786. If the word local is given instead of an"
            " address, a cluster is started on this machine, with as many workers as --jobs states.",
            rich_help_panel=MANY,
        ),
    ] = None,
    model: ModelOption = "default",
    device: Annotated[
        Device,
        typer.Option(
            help="Device that runs the network. With auto, it is the CPU. For cuda and mps, singtrans[train] is"
            " required.",
            rich_help_panel=MODEL,
        ),
    ] = Device.auto,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Number of threads per recording. Default: 2; 1 with --jobs or --scheduler, or if there is only one"
            " processor.",
            rich_help_panel=MODEL,
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Transcribe recordings of singing to notes.

    All common audio and video formats can be read. If INPUT is a folder, all recordings in it and its sub-folders are
    transcribed. A recording whose output already exists counts as failed, unless you use --overwrite or
    --skip-existing. If one recording fails, the others are still transcribed.

    You can leave out the word transcribe, as in: singtrans song.wav.

    \b
    Examples:
      singtrans transcribe song.wav
      singtrans transcribe song.wav -o tune.mid
      singtrans transcribe recordings/ -o notes/ -f mid,csv
      singtrans transcribe recordings/ -o notes/ --jobs 8 --skip-existing
      singtrans transcribe song.wav --tempo auto --quantize 1/16 --pitch-bend
      singtrans transcribe song.wav --tuning auto --key auto
      singtrans transcribe song.wav -f ustar --lyrics words.txt
      singtrans transcribe song.wav -f pdf --tempo 96 --metre 3/4
      singtrans transcribe band.mp3 --separate always --write-voice
      ffmpeg -i film.mkv -f wav - | singtrans transcribe - -f json > notes.json
    """
    from singtrans import batch
    from singtrans.batch.dispatch import run_jobs
    from singtrans.batch.lazy_transcriber import LazyTranscriber, default_threads
    from singtrans.batch.locations import STREAM, place

    wanted = parse_formats(formats or [])
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
    selection = read_selection(track, channel)
    separation = partial(separation_options, separate, separator, write_voice)
    decoding = decoding_options(Ornaments.fold, Ends.sung, sensitivity, shortest_note, note_per)
    if STREAM in inputs or out == STREAM:
        written = _stream_format(ctx, inputs, out, wanted or ["csv"])
        chosen = separation(_finds_tempo(options, [written]))
        transcriber = LazyTranscriber(model, device.value, threads or default_threads(), chosen, decoding=decoding)
        _stream(inputs[0], written, transcriber, options, selection, quiet)
        return
    existing = choose_existing(ctx, overwrite, skip_existing)
    places = [place(i) for i in inputs]
    plan = batch.plan(places, place(out) if out else None, wanted, options, selection, voice=write_voice)
    refuse_idle(ctx, plan.formats)
    if lyrics and len(plan.jobs) > 1:
        raise UsageError(f"--lyrics {lyrics}: this option is for one recording; give a single INPUT")
    alone = jobs == 1 and not scheduler
    bar = Bar(quiet)
    threads = threads or (default_threads() if alone else 1)
    chosen = separation(_finds_tempo(options, plan.formats))
    factory = partial(LazyTranscriber, model, device.value, threads, chosen, decoding=decoding)
    if alone:
        factory = partial(factory, progress=bar.part)
    outcomes = run_jobs(plan.jobs, factory, existing, jobs, scheduler)
    if log:
        from singtrans.batch.run_log import logged

        outcomes = logged(plan, outcomes, log)
    if not report(plan, outcomes, bar, quiet, existing == "overwrite"):
        raise typer.Exit(1)


def _finds_tempo(options: "Options", formats: Iterable[str]) -> bool:
    """Return whether the tempo must be found, either because of an option or for sheet music."""
    from singtrans.formats import WRITERS

    wanted = options.finds_rhythm or bool(options.quantize) or any(WRITERS[name].is_sheet for name in formats)
    return wanted and not isinstance(options.tempo, float | int)


def _stream_format(ctx: typer.Context, inputs: list[str], out: str | None, formats: list[str]) -> str:
    """Return the format for standard output; refuse options that are only for files."""
    from singtrans.batch.locations import STREAM, is_folder, place

    if given(ctx, "out") and out != STREAM:
        raise UsageError("- writes to standard output; leave out -o, or redirect the output to a file with >")
    for name in ("jobs", "scheduler", "log", "overwrite", "skip_existing", "write_voice"):
        if given(ctx, name):
            option = name.replace("_", "-")
            raise UsageError(f"--{option} is for files; it cannot be used with standard input or output")
    if len(inputs) != 1 or is_folder(place(inputs[0])):
        raise UsageError("standard output can hold one recording; give a single INPUT")
    if len(formats) != 1 and given(ctx, "formats"):
        raise UsageError("standard output can hold one format; give a single -f")
    refuse_idle(ctx, [formats[0]])
    return formats[0]


def _stream(
    source: str,
    format: str,
    transcriber: "LazyTranscriber",
    options: "Options",
    selection: "Selection",
    quiet: bool,
) -> None:
    """Transcribe one recording, and write the result to standard output."""
    from singtrans.batch.locations import STREAM, local, place
    from singtrans.batch.standard_streams import transcribe_stream
    from singtrans.formats.conversion import remarks_on

    with local(place(source)) as path:
        found = transcribe_stream(transcriber, path, format, options, selection)
    name = "standard input" if source == STREAM else source
    if not quiet:
        for line in remark_lines((*found.remarks, *remarks_on(found, (format,), options)), f"{name}: "):
            say(line)
    if found.missing:
        say(f"{name}: {found.missing}")
        raise typer.Exit(1)
