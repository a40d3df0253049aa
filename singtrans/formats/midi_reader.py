"""Reading of the notes of one voice, the words and the beats from Standard MIDI files.

Damaged files are read as far as possible; see `midi_bytes`.
"""

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, ReadOptions, Song
from singtrans.formats.midi_file import SEQUENCES, TEMPO, clocks, open_midi
from singtrans.formats.midi_words import AT_NOTE, read_words, words_of
from singtrans.formats.stated_beats import StatedMetre, stated_beats
from singtrans.formats.text import LONGEST, in_order
from singtrans.formats.tracks import Track, choose_track, overlap
from singtrans.melody.beats import DEFAULT_METRE, Beats
from singtrans.melody.metre import Metre
from singtrans.notes import Note

if TYPE_CHECKING:
    from mido import MidiFile, MidiTrack

__all__ = ["read", "read_beats", "read_song", "read_words"]

_DRUMS = 9  # channel for percussion in General MIDI, counted from 0
_AGREEING = 0.5  # least agreement of words and notes for words to belong to a track


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of one voice, in the order of their onsets.

    Tempo changes in all tracks are used. A note-on with velocity 0 ends a note, and a note without a note-off lasts
    until the end of its track. The percussion channel, pitch bends and notes without length are ignored. Channels
    of a track, and tracks of a file, are read as one voice if their notes do not overlap.

    Args:
        path: path of the file.
        request: options, of which ``voice`` is used. It is the name of a track, or its number among the tracks with
            notes. If it is None, the track is the only one, the one whose notes agree with the words, or the one with a
            name such as Vocals.

    Raises:
        InputError: if the file cannot be read, is not MIDI, or has several tracks that could be the voice.
    """
    path = Path(path)
    return choose_track(path, _tracks(path), request.voice)


def _tracks(path: Path) -> list[Track]:
    midi = open_midi(path, warns=True)
    found: list[Track] = []
    for track, clock in zip(midi.tracks, clocks(midi), strict=True):
        channels: dict[int, list[Note]] = defaultdict(list)
        for span in _spans(track):
            start, end = clock.seconds(span.onset), clock.seconds(span.offset)
            if end > LONGEST:
                raise InputError(f"{path} has a note that lasts until {end:.3g} s: it is damaged; export it again.")
            if end > start:
                channels[span.channel].append(Note(start, end, float(span.number)))
        voices = {channel: in_order(notes) for channel, notes in sorted(channels.items())}
        joined = in_order(note for notes in voices.values() for note in notes)
        if len(voices) < 2 or not overlap(joined):
            has_words = any(message.type == "lyrics" for message in track)
            found += [Track(track.name.strip(), joined, has_words)] if joined else []
            continue
        # The name of the only track is the title of the song.
        head = f"{track.name.strip()}, " if len(midi.tracks) > 1 and track.name.strip() else ""
        found += [Track(f"{head}channel {channel + 1}", notes) for channel, notes in voices.items()]
    return _with_words(found, [time for time, _ in words_of(midi, path)])


def _with_words(tracks: list[Track], words: list[float]) -> list[Track]:
    """Mark the tracks whose onsets agree best with the times of the words.

    If several tracks agree equally well, only those that contain words are marked.
    """
    agreement = [_agreement([note.onset for note in track.notes], words) for track in tracks]
    best = max(agreement, default=0.0)
    if best < _AGREEING:
        return tracks
    is_alone = agreement.count(best) == 1
    marks = [share == best and (is_alone or track.has_words) for track, share in zip(tracks, agreement, strict=True)]
    return [replace(track, has_words=mark) for track, mark in zip(tracks, marks, strict=True)]


def _agreement(onsets: list[float], words: list[float]) -> float:
    """Compute the agreement of onsets with words: the F-measure of matches that are at most `AT_NOTE` apart."""
    if not onsets or not words:
        return 0.0
    times, sorted_words = np.array(onsets), np.array(sorted(words))
    places = np.searchsorted(sorted_words, times).clip(1, len(words)) - 1
    nearest = np.minimum(
        np.abs(times - sorted_words[places]), np.abs(times - sorted_words[(places + 1).clip(0, len(words) - 1)])
    )
    return float(2 * min((nearest <= AT_NOTE).sum(), len(words)) / (len(onsets) + len(words)))


def read_song(path: Path, notes: Sequence[Note], _: ReadOptions = DEFAULTS) -> Song:
    """Read the words and the beats of a file whose notes have been read.

    Raises:
        InputError: under the same conditions as for :func:`read`.
    """
    return Song(read_words(path, notes), read_beats(path))


def read_beats(path: str | Path) -> Beats | None:
    """Read the beats of a MIDI file.

    The result is None if the tempo is always 120, as in files without beats, if the beats are implausible, or if the
    tracks have no common beats.

    Raises:
        InputError: under the same conditions as for :func:`read`.
    """
    midi = open_midi(Path(path))
    clock = clocks(midi)[0]
    if clock.changes == {0: TEMPO} or clock.is_film or (midi.type == SEQUENCES and len(midi.tracks) > 1):
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
    """Return the last metre in a file, and the position from which it holds."""
    stated = [(0, DEFAULT_METRE)]
    for track in midi.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "time_signature":
                with contextlib.suppress(ValueError):  # such as an impossible metre
                    stated.append((now, Metre(message.numerator, message.denominator)))
    tick, metre = sorted(stated, key=lambda change: change[0])[-1]
    return StatedMetre(metre, Fraction(tick, midi.ticks_per_beat))


@dataclass(frozen=True, slots=True)
class _Span:
    """A note in ticks, with its MIDI number and its channel, counted from 0."""

    onset: int
    offset: int
    number: int
    channel: int


def _spans(track: "MidiTrack") -> Iterator[_Span]:
    """Yield the notes of a track."""
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
            yield _Span(sounding[key].pop(0), now, message.note, message.channel)
    for (channel, number), onsets in sounding.items():
        for onset in onsets:
            yield _Span(onset, now, number, channel)
