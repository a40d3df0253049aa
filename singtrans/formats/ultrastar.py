"""UltraStar's songs: notes counted in beats (usdx.eu/format).

    #BPM:280,5
    #GAP:12350
    : 0 4 7 Hap
    - 8
    E

A beat lasts 60 / (BPM * 4) seconds, from version 2 on 60 / BPM seconds, counted from GAP milliseconds on; a line has
start and length in beats and the pitch in semitones above C4 (MIDI 60).
"""

import math
import re
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path, PureWindowsPath
from typing import BinaryIO

from singtrans.errors import InputError
from singtrans.files import read_bytes
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.options import BEATS, PLAIN, Options
from singtrans.formats.score.arrangement import Arrangement, arrange
from singtrans.formats.text import at_line, decode, in_order, listed, make_note, number, read_text, refuse
from singtrans.formats.time_grid import on_steps
from singtrans.notes import Note, Transcription

_NOTE_MARKS = ":*"
_UNPITCHED_MARKS = "FRG"  # freestyle, rap, golden rap
_BREATH = 0.25  # seconds without a note where a line of the song may end
_HIGHEST_BPM = 400  # players and editors are made for 200 to 400
_VERSION = "1.1.0"  # the first with #AUDIO; players that know #MP3 only pass it over
_TAG = re.compile(r"^#(VOCALS|AUDIO|MP3):(.*)$", re.MULTILINE)
_VOICE = re.compile(r"P\s*(\d)", re.ASCII)


@dataclass
class _Song:
    """What has been read so far.

    Attributes:
        header: the tags in upper case, without their marks.
        tempi: (from this beat on, BPM), the first of them from the header.
        start: the beat that a relative song's line counts from.
        voice: who sings now, ``P1`` where nothing is said.
        spans: of each voice, (line, start beat, end beat, semitones above C4).
    """

    header: dict[str, str] = field(default_factory=dict)
    tempi: list[tuple[float, float]] = field(default_factory=list)
    start: float = 0.0
    voice: str = "P1"
    spans: dict[str, list[tuple[int, float, float, float]]] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """The first number of ``#VERSION``; 1 if the song has none."""
        number = self.header.get("VERSION", "").partition(".")[0]
        return int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 1

    @property
    def relative(self) -> bool:
        return self.header.get("RELATIVE", "").upper() == "YES"


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write a song that UltraStar, Vocaluxe and Performous play, in UTF-8.

    #BPM is whole and lies between 200 and 400: the tempo of the options, or the one found in the notes where ``auto``
    or a grid asks for it, times a power of two; else 400. A beat then lasts 37.5 to 75 ms, and notes are within half of
    that. Lines end with the lyrics' lines, or at a rest of a quarter of a second. A note without a syllable
    gets ``~``.
    """
    arrangement = arrange(transcription, options)
    is_timed = options.tempo is not None or options.beats is not None or options.quantize
    bpm = _bpm(60 / arrangement.beats.quarter) if is_timed else _HIGHEST_BPM
    notes = arrangement.notes
    gap = round(1000 * notes[0].onset) if notes else 0
    unit = 15 / bpm
    spans = on_steps([((n.onset - gap / 1000) / unit, (n.offset - gap / 1000) / unit) for n in notes])
    recording = transcription.audio.encode("utf-8", "replace").decode()
    # A name, and no path to whatever a player would open.
    recording = PureWindowsPath("".join(c if c.isprintable() else "?" for c in recording)).name
    title, artist = options.title_of(recording) or "Untitled", " ".join(options.artist.split()) or "Unknown"
    lines = [f"#VERSION:{_VERSION}", f"#TITLE:{title}", f"#ARTIST:{artist}"]
    lines += [f"#LANGUAGE:{' '.join(options.language.split())}"] if options.language.strip() else []
    lines += ["#CREATOR:singtrans", f"#MP3:{recording}", f"#AUDIO:{recording}", f"#BPM:{bpm}", f"#GAP:{gap}"]
    for index, (begin, end) in enumerate(spans):
        text = _text(arrangement, index)
        lines.append(f": {begin} {end - begin} {notes[index].note - 60} {text}")
        if index + 1 < len(notes) and _ends_line(arrangement, index):
            lines.append(f"- {end}")
    file.write(("\n".join([*lines, "E"]) + "\n").encode())


def _bpm(tempo: float) -> int:
    """A tempo times a power of two, whole, and as high as it can be."""
    return round(tempo * 2 ** math.floor(math.log2(_HIGHEST_BPM / tempo)))


def _text(arrangement: Arrangement, index: int) -> str:
    """The syllable of a note; a space before it begins a word that is not the first of its line."""
    syllable = arrangement.syllables[index]
    if syllable is None:
        return "~"
    inner = index > 0 and syllable.begins_word and not _ends_line(arrangement, index - 1)
    return (" " if inner and syllable.text != "~" else "") + syllable.text


def _ends_line(arrangement: Arrangement, index: int) -> bool:
    syllable, following = arrangement.syllables[index], arrangement.notes[index + 1]
    if syllable is not None:
        return syllable.ends_line
    return following.onset - arrangement.notes[index].offset >= _BREATH


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of one voice, golden ones too; freestyle, rap and notes without length are left out.

    Args:
        path: the file, in UTF-8 or Windows-1252.
        request: ``voice``, of a duet ``P1`` or ``P2``; None for the first. And ``faults``.

    Raises:
        InputError: if the file cannot be read, lacks #BPM or that voice, or a line is not UltraStar's; it
            names the line.
    """
    path = Path(path)
    voice, faults = request.voice, request.faults
    song = _Song()
    for line, text in enumerate(read_text(path, fallback="cp1252").split("\n"), 1):
        content = text.strip()
        if content[:1].upper() == "E":  # players stop at any such line, so END is one
            break
        if content:
            _take(path, song, line, content, faults)
    if not song.tempi:
        raise InputError(f"{path} has no line #BPM:, so its beats have no length: add it at the top.")
    _share_third_voice(song)
    voice = (voice or min(song.spans, default="P1")).upper()
    if voice not in song.spans and (song.spans or voice != "P1"):
        raise InputError(f"{path} has no voice {voice}: choose one with --voice ({listed(sorted(song.spans))}).")
    return in_order(_notes(path, song, voice, faults))


def _share_third_voice(song: _Song) -> None:
    """Give what both singers sing, which songs before version 2 call P3, to either of them."""
    if song.version < 2 and {"P1", "P2"} & set(song.spans) and "P3" in song.spans:
        both = song.spans.pop("P3")
        for voice in ("P1", "P2"):
            song.spans.setdefault(voice, []).extend(both)


def _take(path: Path, song: _Song, line: int, content: str, faults: list[InputError] | None) -> None:
    """Note what one line says."""
    mark, rest = content[0].upper(), content[1:].split()
    try:
        if mark == "#":
            name, _, value = content[1:].partition(":")
            if name.strip().upper() == "BPM" and song.tempi:
                fault = "states #BPM a second time: remove one."
                refuse(at_line(path, line, fault), faults)
                return
            song.header[name.strip().upper()] = value.strip()
            if name.strip().upper() == "BPM":
                song.tempi.insert(0, (float("-inf"), _tempo(value)))
        elif mark in _NOTE_MARKS:
            begin, length, pitch = (number(cell) for cell in rest[:3])
            if length > 0:
                begin += song.start
                song.spans.setdefault(song.voice, []).append((line, begin, begin + length, pitch + 60))
        elif mark == "-":
            breaks = [number(cell) for cell in rest[:2]]
            if song.relative and breaks:
                song.start += breaks[-1]
        elif mark == "P" and (match := _VOICE.fullmatch(content.upper())):
            song.voice, song.start = f"P{match[1]}", 0.0
            song.spans.setdefault(song.voice, [])
        elif mark == "B" and len(rest) == 2:
            song.tempi.append((number(rest[0]) + song.start, _tempo(rest[1])))
        elif mark not in _UNPITCHED_MARKS:
            raise ValueError(f"no line begins with {mark}")
    except ValueError:
        fault = "is not a line of an UltraStar song: notes are ': start length pitch text', tags '#NAME:value'."
        refuse(at_line(path, line, fault), faults)


def _tempo(text: str) -> float:
    tempo = number(text)
    if not tempo > 0:
        raise ValueError("a tempo is above 0")
    return tempo


def _notes(path: Path, song: _Song, voice: str, faults: list[InputError] | None) -> list[Note]:
    try:
        gap = number(song.header.get("GAP") or "0") / 1000
    except ValueError:
        raise InputError(f"{path} has a #GAP that is not a number: give milliseconds.") from None
    clock = _Clock(song.tempi, 60.0 if song.version >= 2 else 15.0)
    notes = []
    for line, begin, end, pitch in song.spans.get(voice, ()):
        try:
            notes.append(make_note(gap + clock.seconds(begin), gap + clock.seconds(end), pitch))
        except ValueError:
            fault = "is a note that starts before 0 s, or is outside MIDI 0 to 127: correct #GAP or the line."
            refuse(at_line(path, line, fault), faults)
    return notes


class _Clock:
    """Beats to seconds after GAP, under the changes of tempo; the first tempo holds before beat 0 too."""

    def __init__(self, tempi: list[tuple[float, float]], beat: float) -> None:
        self._beat = beat
        changes = sorted(tempi[1:])
        self._beats = [0.0, *(beat for beat, _ in changes)]
        self._tempi = [tempi[0][1], *(tempo for _, tempo in changes)]
        self._starts = [0.0]
        for (first, second), tempo in zip(pairwise(self._beats), self._tempi, strict=False):
            self._starts.append(self._starts[-1] + (second - first) * beat / tempo)

    def seconds(self, beat: float) -> float:
        place = max(bisect_left(self._beats, beat, lo=1) - 1, 0)
        return self._starts[place] + (beat - self._beats[place]) * self._beat / self._tempi[place]


def audio_names(path: Path) -> tuple[str, ...]:
    """Names of the recording that a song's tags state, the voice alone first; empty if it is not a song."""
    text = decode(read_bytes(path), "cp1252") or ""
    tags = dict(_TAG.findall(text[:65_536]))
    names = (tags.get(tag, "").strip() for tag in ("VOCALS", "AUDIO", "MP3"))
    return tuple(name for name in names if name)


def _recognises(sample: Sample) -> bool:
    lines = [line.strip() for line in sample.text.split("\n")[:200] if line.strip()]
    return any(line.upper().startswith("#BPM") for line in lines) or bool(
        lines and lines[0].startswith("#") and ":" in lines[0]
    )


FORMAT = Format(
    name="ustar",
    description="UltraStar song: notes, syllables and lines",
    endings=(".txt",),
    aliases=("ultrastar", "txt"),
    read=read,
    recognises=_recognises,
    write=write,
    uses=(BEATS - {"metre"}) | {"title", "artist", "language"},
    precision="half a beat: 19 ms at #BPM 400, semitones",
)
