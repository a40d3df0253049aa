"""Reading of MIDI files, with repairs of damaged ones, and conversion of ticks to seconds."""

import io
import logging
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from singtrans.errors import InputError
from singtrans.files import read_bytes
from singtrans.formats.midi_bytes import mend_midi

if TYPE_CHECKING:
    from mido import MidiFile, MidiTrack

TEMPO = 500_000
"""Microseconds per beat at 120 beats per minute, which is the default tempo of MIDI."""

SEQUENCES = 2
"""Type of a file with independent sequences."""

_MOST_BYTES = 8_000_000  # enough for a day of singing with pitch bends, which takes a hundred times as much memory
_LOG = logging.getLogger(__name__)


def open_midi(path: Path, *, warns: bool = False) -> "MidiFile":
    """Read a MIDI file, and repair it if it is damaged; with ``warns``, log a warning if the file is incomplete."""
    import mido

    try:
        mended = mend_midi(read_bytes(path, _MOST_BYTES))
        midi = mido.MidiFile(file=io.BytesIO(mended.content), clip=True)
    except (OSError, EOFError, ValueError, LookupError, TypeError, mido.KeySignatureError) as error:
        raise InputError(f"{path} is not a MIDI file, or is damaged: export it again.") from error
    if mended.cut_off and warns:
        _LOG.warning("%s ends in the middle: only the notes up to there were read; copy or export it again", path)
    if midi.ticks_per_beat == 0 or (midi.ticks_per_beat < 0 and not midi.ticks_per_beat & 0xFF):
        raise InputError(f"{path} does not state the length of its ticks: export it again.")
    return midi


class Clock:
    """Conversion of ticks to seconds.

    A tick is a fraction of a beat or, in files with SMPTE time codes, a fraction of a film frame. The length of a beat
    follows the tempo changes in ``tracks``.
    """

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
            frames = -(division >> 8)  # 29 means 29.97 frames per second, with dropped frame numbers
            rate = 30_000 / 1001 if frames == 29 else float(frames)
            changes, self._beat = {0: 1}, rate * (division & 0xFF)
        self.changes = changes
        self._ticks = sorted(changes)
        self._tempi = [changes[tick] for tick in self._ticks]
        self._starts = [0.0]
        for first, second, tempo in zip(self._ticks, self._ticks[1:], self._tempi, strict=False):
            self._starts.append(self._starts[-1] + (second - first) * tempo / self._beat)

    def seconds(self, tick: float) -> float:
        """Convert a tick to seconds."""
        index = bisect_right(self._ticks, tick) - 1
        return self._starts[index] + (tick - self._ticks[index]) * self._tempi[index] / self._beat


def clocks(midi: "MidiFile") -> list[Clock]:
    """Return the clock of each track. All tracks have the same clock, except in files of independent sequences."""
    if midi.type == SEQUENCES:
        return [Clock(midi.ticks_per_beat, [track]) for track in midi.tracks]
    return [Clock(midi.ticks_per_beat, midi.tracks)] * len(midi.tracks)
