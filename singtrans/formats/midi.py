"""Writing of Standard MIDI files of type 1, with 480 ticks per quarter note.

Track 0 contains the tempo and the metre, and track 1 contains the voice.
"""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from singtrans.errors import InputError
from singtrans.formats import velocity
from singtrans.formats.format import Format
from singtrans.formats.lead_in import FirstBar, first_bar
from singtrans.formats.lyrics import HELD
from singtrans.formats.midi_reader import read, read_beats, read_song, read_words
from singtrans.formats.options import BEATS, PLAIN, Options
from singtrans.formats.pitch_bend import Bend, bend_range, bends, wheel
from singtrans.formats.score.arrangement import Arrangement, arrange
from singtrans.formats.tempo_map import TempoMap
from singtrans.formats.time_grid import on_steps
from singtrans.melody.tonality import estimate_key
from singtrans.notes import Note, Transcription

if TYPE_CHECKING:
    from mido import MidiTrack
    from mido.messages import BaseMessage

TICKS_PER_BEAT = 480
_VELOCITY = 90  # used unless velocities follow the recording
_RANGE, _NULL = ((101, 0), (100, 0)), ((101, 127), (100, 127))  # controllers that choose RPN 0, and none
HELD_LYRIC = "-"
"""Text of the lyric event of a note on which the previous syllable is held."""

_RANKS = {"note_off": 0, "pitchwheel": 1, "lyrics": 2, "note_on": 3}  # order of events at the same tick


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the notes of a transcription, each with its integer MIDI number.

    Times are exact to half a tick (0.5 ms at 120 beats per minute). If a note ends where the next one starts, the
    note-off comes before the note-on. Every note lasts at least one tick, and no notes overlap. Both tracks end when
    the recording ends. The track of the voice is named after the recording.

    The time before the singer's first beat has another tempo, so that the recording begins at a bar line. The first bar
    can be shorter than the others (`singtrans.formats.lead_in`). Each syllable is a lyric event, with a hyphen after
    its text if another syllable of the word follows. For a held syllable, the text is only a hyphen.

    Raises:
        InputError: if the options ask for velocities from a recording that is missing or cannot be read.
    """
    import mido

    arrangement = arrange(transcription, options)
    bar = first_bar(arrangement.beats)
    tempi = TempoMap.of(bar.beats, TICKS_PER_BEAT)
    seconds = np.array([(note.onset, note.offset) for note in arrangement.notes]).reshape(-1, 2)
    spans = on_steps(tempi.ticks(seconds).tolist())
    end = max(spans[-1][1] if spans else 0, round(float(tempi.ticks(transcription.duration))))
    # File names may have bytes that are not text, which are replaced with question marks.
    name = Path(transcription.audio).stem.encode("utf-8", "replace").decode() or "Voice"
    voice = [mido.MetaMessage("track_name", name=name), mido.Message("program_change", program=options.program - 1)]
    events = _note_events(arrangement, _velocities(transcription.notes, options), spans)
    if options.pitch_bend:
        curves = [bends(note, transcription.pitch) for note in transcription.notes]
        reach = bend_range(curves)
        for controller, value in (*_RANGE, (6, reach), (38, 0), *_NULL):
            voice.append(mido.Message("control_change", control=controller, value=value))
        moves = _moved(curves, arrangement.unmoved, arrangement.notes)
        events += _bend_events(moves, spans, tempi, reach)
    key = _key_events(arrangement, options)
    events += key  # MuseScore reads the key in the track of the notes, other programs in the first track
    own_key = [(tick, message.copy()) for tick, message in key]
    frame = _title_events(transcription, options) + own_key + _frame_events(bar, tempi, end)
    tracks = [_delta(frame, end), mido.MidiTrack([*voice, *_delta(events, end)])]
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8", tracks=tracks)
    # Mido keeps the character set for all later files if saving fails, so it does not write to the disk itself.
    content = io.BytesIO()
    midi.save(file=content)
    file.write(content.getvalue())


def _frame_events(bar: FirstBar, tempi: TempoMap, end: int) -> list[tuple[int, "BaseMessage"]]:
    """List the (tick, message) pairs of the metre, and of all tempi before the end."""
    import mido

    events: list[tuple[int, BaseMessage]] = [
        (tick, mido.MetaMessage("set_tempo", tempo=length)) for tick, length in tempi.changes(end)
    ]
    metre = bar.beats.metre
    clocks = round(24 * metre.beat)  # MIDI clocks from one click of a metronome to the next
    signatures = [(0, bar.numerator, bar.denominator)]
    if bar.length != metre.bar:
        signatures.append((int(bar.length * TICKS_PER_BEAT), metre.numerator, metre.denominator))
    for tick, numerator, denominator in reversed(signatures):
        message = mido.MetaMessage(
            "time_signature", numerator=numerator, denominator=denominator, clocks_per_click=clocks
        )
        events.insert(1, (tick, message))
    return events


def _title_events(transcription: Transcription, options: Options) -> list[tuple[int, "BaseMessage"]]:
    """Return the (tick, message) pair that names the first track after the title; empty if no title is stated."""
    import mido

    title = options.title_of(transcription.audio)
    return [(0, mido.MetaMessage("track_name", name=title))] if options.title else []


def _key_events(arrangement: Arrangement, options: Options) -> list[tuple[int, "BaseMessage"]]:
    """Return the (tick, message) pair of the stated key, or of the estimated key if beats were found.

    The result is empty if no key is stated and no beats were found.
    """
    import mido

    key = options.stated_key
    if key is None and arrangement.is_found:
        notes = arrangement.notes
        key = estimate_key([note.note for note in notes], [note.duration for note in notes], arrangement.breaths)
    return [(0, mido.MetaMessage("key_signature", key=key.name))] if key else []


def _velocities(notes: Sequence[Note], options: Options) -> tuple[int, ...]:
    """Return the velocity of each sung note, 1 to 127."""
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
            text = HELD_LYRIC if syllable.text == HELD else syllable.text + ("" if syllable.ends_word else "-")
            events.append((onset, mido.MetaMessage("lyrics", text=text)))
        events.append((onset, mido.Message("note_on", note=note, velocity=velocity)))
        events.append((offset, mido.Message("note_off", note=note, velocity=0)))
    return events


def _moved(curves: Sequence[Sequence[Bend]], sung: Sequence[Note], placed: Sequence[Note]) -> list[list[Bend]]:
    """Stretch and move the bends of each note together with the note."""
    return [
        [replace(b, seconds=to.onset + (b.seconds - was.onset) * to.duration / was.duration) for b in curve]
        for curve, was, to in zip(curves, sung, placed, strict=True)
    ]


def _bend_events(
    curves: Sequence[Sequence[Bend]], spans: list[tuple[int, int]], tempi: TempoMap, reach: int
) -> list[tuple[int, "BaseMessage"]]:
    """List the events that move the wheel during each note, and move it back to 0 after the note."""
    import mido

    events: list[tuple[int, BaseMessage]] = []
    tick_before, value_before = -1, 0
    for curve, (onset, offset) in zip(curves, spans, strict=True):
        ticks = np.rint(tempi.ticks(np.array([bend.seconds for bend in curve]))).astype(int).tolist()
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
    """Make a track from events, and set their delta times.

    The events are sorted by tick, and events at the same tick by kind.
    """
    import mido

    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(events, key=lambda event: (event[0], _RANKS.get(event[1].type, -1))):
        message.time = tick - now  # a copy of each message would take more time and memory than all other steps
        track.append(message)
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track


__all__ = ["FORMAT", "TICKS_PER_BEAT", "read", "read_beats", "read_words", "write"]

FORMAT = Format(
    name="mid",
    description="Standard MIDI file; with tempo, metre, lyrics and pitch bends if you ask for them",
    endings=(".mid", ".midi"),
    also_read=(".kar", ".rmi"),
    aliases=("midi",),
    read=read,
    read_song=read_song,
    write=write,
    uses=BEATS | {"tempo_map", "pitch_bend", "program", "loudness", "title"},
    precision="0.5 ms at 120 beats per minute, semitones; 4 cents with --pitch-bend",
)
