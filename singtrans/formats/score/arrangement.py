"""A transcription as musicians write it down: notes on beats, with syllables."""

from dataclasses import dataclass, replace

import numpy as np

from singtrans.decoding.ends import joined
from singtrans.formats.lyrics import Syllable, fit
from singtrans.formats.options import JOINED, SUNG, Options
from singtrans.formats.score.ends import written_ends
from singtrans.melody.beats import DEFAULT_METRE, DEFAULT_TEMPO, Beats, constant_beats
from singtrans.melody.phrases import find_breaths
from singtrans.melody.quantize import Grid, Quantized, note_values, parse_grid, quantize
from singtrans.melody.rhythm import Rhythm, rounded_tempo
from singtrans.melody.tempo import CONFIDENT, align_beats, estimate_beats
from singtrans.melody.tuning import AUTO
from singtrans.notes import Note, Transcription

_SHORTEST = 0.001  # seconds
SCORE_GRID = "1/16"  # the grid of a score unless one is stated


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """Notes ready to be written against beats.

    Attributes:
        notes: with the times that are written, in seconds.
        unmoved: the notes before they were quantized, with ends of the same kind.
        beats: the beats under them.
        grid: what they were quantized to; None where they were not.
        spans: of each note, the numbers of the grid's places where it starts and ends; empty without a grid.
        rhythm: metre, tempo and note values, as a score has them; None without a grid.
        syllables: of each note, None where it has none.
        breaths: whether the singer breathes, after each note.
        remarks: a line for everything that a user wants to know about how this came to be.
    """

    notes: tuple[Note, ...]
    unmoved: tuple[Note, ...]
    beats: Beats
    grid: Grid | None
    spans: tuple[tuple[int, int], ...]
    rhythm: Rhythm | None
    syllables: tuple[Syllable | None, ...]
    breaths: tuple[bool, ...]
    remarks: tuple[str, ...]


def arrange(transcription: Transcription, options: Options, *, score: bool = False) -> Arrangement:
    """Put beats under the notes of a transcription, and quantize them as the options say.

    Args:
        transcription: notes in time order.
        options: tempo, metre, grid, ends and lyrics.
        score: whether this becomes sheet music, which has beats and a grid even where none are asked for.
    """
    remarks: list[str] = []
    is_joined = (options.ends or (JOINED if score else SUNG)) == JOINED
    notes = joined(transcription.notes) if is_joined else transcription.notes
    beats = _beats(notes, options, score or bool(options.quantize), remarks)
    quantized = Quantized(notes, (), np.zeros(0))
    grid = parse_grid(options.quantize or SCORE_GRID) if score or options.quantize else None
    if grid and not score and beats.confidence < CONFIDENT:
        remarks.append("notes stay where they were sung: without a beat there is nothing to quantize to")
        grid = None
    if grid:
        quantized = quantize(notes, beats, grid)
        if options.quantize and notes:
            remarks.append(_moved(quantized, grid))
    if len(options.lyrics) > len(notes):
        remarks.append(f"{len(options.lyrics) - len(notes)} of {len(options.lyrics)} syllables have no note")
    elif options.lyrics and len(options.lyrics) < len(notes):
        remarks.append(f"{len(notes) - len(options.lyrics)} of {len(notes)} notes have no syllable")
    rhythm = _rhythm(quantized, beats, grid) if grid else None
    placed = quantized.notes
    if rhythm and is_joined:
        rhythm = replace(rhythm, ends=written_ends(rhythm.starts, [note.offset for note in notes], beats))
        placed = _with_ends(placed, rhythm)
    return Arrangement(
        placed,
        notes,
        beats,
        grid,
        quantized.spans,
        rhythm,
        fit(options.lyrics, len(notes)),
        find_breaths(transcription.notes),
        tuple(remarks),
    )


def _with_ends(notes: tuple[Note, ...], rhythm: Rhythm) -> tuple[Note, ...]:
    """The notes with the ends of a rhythm, in seconds."""
    ends = rhythm.beats.seconds(np.array(rhythm.ends, float)).tolist()
    limits = [note.onset for note in notes[1:]] + ends[-1:]  # swing moves onsets, but not the ends in a score
    return tuple(
        replace(note, offset=max(min(end, limit), note.onset + _SHORTEST))
        for note, end, limit in zip(notes, ends, limits, strict=True)
    )


def _rhythm(quantized: Quantized, beats: Beats, grid: Grid) -> Rhythm:
    """Combine beats and note values."""
    starts, ends = note_values(quantized, grid)
    known = beats.confidence
    return Rhythm(beats, rounded_tempo(beats.tempo), starts, ends, known, known, known, known)


def _beats(notes: tuple[Note, ...], options: Options, needed: bool, remarks: list[str]) -> Beats:
    """The beats asked for; with a line about them if they were found."""
    stated = options.beats
    asked = options.metre
    assert not isinstance(asked, int)  # Options has converted it
    metre = asked or (stated.metre if stated else DEFAULT_METRE)
    if isinstance(options.tempo, float | int):
        return align_beats(float(options.tempo), notes, metre)
    if options.tempo is None and stated is not None:
        return replace(stated, metre=metre)
    if options.tempo != AUTO and not needed:
        return constant_beats(DEFAULT_TEMPO, 0.0, metre)
    found = estimate_beats(notes, metre)
    if found is None or found.confidence < CONFIDENT:
        confidence = found.confidence if found else 0.0
        remarks.append(
            f"no steady beat was found (confidence {confidence:.2f}), so the tempo stays {DEFAULT_TEMPO:g};"
            " give it with --tempo"
        )
        return replace(constant_beats(DEFAULT_TEMPO, 0.0, metre), confidence=confidence)
    remarks.append(f"tempo {found.tempo:.1f} (confidence {found.confidence:.2f})")
    return found


def _moved(quantized: Quantized, grid: Grid) -> str:
    moved = np.abs(quantized.moved) * 1000
    return f"notes moved onto {grid.name} by {np.median(moved):.0f} ms (median), {moved.max():.0f} ms at most"
