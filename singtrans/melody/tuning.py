"""Estimation of a singer's tuning (the frequency of A4) from the notes.

Relative to the tuning, most sung pitches are near whole semitones. The estimate maximises a likelihood that is robust
to wrong notes: it is assumed that the distance of a pitch from the nearest semitone is normally distributed for most
notes, and uniformly distributed for the others. The tuning is assumed to be constant, unless a moving tuning fits
clearly better, as for a singer who goes flat without accompaniment. The Viterbi algorithm finds the moving tuning.

Tunings that differ by whole semitones fit equally well. Therefore, the tuning is limited to half a semitone above or
below 440 Hz at the start, and to three semitones above or below 440 Hz later. In this way, a singer who is 45 cents
flat is not mistaken for a singer who is 55 cents sharp. If a singer is about half a semitone off, all notes may be
written a semitone too low or too high.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from singtrans.notes import LONGEST_SONG, Note, Transcription

AUTO = "auto"
CONCERT = 440.0  # Hz
MIN_NOTES = 4
_SCATTER = 22  # cents, standard deviation of sung pitches
_STRAY = 0.3  # share of notes with a random pitch
_SURE = 0.25  # seconds; shorter notes have less weight
_OPENING = 60.0  # seconds at the start that fix the semitone
_HOP = 5.0  # seconds between the points of a moving tuning
_FAR = 300  # cents, largest distance from 440 Hz to either side
_SLOW = 3.0  # cents, standard deviation of the movement in one hop
_FAST = 20  # cents, largest movement in one hop
_CHANCE = 3.0  # log likelihood that random notes seldom reach
_DOUBTFUL = 0.4  # semitones; beyond this the tuning may belong to the neighbouring semitone
_DRIFT = 3.0  # gain of log likelihood that a moving tuning needs


@dataclass(frozen=True, slots=True, eq=False)
class TuningCurve:
    """A singer's tuning over time.

    Attributes:
        times: (points,) seconds, ascending.
        semitones: (points,) distance of A4 above 440 Hz in semitones, interpolated linearly between the points.
    """

    times: np.ndarray
    semitones: np.ndarray

    def at(self, seconds: float) -> float:
        """Return the distance of A4 above 440 Hz in semitones at a time in seconds."""
        return float(np.interp(seconds, self.times, self.semitones))


def apply_tuning(transcription: Transcription, tuning: float | str | None) -> Transcription:
    """Set the tuning of the notes; their pitches stay as sung.

    Args:
        transcription: notes in time order.
        tuning: frequency of A4 in Hz; None to keep the tuning of the notes, which is 440 Hz unless their file states
            another one. With ``auto``, the tuning is estimated from the notes, and is kept if the estimate is unclear.
    """
    if tuning is None:
        return transcription
    reference = estimate_tuning(transcription.notes) if tuning == AUTO else _constant(float(tuning))
    if reference is None:
        return transcription
    notes = (replace(n, tuning=reference.at((n.onset + n.offset) / 2)) for n in transcription.notes)
    return replace(transcription, notes=tuple(notes))


def describe_tuning(notes: Sequence[Note]) -> str:
    """Describe in one line the tuning that is estimated from notes, which are in time order."""
    reference = estimate_tuning(notes)
    if reference is None:
        why = f"{len(notes)} notes are too few" if len(notes) < MIN_NOTES else "the notes agree on no other tuning"
        if _far_apart(notes):
            why = f"the notes lie more than {LONGEST_SONG / 3600:g} hours apart"
        stays = "as in the file" if any(note.tuning for note in notes) else f"{CONCERT:g} Hz"
        return f"tuning: A4 stays {stays}, as {why}; set it with --tuning"
    first, last = (float(s) for s in reference.semitones[[0, -1]])
    line = f"tuning: A4 = {_describe(first)}"
    if len(reference.semitones) > 1:
        line += f" at first, {_describe(last)} at the end"
    if abs(first) > _DOUBTFUL:
        direction, other = ("low", first - 1) if first > 0 else ("high", first + 1)
        line += f"; if all notes are a semitone too {direction}, use --tuning {_hz(other):.1f}"
    return line


def _constant(hz: float) -> TuningCurve:
    return TuningCurve(np.zeros(1), np.array([12 * math.log2(hz / CONCERT)]))


def _describe(semitones: float) -> str:
    cents = round(100 * semitones)
    return f"{_hz(semitones):.1f} Hz ({abs(cents)} cents {'sharp' if cents > 0 else 'flat'})" if cents else "440 Hz"


def _hz(semitones: float) -> float:
    return CONCERT * 2 ** (semitones / 12)


def estimate_tuning(notes: Sequence[Note]) -> TuningCurve | None:
    """Estimate a singer's tuning.

    Args:
        notes: notes in time order.

    Returns:
        The tuning; None if there are fewer than 4 notes, if they fit hardly better than random notes, or if they last
        longer than `LONGEST_SONG`.
    """
    if len(notes) < MIN_NOTES or _far_apart(notes):
        return None
    first = notes[0].onset
    points = int((notes[-1].onset - first) / _HOP) + 1
    fits = _fits(notes, first, points)
    whole = fits.sum(axis=0)
    cents = np.arange(-50, 50)
    constant = int(cents[np.argmax(whole[cents])])
    path, score = _walk(fits)
    times = first + _HOP * (np.arange(points) + 0.5)
    if score > max(_CHANCE, whole[constant] + _DRIFT):
        return TuningCurve(times, (path - 100 * round(_start(path) / 100)) / 100)
    if whole[constant] < _CHANCE:
        return None
    return TuningCurve(times[:1], np.array([constant / 100]))


def _far_apart(notes: Sequence[Note]) -> bool:
    return bool(notes) and notes[-1].onset - notes[0].onset > LONGEST_SONG


def _fits(notes: Sequence[Note], first: float, points: int) -> np.ndarray:
    """Compute (points, 100) log likelihoods of the notes near each point, for tunings of 0 to 99 cents."""
    weights = np.zeros((points, 100))
    for note in notes:
        point = min(points - 1, int((note.onset - first) / _HOP))
        weights[point, round(100 * note.pitch) % 100] += note.confidence * min(1.0, note.duration / _SURE)
    apart = (np.arange(100) + 50) % 100 - 50
    normal = sum((np.exp(-0.5 * ((apart + 100 * k) / _SCATTER) ** 2) for k in (-1, 0, 1)), np.zeros(100))
    like = np.log(_STRAY + (1 - _STRAY) * normal / normal.mean())
    return weights @ like[(np.arange(100)[:, None] - np.arange(100)) % 100]


def _start(path: np.ndarray) -> float:
    """Return the cents at the start of a path, as extrapolated from a line that is fitted to its first minute."""
    opening = path[: max(2, round(_OPENING / _HOP))]
    return float(np.polyfit(np.arange(len(opening)) + 0.5, opening, 1)[1])


def _walk(fits: np.ndarray) -> tuple[np.ndarray, float]:
    """Find the slowly moving tuning that fits best; return its (points,) cents and its log likelihood."""
    cents = np.arange(-_FAR, _FAR + 1)
    moves = np.arange(-_FAST, _FAST + 1)
    costs = 0.5 * (moves / _SLOW) ** 2
    total = np.where(np.abs(cents + 0.5) < 50, 0.0, -np.inf) + fits[0, cents % 100]
    sources = []
    for fit in fits[1:]:
        ways = sliding_window_view(np.pad(total, _FAST, constant_values=-np.inf), len(moves)) - costs
        best = ways.argmax(axis=1)
        total = ways[np.arange(len(cents)), best] + fit[cents % 100]
        sources.append(np.arange(len(cents)) + moves[best])
    index = int(total.argmax())
    path = [index]
    for source in reversed(sources):
        path.append(int(source[path[-1]]))
    return cents[path[::-1]], float(total[index])
