"""Estimation of a singer's tuning (the frequency of A4) from the notes.

Relative to the tuning, most sung pitches are near whole semitones. The estimate maximises a likelihood that is robust
to wrong notes: it is assumed that the distance of a pitch from the nearest semitone is normally distributed for most
notes, and uniformly distributed for the others. The tuning is assumed to be constant, unless a moving tuning fits
clearly better, as for a singer who goes flat without accompaniment. To find the moving tuning, the likeliest steady
drift is found first. The Viterbi algorithm then finds slow movements around it.

Tunings that differ by whole semitones fit equally well. Therefore, the tuning is limited to half a semitone above or
below 440 Hz at the start. Later, it is limited to three semitones above or below 440 Hz, besides a steady drift. In
this way, a singer who is 45 cents flat is not mistaken for a singer who is 55 cents sharp. If a singer is about half a
semitone off, all notes may be written a semitone too low or too high.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from singtrans.melody.tuning_line import LOG_LIKELIHOOD, drift_cost, likeliest_line, positions
from singtrans.notes import LONGEST_SONG, Note, Transcription

AUTO = "auto"
CONCERT = 440.0  # Hz
MIN_NOTES = 4
_SURE = 0.25  # seconds; shorter notes have less weight
_OPENING = 60.0  # seconds at the start that fix the semitone
_HOP = 5.0  # seconds between the points of a moving tuning
_FAR = 300  # cents, largest distance from 440 Hz to either side, besides a steady drift
_SLOW = 3.0  # cents, standard deviation of the movement in one hop, besides a steady drift
_FAST = 20  # cents, largest movement in one hop, besides a steady drift
_CHANCE = 3.0  # log likelihood that random notes seldom reach with a constant tuning
_CHANCE_MOVING = 5.0  # log likelihood that random notes seldom reach with a moving tuning
_DOUBTFUL = 0.4  # semitones; beyond this the tuning may belong to the neighbouring semitone
_CLEAR = 0.08  # log likelihood per note (with the weight 1) that a moving tuning needs for a remark
_CHANGED = 0.05  # least share of notes whose number a moving tuning must change for a remark
_DRIFT = 3.0  # gain of log likelihood that a moving tuning needs


@dataclass(frozen=True, slots=True, eq=False)
class TuningCurve:
    """A singer's tuning over time.

    Attributes:
        times: (points,) seconds, ascending.
        semitones: (points,) distance of A4 above 440 Hz in semitones, interpolated linearly between the points.
        fit: log likelihood of the notes relative to random pitches.
    """

    times: np.ndarray
    semitones: np.ndarray
    fit: float = 0.0

    def at(self, seconds: np.ndarray | float) -> np.ndarray:
        """Return the distance of A4 above 440 Hz in semitones at times in seconds, an array (n,) or a number."""
        return np.asarray(np.interp(seconds, self.times, self.semitones))


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
    return replace(transcription, notes=_tuned(transcription.notes, reference))


def _tuned(notes: Sequence[Note], reference: TuningCurve) -> tuple[Note, ...]:
    return tuple(replace(note, tuning=float(reference.at((note.onset + note.offset) / 2))) for note in notes)


def describe_tuning(notes: Sequence[Note]) -> str:
    """Describe in one line the tuning that is estimated from notes, which are in time order."""
    reference = estimate_tuning(notes)
    if reference is None:
        few = f"{len(notes)} notes are" if len(notes) != 1 else "1 note is"
        why = f"{few} too few" if len(notes) < MIN_NOTES else "the notes agree on no other tuning"
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


def describe_drift(notes: Sequence[Note]) -> str | None:
    """Describe in one line a moving tuning that should be taken into account when the pitches are rounded.

    Args:
        notes: notes in time order.

    Returns:
        The line; None if the notes have a tuning already, if no moving tuning is clear, or if it changes the numbers of
        few notes.
    """
    reference = None if any(note.tuning for note in notes) else estimate_tuning(notes)
    if reference is None or len(reference.semitones) == 1 or reference.fit < _CLEAR * float(_weights(notes).sum()):
        return None
    pairs = zip(notes, _tuned(notes, reference), strict=True)
    changed = sum(note.note != tuned.note for note, tuned in pairs)
    if changed < _CHANGED * len(notes):
        return None
    cents = 100 * reference.semitones
    rise, span = round(float(cents[-1] - cents[0])), round(float(np.ptp(cents)))
    movement = f"{'rises' if rise > 0 else 'falls'} by {abs(rise)}" if 2 * abs(rise) > span else f"varies by {span}"
    notes_off = f"{changed} of {len(notes)} notes may be written a semitone too high or too low"
    return f"the singer's tuning {movement} cents during the song, so {notes_off}; use --tuning auto"


def choose_tuning(notes: Sequence[Note]) -> TuningCurve:
    """Return the tuning with which a song is described.

    It is the tuning of the notes if they have one. Otherwise, it is estimated, as with ``auto`` for `apply_tuning`. If
    the estimate is unclear, it is 440 Hz. All descriptions of a song start from this tuning, so that none of them is a
    semitone higher than another.

    Args:
        notes: notes in time order.
    """
    if any(note.tuning for note in notes):
        return TuningCurve(_middles(notes), np.array([note.tuning for note in notes]))
    return estimate_tuning(notes) or _constant(CONCERT)


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
    pitches = 100 * np.array([note.pitch for note in notes])
    whole = _fits(notes, pitches).sum(axis=0)
    cents = np.arange(-50, 50)
    constant = int(cents[np.argmax(whole[cents])])
    line = likeliest_line(positions(_middles(notes)), pitches, _weights(notes))
    moving = max((_moving(notes, pitches, drift) for drift in {0, line.drift}), key=lambda curve: curve.fit)
    fit = float(whole[constant])
    if moving.fit > max(_CHANCE_MOVING, fit + _DRIFT):
        return moving
    return TuningCurve(np.array([notes[0].onset]), np.array([constant / 100]), fit) if fit >= _CHANCE else None


def _moving(notes: Sequence[Note], pitches: np.ndarray, drift: int) -> TuningCurve:
    """Find the moving tuning that fits best.

    Args:
        notes: notes in time order.
        pitches: (notes,) pitches of the notes in cents.
        drift: usual movement from the first to the last note in cents; only other movements are unlikely.
    """
    middles = _middles(notes)
    path, score = _walk(_fits(notes, pitches - drift * positions(middles)))
    centres = notes[0].onset + _HOP * (np.arange(len(path)) + 0.5)
    first, last = middles[[0, -1]]
    times = np.array([first, *centres[(centres > first) & (centres < last)], last])
    tuning = np.interp(times, centres, path) + drift * positions(times)
    shift = 100 * round(_start(times, tuning) / 100)
    return TuningCurve(times, (tuning - shift) / 100, score - drift_cost(drift))


def _middles(notes: Sequence[Note]) -> np.ndarray:
    return np.array([(note.onset + note.offset) / 2 for note in notes])


def _weights(notes: Sequence[Note]) -> np.ndarray:
    return np.array([note.confidence * min(1.0, note.duration / _SURE) for note in notes])


def _far_apart(notes: Sequence[Note]) -> bool:
    return bool(notes) and notes[-1].onset - notes[0].onset > LONGEST_SONG


def _fits(notes: Sequence[Note], pitches: np.ndarray) -> np.ndarray:
    """Compute (points, 100) log likelihoods of the pitches near points every `_HOP`, for tunings of 0 to 99 cents."""
    onsets = np.array([note.onset for note in notes])
    point = ((onsets - onsets[0]) / _HOP).astype(np.int64)
    weights = np.zeros((int(point[-1]) + 1, 100))
    np.add.at(weights, (point, np.round(pitches).astype(np.int64) % 100), _weights(notes))
    return weights @ LOG_LIKELIHOOD[(np.arange(100)[:, None] - np.arange(100)) % 100]


def _start(times: np.ndarray, cents: np.ndarray) -> float:
    """Return the cents at the start of a moving tuning, according to a line that is fitted to its first minute."""
    opening = max(2, int(np.searchsorted(times, times[0] + _OPENING)))
    if times[opening - 1] <= times[0]:  # all at the same time, so no line can be fitted
        return float(np.mean(cents[:opening]))
    return float(np.polyfit(times[:opening] - times[0], cents[:opening], 1)[1])


def _walk(fits: np.ndarray) -> tuple[np.ndarray, float]:
    """Find the slowly moving tuning that fits best; return its (points,) cents and its log likelihood."""
    cents = np.arange(-_FAR, _FAR + 1)
    moves = np.arange(-_FAST, _FAST + 1)
    costs = 0.5 * (moves / _SLOW) ** 2
    total = np.where(np.abs(cents + 0.5) < 50, 0.0, -np.inf) + fits[0, cents % 100]
    sources = []
    for fit in fits[1:]:
        sums = sliding_window_view(np.pad(total, _FAST, constant_values=-np.inf), len(moves)) - costs
        best = sums.argmax(axis=1)
        total = sums[np.arange(len(cents)), best] + fit[cents % 100]
        sources.append((np.arange(len(cents)) + moves[best]).astype(np.int16))  # there can be very many
    index = int(total.argmax())
    path = [index]
    for source in reversed(sources):
        path.append(int(source[path[-1]]))
    return cents[path[::-1]], float(total[index])
