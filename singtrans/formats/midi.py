"""Standard MIDI files: type 1, 480 ticks a beat; track 0 has tempo and metre, track 1 the voice."""

import io
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from singtrans.errors import SingtransError
from singtrans.formats.files import on_grid, read_bytes
from singtrans.notes import Note, Transcription

TICKS_PER_BEAT = 480
TEMPO = 500_000  # microseconds a beat: 120 beats a minute, what MIDI means where nothing is said
VELOCITY = 90  # the model does not hear how loud a note is sung
PROGRAM = 53  # "Voice Oohs" of General MIDI, counted from 0
_TICKS_PER_SECOND = TICKS_PER_BEAT * 1_000_000 / TEMPO
_DRUMS = 9  # the channel that General MIDI keeps for percussion, counted from 0


def write(transcription: Transcription, file: BinaryIO) -> None:
    """Write the notes of a transcription, each with its integer MIDI number.

    Times are within half a tick (0.5 ms); a note that ends where the next starts is switched off first;
    every note lasts a tick at least and none overlap. Both tracks end with the recording. The voice's track
    is named after the recording.
    """
    import mido

    times = on_grid(transcription.notes, _TICKS_PER_SECOND)
    end = max(times[-1][1] if times else 0, round(transcription.duration * _TICKS_PER_SECOND))
    frame = mido.MidiTrack(
        [
            mido.MetaMessage("set_tempo", tempo=TEMPO),
            mido.MetaMessage("time_signature", numerator=4, denominator=4),
            mido.MetaMessage("end_of_track", time=end),
        ]
    )
    # A file name may hold bytes that are no text at all: they become question marks.
    name = Path(transcription.audio).stem.encode("utf-8", "replace").decode() or "Voice"
    voice = mido.MidiTrack([mido.MetaMessage("track_name", name=name), mido.Message("program_change", program=PROGRAM)])
    now = 0
    for note, (onset, offset) in zip(transcription.notes, times, strict=True):
        voice.append(mido.Message("note_on", note=note.note, velocity=VELOCITY, time=onset - now))
        voice.append(mido.Message("note_off", note=note.note, velocity=0, time=offset - onset))
        now = offset
    voice.append(mido.MetaMessage("end_of_track", time=end - now))
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8", tracks=[frame, voice])
    midi.save(file=file)


def read(path: str | Path) -> tuple[Note, ...]:
    """Read the notes of all tracks, in the order of their onsets.

    Tempo changes are followed wherever they stand, a note-on of velocity 0 ends a note, and a note without
    end lasts to the end of its track. The percussion channel, pitch bends and notes without length are left
    out.

    Raises:
        SingtransError: if the file cannot be read, is not MIDI, or counts time otherwise than in beats.
    """
    import mido

    path = Path(path)
    content = io.BytesIO(read_bytes(path))
    try:
        midi = mido.MidiFile(file=content, clip=True)
    except (OSError, EOFError, ValueError, LookupError, TypeError, mido.KeySignatureError) as error:
        raise SingtransError(f"{path} is not a MIDI file, or is damaged: export it again.") from error
    if midi.type == 2 or not 0 < midi.ticks_per_beat < 0x8000:
        raise SingtransError(f"{path} does not count time in beats of one song: export it as MIDI of type 0 or 1.")
    clock = _Clock(midi)
    notes = []
    for track in midi.tracks:
        for onset, offset, number in _spans(track):
            start, end = clock.seconds(onset), clock.seconds(offset)
            if end > start:
                notes.append(Note(start, end, float(number)))
    return tuple(sorted(notes, key=lambda note: (note.onset, note.offset, note.pitch)))


class _Clock:
    """Ticks to seconds under the tempo changes of all tracks."""

    def __init__(self, midi: object) -> None:
        changes = {0: TEMPO}
        for track in midi.tracks:
            now = 0
            for message in track:
                now += message.time
                if message.type == "set_tempo":
                    changes[now] = message.tempo
        self._ticks = sorted(changes)
        self._tempi = [changes[tick] for tick in self._ticks]
        self._beat = midi.ticks_per_beat * 1_000_000
        self._starts = [0.0]
        for first, second, tempo in zip(self._ticks, self._ticks[1:], self._tempi, strict=False):
            self._starts.append(self._starts[-1] + (second - first) * tempo / self._beat)

    def seconds(self, tick: int) -> float:
        index = bisect_right(self._ticks, tick) - 1
        return self._starts[index] + (tick - self._ticks[index]) * self._tempi[index] / self._beat


def _spans(track: object) -> Iterator[tuple[int, int, int]]:
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
