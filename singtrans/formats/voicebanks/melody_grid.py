"""Conversion of transcriptions to notes in ticks with syllables, for projects of singing synthesisers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.formats.lyrics import HELD
from singtrans.formats.options import Options
from singtrans.formats.pitch_bend import bends
from singtrans.formats.score.arrangement import Arrangement, arrange
from singtrans.formats.tempo_map import TempoMap
from singtrans.formats.time_grid import on_steps
from singtrans.notes import Transcription

_WIDEST = 1200  # cents


@dataclass(frozen=True, slots=True)
class SungNote:
    """A note with times in ticks.

    Attributes:
        start, end: start and end in ticks.
        key: integer MIDI number.
        text: text of the syllable; empty if it is unknown or if the previous syllable is held.
        is_held: whether the note continues the syllable of the previous note.
    """

    start: int
    end: int
    key: int
    text: str
    is_held: bool


def melody_grid(
    transcription: Transcription, options: Options, resolution: int, tempo: float | None = None
) -> tuple[list[SungNote], Arrangement, TempoMap]:
    """Convert the notes of a transcription to ticks.

    Args:
        transcription: transcription whose notes are converted.
        options: options, of which the tempo, the grid and the lyrics are used.
        resolution: ticks per quarter note.
        tempo: constant tempo in quarter notes per minute; None to use the tempo of the arrangement.

    Returns:
        The notes in ticks, the arrangement from which they were made, and the map between seconds and ticks.
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


def deviations(
    transcription: Transcription, arrangement: Arrangement, notes: Sequence[SungNote], step: int
) -> dict[int, int]:
    """Compute the deviation of the sung pitch from the notes, in cents, at ticks that are multiples of ``step``.

    Args:
        transcription: sung notes and pitch track.
        arrangement: notes with their written times.
        notes: the same written notes in ticks.
        step: smallest distance between two points of the result, in ticks.

    Returns:
        Map from ticks to cents; empty if there is no pitch track.
    """
    if not len(transcription.pitch):
        return {}
    points: dict[int, int] = {}
    both = zip(arrangement.unmoved, arrangement.notes, strict=True)
    for sung, (unmoved, target), note in zip(transcription.notes, both, notes, strict=True):
        ticks_per_second = (note.end - note.start) / target.duration
        stretch = target.duration / unmoved.duration
        for bend in bends(sung, transcription.pitch):
            tick = note.start + (bend.seconds - sung.onset) * stretch * ticks_per_second
            place = min(note.end - 1, round(tick)) // step * step
            points[max(place, 0)] = int(np.clip(round(100 * bend.semitones), -_WIDEST, _WIDEST))
    return dict(sorted(points.items()))
