"""The rhythm of a melody: metre, tempo, and note values as in a score."""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from singtrans.melody.beats import Beats, beats_from_times
from singtrans.melody.metre import Metre

_LEAST = 0.3  # least length of a tracked quarter note, relative to the median
_HARMLESS = 0.02  # most seconds by which beats are moved to make the tempo a round number
_SOON = 0.002  # seconds; the earliest beat after the start of the recording
_FINEST = 24  # parts of a quarter note


@dataclass(frozen=True, slots=True)
class RhythmConfidence:
    """Probabilities that parts of a rhythm are right. If the user states the tempo, ``beat`` and ``tempo`` are 1.

    Attributes:
        beat: probability that there is a beat.
        tempo: probability that the tempo is right within 6 %.
        metre: probability that the metre is right.
        downbeat: probability that tempo, metre and downbeat are all right.
    """

    beat: float = 1.0
    tempo: float = 1.0
    metre: float = 1.0
    downbeat: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Rhythm:
    """Rhythm of a melody.

    Positions and lengths are in quarter notes. Position 0 is the beginning of the recording, where the first bar of
    `beats` begins. Positions are multiples of 1/4 or 1/3, or of 1/8 or 1/6 on a finer grid.

    Attributes:
        beats: the beats; they contain the metre.
        tempo: beats of the metre per minute, as a whole number.
        starts: start of each note.
        ends: end of each note, not later than the start of the next.
        confidence: probabilities that tempo, metre and downbeat are right.
    """

    beats: Beats
    tempo: float
    starts: tuple[Fraction, ...]
    ends: tuple[Fraction, ...]
    confidence: RhythmConfidence = RhythmConfidence()

    @property
    def metre(self) -> Metre:
        """Metre of all bars."""
        return self.beats.metre

    @property
    def first_bar(self) -> int:
        """Number of the bar in which the first note starts, counted from 0."""
        return int(self.starts[0] // self.metre.bar) if self.starts else 0

    @property
    def pickup(self) -> Fraction:
        """Length of the pickup, from the first note to the next bar line; 0 if the note starts on a bar line."""
        return -self.starts[0] % self.metre.bar if self.starts else Fraction(0)


def make_rhythm(
    metre: Metre,
    starts: np.ndarray,
    ends: np.ndarray,
    times: np.ndarray,
    onsets: np.ndarray,
    confidence: RhythmConfidence,
) -> Rhythm:
    """Make a rhythm whose beats follow the singer.

    Args:
        metre: metre of all bars.
        starts, ends: (notes,) positions in quarter notes, counted from the same bar line for all notes.
        times: (notes,) smoothed times of the starts in seconds.
        onsets: (notes,) sung onsets in seconds.
        confidence: probabilities that the rhythm is right.
    """
    places = starts.astype(float)
    first, last = int(np.floor(places[0])), int(np.ceil(float(ends[-1]))) + 1
    quarters = np.arange(first, max(last, first + 2) + 1)
    median = float(np.median(np.diff(times) / np.diff(places)))
    slopes = np.diff(times) / np.diff(places)
    tracked = np.interp(quarters, places, times)
    tracked = np.where(quarters < places[0], times[0] + (quarters - places[0]) * slopes[0], tracked)
    tracked = np.where(quarters > places[-1], times[-1] + (quarters - places[-1]) * median, tracked)
    least = _LEAST * median * np.arange(len(quarters))
    tracked = np.maximum.accumulate(tracked - least) + least
    beats = beats_from_times(tracked, metre, -first, confidence.beat, float(onsets[0]))
    return _numbered(beats, starts, ends, (float(tracked[-1]), float(quarters[-1])), confidence)


def with_one_tempo(rhythm: Rhythm, onsets: np.ndarray, tempo: float | None = None, *, whole: bool = False) -> Rhythm:
    """Replace the beats of a rhythm with beats of a constant tempo.

    Args:
        rhythm: a rhythm.
        onsets: (notes,) sung onsets in seconds.
        tempo: beats of the metre per minute; None for the tempo that fits the notes best, rounded with `round_tempo`.
        whole: whether the tempo that fits the notes best is rounded to a whole number instead.
    """
    places = np.array(rhythm.starts, float)
    beat = float(rhythm.metre.beat)
    if tempo is None:
        slope = float(np.polyfit(places, onsets, 1)[0]) if len(places) > 1 else rhythm.beats.quarter
        slope = slope if slope > 0 else rhythm.beats.quarter
        tempo = (
            rounded_tempo(60 / slope / beat) if whole else round_tempo(60 / slope / beat, float(np.ptp(places)) / beat)
        )
    quarter = 60 / tempo / beat
    middle = max(float(np.median(onsets - places * quarter)), -float(places[0]) * quarter)  # not before the recording
    first = int(np.floor(places[0]))
    times = middle + quarter * (first + np.arange(2))
    quiet = min(float(onsets[0]), middle + float(places[0]) * quarter)
    beats = beats_from_times(times, rhythm.metre, -first, rhythm.beats.confidence, quiet)
    at = times[-1] + 1000 * quarter
    found = _numbered(beats, np.array(rhythm.starts), np.array(rhythm.ends), (at, first + 1001), rhythm.confidence)
    return replace(found, tempo=rhythm.tempo)


def with_beats_on_notes(rhythm: Rhythm, onsets: np.ndarray) -> Rhythm:
    """Move each beat on which a note starts to the onset of that note, and interpolate the shifts of the other beats.

    Notation programs use the bars of a file if notes start exactly on the beats of the file.

    Args:
        rhythm: a rhythm whose beats follow the singer.
        onsets: (notes,) sung onsets in seconds.
    """
    beats, starts = rhythm.beats, np.array(rhythm.starts, float)
    on_beat = np.array([start > 0 and start % rhythm.metre.beat == 0 for start in rhythm.starts], bool)
    places, moves = starts[on_beat], onsets[on_beat] - beats.seconds(starts[on_beat])
    if not len(places):
        return rhythm
    quarters = np.union1d(beats.quarters, places)
    times = beats.seconds(quarters) + np.interp(quarters, np.append(0, places), np.append(0, moves))
    # The time before the first of these beats may have any tempo.
    least = _LEAST * beats.quarter * (quarters[1:] - quarters[1])
    times[1:] = np.maximum.accumulate(np.maximum(times[1:], _SOON) - least) + least
    return replace(rhythm, beats=replace(beats, times=times, quarters=quarters))


def rounded_tempo(tempo: float) -> float:
    """Round a tempo to a whole number of beats per minute, as is usual in scores."""
    return float(max(1, round(tempo)))


def round_tempo(tempo: float, beats: float) -> float:
    """Round a tempo to as few decimals as possible without moving any of the beats by more than 20 ms.

    The tempo is returned unchanged if more than two decimals would be necessary.
    """
    for decimals in (0, 1, 2):
        rounded = round(tempo, decimals)
        if rounded > 0 and abs(60 / rounded - 60 / tempo) * beats / 2 < _HARMLESS:
            return float(rounded)
    return tempo


def _numbered(
    beats: Beats, starts: np.ndarray, ends: np.ndarray, known: tuple[float, float], confidence: RhythmConfidence
) -> Rhythm:
    """Make a rhythm. Its positions are shifted by whole bars, so that they are counted from the first bar of the beats.

    Args:
        beats: the beats.
        starts, ends: (notes,) positions in quarter notes, counted from the same bar line for all notes.
        known: a time in seconds, and the position at this time, counted from the same bar line.
        confidence: probabilities that the rhythm is right.
    """
    bar = beats.metre.bar
    shift = round((float(beats.position(known[0])) - known[1]) / float(bar)) * bar
    starts_, ends_ = (
        tuple(Fraction(x).limit_denominator(_FINEST) + shift for x in values.tolist()) for values in (starts, ends)
    )
    return Rhythm(beats, rounded_tempo(beats.tempo), starts_, ends_, confidence)
