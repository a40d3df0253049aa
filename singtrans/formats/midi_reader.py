"""Read Standard MIDI files: the notes of the voice, and the beats.

Meta events that cannot be read, such as a key signature that does not exist, are ignored: they do not affect notes.
"""

import contextlib
import io
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singtrans.errors import InputError
from singtrans.files import read_bytes
from singtrans.formats.encodings import decode_words
from singtrans.formats.format import DEFAULTS, ReadOptions, Song
from singtrans.formats.lyrics import HELD, Syllable
from singtrans.formats.stated_beats import StatedMetre, stated_beats
from singtrans.formats.text import LONGEST, in_order
from singtrans.formats.tracks import Track, choose_track
from singtrans.melody.beats import DEFAULT_METRE, Beats
from singtrans.melody.metre import Metre
from singtrans.notes import Note

if TYPE_CHECKING:
    from mido import MidiFile, MidiTrack

TEMPO = 500_000  # microseconds a beat: 120 beats per minute, what MIDI means where nothing is said
_DRUMS = 9  # the channel that General MIDI keeps for percussion, counted from 0
_MOST_BYTES = 8_000_000  # a day of singing with pitch bends; a hundred times as much in memory
_AT_NOTE = 0.03  # seconds between a syllable and the onset of its note
_TEXT_EVENT = 0x01


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of one voice, in the order of their onsets.

    Tempo changes are followed wherever they stand, a note-on of velocity 0 ends a note, and a note without
    end lasts to the end of its track. The percussion channel, pitch bends and notes without length are left
    out. Tracks whose notes do not overlap are read as one voice.

    Args:
        path: the file.
        request: ``voice``, the name of a track or its number among the tracks with notes; None for the only one, or
            the one with lyrics or with a name such as Vocals.

    Raises:
        InputError: if the file cannot be read, is not MIDI, counts time otherwise than in beats, or has several tracks
            that could be the voice.
    """
    path = Path(path)
    return choose_track(path, _tracks(path), request.voice)


def _tracks(path: Path) -> list[Track]:
    midi = _open(path)
    clock = _Clock(midi)
    found: list[Track] = []
    for track in midi.tracks:
        notes = []
        for onset, offset, number in _spans(track):
            start, end = clock.seconds(onset), clock.seconds(offset)
            if end > LONGEST:
                raise InputError(f"{path} has a note that lasts until {end:.3g} s: it is damaged; export it again.")
            if end > start:
                notes.append(Note(start, end, float(number)))
        if notes:
            has_words = any(message.type == "lyrics" for message in track)
            found.append(Track(track.name.strip(), in_order(notes), has_words))
    return found


def read_song(path: Path, notes: Sequence[Note], _: ReadOptions = DEFAULTS) -> Song:
    """Read the words of notes that were read from a file, and its beats.

    Raises:
        InputError: as for :func:`read`.
    """
    return Song(read_words(path, notes), read_beats(path))


def read_words(path: str | Path, notes: Sequence[Note]) -> tuple[Syllable, ...]:
    """Read the lyric events of a file: one syllable for each note, held where a note has none.

    A karaoke file (``.kar``) has its words in text events. Empty if there are no words.

    Args:
        path: the file.
        notes: what was read from it.

    Raises:
        InputError: as for :func:`read`.
    """
    path = Path(path)
    midi = _open(path)
    clock = _Clock(midi)
    events = _word_events(midi, "lyrics") or (_word_events(midi, "text") if path.suffix.lower() == ".kar" else [])
    times = np.array([clock.seconds(tick) for tick, _ in events])
    if not len(times) or not notes:
        return ()
    texts: list[str | None] = [None] * len(notes)
    onsets = np.array([note.onset for note in notes])
    for time, (_, text) in zip(times.tolist(), events, strict=True):
        nearest = int(np.abs(onsets - time).argmin())
        if abs(onsets[nearest] - time) <= _AT_NOTE and texts[nearest] is None:
            texts[nearest] = text
    return _syllables(texts)


def _word_events(midi: "MidiFile", kind: str) -> list[tuple[int, str]]:
    """Tick and text of each event with words; ``@`` begins a karaoke file's header."""
    found = []
    for track in midi.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == kind and message.text.strip() and not message.text.startswith("@"):
                found.append((now, _text(message.text)))
    return sorted(found, key=lambda event: event[0])


def _text(text: str) -> str:
    """The text of an event, which mido reads as Latin-1 whatever it is."""
    content = text.encode("latin-1", "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return decode_words(content)[0]


def _syllables(texts: list[str | None]) -> tuple[Syllable, ...]:
    """Syllables from texts in one of the usual notations.

    A word that goes on has a hyphen after its syllable; or a space begins or ends words (RP-017), and a carriage
    return, ``/`` or a backslash lines; or each text is a word.
    """
    known = [text for text in texts if text]
    hyphens = any(len(text.strip()) > 1 and text.strip().endswith("-") for text in known)
    spaced = not hyphens and any(text[-1] in " \r\n" or text[0] in " /\\" for text in known)
    found: list[Syllable] = []
    last = -1  # place of the last syllable that is not held
    for text in texts:
        plain = (text or "").strip().lstrip("/\\").strip()
        if not text or plain in ("", "-", "+", HELD):
            found.append(Syllable(HELD))
            continue
        if spaced and last >= 0 and text[0] in " /\\":
            found[last] = replace(found[last], ends_word=True, ends_line=found[last].ends_line or text[0] != " ")
        begins = last < 0 or found[last].ends_word
        ends = text[-1] in " \r\n" if spaced else not plain.endswith("-")
        found.append(Syllable(plain.rstrip("-") or plain, begins, ends, text[-1] in "\r\n"))
        last = len(found) - 1
    if last >= 0:
        found[last] = replace(found[last], ends_word=True)
    return tuple(found)


def read_beats(path: str | Path) -> Beats | None:
    """The beats that a MIDI file states; None where it says 120 all through, which is what files without beats say,
    and where they are implausible.

    Raises:
        InputError: as for :func:`read`.
    """
    midi = _open(Path(path))
    clock = _Clock(midi)
    if clock.changes == {0: TEMPO}:
        return None
    per_quarter = midi.ticks_per_beat
    length = max(sum(message.time for message in track) for track in midi.tracks)
    return stated_beats(
        lambda quarter: clock.seconds(quarter * per_quarter),
        [tick / per_quarter for tick in clock.changes],
        length / per_quarter,
        _metre(midi),
    )


def _metre(midi: "MidiFile") -> StatedMetre:
    """Return the last metre that a file states, and from where on it holds."""
    stated = [(0, DEFAULT_METRE)]
    for track in midi.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "time_signature":
                with contextlib.suppress(ValueError):  # a metre that does not exist
                    stated.append((now, Metre(message.numerator, message.denominator)))
    tick, metre = sorted(stated, key=lambda change: change[0])[-1]
    return StatedMetre(metre, Fraction(tick, midi.ticks_per_beat))


def _open(path: Path) -> "MidiFile":
    """The file's content, of which the time is counted in beats of one song."""
    import mido

    content = io.BytesIO(_without_bad_meta(read_bytes(path, _MOST_BYTES)))
    try:
        midi = mido.MidiFile(file=content, clip=True)
    except (OSError, EOFError, ValueError, LookupError, TypeError, mido.KeySignatureError) as error:
        raise InputError(f"{path} is not a MIDI file, or is damaged: export it again.") from error
    if midi.type == 2 or not 0 < midi.ticks_per_beat < 0x8000:
        raise InputError(f"{path} does not count time in beats of one song: export it as MIDI of type 0 or 1.")
    return midi


def _without_bad_meta(content: bytes) -> bytes:
    """The file with an empty text in place of each meta event that cannot be read.

    What cannot be followed at all is left as it is: then the file is refused.
    """
    out, place = bytearray(), 0
    while place + 8 <= len(content):
        kind, size = content[place : place + 4], int.from_bytes(content[place + 4 : place + 8])
        chunk = content[place + 8 : place + 8 + size]
        place += 8 + size
        if kind == b"MTrk" and len(chunk) == size:
            with contextlib.suppress(IndexError):
                chunk = _mended(chunk)
            size = len(chunk)
        out += kind + size.to_bytes(4) + chunk
    return bytes(out + content[place:])


def _mended(track: bytes) -> bytes:
    """A track's events, those of bad meta events replaced.

    Raises:
        IndexError: if the track ends within an event.
    """
    out, place, status = bytearray(), 0, 0
    while place < len(track):
        start = place
        _, place = _number(track, place)
        if track[place] == 0xFF:
            head, kind = place, track[place + 1]
            size, place = _number(track, place + 2)
            data = track[place : place + size]
            place += size
            out += track[start:place] if _is_readable(kind, data) else track[start:head] + bytes((0xFF, _TEXT_EVENT, 0))
            continue
        if track[place] in (0xF0, 0xF7):
            size, place = _number(track, place + 1)
            place += size
        else:
            if track[place] >= 0x80:
                status, place = track[place], place + 1
            place += 1 if 0xC0 <= status < 0xE0 else 2
        out += track[start:place]
    return bytes(out)


def _number(content: bytes, place: int) -> tuple[int, int]:
    """A number of variable length, and the place after it."""
    value = 0
    while content[place] & 0x80:
        value, place = (value | content[place] & 0x7F) << 7, place + 1
    return value | content[place], place + 1


def _is_readable(kind: int, data: bytes) -> bool:
    from mido.midifiles.meta import build_meta_message

    try:
        build_meta_message(kind, list(data))
    except Exception:  # the library fails on damaged events in as many ways as there are kinds
        return False
    return True


class _Clock:
    """Ticks to seconds under the tempo changes of all tracks."""

    def __init__(self, midi: "MidiFile") -> None:
        changes = {0: TEMPO}
        for track in midi.tracks:
            now = 0
            for message in track:
                now += message.time
                if message.type == "set_tempo":
                    changes[now] = message.tempo
        self.changes = changes
        self._ticks = sorted(changes)
        self._tempi = [changes[tick] for tick in self._ticks]
        self._beat = midi.ticks_per_beat * 1_000_000
        self._starts = [0.0]
        for first, second, tempo in zip(self._ticks, self._ticks[1:], self._tempi, strict=False):
            self._starts.append(self._starts[-1] + (second - first) * tempo / self._beat)

    def seconds(self, tick: float) -> float:
        index = bisect_right(self._ticks, tick) - 1
        return self._starts[index] + (tick - self._ticks[index]) * self._tempi[index] / self._beat


def _spans(track: "MidiTrack") -> Iterator[tuple[int, int, int]]:
    """Onset tick, offset tick and number of each note of a track."""
    sounding: dict[tuple[int, int], list[int]] = defaultdict(list)
    now = 0
    for message in track:
        now += message.time
        if message.type not in ("note_on", "note_off") or message.channel == _DRUMS:
            continue
        key = (message.channel, message.note)
        if message.type == "note_on" and message.velocity > 0:
            sounding[key].append(now)
        elif sounding[key]:
            yield sounding[key].pop(0), now, message.note
    for (_, number), onsets in sounding.items():
        for onset in onsets:
            yield onset, now, number
