"""``singtrans report``."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.cli.commands import OUTPUT
from singtrans.cli.console import report as tell
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
from singtrans.cli.options import (
    Jobs,
    Key,
    Lyrics,
    Metre,
    ModelOption,
    Overwrite,
    Quiet,
    SkipExisting,
    Tempo,
    Tuning,
    choose_existing,
    write_options,
)
from singtrans.cli.outputs import named
from singtrans.cli.progress import Bar, say
from singtrans.cli.read_options import ReferenceOption, Voice
from singtrans.cli.recording_options import ChannelOption, TrackOption, read_selection
from singtrans.cli.song_options import SeparateOption, SeparatorOption, separation_options
from singtrans.errors import UsageError
from singtrans.separation.choices import Engine, Separate

if TYPE_CHECKING:
    from singtrans.batch import Plan
    from singtrans.batch.locations import Place


def report(  # noqa: PLR0913 (one parameter per option)
    ctx: typer.Context,
    inputs: Annotated[list[str], typer.Argument(metavar="INPUT", help="Recordings, folders of recordings, or URLs.")],
    out: Annotated[
        str | None,
        typer.Option(
            "-o",
            "--output",
            metavar="PATH",
            callback=named,
            help="Folder for the pages. Default: the folder of each recording.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    notes: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Show the notes in this file, such as a session saved on the page, instead of transcribing. Only for a"
            " single recording.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    reference: ReferenceOption = None,
    voice: Voice = None,
    overwrite: Overwrite = False,
    skip_existing: SkipExisting = False,
    tuning: Tuning = None,
    key: Key = None,
    tempo: Tempo = None,
    metre: Metre = None,
    lyrics: Lyrics = None,
    ornaments: OrnamentsOption = Ornaments.fold,
    ends: EndsOption = Ends.sung,
    sensitivity: Sensitivity = 0.0,
    shortest_note: ShortestNote = None,
    note_per: NotePerOption = NotePer.syllable,
    track: TrackOption = None,
    channel: ChannelOption = "mix",
    separate: SeparateOption = Separate.AUTO,
    separator: SeparatorOption = Engine.SPLEETER,
    jobs: Jobs = 1,
    model: ModelOption = "default",
    quiet: Quiet = False,
) -> None:
    """Write pages for checking transcriptions.

    The page for song.wav is song.report.html, a single file that works in any browser without a network. It plays the
    recording and the notes, shows the notes over the spectrogram and the sung pitch, and lists the notes to check. The
    browser stores your corrections, and the page can save them as a session, MIDI, CSV, UltraStar and more. The tab
    Summary shows the figures of singtrans analyse, and can be printed; with --reference, it also compares the singing
    with a written melody. For a folder, index.html lists the pages, and begins with the page that has the most notes
    to check.

    \b
    Examples:
      singtrans report song.wav
      singtrans report class-recordings/ -o pages/ --jobs 4
      singtrans report class-recordings/ -o pages/ --skip-existing
      singtrans report song.wav --notes song.session.json --overwrite
      singtrans report song.wav --tuning auto --key auto
      singtrans report class-recordings/ -o pages/ --reference tune.mid
    """
    from singtrans import batch
    from singtrans.batch.dispatch import run_jobs
    from singtrans.batch.given_notes import with_pitch
    from singtrans.batch.lazy_transcriber import LazyTranscriber, default_threads
    from singtrans.batch.locations import place
    from singtrans.batch.written_melodies import WrittenMelodies, with_melodies
    from singtrans.formats.conversion import load_transcription, with_song
    from singtrans.view.index import index_in, write_index

    existing = choose_existing(ctx, overwrite, skip_existing)
    places = [place(i) for i in inputs]
    options = write_options(tuning=tuning, key=key, tempo=tempo, metre=metre, lyrics=lyrics)
    known = load_transcription(notes) if notes is not None else None
    if notes is not None and known is not None:
        options = with_song(options, notes, known.notes)
    plan = batch.plan(places, place(out) if out else None, ["html"], options, read_selection(track, channel))
    if reference is not None:
        plan = with_melodies(plan, WrittenMelodies(reference, voice))
    target = index_in(folder) if (folder := _listed_in(places, out, plan)) else None
    bar = Bar(quiet)
    threads = 1 if jobs > 1 else default_threads()
    separation = separation_options(separate, separator)
    decoding = decoding_options(ornaments, ends, sensitivity, shortest_note, note_per)
    factory = partial(LazyTranscriber, model, "auto", threads, separation, decoding=decoding)
    if jobs == 1:
        factory = partial(factory, progress=bar.part)
    if known is None:
        outcomes = run_jobs(plan.jobs, factory, existing, jobs)
    elif len(plan.jobs) == 1:
        transcriber = factory()
        outcomes = batch.run(plan.jobs, lambda path: with_pitch(known, path, transcriber), existing)
    else:
        raise UsageError(f"--notes {notes}: this option is for one recording; give a single INPUT")
    fine = tell(plan, outcomes, bar, quiet, existing == "overwrite")
    pages = {page: job.audio.name for job in plan.jobs for page in job.outputs if isinstance(page, Path)}
    if target and write_index(target, pages) and not quiet:
        say(f"{target}: open this in a browser")
    if not fine:
        raise typer.Exit(1)


def _listed_in(inputs: "Sequence[Place]", out: str | None, plan: "Plan") -> Path | None:
    """Return the folder for the index; None if there is only one page, or the folder is not on this machine."""
    from singtrans.batch.locations import is_folder, place

    folders = [path for path in inputs if is_folder(path)]
    if not (plan.jobs and (folders or len(plan.jobs) > 1)):
        return None
    folder = place(out) if out else (folders or [inputs[0].parent])[0]
    return folder if isinstance(folder, Path) else None
