"""Reading of the notes, syllables and lines of one voice from UltraStar songs."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, ReadOptions, Song
from singtrans.formats.lyrics import HELD, Syllable, syllables_of
from singtrans.formats.text import at_line, in_order, listed, make_note, number, read_text, refuse
from singtrans.notes import Note

_NOTE_MARKS = ":*"
_UNPITCHED_MARKS = "FRG"  # freestyle, rap, golden rap
_TAG = re.compile(r"^#(VOCALS|AUDIO|MP3):(.*)$", re.MULTILINE)
_WRITTEN_TAGS = ("VERSION", "TITLE", "ARTIST", "LANGUAGE", "MP3", "AUDIO", "BPM", "GAP")
_TAGS_OF_THE_FILE = ("RELATIVE", "ENCODING", "RESOLUTION", "NOTESGAP", "CALCMEDLEY", "MEDLEYSTARTBEAT", "MEDLEYENDBEAT")
_TAGS_OF_VOICES = ("P1", "P2", "P3", "DUETSINGERP1", "DUETSINGERP2")
_IN_SECONDS = ("START", "VIDEOGAP", "PREVIEWSTART")  # in milliseconds from version 2 on
_VOICE = re.compile(r"P\s*(\d)", re.ASCII)
_TEXT = re.compile(r".\s*\S+\s+\S+\s+\S+ ?(.*)", re.DOTALL)
"""Pattern for the line of a note. Its group is the text; a space at either end of the text separates two words."""


@dataclass(slots=True)
class _Span:
    """A note with times in beats.

    Attributes:
        line: number of the line in the file.
        start, end: start and end in beats.
        pitch: MIDI number.
        text: original text of the syllable, including spaces.
        ends_line: whether the note is the last one in a line of the lyrics.
    """

    line: int
    start: float
    end: float
    pitch: float
    text: str
    ends_line: bool = False


@dataclass
class _Song:
    """Content that has been read so far.

    Attributes:
        header: map from names of tags, in upper case, to values.
        tempi: (first beat, BPM) for each tempo; the first pair is from the header.
        start: beat at which the current line starts, in a song with ``#RELATIVE:YES``; else 0.
        voice: current voice, ``P1`` by default.
        spans: notes of each voice.
    """

    header: dict[str, str] = field(default_factory=dict)
    tempi: list[tuple[float, float]] = field(default_factory=list)
    start: float = 0.0
    voice: str = "P1"
    spans: dict[str, list[_Span]] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """First number of ``#VERSION``; 1 if the song states no valid version."""
        number = self.header.get("VERSION", "").partition(".")[0]
        return int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 1

    @property
    def relative(self) -> bool:
        return self.header.get("RELATIVE", "").upper() == "YES"

    @property
    def tags(self) -> tuple[tuple[str, str], ...]:
        """Tags that stay valid in a song with other beats and a single voice, with times as before version 2."""
        gone = (*_WRITTEN_TAGS, *_TAGS_OF_THE_FILE, *_TAGS_OF_VOICES)
        kept = {name: value for name, value in self.header.items() if name not in gone and value}
        if self.version >= 2:
            kept |= {name: _as_seconds(kept[name]) for name in _IN_SECONDS if name in kept}
        return tuple(kept.items())


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the normal and golden notes of one voice.

    Freestyle notes, rap notes and notes without length are left out.

    Args:
        path: path of the file, in UTF-8 or Windows-1252.
        request: options, of which ``voice`` and ``faults`` are used. In a duet, ``voice`` is ``P1`` or ``P2``; None
            chooses the first voice.

    Raises:
        InputError: if the file cannot be read, has no #BPM, does not contain the voice, or contains an invalid line.
            In the last case, the message states the number of the line.
    """
    path = Path(path)
    return in_order(note for note, _ in _sung(path, _parsed(path, request), request))


def read_song(path: Path, notes: Sequence[Note], request: ReadOptions = DEFAULTS) -> Song:
    """Read the syllables of notes, and the tags, from a song.

    The beats in the file are not read, because they do not correspond to the beats of the music.

    Raises:
        InputError: under the same conditions as for :func:`read`.
    """
    song = _parsed(path, request)
    sung = _sung(path, song, request)
    spans = [span for _, span in sung]
    syllables = [Syllable(HELD, ends_line=span.ends_line) for span in spans]
    # Most songs have a space before each word, and some have it after each word.
    leads = any(span.text.startswith(" ") for span in spans)
    starts = [place for place, span in enumerate(spans) if not _is_held(span)]
    ends = True
    for place, following in pairwise([*starts, len(spans)]):
        run, begins = spans[place:following], ends  # a syllable, and the notes that hold it
        ends = following == len(spans) or any(span.ends_line for span in run)
        ends = ends or (spans[following].text.startswith(" ") if leads else any(s.text.endswith(" ") for s in run))
        syllables[place] = Syllable(run[0].text.strip(), begins, ends, run[0].ends_line)
    words = {(note.onset, note.pitch): syllable for (note, _), syllable in zip(sung, syllables, strict=True)}
    header = song.header
    return Song(
        syllables_of(notes, words),
        title=header.get("TITLE", ""),
        artist=header.get("ARTIST", ""),
        language=header.get("LANGUAGE", ""),
        audio=header.get("AUDIO") or header.get("MP3", ""),
        tags=song.tags,
    )


def _is_held(span: _Span) -> bool:
    return span.text.strip() in ("", HELD, "-")


def _parsed(path: Path, request: ReadOptions) -> _Song:
    """Read the tags and the notes of all voices."""
    song = _Song()
    for line, text in enumerate(read_text(path).split("\n"), 1):
        content = text.strip()
        if content[:1].upper() == "E":  # players stop at the first line that begins with E
            break
        if content:
            _take(path, song, line, text.lstrip(), request.faults)
    if not song.tempi:
        raise InputError(f"{path} has no line #BPM:, so its beats have no length: add it at the top.")
    _share_third_voice(song)
    return song


def _sung(path: Path, song: _Song, request: ReadOptions) -> list[tuple[Note, _Span]]:
    """Return the notes of the chosen voice, in the order of their lines."""
    voice = (request.voice or min(song.spans, default="P1")).upper()
    if voice not in song.spans and (song.spans or voice != "P1"):
        raise InputError(f"{path} has no voice {voice}: choose one with --voice ({listed(sorted(song.spans))}).")
    return _notes(path, song, voice, request.faults)


def _as_seconds(milliseconds: str) -> str:
    """Convert the value of a tag; a value that is not a number is not changed."""
    try:
        return f"{number(milliseconds) / 1000:g}"
    except ValueError:
        return milliseconds


def _share_third_voice(song: _Song) -> None:
    """Add the notes of P3, which both singers sing in songs before version 2, to P1 and to P2."""
    if song.version < 2 and {"P1", "P2"} & set(song.spans) and "P3" in song.spans:
        both = song.spans.pop("P3")
        for voice in ("P1", "P2"):
            song.spans.setdefault(voice, []).extend(replace(span) for span in both)
            song.spans[voice].sort(key=lambda span: span.start)


def _take(path: Path, song: _Song, line: int, text: str, faults: list[InputError] | None) -> None:
    """Add the content of one line to the song."""
    content = text.rstrip()
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
                match = _TEXT.fullmatch(text)
                span = _Span(line, begin, begin + length, pitch + 60, match[1] if match else "")
                song.spans.setdefault(song.voice, []).append(span)
        elif mark == "-":
            breaks = [number(cell) for cell in rest[:2]]
            if spans := song.spans.get(song.voice):
                spans[-1].ends_line = True
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


def _notes(path: Path, song: _Song, voice: str, faults: list[InputError] | None) -> list[tuple[Note, _Span]]:
    try:
        gap = number(song.header.get("GAP") or "0") / 1000
    except ValueError:
        raise InputError(f"{path} has a #GAP that is not a number: give milliseconds.") from None
    clock = _Clock(song.tempi, 60.0 if song.version >= 2 else 15.0)
    notes = []
    for span in song.spans.get(voice, ()):
        try:
            start, end = gap + clock.seconds(span.start), gap + clock.seconds(span.end)
            notes.append((make_note(start, end, span.pitch), span))
        except ValueError:
            fault = "is a note that starts before 0 s, or is outside MIDI 0 to 127: correct #GAP or the line."
            refuse(at_line(path, span.line, fault), faults)
    return notes


class _Clock:
    """Conversion of beats to seconds after GAP in a song whose tempo may change.

    The first tempo also applies before beat 0.
    """

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
    """Return the names of the recordings in the tags of a song. If the voice has its own recording, it comes first.

    The result is empty if the file is not a song.
    """
    tags = dict(_TAG.findall(read_text(path)[:65_536]))
    names = (tags.get(tag, "").strip() for tag in ("VOCALS", "AUDIO", "MP3"))
    return tuple(name for name in names if name)
