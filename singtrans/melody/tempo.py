"""Beats from the notes themselves: the tempo on which their onsets agree, then beat after beat along the song.

The tempo is the one under which the times between onsets, up to some seconds apart, fall on beats and their simple
fractions more often than chance would have it. Neighbours are compared only, so a singer who drifts is no
harder than one with a metronome; half and double tempo can be told apart by habit alone. Beats are then followed by
dynamic programming (Ellis, "Beat Tracking by Dynamic Programming", 2007) and smoothed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.melody.beats import Beats, anchored, steady
from singtrans.notes import LONGEST_SONG, Note

SLOWEST, FASTEST = 45.0, 230.0  # beats a minute
_LONGEST_BEAT = 4 * 60.0 / SLOWEST  # seconds; far slower than any singer, and all that MIDI can say is thrice that
CONFIDENT = 0.5  # below, the beats are a guess
_HABIT, _HABIT_OCTAVES, _HABIT_WEIGHT = 110.0, 0.9, 0.15  # tempi people tap at, for half and double
_NOTE_OCTAVES, _NOTE_WEIGHT = 0.9, 0.35  # and a beat is about as long as most notes
_FRACTIONS = ((0, 0.45), (1 / 2, 0.2), (1 / 4, 0.07), (3 / 4, 0.07), (1 / 3, 0.04), (2 / 3, 0.04))
_STRAY = 0.13  # share of intervals that fit no beat
_TIMING = 0.028  # seconds, standard deviation of a singer's onset
_NEAREST, _FARTHEST = 0.12, 5.0  # seconds between the onsets that are compared
_CHANCE, _SURE = 0.12, 0.24  # gain in log likelihood of onsets at random, and of the plainest rhythm
_HOP = 0.02  # seconds, of beat tracking
_TIGHT = 60.0  # what a beat of another length costs, in onsets, by the square of the log of their ratio
_SMOOTH = 4.0  # beats, to either side
_STEADY = 0.03  # seconds, RMS: beats as even as this are one tempo


@dataclass(frozen=True, slots=True)
class _Tempo:
    """Seconds a beat, and how far above chance its fit is, 0..1."""

    period: float
    confidence: float


def find_beats(notes: Sequence[Note], metre: int = 4) -> Beats | None:
    """Estimate the beats of sung notes; None where there are too few notes (below 6) to tell, or it is no song.

    Args:
        notes: in time order.
        metre: beats in a bar.

    Returns:
        One tempo where the singer keeps one, else the singer's own; ``confidence`` below :data:`CONFIDENT` means
        that onsets without any beat would do as well.
    """
    onsets = np.array([note.onset for note in notes])
    if len(onsets) < 6 or onsets[-1] > LONGEST_SONG:
        return None
    tempo = _find_tempo(onsets)
    if tempo is None:
        return None
    weights = _weights(notes, tempo.period)
    tracked = _track(onsets, weights, tempo.period)
    times = _smooth(tracked, onsets, tempo.period)
    line = np.polyfit(np.arange(len(times)), times, 1)
    even = np.polyval(line, np.arange(len(times)))
    if np.sqrt(np.mean((times - even) ** 2)) < _STEADY:
        times = even
    if np.diff(times).max() > _LONGEST_BEAT:
        return None  # a few notes with a gap of minutes between
    return anchored(times, metre, _downbeat(times, onsets, weights, metre), tempo.confidence)


def beats_at(tempo: float, notes: Sequence[Note], metre: int = 4) -> Beats:
    """Beats of a known tempo, laid so that the notes' onsets fall on them as well as they can.

    Args:
        tempo: beats a minute.
        notes: in time order.
        metre: beats in a bar.
    """
    onsets, period = np.array([note.onset for note in notes]), 60.0 / tempo
    if not len(onsets):
        return steady(tempo, 0.0, metre)
    weights = _weights(notes, period)
    phases = np.linspace(0, period, max(50, round(period / 0.005)), endpoint=False)
    fits = [np.sum(weights * _log_fit(onsets - phase, period, _TIMING)) for phase in phases]
    phase = float(phases[int(np.argmax(fits))])
    phase = phase - period if period - phase < _TIMING else phase
    count = int((onsets[-1] - phase) / period) + 2
    times = phase + period * np.arange(count)
    return steady(tempo, phase, metre, _downbeat(times, onsets, weights, metre) % metre)


def _find_tempo(onsets: np.ndarray) -> _Tempo | None:
    intervals = _intervals(onsets)
    if len(intervals) < 5:
        return None
    tempi = np.exp(np.linspace(np.log(SLOWEST), np.log(FASTEST), 400))
    gains = np.array([_log_fit(intervals, 60 / tempo, _TIMING * np.sqrt(2)).mean() for tempo in tempi])
    habit = -0.5 * (np.log2(tempi / _HABIT) / _HABIT_OCTAVES) ** 2 * _HABIT_WEIGHT
    common = 60 / max(float(np.median(np.diff(onsets))), _HOP)  # a damaged file may have its notes all at once
    habit -= 0.5 * (np.log2(tempi / common) / _NOTE_OCTAVES) ** 2 * _NOTE_WEIGHT
    best = int(np.argmax(gains + habit))
    confidence = (gains[best] - np.median(gains) - _CHANCE) / (_SURE - _CHANCE)
    return _Tempo(60 / tempi[best], float(np.clip(confidence, 0, 1)))


def _intervals(onsets: np.ndarray) -> np.ndarray:
    """Seconds between all onsets that are near each other, without a table of all with all."""
    found = []
    for reach in range(1, len(onsets)):
        apart = onsets[reach:] - onsets[:-reach]
        near = apart[(apart > _NEAREST) & (apart < _FARTHEST)]
        if not (apart < _FARTHEST).any():
            break
        found.append(near)
    return np.concatenate(found) if found else np.zeros(0)


def _log_fit(times: np.ndarray, period: float, sigma: float) -> np.ndarray:
    """(n,) log likelihood ratio of times that lie near beats or their fractions, to times at random."""
    phase, width = (times / period) % 1, sigma / period
    like = np.full(len(times), _STRAY)
    for fraction, share in _FRACTIONS:
        apart = np.abs(phase - fraction)
        apart = np.minimum(apart, 1 - apart)
        like += share * np.exp(-0.5 * (apart / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return np.log(like)


def _weights(notes: Sequence[Note], period: float) -> np.ndarray:
    """(notes,) how much each onset says: long notes begin on beats more often than short ones."""
    lengths = np.array([note.duration for note in notes])
    return np.sqrt(np.clip(lengths / period, 0.1, 2.0))


def _track(onsets: np.ndarray, weights: np.ndarray, period: float) -> np.ndarray:
    """(beats,) seconds: the sequence that meets most weight of onsets while its steps stay near the period."""
    frames = int(onsets[-1] / _HOP) + round(period / _HOP) + 2
    strength, time = np.zeros(frames), np.arange(frames) * _HOP
    for onset, weight in zip(onsets, weights, strict=True):
        low, high = max(0, int((onset - 0.1) / _HOP)), int((onset + 0.1) / _HOP) + 2
        strength[low:high] += weight * np.exp(-0.5 * ((time[low:high] - onset) / _TIMING) ** 2)
    steps = np.arange(max(1, round(0.7 * period / _HOP)), round(1.4 * period / _HOP) + 1)
    penalty = _TIGHT * np.log(steps * _HOP / period) ** 2
    total, source = strength.copy(), np.full(frames, -1)
    block = int(steps[0])  # frames that cannot follow each other, and are looked at together
    for first in range(block, frames, block):
        at = np.arange(first, min(first + block, frames))
        before = at[:, None] - steps
        scores = np.where(before >= 0, total[before] - penalty, -np.inf)
        best = (np.arange(len(at)), scores.argmax(axis=1))
        gains = scores[best]
        total[at] += np.maximum(gains, 0)
        source[at] = np.where(gains > 0, before[best], -1)
    tail = frames - round(period / _HOP)
    frame, beats = tail + int(np.argmax(total[tail:])), []
    while frame >= 0:
        beats.append(frame)
        frame = source[frame]
    times = np.array(beats[::-1]) * _HOP
    return times if len(times) > 1 else onsets[0] + period * np.arange(2)


def _smooth(times: np.ndarray, onsets: np.ndarray, period: float) -> np.ndarray:
    """(beats,) seconds: beats drawn through the onsets near them, by lines fitted to their neighbourhood."""
    numbers = np.arange(len(times))
    place = np.interp(onsets, times, numbers)
    near = np.abs(place - np.round(place)) < 0.15
    known, at = np.round(place[near]), onsets[near]
    if len(known) < 3:
        return times
    # Where there is little to go by, the tempo stays the song's: two made-up points of small weight say so.
    line = np.polyfit(known, at, 1) if np.ptp(known) else np.array([period, at[0]])
    smoothed = np.empty(len(times))
    lows, highs = np.searchsorted(known, [numbers - 9 * _SMOOTH, numbers + 9 * _SMOOTH])  # beyond, they weigh nothing
    for number, low, high in zip(numbers, lows, highs, strict=True):
        beats, heard = known[low:high], at[low:high]
        weight = np.exp(-0.5 * ((beats - number) / _SMOOTH) ** 2)
        mean = (weight @ heard + 0.02 * np.polyval(line, number)) / (weight.sum() + 0.02)
        centre = (weight @ beats + 0.02 * number) / (weight.sum() + 0.02)
        spread = weight @ (beats - centre) ** 2
        slope = (weight @ ((beats - centre) * (heard - mean)) + 4 * line[0]) / (spread + 4)
        smoothed[number] = mean + slope * (number - centre)
    return smoothed if (np.diff(smoothed) > 0.3 * period).all() else times


def _downbeat(times: np.ndarray, onsets: np.ndarray, weights: np.ndarray, metre: int) -> int:
    """Which beat begins a bar: where most and the longest notes start, a song's first note a little before others."""
    numbers = np.searchsorted(times, onsets - 0.15 * (times[1] - times[0]))
    on_beat = numbers < len(times)
    numbers, on, weights = numbers[on_beat], onsets[on_beat], weights[on_beat] ** 2
    close = np.abs(times[numbers] - on) < 0.15 * (times[1] - times[0])
    sums = np.bincount(numbers[close] % metre, weights[close], minlength=metre)
    if close.any():
        sums[numbers[close][0] % metre] *= 1.1
    return int(np.argmax(sums))
