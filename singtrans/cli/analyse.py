"""``singtrans analyse``."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.analysis.tolerance import Timing, Tolerance
from singtrans.cli.commands import INPUT, OUTPUT, SCORING
from singtrans.cli.console import remark_lines
from singtrans.cli.options import ModelOption, Quiet
from singtrans.cli.progress import Bar, say
from singtrans.cli.read_options import ReferenceOption, Voice
from singtrans.cli.recording_options import ChannelOption, TrackOption, read_selection
from singtrans.cli.song_options import SeparateOption, SeparatorOption, separation_options
from singtrans.errors import InputError, UsageError
from singtrans.separation.choices import Engine, Separate

if TYPE_CHECKING:
    from singtrans.analysis.summary import Analysis
    from singtrans.audio import Selection, Source
    from singtrans.batch.locations import Place
    from singtrans.batch.written_melodies import WrittenMelodies
    from singtrans.notes import Transcription

PitchTolerance = Annotated[
    float,
    typer.Option(
        min=1.0,
        max=600.0,
        metavar="CENTS",
        help="Largest deviation from the written pitch that counts as right. It is measured in the singer's tuning.",
        rich_help_panel=SCORING,
    ),
]
OnsetTolerance = Annotated[
    float,
    typer.Option(
        min=0.005,
        max=2.0,
        metavar="SECONDS",
        help="Largest deviation from the written onset that counts as right.",
        rich_help_panel=SCORING,
    ),
]
TimingOption = Annotated[
    Timing,
    typer.Option(
        help="Times with which the sung onsets are compared. clock: the written onsets, for singing to a backing track."
        " tempo: the written onsets, converted to the singer's own tempo. auto: clock if the sung onsets follow the"
        " written ones, otherwise tempo.",
        rich_help_panel=SCORING,
    ),
]


def analyse(  # noqa: PLR0913 (one parameter per option)
    inputs: Annotated[
        list[str],
        typer.Argument(metavar="INPUT", help="Recordings, folders of recordings, URLs, or files of notes."),
    ],
    reference: ReferenceOption = None,
    notes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Use the notes in this file, such as corrected notes, instead of transcribing. Only for a single"
            " recording.",
            rich_help_panel=INPUT,
        ),
    ] = None,
    voice: Voice = None,
    pitch_tolerance: PitchTolerance = 50.0,
    onset_tolerance: OnsetTolerance = 0.05,
    timing: TimingOption = Timing.AUTO,
    as_json: Annotated[bool, typer.Option("--json", help="Print all figures as JSON.", rich_help_panel=OUTPUT)] = False,
    list_notes: Annotated[
        bool | None,
        typer.Option(
            "--list/--no-list",
            help="List every note. Default: yes for one recording, no for several.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    track: TrackOption = None,
    channel: ChannelOption = "mix",
    separate: SeparateOption = Separate.AUTO,
    separator: SeparatorOption = Engine.SPLEETER,
    model: ModelOption = "default",
    quiet: Quiet = False,
) -> None:
    """Describe how a song was sung, and compare it with a melody.

    The command prints figures for range, tuning, steadiness and vibrato. With --reference, sung and written notes are
    compared, and each note is marked as right, sharp, flat, early, late, missed or extra. The singer may sing in
    another key or octave and at another tempo. docs/analysis.md defines all figures. singtrans report shows them on a
    page that can be printed.

    \b
    Examples:
      singtrans analyse song.wav
      singtrans analyse song.wav --reference score.musicxml
      singtrans analyse class-recordings/ --reference tune.mid
      singtrans analyse class-recordings/ --reference scores/ --json
    """
    from singtrans.analysis.summary import plain
    from singtrans.batch.lazy_transcriber import LazyTranscriber, default_threads
    from singtrans.batch.written_melodies import WrittenMelodies

    bar = Bar(quiet)
    separation = separation_options(separate, separator)
    transcribe = LazyTranscriber(model, "auto", default_threads(), separation, progress=bar.part)
    melodies = WrittenMelodies(reference, voice) if reference else None
    found, failures = _find(inputs)
    if notes is not None and len(found) != 1:
        raise UsageError(f"--notes {notes}: this option is for one recording; give a single INPUT")
    load = _loader(notes, transcribe, read_selection(track, channel), quiet)
    for line in failures:
        say(f"failed: {line}")
    compare = partial(_compare, melodies=melodies, tolerance=Tolerance(pitch_tolerance, onset_tolerance, timing))
    analyses = list(_analysed(found, load, compare, bar, failures))
    if as_json:
        content = {"recordings": [plain(analysis) for analysis in analyses], "failures": failures}
        typer.echo(json.dumps(content, ensure_ascii=False, indent=1))
    else:
        _print(analyses, len(analyses) == 1 if list_notes is None else list_notes)
    if failures:
        raise typer.Exit(1)


def _find(inputs: list[str]) -> "tuple[list[Place], list[str]]":
    """Find the recordings and files of notes; also return an error message for each folder without recordings."""
    from singtrans.batch.locations import place
    from singtrans.batch.plan import find_recordings

    plan = find_recordings([place(text) for text in inputs])
    return [job.audio for job in plan.jobs], list(plan.failures)


def _loader(
    notes: Path | None, transcribe: "Callable[[Source], Transcription]", selection: "Selection", quiet: bool
) -> "Callable[[Place], Transcription]":
    from singtrans.batch.given_notes import with_pitch
    from singtrans.batch.locations import local
    from singtrans.formats import READ_SUFFIXES, TEXT_SUFFIXES
    from singtrans.formats.conversion import MIXED, load_transcription, monophonic

    known = load_transcription(notes) if notes else None
    if known:
        known = replace(known, notes=monophonic(known.notes)[0])

    def load(where: "Place") -> "Transcription":
        with local(where) as path:
            if path.suffix.lower() in READ_SUFFIXES + TEXT_SUFFIXES:
                read = load_transcription(path)
                return replace(read, notes=monophonic(read.notes)[0])
            recording = selection.of(path)
            transcription = transcribe(recording) if known is None else with_pitch(known, recording, transcribe)
        mixed = (MIXED,) if transcription.mixed and transcription.separation is None else ()
        for line in remark_lines((*transcription.remarks, *mixed), f"{where}: ") if not quiet else ():
            say(line)
        return transcription

    return load


def _compare(
    where: "Place", transcription: "Transcription", melodies: "WrittenMelodies | None", tolerance: Tolerance
) -> "Analysis":
    from singtrans.analysis.summary import analyse as measure

    return measure(transcription, melodies.of(where.stem) if melodies else None, tolerance)


def _analysed(
    found: "list[Place]",
    load: "Callable[[Place], Transcription]",
    compare: "Callable[[Place, Transcription], Analysis]",
    bar: Bar,
    failures: list[str],
) -> "Iterator[Analysis]":
    """Yield the analysis of each recording; add an error message to ``failures`` for each recording that fails."""
    bar.begin(len(found), "analysing")
    with bar:
        for where in found:
            try:
                transcription = load(where)
                yield compare(where, transcription)
                if transcription.missing:
                    raise InputError(transcription.missing)
            except InputError as error:
                line = str(error) if str(error).startswith(str(where)) else f"{where}: {error}"
                failures.append(line)
                bar.line(f"failed: {line}")
            bar.advance()


def _print(analyses: "list[Analysis]", listing: bool) -> None:
    from singtrans.analysis.text import describe_comparison, many_table, note_table, overview
    from singtrans.messages import printable

    lines: list[str] = []
    if len(analyses) == 1 or listing:
        for analysis in analyses:
            lines += [*overview(analysis)]
            lines += describe_comparison(analysis.comparison) if analysis.comparison else []
            lines += ["", *note_table(analysis)] if listing and analysis.notes else []
            lines.append("")
    if len(analyses) > 1:
        lines += many_table(analyses)
    if lines:
        typer.echo("\n".join(map(printable, lines)).rstrip())
