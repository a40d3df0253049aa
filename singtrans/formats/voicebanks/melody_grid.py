"""Notes in ticks with their syllables, as projects of singing synthesisers hold them; and times from ticks."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from singtrans.formats.lyrics import HELD
from singtrans.formats.options import Options
from singtrans.formats.score.arrangement import Arrangement, arrange
from singtrans.formats.tempo_map import TempoMap
from singtrans.formats.time_grid import on_steps
from singtrans.notes import Transcription


@dataclass(frozen=True, slots=True)
class SungNote:
    """A note in ticks.

    Attributes:
        start, end: ticks.
        key: integer MIDI number.
        text: the syllable; empty where none is known.
        is_held: whether it holds the syllable before it.
    """

    start: int
    end: int
    key: int
    text: str
    is_held: bool


def melody_grid(
    transcription: Transcription, options: Options, resolution: int, tempo: float | None = None
) -> tuple[list[SungNote], Arrangement, TempoMap]:
    """Put the notes of a transcription into ticks.

    Args:
        transcription: the notes.
        options: tempo, grid and lyrics.
        resolution: ticks per quarter note.
        tempo: quarter notes per minute of the whole song, in place of the singer's beats.
    """
    arrangement = arrange(transcription, options)
    tempi = TempoMap.of(arrangement.beats, resolution)
    if tempo is not None:
        tempi = TempoMap.constant(tempo, resolution)
    times = np.array([(note.onset, note.offset) for note in arrangement.notes]).reshape(-1, 2)
    notes = []
    for (start, end), note, syllable in zip(
        on_steps(tempi.ticks(times).tolist()), arrangement.notes, arrangement.syllables, strict=True
    ):
        is_held = syllable is not None and syllable.text == HELD
        text = syllable.text if syllable is not None and not is_held else ""
        notes.append(SungNote(start, end, note.note, text, is_held))
    return notes, arrangement, tempi


class TickClock:
    """Ticks to seconds under changes of tempo.

    Args:
        changes: (tick, beats per minute); 120 before the first.
        resolution: ticks per beat.

    Raises:
        ValueError: if a tempo is not above 0.
    """

    def __init__(self, changes: Sequence[tuple[float, float]], resolution: float) -> None:
        known = {0.0: 120.0} | dict(sorted(changes))
        if not all(0 < tempo < 1e6 for tempo in known.values()):
            raise ValueError("a tempo is above 0")
        self._ticks = sorted(known)
        self._lengths = [60.0 / known[tick] / resolution for tick in self._ticks]
        self._starts = [0.0]
        for (first, second), length in zip(pairwise(self._ticks), self._lengths, strict=False):
            self._starts.append(self._starts[-1] + (second - first) * length)

    def seconds(self, tick: float) -> float:
        """Seconds at a tick."""
        place = max(0, bisect_right(self._ticks, tick) - 1)
        return self._starts[place] + (tick - self._ticks[place]) * self._lengths[place]
