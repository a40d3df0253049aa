"""Alignment of beats at a known tempo with a melody that has too few notes for a search."""

from collections.abc import Sequence

import numpy as np

from singtrans.melody.beats import DEFAULT_METRE, Beats, constant_beats
from singtrans.melody.metre import Metre
from singtrans.notes import Note

CONFIDENT = 0.5
"""Confidence below which beats are not used."""

_FRACTIONS = ((0, 0.45), (1 / 2, 0.2), (1 / 4, 0.07), (3 / 4, 0.07), (1 / 3, 0.04), (2 / 3, 0.04))
_STRAY = 0.13  # share of onsets that fit no fraction of a beat
_TIMING = 0.028  # seconds, standard deviation of a singer's onset


def align_beats(tempo: float, notes: Sequence[Note], metre: Metre = DEFAULT_METRE) -> Beats:
    """Align beats of a known tempo with the onsets of notes.

    Args:
        tempo: beats per minute.
        notes: notes in time order.
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


def _log_fit(times: np.ndarray, period: float, sigma: float) -> np.ndarray:
    """Compute (n,) log likelihood ratios of two models: onsets near simple fractions of a beat, and random onsets."""
    phase, width = (times / period) % 1, sigma / period
    like = np.full(len(times), _STRAY)
    for fraction, share in _FRACTIONS:
        apart = np.abs(phase - fraction)
        apart = np.minimum(apart, 1 - apart)
        like += share * np.exp(-0.5 * (apart / width) ** 2) / (width * np.sqrt(2 * np.pi))
    return np.log(like)


def _weights(notes: Sequence[Note], period: float) -> np.ndarray:
    """Compute (notes,) weights of onsets. Long notes have larger weights, because more of them begin on beats."""
    lengths = np.array([note.duration for note in notes])
    return np.sqrt(np.clip(lengths / period, 0.1, 2.0))


def _downbeat(times: np.ndarray, onsets: np.ndarray, weights: np.ndarray, beats: int) -> int:
    """Choose the beat of a bar on which the most and the longest notes start. The first note is favoured slightly."""
    numbers = np.searchsorted(times, onsets - 0.15 * (times[1] - times[0]))
    on_beat = numbers < len(times)
    numbers, on, weights = numbers[on_beat], onsets[on_beat], weights[on_beat] ** 2
    close = np.abs(times[numbers] - on) < 0.15 * (times[1] - times[0])
    sums = np.bincount(numbers[close] % beats, weights[close], minlength=beats)
    if close.any():
        sums[numbers[close][0] % beats] *= 1.1
    return int(np.argmax(sums))
