"""Estimation of tempo and beats from the onsets of notes.

The tempo maximises the likelihood that intervals between onsets, up to a few seconds long, are beats or simple
fractions of beats. Only intervals between near onsets are used, so a drifting tempo does no harm. Half and double
tempo fit equally well; a prior on the tempo decides between them. The beats are then tracked by dynamic programming
(Ellis, "Beat Tracking by Dynamic Programming", 2007) and smoothed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.melody.beats import DEFAULT_METRE, Beats, beats_from_times, constant_beats
from singtrans.melody.metre import Metre
from singtrans.notes import LONGEST_SONG, Note

SLOWEST, FASTEST = 45.0, 230.0  # beats per minute
_LONGEST_BEAT = 4 * 60.0 / SLOWEST  # seconds; MIDI can express three times that
CONFIDENT = 0.5  # below this confidence, beats are not used
_PRIOR, _PRIOR_OCTAVES, _PRIOR_WEIGHT = 110.0, 0.9, 0.15  # prior on the tempo: centre, width, weight
_NOTE_OCTAVES, _NOTE_WEIGHT = 0.9, 0.35  # prior: a beat is about as long as the median note
_FRACTIONS = ((0, 0.45), (1 / 2, 0.2), (1 / 4, 0.07), (3 / 4, 0.07), (1 / 3, 0.04), (2 / 3, 0.04))
_STRAY = 0.13  # share of intervals that fit no fraction of a beat
_TIMING = 0.028  # seconds, standard deviation of a singer's onset
_NEAREST, _FARTHEST = 0.12, 5.0  # seconds; range of intervals that are used
_CHANCE, _SURE = 0.12, 0.24  # gain in log likelihood of random onsets, and of a perfectly regular rhythm
_HOP = 0.02  # seconds, of beat tracking
_TIGHT = 60.0  # cost of a beat of another length, per squared log ratio of lengths
_SMOOTH = 4.0  # beats, to either side
_STEADY = 0.03  # seconds, RMS deviation up to which the tempo counts as constant


@dataclass(frozen=True, slots=True)
class _Tempo:
    """Period in seconds, and how far its fit is above chance, 0..1."""

    period: float
    confidence: float


def estimate_beats(notes: Sequence[Note], metre: Metre = DEFAULT_METRE) -> Beats | None:
    """Estimate the beats of sung notes; None if there are fewer than 6 notes or they last longer than any song.

    Args:
        notes: in time order.
        metre: metre of all bars.

    Returns:
        Evenly spaced beats if the singer's tempo is constant, else the tracked ones. If ``confidence`` is below
        `CONFIDENT`, the beats fit no better than they would fit random onsets.
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
        return None  # notes with a gap of minutes between them
    downbeat = _downbeat(times, onsets, weights, metre.beats) * metre.beat
    return beats_from_times(_quarters(times, metre), metre, downbeat, tempo.confidence, float(onsets[0]))


def align_beats(tempo: float, notes: Sequence[Note], metre: Metre = DEFAULT_METRE) -> Beats:
    """Align beats of a known tempo with the onsets of notes.

    Args:
        tempo: beats per minute.
        notes: in time order.
        metre: metre of all bars.
    """
    onsets, period = np.array([note.onset for note in notes]), 60.0 / tempo
    if not len(onsets):
        return constant_beats(tempo, 0.0, metre)
    weights = _weights(notes, period)
    phases = np.linspace(0, period, max(50, round(period / 0.005)), endpoint=False)
    fits = [np.sum(weights * _log_fit(onsets - phase, period, _TIMING)) for phase in phases]
    phase = float(phases[int(np.argmax(fits))])
    phase = phase - period if period - phase < _TIMING else phase
    count = int((onsets[-1] - phase) / period) + 2
    times = phase + period * np.arange(count)
    downbeat = _downbeat(times, onsets, weights, metre.beats)
    return constant_beats(tempo, phase, metre, downbeat, quiet=float(onsets[0]))


def _quarters(times: np.ndarray, metre: Metre) -> np.ndarray:
    """Convert (beats,) times of beats to the times of as many quarter notes as fit between them."""
    beat = float(metre.beat)
    quarters = np.arange(max(2, int((len(times) - 1) * beat) + 1))
    return np.interp(quarters / beat, np.arange(len(times)), times)


def _find_tempo(onsets: np.ndarray) -> _Tempo | None:
    intervals = _intervals(onsets)
    if len(intervals) < 5:
        return None
    tempi = np.exp(np.linspace(np.log(SLOWEST), np.log(FASTEST), 400))
    gains = np.array([_log_fit(intervals, 60 / tempo, _TIMING * np.sqrt(2)).mean() for tempo in tempi])
    prior = -0.5 * (np.log2(tempi / _PRIOR) / _PRIOR_OCTAVES) ** 2 * _PRIOR_WEIGHT
    common = 60 / max(float(np.median(np.diff(onsets))), _HOP)  # a damaged file may have all notes at one time
    prior -= 0.5 * (np.log2(tempi / common) / _NOTE_OCTAVES) ** 2 * _NOTE_WEIGHT
    best = int(np.argmax(gains + prior))
    confidence = (gains[best] - np.median(gains) - _CHANCE) / (_SURE - _CHANCE)
    return _Tempo(60 / tempi[best], float(np.clip(confidence, 0, 1)))


def _intervals(onsets: np.ndarray) -> np.ndarray:
    """Return the intervals between all near onsets in seconds, without comparing every pair."""
    found = []
    for reach in range(1, len(onsets)):
        apart = onsets[reach:] - onsets[:-reach]
        near = apart[(apart > _NEAREST) & (apart < _FARTHEST)]
        if not (apart < _FARTHEST).any():
            break
        found.append(near)
    return np.concatenate(found) if found else np.zeros(0)


def _log_fit(times: np.ndarray, period: float, sigma: float) -> np.ndarray:
    """Compute the (n,) log likelihood ratio of times near fractions of beats to random times."""
    phase, width = (times / period) % 1, sigma / period
    like = np.full(len(times), _STRAY)
    for fraction, share in _FRACTIONS:
        apart = np.abs(phase - fraction)
        apart = np.minimum(apart, 1 - apart)
        like += share * np.exp(-0.5 * (apart / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return np.log(like)


def _weights(notes: Sequence[Note], period: float) -> np.ndarray:
    """Weight (notes,) onsets: long notes begin on beats more often than short ones."""
    lengths = np.array([note.duration for note in notes])
    return np.sqrt(np.clip(lengths / period, 0.1, 2.0))


def _track(onsets: np.ndarray, weights: np.ndarray, period: float) -> np.ndarray:
    """Track (beats,) times in seconds that match onsets of large weight at intervals near the period."""
    frames = int(onsets[-1] / _HOP) + round(period / _HOP) + 2
    strength, time = np.zeros(frames), np.arange(frames) * _HOP
    for onset, weight in zip(onsets, weights, strict=True):
        low, high = max(0, int((onset - 0.1) / _HOP)), int((onset + 0.1) / _HOP) + 2
        strength[low:high] += weight * np.exp(-0.5 * ((time[low:high] - onset) / _TIMING) ** 2)
    steps = np.arange(max(1, round(0.7 * period / _HOP)), round(1.4 * period / _HOP) + 1)
    penalty = _TIGHT * np.log(steps * _HOP / period) ** 2
    total, source = strength.copy(), np.full(frames, -1)
    block = int(steps[0])  # frames closer than one step do not depend on each other: compute them together
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
    """Smooth (beats,) times in seconds by local linear fits to the onsets near them."""
    numbers = np.arange(len(times))
    index = np.interp(onsets, times, numbers)
    near = np.abs(index - np.round(index)) < 0.15
    known, at = np.round(index[near]), onsets[near]
    if len(known) < 3:
        return times
    # Where onsets are few, keep the song's tempo: the fits include two artificial points of small weight.
    line = np.polyfit(known, at, 1) if np.ptp(known) else np.array([period, at[0]])
    smoothed = np.empty(len(times))
    lows, highs = np.searchsorted(known, [numbers - 9 * _SMOOTH, numbers + 9 * _SMOOTH])  # beyond, no weight
    for number, low, high in zip(numbers, lows, highs, strict=True):
        beats, near_onsets = known[low:high], at[low:high]
        weight = np.exp(-0.5 * ((beats - number) / _SMOOTH) ** 2)
        mean = (weight @ near_onsets + 0.02 * np.polyval(line, number)) / (weight.sum() + 0.02)
        centre = (weight @ beats + 0.02 * number) / (weight.sum() + 0.02)
        spread = weight @ (beats - centre) ** 2
        slope = (weight @ ((beats - centre) * (near_onsets - mean)) + 4 * line[0]) / (spread + 4)
        smoothed[number] = mean + slope * (number - centre)
    return smoothed if (np.diff(smoothed) > 0.3 * period).all() else times


def _downbeat(times: np.ndarray, onsets: np.ndarray, weights: np.ndarray, beats: int) -> int:
    """Choose the downbeat: the beat with the most and longest notes; the first note has a slightly larger weight."""
    numbers = np.searchsorted(times, onsets - 0.15 * (times[1] - times[0]))
    on_beat = numbers < len(times)
    numbers, on, weights = numbers[on_beat], onsets[on_beat], weights[on_beat] ** 2
    close = np.abs(times[numbers] - on) < 0.15 * (times[1] - times[0])
    sums = np.bincount(numbers[close] % beats, weights[close], minlength=beats)
    if close.any():
        sums[numbers[close][0] % beats] *= 1.1
    return int(np.argmax(sums))
