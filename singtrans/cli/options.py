"""Options that several commands share: what the notes are written as."""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from singtrans.errors import UsageError

if TYPE_CHECKING:
    from singtrans.batch import Existing
    from singtrans.formats.options import Options


class Format(StrEnum):
    """Formats that are written."""

    mid = "mid"
    csv = "csv"
    json = "json"
    ustar = "ustar"
    musicxml = "musicxml"
    svg = "svg"
    pdf = "pdf"
    labels = "labels"
    sv = "sv"
    jams = "jams"
    f0 = "f0"
    wav = "wav"
    html = "html"


class Velocity(StrEnum):
    """Where MIDI velocities come from."""

    fixed = "fixed"
    loudness = "loudness"


Tempo = Annotated[
    str | None,
    typer.Option(
        metavar="BPM|auto",
        help="Beats a minute under the notes, or auto to find the beats in the singing. Sung times stay as they are.",
    ),
]
Metre = Annotated[
    str | None,
    typer.Option(metavar="N/4", help="Beats in a bar. Default: 4/4, or what a MIDI file that is converted states."),
]
Quantize = Annotated[
    str,
    typer.Option(metavar="GRID", help="Move notes onto 1/4, 1/8, 1/16 or 1/32; 1/8t for triplets, 1/8s for swing."),
]
Tuning = Annotated[
    str | None,
    typer.Option(
        metavar="HZ|auto",
        help="What the singer calls A4, or auto to find it in the notes, also where it drifts. The integer notes count"
        " from there; sung pitches stay as they are. Default: 440.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        metavar="KEY|auto",
        help="The song's key, such as D, Bb or F#m, or auto to find it in the notes. A note sung between two semitones"
        " is written as the one of the key. Default: the nearest.",
    ),
]
PitchBend = Annotated[
    bool, typer.Option("--pitch-bend/--no-pitch-bend", help="Let MIDI follow the sung pitch, with the range set.")
]
Program = Annotated[int, typer.Option(min=1, max=128, help="General MIDI instrument; 54 is Voice Oohs.")]
VelocityOption = Annotated[Velocity, typer.Option(help="MIDI velocities: all alike, or by how loud notes are sung.")]
Lyrics = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Text with hyphens between syllables, one syllable a note, ~ to hold one on."),
]


Jobs = Annotated[
    int, typer.Option("-j", "--jobs", min=1, metavar="N", help="Recordings at once, each in a process of its own.")
]


def write_options(  # noqa: PLR0913 (one parameter an option)
    *,
    tempo: str | None = None,
    metre: str | None = None,
    quantize: str = "",
    pitch_bend: bool = False,
    program: int = 54,
    velocity: Velocity = Velocity.fixed,
    lyrics: Path | None = None,
    tuning: str | None = None,
    key: str | None = None,
) -> "Options":
    """The `Options` that these say.

    Raises:
        UsageError: if one of them is none.
        InputError: if the lyrics cannot be read.
    """
    from singtrans.formats.lyrics import read_lyrics
    from singtrans.formats.options import Options, parse_auto, parse_metre

    return Options(
        tempo=parse_auto(tempo) if tempo is not None else None,
        metre=parse_metre(metre) if metre is not None else None,
        quantize=quantize,
        tuning=parse_auto(tuning) if tuning is not None else None,
        key=key,
        pitch_bend=pitch_bend,
        program=program,
        loudness=velocity is Velocity.loudness,
        lyrics=read_lyrics(lyrics) if lyrics else (),
    )


_FIELDS = {"velocity": "loudness"}  # options that have another name in `Options`


def given(ctx: typer.Context, name: str) -> bool:
    """Whether a parameter stands on the command line, and not only in singtrans.toml."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def choose_existing(ctx: typer.Context, overwrite: bool, skip_existing: bool) -> "Existing":
    """What to do about outputs that exist; the command line goes before singtrans.toml.

    Raises:
        UsageError: if --overwrite and --skip-existing contradict each other.
    """
    from singtrans import batch

    stated = given(ctx, "overwrite"), given(ctx, "skip_existing")
    if overwrite and skip_existing and any(stated):
        overwrite, skip_existing = stated
    return batch.choose_existing(overwrite, skip_existing)


def refuse_idle(ctx: typer.Context, formats: Iterable[str]) -> None:
    """Refuse options on the command line that change nothing in any of the formats.

    Those of singtrans.toml are for many commands, and are passed over where they have no use.

    Raises:
        UsageError: naming the formats that an option is for.
    """
    from singtrans.formats import USES

    formats = tuple(formats)
    for name in ctx.params:
        field = _FIELDS.get(name, name)
        uses = [known for known, fields in USES.items() if field in fields]
        if formats and uses and given(ctx, name) and not set(uses).intersection(formats):
            option = name.replace("_", "-")
            raise UsageError(f"--{option} changes nothing in {', '.join(formats)}: it is for {', '.join(uses)}")
