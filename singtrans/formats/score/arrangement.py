"""Preparation of a transcription for notation: notes are placed on beats, and each note gets its syllable."""

from dataclasses import dataclass, replace

import numpy as np

from singtrans.decoding.ends import joined
from singtrans.formats.lyrics import Syllable, describe_fit, fit
from singtrans.formats.options import JOINED, SUNG, Options
from singtrans.formats.score.ends import written_ends
from singtrans.formats.score.timing import find_timing
from singtrans.melody.beats import Beats
from singtrans.melody.phrases import find_breaths
from singtrans.melody.rhythm import Rhythm
from singtrans.notes import Note, Transcription

_SHORTEST = 0.001  # seconds
_BREATH = 0.25  # seconds; within a beat, a shorter silence is no breath


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """Notes with beats and syllables, ready to be written.

    Attributes:
        notes: notes with the times that are written, in seconds.
        unmoved: the notes before quantization. Their ends are joined if the ends of ``notes`` are joined.
        beats: the beats of the music.
        is_found: whether the beats were found in the notes; otherwise, they were stated, or are the default.
        rhythm: metre, tempo and note values for a score; None without a grid.
        syllables: syllable of each note; None for a note without one.
        breaths: for each note, whether the singer breathes after it.
        remarks: lines that tell the user how the tempo, the rhythm and the syllables were chosen.
    """

    notes: tuple[Note, ...]
    unmoved: tuple[Note, ...]
    beats: Beats
    is_found: bool
    rhythm: Rhythm | None
    syllables: tuple[Syllable | None, ...]
    breaths: tuple[bool, ...]
    remarks: tuple[str, ...]


def arrange(transcription: Transcription, options: Options, *, score: bool = False) -> Arrangement:
    """Find the beats of a transcription's notes, and quantize the notes if the options ask for it.

    Args:
        transcription: notes in time order.
        options: tempo, metre, grid, ends and lyrics.
        score: whether the result becomes sheet music, which has beats and a grid even if the options ask for none.
    """
    remarks: list[str] = []
    is_joined = (options.ends or (JOINED if score else SUNG)) == JOINED
    notes = joined(transcription.notes) if is_joined else transcription.notes
    timing = find_timing(notes, transcription.notes, options, score, remarks, _pulse(transcription))
    if unfit := describe_fit(options.lyrics, len(notes)):
        remarks.append(unfit)
    placed, rhythm = timing.notes, timing.rhythm
    if rhythm and timing.followed and is_joined:
        ends = written_ends(timing.followed.starts, [note.offset for note in notes], timing.followed.beats)
        shift = rhythm.starts[0] - timing.followed.starts[0] if ends else 0
        rhythm = replace(rhythm, ends=tuple(end + shift for end in ends))
        placed = _with_ends(placed, rhythm)
    syllables = fit(options.lyrics, len(notes))
    return Arrangement(
        placed,
        notes,
        timing.beats,
        timing.is_found,
        rhythm,
        syllables,
        _plausible_breaths(transcription.notes, rhythm),
        tuple(remarks),
    )


def _pulse(transcription: Transcription) -> float | None:
    """Return the tempo of the instruments, or None if it is unknown."""
    return transcription.separation.tempo if transcription.separation else None


def _plausible_breaths(notes: tuple[Note, ...], rhythm: Rhythm | None) -> tuple[bool, ...]:
    """Return for each note whether the singer breathes after it.

    Most phrases begin on a beat, so a short silence counts as a breath only if the next note begins on a beat.
    """
    breaths = find_breaths(notes)
    if rhythm is None:
        return breaths
    following = zip(notes[1:], rhythm.starts[1:], strict=True)
    likely = [
        start % rhythm.metre.beat == 0 or after.onset - note.offset > _BREATH
        for note, (after, start) in zip(notes, following, strict=False)
    ]
    return tuple(breath and fits for breath, fits in zip(breaths, [*likely, True], strict=False))


def _with_ends(notes: tuple[Note, ...], rhythm: Rhythm) -> tuple[Note, ...]:
    """Replace the ends of notes with the ends in a rhythm, which are converted to seconds."""
    ends = rhythm.beats.seconds(np.array(rhythm.ends, float)).tolist()
    limits = [note.onset for note in notes[1:]] + ends[-1:]  # swing moves onsets, but not the ends in a score
    return tuple(
        replace(note, offset=max(min(end, limit), note.onset + _SHORTEST))
        for note, end, limit in zip(notes, ends, limits, strict=True)
    )
