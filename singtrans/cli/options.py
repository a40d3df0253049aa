"""Command-line options that several commands share."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.cli.commands import MANY, MESSAGES, MIDI, MODEL, OUTPUT, PITCH, RHYTHM
from singtrans.errors import UsageError

if TYPE_CHECKING:
    from singtrans.batch import Existing
    from singtrans.formats.options import Options


class Velocity(StrEnum):
    """Source of the MIDI velocities."""

    fixed = "fixed"
    loudness = "loudness"


Formats = Annotated[
    list[str] | None,
    typer.Option(
        "-f",
        "--format",
        metavar="NAME[,NAME]",
        help="Formats to write, separated by commas or each with its own -f: {formats}. Default: mid.",
        rich_help_panel=OUTPUT,
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace outputs that exist.", rich_help_panel=OUTPUT)]
SkipExisting = Annotated[
    bool,
    typer.Option("--skip-existing", help="Keep outputs that exist; write only missing ones.", rich_help_panel=OUTPUT),
]
Lyrics = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Text file with the words: one syllable per note, a hyphen between the syllables of a word, and ~ to hold"
        " a syllable over one more note.",
        rich_help_panel=OUTPUT,
    ),
]
Tempo = Annotated[
    str | None,
    typer.Option(
        metavar="BPM|auto",
        help="Beats per minute, or auto to find the beats. The times of the notes do not change. Default: auto for"
        " sheet music and report pages, and with --quantize, --tempo-map, --pickup or --downbeat; in all other cases,"
        " no tempo is estimated.",
        rich_help_panel=RHYTHM,
    ),
]
Metre = Annotated[
    str | None,
    typer.Option(
        metavar="N/D",
        help="Metre, such as 3/4 or 6/8. Default: estimated, or 4/4 if no beats are found.",
        rich_help_panel=RHYTHM,
    ),
]
Pickup = Annotated[
    str | None,
    typer.Option(
        metavar="BEATS",
        help="Number of beats before the first bar line, such as 0, 1 or 1/2. Default: estimated.",
        rich_help_panel=RHYTHM,
    ),
]
Downbeat = Annotated[
    float | None,
    typer.Option(
        metavar="SECONDS",
        help="Time of a note that begins a bar. Default: estimated.",
        rich_help_panel=RHYTHM,
    ),
]
TempoMap = Annotated[
    bool,
    typer.Option(
        "--tempo-map/--one-tempo",
        help="Write a tempo for each quarter note, so that the beats follow the singer. With one tempo, sung notes are"
        " not exactly on the beats, and notation programs then ignore the bars of the file. Default: one tempo.",
        rich_help_panel=RHYTHM,
    ),
]
Quantize = Annotated[
    str,
    typer.Option(
        metavar="GRID",
        help="Move notes to a grid: 1/4, 1/8, 1/16 or 1/32; 1/8t for triplets; 1/8s for swing.",
        rich_help_panel=RHYTHM,
    ),
]
Tuning = Annotated[
    str | None,
    typer.Option(
        metavar="HZ|auto",
        help="Frequency of the singer's A4. With auto, it is estimated, and may change during the song. This option"
        " changes note numbers, but not measured pitches. Default: 440.",
        rich_help_panel=PITCH,
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        metavar="KEY|auto",
        help="Key of the song, such as D, Bb or F#m, or auto to estimate it. A pitch about halfway between two notes is"
        " rounded to the note in the key. Default: no key; pitches are rounded to the nearest note.",
        rich_help_panel=PITCH,
    ),
]
PitchBend = Annotated[
    bool,
    typer.Option(
        "--pitch-bend/--no-pitch-bend",
        help="Follow the sung pitch with pitch bends. Default: no.",
        rich_help_panel=MIDI,
    ),
]
Program = Annotated[
    int,
    typer.Option(
        min=1, max=128, metavar="1..128", help="General MIDI instrument; 54 is Voice Oohs.", rich_help_panel=MIDI
    ),
]
VelocityOption = Annotated[
    Velocity,
    typer.Option(
        help="fixed: the same velocity for all notes. loudness: velocities that follow the loudness of each note.",
        rich_help_panel=MIDI,
    ),
]
Title = Annotated[
    str,
    typer.Option(metavar="TEXT", help="Title of the song. Default: the recording's name.", rich_help_panel=OUTPUT),
]
Artist = Annotated[str, typer.Option(metavar="TEXT", help="Name of the singer.", rich_help_panel=OUTPUT)]
Composer = Annotated[str, typer.Option(metavar="TEXT", help="Name of the composer.", rich_help_panel=OUTPUT)]
Transpose = Annotated[
    int,
    typer.Option(
        min=-24,
        max=24,
        metavar="N",
        help="Write notes N semitones higher, or lower if N is negative.",
        rich_help_panel=PITCH,
    ),
]
Language = Annotated[
    str, typer.Option(metavar="NAME", help="Language of the words, such as English.", rich_help_panel=OUTPUT)
]
Jobs = Annotated[
    int,
    typer.Option(
        "-j",
        "--jobs",
        min=1,
        metavar="N",
        help="Number of recordings to transcribe at the same time, each in its own process.",
        rich_help_panel=MANY,
    ),
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="MODEL",
        help="Name of a shipped model (see singtrans info), or a weight file.",
        rich_help_panel=MODEL,
    ),
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Print failures only.", rich_help_panel=MESSAGES)]


def parse_formats(texts: Iterable[str]) -> list[str]:
    """Return the names of the formats that the values of ``-f`` list, without duplicates.

    Examples are ``-f mid,csv``, ``-f mid -f csv`` and ``-f midi``.

    Raises:
        UsageError: if a format is unknown.
    """
    from singtrans.formats import find_format

    names = (name for text in texts for name in text.split(",") if name.strip())
    return list(dict.fromkeys(find_format(name.strip()).name for name in names))


def write_options(  # noqa: PLR0913 (one parameter per option)
    *,
    tempo: str | None = None,
    metre: str | None = None,
    pickup: str | None = None,
    downbeat: float | None = None,
    tempo_map: bool = False,
    quantize: str = "",
    pitch_bend: bool = False,
    program: int = 54,
    velocity: Velocity = Velocity.fixed,
    lyrics: Path | None = None,
    tuning: str | None = None,
    key: str | None = None,
    title: str = "",
    artist: str = "",
    composer: str = "",
    language: str = "",
    transpose: int = 0,
    ornaments: str = "fold",
    ends: str | None = None,
) -> "Options":
    """Make `Options` from the command-line options.

    Raises:
        UsageError: if an option is invalid.
        InputError: if the lyrics cannot be read.
    """
    from singtrans.formats.lyrics import read_lyrics
    from singtrans.formats.options import Options, parse_auto, parse_metre, parse_pickup

    return Options(
        tempo=parse_auto(tempo) if tempo is not None else None,
        metre=parse_metre(metre) if metre is not None else None,
        pickup=parse_pickup(pickup) if pickup is not None else None,
        downbeat=downbeat,
        tempo_map=tempo_map,
        quantize=quantize,
        tuning=parse_auto(tuning) if tuning is not None else None,
        key=key,
        pitch_bend=pitch_bend,
        program=program,
        loudness=velocity is Velocity.loudness,
        lyrics=read_lyrics(lyrics) if lyrics else (),
        title=title,
        artist=artist,
        composer=composer,
        transpose=transpose,
        ornaments=ornaments,
        ends=ends or "",
        language=language,
    )


_FIELDS = {"velocity": "loudness"}  # options with another name in `Options`


def given(ctx: typer.Context, name: str) -> bool:
    """Return whether a parameter was given on the command line; values from singtrans.toml do not count."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def choose_existing(ctx: typer.Context, overwrite: bool, skip_existing: bool) -> "Existing":
    """Return the treatment of existing outputs. The command line overrides singtrans.toml.

    Raises:
        UsageError: if both --overwrite and --skip-existing are given in the same place.
    """
    from singtrans import batch

    stated = given(ctx, "overwrite"), given(ctx, "skip_existing")
    if overwrite and skip_existing and any(stated):
        overwrite, skip_existing = stated
    return batch.choose_existing(overwrite, skip_existing)


def refuse_idle(ctx: typer.Context, formats: Iterable[str]) -> None:
    """Refuse options on the command line that have no effect on any of the formats.

    Options in singtrans.toml are ignored if they have no effect, because the file is used for many formats.

    Raises:
        UsageError: if there is such an option. The message names the formats on which the option has an effect.
    """
    from singtrans.formats import USES

    formats = tuple(formats)
    for name in ctx.params:
        field = _FIELDS.get(name, name)
        uses = [known for known, fields in USES.items() if field in fields]
        if formats and uses and given(ctx, name) and not set(uses).intersection(formats):
            option = name.replace("_", "-")
            raise UsageError(f"--{option} has no effect on {', '.join(formats)}: it is for {', '.join(uses)}")
