"""Standard MIDI files: type 1, 480 ticks a beat; track 0 has tempo and metre, track 1 the voice."""

import io
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from singtrans.errors import InputError
from singtrans.files import read_bytes
from singtrans.formats import velocity
from singtrans.formats.format import DEFAULTS, Format, ReadOptions
from singtrans.formats.options import BEATS, PLAIN, Options
from singtrans.formats.pitch_bend import Bend, bend_range, bends, wheel
from singtrans.formats.score.arrangement import Arrangement, arrange
from singtrans.formats.text import LONGEST, in_order
from singtrans.formats.time_grid import on_steps
from singtrans.melody.beats import DEFAULT_METRE, Beats
from singtrans.melody.key import Key
from singtrans.notes import Note, Transcription

if TYPE_CHECKING:
    from mido import MidiFile, MidiTrack
    from mido.messages import BaseMessage

TICKS_PER_BEAT = 480
TEMPO = 500_000  # microseconds a beat: 120 beats a minute, what MIDI means where nothing is said
_VELOCITY = 90  # where nobody has measured how loud a note is sung
_DRUMS = 9  # the channel that General MIDI keeps for percussion, counted from 0
_MOST_BYTES = 8_000_000  # a day of singing with pitch bends; a hundred times as much in memory
_MOST_BEATS = 200_000  # a day of them; damaged files claim more
_RANGE, _NULL = ((101, 0), (100, 0)), ((101, 127), (100, 127))  # controllers that choose RPN 0, and none
_RANKS = {"note_off": 0, "pitchwheel": 1, "lyrics": 2, "note_on": 3}  # of what happens at one tick


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the notes of a transcription, each with its integer MIDI number.

    Times are within half a tick (0.5 ms at 120 beats a minute), whatever the tempo; a note that ends where the next
    starts is switched off first; every note lasts a tick at least and none overlap. Both tracks end with the
    recording. The voice's track is named after the recording. Beats that do not begin with the recording
    make the first beat longer or shorter, and the first bar as many beats as it has; then tempo and metre are the
    singer's. Lyrics are lyric events (MIDI's recommended practice RP-017): a space ends a word, a
    carriage return a line.

    Raises:
        InputError: if velocities shall follow a recording that is missing or cannot be read.
    """
    import mido

    arrangement = arrange(transcription, options)
    beats = arrangement.beats
    tempi = _tempi(beats)
    seconds = np.array([(note.onset, note.offset) for note in arrangement.notes]).reshape(-1, 2)
    spans = on_steps(_ticks(seconds, tempi).tolist())
    end = max(spans[-1][1] if spans else 0, round(float(_ticks(transcription.duration, tempi))))
    # A file name may hold bytes that are no text at all: they become question marks.
    name = Path(transcription.audio).stem.encode("utf-8", "replace").decode() or "Voice"
    voice = [mido.MetaMessage("track_name", name=name), mido.Message("program_change", program=options.program - 1)]
    events = _note_events(arrangement, _velocities(transcription.notes, options), spans)
    if options.pitch_bend:
        curves = [bends(note, transcription.pitch) for note in transcription.notes]
        reach = bend_range(curves)
        for controller, value in (*_RANGE, (6, reach), (38, 0), *_NULL):
            voice.append(mido.Message("control_change", control=controller, value=value))
        moves = _moved(curves, transcription.notes, arrangement.notes)
        events += _bend_events(moves, spans, tempi, reach)
    frame = _key_events(options) + _frame_events(beats, tempi, end)
    tracks = [_delta(frame, end), mido.MidiTrack([*voice, *_delta(events, end)])]
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8", tracks=tracks)
    midi.save(file=file)


def _tempi(beats: Beats) -> np.ndarray:
    """(beats - 1,) whole microseconds of each beat; neighbours that differ by rounding alone are equal."""
    tempi = np.diff(np.rint(beats.times * 1e6))
    for number in range(1, len(tempi)):
        if abs(tempi[number] - tempi[number - 1]) <= 1:
            tempi[number] = tempi[number - 1]
    return tempi


def _ticks(seconds: np.ndarray | float, tempi: np.ndarray) -> np.ndarray:
    """Ticks (fractional) at times in seconds, under the tempi as they are written: so no rounding adds up."""
    edges = np.concatenate([[0.0], np.cumsum(tempi)]) / 1e6
    beyond = np.maximum(0.0, np.asarray(seconds) - edges[-1]) / (tempi[-1] / 1e6)
    return TICKS_PER_BEAT * (np.interp(seconds, edges, np.arange(len(edges))) + beyond)


def _frame_events(beats: Beats, tempi: np.ndarray, end: int) -> list[tuple[int, "BaseMessage"]]:
    """(tick, message) of all tempi and metres before the end."""
    import mido

    events, current = [], None
    for beat, tempo in enumerate(tempi):
        if tempo != current and (beat == 0 or beat * TICKS_PER_BEAT < end):
            events.append((beat * TICKS_PER_BEAT, mido.MetaMessage("set_tempo", tempo=int(tempo))))
            current = tempo
    first = beats.downbeat or beats.metre
    bars = [(0, first)] + ([(beats.downbeat * TICKS_PER_BEAT, beats.metre)] if first != beats.metre else [])
    for tick, numerator in bars:
        if tick == 0 or tick < end:
            events.append((tick, mido.MetaMessage("time_signature", numerator=numerator, denominator=4)))
    return sorted(events, key=lambda event: event[0])


def _key_events(options: Options) -> list[tuple[int, "BaseMessage"]]:
    """(tick, message) of the key, if one is stated."""
    import mido

    return [(0, mido.MetaMessage("key_signature", key=options.key.name))] if isinstance(options.key, Key) else []


def _velocities(notes: Sequence[Note], options: Options) -> tuple[int, ...]:
    """Of each note as it was sung, 1 to 127."""
    if not options.loudness or not notes:
        return (_VELOCITY,) * len(notes)
    if options.audio is None:
        raise InputError("--velocity loudness needs the recording: give it with --audio.")
    return velocity.velocities(velocity.note_levels(options.audio, notes))


def _note_events(
    arrangement: Arrangement, velocities: Sequence[int], spans: list[tuple[int, int]]
) -> list[tuple[int, "BaseMessage"]]:
    import mido

    events: list[tuple[int, BaseMessage]] = []
    for number, (onset, offset) in enumerate(spans):
        note, velocity = arrangement.notes[number].note, velocities[number]
        syllable = arrangement.syllables[number]
        if syllable:
            ending = "\r" if syllable.ends_line else " " if syllable.ends_word else ""
            events.append((onset, mido.MetaMessage("lyrics", text=syllable.text + ending)))
        events.append((onset, mido.Message("note_on", note=note, velocity=velocity)))
        events.append((offset, mido.Message("note_off", note=note, velocity=0)))
    return events


def _moved(curves: Sequence[Sequence[Bend]], sung: Sequence[Note], placed: Sequence[Note]) -> list[list[Bend]]:
    """Each note's bends, stretched with the note to where it was moved."""
    return [
        [replace(b, seconds=to.onset + (b.seconds - was.onset) * to.duration / was.duration) for b in curve]
        for curve, was, to in zip(curves, sung, placed, strict=True)
    ]


def _bend_events(
    curves: Sequence[Sequence[Bend]], spans: list[tuple[int, int]], tempi: np.ndarray, reach: int
) -> list[tuple[int, "BaseMessage"]]:
    """The wheel's way through each note, and back after it."""
    import mido

    events: list[tuple[int, BaseMessage]] = []
    tick_before, value_before = -1, 0
    for curve, (onset, offset) in zip(curves, spans, strict=True):
        ticks = np.rint(_ticks(np.array([bend.seconds for bend in curve]), tempi)).astype(int).tolist()
        for number, (bend, at) in enumerate(zip(curve, ticks, strict=True)):
            tick = onset if number == 0 else min(offset - 1, max(onset, at))
            value = wheel(bend.semitones, reach)
            if value != value_before:
                if tick == tick_before:
                    events.pop()
                events.append((tick, mido.Message("pitchwheel", pitch=value)))
                tick_before, value_before = tick, value
        if value_before:
            events.append((offset, mido.Message("pitchwheel", pitch=0)))
            tick_before, value_before = offset, 0
    return events


def _delta(events: list[tuple[int, "BaseMessage"]], end: int) -> "MidiTrack":
    """A track of events at ticks, in the order in which they must happen at one tick."""
    import mido

    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda event: (event[0], _RANKS.get(event[1].type, -1))):
        track.append(message.copy(time=tick - now))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of all tracks, in the order of their onsets.

    Tempo changes are followed wherever they stand, a note-on of velocity 0 ends a note, and a note without
    end lasts to the end of its track. The percussion channel, pitch bends and notes without length are left
    out.

    Raises:
        InputError: if the file cannot be read, is not MIDI, or counts time otherwise than in beats.
    """
    path = Path(path)
    midi = _open(path)
    clock = _Clock(midi)
    notes = []
    for track in midi.tracks:
        for onset, offset, number in _spans(track):
            start, end = clock.seconds(onset), clock.seconds(offset)
            if end > LONGEST:
                raise InputError(f"{path} has a note that lasts until {end:.3g} s: it is damaged; export it again.")
            if end > start:
                notes.append(Note(start, end, float(number)))
    return in_order(notes)


def read_beats(path: str | Path) -> Beats | None:
    """The beats that a MIDI file states; None where it says 120 all through, which is what files without beats say,
    and where they cannot be meant.

    Raises:
        InputError: as for :func:`read`.
    """
    midi = _open(Path(path))
    clock = _Clock(midi)
    if clock.changes == {0: TEMPO}:
        return None
    metre, since = _metre(midi)
    length = max(sum(message.time for message in track) for track in midi.tracks)
    beats = max(3, length // midi.ticks_per_beat + 2)
    if beats > _MOST_BEATS:
        return None
    times = np.array([clock.seconds(beat * midi.ticks_per_beat) for beat in range(beats)])
    if not (np.diff(times) > 0).all():
        return None
    return Beats(times, metre, round(since / midi.ticks_per_beat) % metre)


def _metre(midi: "MidiFile") -> tuple[int, int]:
    """Quarter notes in a bar, by the last metre that a file states, and the tick from which it holds.

    Where these are no whole number, as in 7/8, two bars or four are taken for one.
    """
    stated = [(0, Fraction(DEFAULT_METRE))]
    for track in midi.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "time_signature":
                stated.append((now, Fraction(4 * message.numerator, message.denominator)))
    tick, quarters = sorted(stated, key=lambda change: change[0])[-1]
    return max(1, min(12, quarters.numerator)), tick


def _open(path: Path) -> "MidiFile":
    """The file's content, of which the time is counted in beats of one song."""
    import mido

    content = io.BytesIO(read_bytes(path, _MOST_BYTES))
    try:
        midi = mido.MidiFile(file=content, clip=True)
    except (OSError, EOFError, ValueError, LookupError, TypeError, mido.KeySignatureError) as error:
        raise InputError(f"{path} is not a MIDI file, or is damaged: export it again.") from error
    if midi.type == 2 or not 0 < midi.ticks_per_beat < 0x8000:
        raise InputError(f"{path} does not count time in beats of one song: export it as MIDI of type 0 or 1.")
    return midi


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

    def seconds(self, tick: int) -> float:
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


FORMAT = Format(
    name="mid",
    description="Standard MIDI file, with tempo, metre, lyrics and pitch bends where they are asked for",
    endings=(".mid", ".midi"),
    aliases=("midi",),
    read=read,
    write=write,
    uses=BEATS | {"pitch_bend", "program", "loudness"},
    precision="0.5 ms at 120 beats per minute, semitones; 4 cents with --pitch-bend",
)
