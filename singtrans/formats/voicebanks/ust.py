"""UTAU projects (``.ust``). Each note or rest has a section of ``key=value`` lines; times are in ticks, 480 per beat.

    [#0000]
    Length=480
    Lyric=la
    NoteNum=60

A rest has the lyric R. ``Tempo`` in a section is the tempo from this section on. Older files are encoded in Shift-JIS.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample, Song
from singtrans.formats.options import BEATS, JOINED, PLAIN, Options
from singtrans.formats.text import at_line, make_note, number, read_text, refuse
from singtrans.formats.tracks import Track
from singtrans.formats.voicebanks.melody_grid import melody_grid
from singtrans.formats.voicebanks.project import is_rest, song_of, track_of
from singtrans.formats.voicebanks.tick_clock import TickClock
from singtrans.notes import Note, Transcription

_RESOLUTION = 480
_DEFAULT_LYRIC = "a"
_HELD_LYRIC = "-"


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write a project in UTF-8 with a constant tempo. Rounding moves the sung times by at most half a tick."""
    options = options.without_bars
    tempo = round(60 / melody_grid(transcription, options, _RESOLUTION)[1].beats.quarter, 2)
    notes, _, _ = melody_grid(transcription, options, _RESOLUTION, tempo)
    title = options.title_of(transcription.audio) or "Untitled"
    lines = ["[#VERSION]", "UST Version1.2", "Charset=UTF-8", "[#SETTING]", f"Tempo={tempo:.2f}", "Tracks=1"]
    lines += [f"ProjectName={title}", "Mode2=True"]
    now = section = 0
    for note in notes:
        if note.start > now:
            lines += _section(section, note.start - now, "R", 60)
            section += 1
        lyric = _HELD_LYRIC if note.is_held else note.text or _DEFAULT_LYRIC
        lines += _section(section, note.end - note.start, lyric, note.key)
        now, section = note.end, section + 1
    file.write(("\r\n".join([*lines, "[#TRACKEND]"]) + "\r\n").encode())


def _section(section: int, length: int, lyric: str, key: int) -> list[str]:
    return [f"[#{section:04d}]", f"Length={length}", f"Lyric={lyric}", f"NoteNum={key}"]


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of a project. Rests and notes without length are left out.

    Args:
        path: path of the file.
        request: options, of which only ``faults`` is used.

    Raises:
        InputError: if the file cannot be read, a tempo is invalid, or a section is not a valid note. In the last case,
            the message states the number of the line.
    """
    return _project(Path(path), request).track.notes


def read_song(path: Path, notes: Sequence[Note], request: ReadOptions = DEFAULTS) -> Song:
    """Read the beats of a project, and the syllables of its notes.

    Raises:
        InputError: under the same conditions as for :func:`read`.
    """
    project = _project(path, request)
    end = project.clock.tick(max((note.offset for note in notes), default=0.0))
    return song_of(path, [project.track], None, notes, project.clock.beats(end))


@dataclass(frozen=True, slots=True)
class _Project:
    track: Track
    clock: TickClock


@dataclass(frozen=True, slots=True)
class _Span:
    """A note with times in ticks."""

    line: int
    start: float
    end: float
    key: float
    lyric: str


def _project(path: Path, request: ReadOptions) -> _Project:
    text = read_text(path)
    now = 0.0
    spans: list[_Span] = []
    tempi: list[tuple[float, float]] = []
    for line, name, values in _sections(text):
        try:
            if "Tempo" in values:
                tempi.append((now, number(values["Tempo"])))
            if not name.isdecimal():
                continue
            length, lyric = number(values["Length"]), values.get("Lyric", "")
            if not 0 <= length <= 1e9:
                raise ValueError("time goes on")
            if lyric and not is_rest(lyric) and length:
                spans.append(_Span(line, now, now + length, number(values["NoteNum"]), lyric))
            now += length
        except (ValueError, KeyError):
            refuse(at_line(path, line, "is not a note: it needs Length in ticks, Lyric and NoteNum."), request.faults)
    try:
        clock = TickClock(tempi, _RESOLUTION)
    except ValueError:
        raise InputError(f"{path} has a tempo that is not above 0: correct it.") from None
    sung = []
    for span in spans:
        try:
            note = make_note(clock.seconds(span.start), clock.seconds(span.end), span.key)
            sung.append((note, span.lyric))
        except ValueError:
            refuse(at_line(path, span.line, "is not a note: NoteNum lies between 0 and 127."), request.faults)
    return _Project(track_of("", sung, _DEFAULT_LYRIC), clock)


def _sections(text: str) -> Iterator[tuple[int, str, dict[str, str]]]:
    """Yield the number of the first line, the name and the values of each section."""
    line, name, values = 0, "", dict[str, str]()
    for number_, content in enumerate(text.split("\n"), 1):
        if content.startswith("[#") and content.rstrip().endswith("]"):
            if name:
                yield line, name, values
            line, name, values = number_, content.strip()[2:-1], {}
        elif "=" in content:
            key, _, value = content.partition("=")
            values.setdefault(key.strip(), value.strip())
    if name:
        yield line, name, values


def _recognises(sample: Sample) -> bool:
    return "[#SETTING]" in sample.text or "[#VERSION]" in sample.text


FORMAT = Format(
    name="ust",
    description="UTAU project: notes and syllables at one tempo",
    endings=(".ust",),
    aliases=("utau",),
    read=read,
    read_song=read_song,
    recognises=_recognises,
    write=write,
    uses=(BEATS - {"metre", "pickup", "downbeat"}) | {"title"},
    ends=JOINED,
    precision="0.5 ms at 120 beats per minute, semitones",
)
