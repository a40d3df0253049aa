"""Read Standard MIDI files: the notes of the voice, and the beats.

Files with bad meta events or without an end are read as far as possible: see `midi_bytes`.
"""

import contextlib
import io
import logging
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
from singtrans.formats.midi_bytes import mend_midi
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
_SEQUENCES = 2  # the type of a file with independent sequences
_LOG = logging.getLogger(__name__)


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
        InputError: if the file cannot be read, is not MIDI, or has several tracks that could be the voice.
    """
    path = Path(path)
    return choose_track(path, _tracks(path), request.voice)


def _tracks(path: Path) -> list[Track]:
    midi = _open(path, warns=True)
    found: list[Track] = []
    for track, clock in zip(midi.tracks, _clocks(midi), strict=True):
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
    events = _word_events(midi, "lyrics") or (_word_events(midi, "text") if path.suffix.lower() == ".kar" else [])
    times = np.array([time for time, _ in events])
    if not len(times) or not notes:
        return ()
    texts: list[str | None] = [None] * len(notes)
    onsets = np.array([note.onset for note in notes])
    for time, (_, text) in zip(times.tolist(), events, strict=True):
        nearest = int(np.abs(onsets - time).argmin())
        if abs(onsets[nearest] - time) <= _AT_NOTE and texts[nearest] is None:
            texts[nearest] = text
    return _syllables(texts)


def _word_events(midi: "MidiFile", kind: str) -> list[tuple[float, str]]:
    """Seconds and text of each event with words; ``@`` begins a karaoke file's header."""
    found = []
    for track, clock in zip(midi.tracks, _clocks(midi), strict=True):
        now = 0
        for message in track:
            now += message.time
            if message.type == kind and message.text.strip() and not message.text.startswith("@"):
                found.append((clock.seconds(now), _text(message.text)))
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
    clock = _clocks(midi)[0]
    if clock.changes == {0: TEMPO} or clock.is_film or (midi.type == _SEQUENCES and len(midi.tracks) > 1):
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


def _open(path: Path, *, warns: bool = False) -> "MidiFile":
    """The file's content, mended as far as possible; with a warning, where that is asked for, if it was cut off."""
    import mido

    try:
        mended = mend_midi(read_bytes(path, _MOST_BYTES))
        midi = mido.MidiFile(file=io.BytesIO(mended.content), clip=True)
    except (OSError, EOFError, ValueError, LookupError, TypeError, mido.KeySignatureError) as error:
        raise InputError(f"{path} is not a MIDI file, or is damaged: export it again.") from error
    if mended.cut_off and warns:
        _LOG.warning("%s ends in the middle: only the notes up to there were read; copy or export it again", path)
    if midi.ticks_per_beat == 0 or (midi.ticks_per_beat < 0 and not midi.ticks_per_beat & 0xFF):
        raise InputError(f"{path} does not say how long its ticks are: export it again.")
    return midi


class _Clock:
    """Ticks to seconds: under the tempo changes of some tracks, or in frames of a film (SMPTE)."""

    def __init__(self, division: int, tracks: "Sequence[MidiTrack]") -> None:
        changes = {0: TEMPO}
        for track in tracks:
            now = 0
            for message in track:
                now += message.time
                if message.type == "set_tempo":
                    changes[now] = message.tempo
        self._beat = division * 1_000_000.0
        self.is_film = division < 0
        if self.is_film:
            frames = -(division >> 8)  # 29 stands for 30 frames of which some numbers are left out
            rate = 30_000 / 1001 if frames == 29 else float(frames)
            changes, self._beat = {0: 1}, rate * (division & 0xFF)
        self.changes = changes
        self._ticks = sorted(changes)
        self._tempi = [changes[tick] for tick in self._ticks]
        self._starts = [0.0]
        for first, second, tempo in zip(self._ticks, self._ticks[1:], self._tempi, strict=False):
            self._starts.append(self._starts[-1] + (second - first) * tempo / self._beat)

    def seconds(self, tick: float) -> float:
        index = bisect_right(self._ticks, tick) - 1
        return self._starts[index] + (tick - self._ticks[index]) * self._tempi[index] / self._beat


def _clocks(midi: "MidiFile") -> list[_Clock]:
    """The clock of each track: one for all, unless the file holds independent sequences (format 2)."""
    if midi.type == _SEQUENCES:
        return [_Clock(midi.ticks_per_beat, [track]) for track in midi.tracks]
    return [_Clock(midi.ticks_per_beat, midi.tracks)] * len(midi.tracks)


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
