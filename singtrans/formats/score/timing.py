"""Choice of the beats and note values that the options ask for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from singtrans.formats.options import Options
from singtrans.melody.beats import DEFAULT_METRE, DEFAULT_TEMPO, Beats, constant_beats
from singtrans.melody.metre import Metre
from singtrans.melody.quantize import Grid, note_values, parse_grid, quantize
from singtrans.melody.rhythm import (
    Rhythm,
    RhythmConfidence,
    round_tempo,
    rounded_tempo,
    with_beats_on_notes,
    with_one_tempo,
)
from singtrans.melody.rhythm_search import RhythmRequest, find_rhythm
from singtrans.melody.tempo import CONFIDENT, align_beats
from singtrans.melody.tempo_curve import multiple_near
from singtrans.melody.tuning import AUTO
from singtrans.notes import Note

SCORE_GRID = "1/16"
"""Default grid of a score whose beats are not found in the notes."""


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """Notes with beats.

    Attributes:
        notes: notes with the times that are written, in seconds.
        beats: the beats.
        rhythm: note values for a score; None if there is neither a grid nor a score.
        followed: the same note values, but with beats that follow the tempo of the singer.
        is_found: whether the beats were found in the notes.
    """

    notes: tuple[Note, ...]
    beats: Beats
    rhythm: Rhythm | None
    followed: Rhythm | None = None
    is_found: bool = False


def find_timing(
    notes: tuple[Note, ...],
    sung: tuple[Note, ...],
    options: Options,
    score: bool,
    remarks: list[str],
    pulse: float | None = None,
) -> Timing:
    """Find beats and note values, and move the notes if the options ask for a grid, or if the result is a score.

    Args:
        notes: notes in time order.
        sung: the same notes with the ends that were sung, from which the rhythm is estimated.
        options: tempo, metre, pickup, downbeat and grid.
        score: whether the notes become sheet music.
        remarks: list to which messages for the user are added.
        pulse: tempo of the instruments in beats per minute, or None if unknown. It is ignored if a tempo is stated.
    """
    grid = parse_grid(options.quantize) if options.quantize else None
    metre = options.metre or (options.beats.metre if options.beats else None)
    assert not isinstance(metre, int)  # Options has converted it
    if not options.finds_rhythm and options.beats is not None:
        beats = replace(options.beats, metre=metre or options.beats.metre)
    elif not (options.finds_rhythm or grid or score):
        return Timing(notes, constant_beats(DEFAULT_TEMPO, 0.0, metre or DEFAULT_METRE), None)
    else:
        pulse = None if isinstance(options.tempo, float | int) else pulse
        rhythm = _rhythm(sung, options, metre, pulse, remarks, score)
        if rhythm:
            if pulse:
                options = replace(options, tempo=_band_tempo(rhythm, pulse))
            return _placed(notes, rhythm, grid, options, score, remarks)
        beats = _beats(notes, options, metre or DEFAULT_METRE)
    if grid and not score and beats.confidence < CONFIDENT:
        remarks.append("the notes keep the times that were sung: without a beat, they cannot be quantized")
        grid = None
    if not (grid or score):
        return Timing(notes, beats, None)
    return _on_grid(notes, beats, grid or parse_grid(SCORE_GRID), bool(grid), remarks)


def _rhythm(
    notes: tuple[Note, ...],
    options: Options,
    metre: Metre | None,
    pulse: float | None,
    remarks: list[str],
    score: bool,
) -> Rhythm | None:
    """Find the rhythm that follows the singer.

    If no tempo is stated and no beat is clear, remarks are added. In this case, the uncertain rhythm is returned only
    for a score, because a score in an uncertain rhythm is easier to read than one on a grid that ignores the notes.
    """
    tempo = float(options.tempo) if isinstance(options.tempo, float | int) else None
    rhythm = find_rhythm(notes, RhythmRequest(metre, tempo, options.pickup, options.downbeat, pulse))
    confidence = rhythm.confidence.beat if rhythm else 0.0
    if tempo is None and confidence < CONFIDENT:
        # These are two remarks, because the first one is the same for all formats.
        remarks.append(f"no steady beat was found (confidence {confidence:.2f}); give the tempo with --tempo")
        is_guess = rhythm is not None and score
        remarks.append("tempo and bars are a guess" if is_guess else f"the tempo stays {DEFAULT_TEMPO:g}")
        return rhythm if score else None
    if rhythm is None:
        return None
    remarks += describe_rhythm(rhythm, options)
    return rhythm if tempo is None else replace(rhythm, tempo=tempo)


def _band_tempo(rhythm: Rhythm, pulse: float) -> float:
    """Return the multiple of the tempo ``pulse`` that is nearest to the tempo of the rhythm, rounded if possible."""
    length = float(rhythm.starts[-1] - rhythm.starts[0])
    return round_tempo(multiple_near(rhythm.beats.tempo, pulse), length / float(rhythm.metre.beat))


def describe_rhythm(rhythm: Rhythm, options: Options) -> list[str]:
    """Describe the properties of the rhythm that were estimated, with their confidence; empty if all were stated."""
    sure, parts = rhythm.confidence, []
    if options.tempo is None or options.tempo == AUTO:
        parts.append(f"tempo {rhythm.tempo:g} (confidence {sure.tempo:.2f})")
    if options.metre is None:
        parts.append(f"metre {rhythm.metre} ({sure.metre:.2f})")
    if options.pickup is None and options.downbeat is None:
        beats = rhythm.pickup / rhythm.metre.beat
        words = f"pickup of {_number(beats)} beat{'s' if beats > 1 else ''}" if beats else "no pickup"
        parts.append(f"{words} ({sure.downbeat:.2f})")
    return [", ".join(parts)] if parts else []


def _number(value: Fraction) -> str:
    """Write a number of beats such as 2, 1/2 or 1 1/2."""
    whole, rest = divmod(value, 1)
    return " ".join(str(part) for part in (whole, rest) if part)


def _beats(notes: Sequence[Note], options: Options, metre: Metre) -> Beats:
    """Return beats in the stated tempo, or in a tempo of 120 with a confidence of 0."""
    if isinstance(options.tempo, float | int):
        return align_beats(float(options.tempo), notes, metre)
    return replace(constant_beats(DEFAULT_TEMPO, 0.0, metre), confidence=0.0)


def _placed(
    notes: tuple[Note, ...], rhythm: Rhythm, grid: Grid | None, options: Options, score: bool, remarks: list[str]
) -> Timing:
    """Place notes on a rhythm that was found.

    If the options ask for a grid, notes are moved to it. In a score without a stated grid, notes are moved to the note
    values of the rhythm. Otherwise, the times of notes do not change. The beats have a steady tempo, unless the options
    ask for tempo changes; in a score, the tempo is always steady.
    """
    onsets = np.array([note.onset for note in notes])
    places = np.array([rhythm.starts, rhythm.ends], float).T
    if grid:
        quantized = quantize(notes, rhythm.beats, grid)
        starts, ends = note_values(quantized, grid)
        places = grid.positions(np.array(quantized.spans))
        rhythm = replace(rhythm, starts=starts, ends=ends)
    followed = rhythm
    if score or not options.tempo_map:
        tempo = float(options.tempo) if isinstance(options.tempo, float | int) else None
        rhythm = with_one_tempo(rhythm, onsets, tempo, whole=bool(grid))
        places = places + float(rhythm.starts[0] - followed.starts[0])
    elif not grid:
        rhythm = with_beats_on_notes(rhythm, onsets)
    placed = notes
    if grid or score:
        placed = _moved(notes, rhythm.beats.seconds(places))
    if grid:
        remarks.append(_distance(onsets, placed, grid))
    return Timing(placed, rhythm.beats, rhythm if grid or score else None, followed, is_found=True)


def _on_grid(notes: tuple[Note, ...], beats: Beats, grid: Grid, stated: bool, remarks: list[str]) -> Timing:
    """Move notes to a grid on known beats."""
    quantized = quantize(notes, beats, grid)
    if stated and notes:
        remarks.append(_distance(np.array([note.onset for note in notes]), quantized.notes, grid))
    starts, ends = note_values(quantized, grid)
    known = RhythmConfidence(*[beats.confidence] * 4)
    rhythm = Rhythm(beats, rounded_tempo(beats.tempo), starts, ends, known)
    return Timing(quantized.notes, beats, rhythm, rhythm)


def _moved(notes: Sequence[Note], times: np.ndarray) -> tuple[Note, ...]:
    """Return the notes with new onsets and offsets, given as (notes, 2) times in seconds."""
    return tuple(replace(note, onset=on, offset=off) for note, (on, off) in zip(notes, times.tolist(), strict=True))


def _distance(onsets: np.ndarray, notes: Sequence[Note], grid: Grid) -> str:
    moved = np.abs(np.array([note.onset for note in notes]) - onsets) * 1000
    return f"notes moved onto {grid.name} by {np.median(moved):.0f} ms (median), {moved.max():.0f} ms at most"
