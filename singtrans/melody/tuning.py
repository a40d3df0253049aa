"""What a singer calls A4, from the notes themselves: so that somebody who sings 40 cents flat gets the melody meant.

The reference is the pitch from which most of what was sung lies whole semitones away. It is told by likelihood, in
which a wrong note counts little: a note is off the nearest semitone by a normal deviate, or by anything at all.
One reference for the whole song is preferred; where the notes are clearly better explained by one that moves, as that
of a singer who goes flat without accompaniment, its way is found by dynamic programming (Viterbi, 1967).

Whole semitones cannot be told apart by such means. At its start the reference lies within half a semitone of 440 Hz;
from there it goes on for up to three semitones, and no note jumps. So somebody who sings 45 cents flat is taken for
flat, not for 55 cents sharp; who sings half a semitone off may be written a semitone lower or higher as a whole.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from singtrans.notes import LONGEST_SONG, Note, Transcription

AUTO = "auto"
CONCERT = 440.0  # Hz
FEWEST = 4  # notes that can agree on anything but by chance
_SCATTER = 22  # cents, standard deviation of a note that was meant
_STRAY = 0.3  # share of notes that lie anywhere
_SURE = 0.25  # seconds: shorter notes say less
_OPENING = 60.0  # seconds whose notes say where the reference starts
_HOP = 5.0  # seconds between the points of a reference that moves
_FAR = 300  # cents that a reference may move away from 440 Hz, to either side
_SLOW = 3.0  # cents that it moves in one hop, standard deviation
_FAST = 20  # cents that it moves in one hop at most
_CHANCE = 3.0  # log likelihood that notes at random reach
_DOUBTFUL = 0.4  # semitones: beyond, it may as well be the other semitone
_DRIFT = 3.0  # log likelihood that a moving reference must gain


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What a singer calls A4, over time.

    Attributes:
        times: (points,) seconds, ascending.
        semitones: (points,) above 440 Hz; between the points the reference moves evenly.
    """

    times: np.ndarray
    semitones: np.ndarray

    def at(self, seconds: float) -> float:
        """Semitones above 440 Hz at a time in seconds."""
        return float(np.interp(seconds, self.times, self.semitones))


def tuned(transcription: Transcription, tuning: float | str | None) -> Transcription:
    """The transcription with notes that know what their singer calls A4; pitches stay what was sung.

    Args:
        transcription: notes in time order.
        tuning: Hz of A4; ``auto`` to find it in the notes, and leave them be where it is not clear; None to leave
            them, with the tuning that a file stated or 440 Hz.
    """
    if tuning is None:
        return transcription
    reference = find_reference(transcription.notes) if tuning == AUTO else _stated(float(tuning))
    if reference is None:
        return transcription
    notes = (replace(n, tuning=reference.at((n.onset + n.offset) / 2)) for n in transcription.notes)
    return replace(transcription, notes=tuple(notes))


def tuning_remark(notes: Sequence[Note]) -> str:
    """A line on the tuning found in some notes, in time order."""
    reference = find_reference(notes)
    if reference is None:
        why = f"{len(notes)} notes are too few" if len(notes) < FEWEST else "the notes agree on no other"
        if _far_apart(notes):
            why = f"the notes lie more than {LONGEST_SONG / 3600:g} hours apart"
        stays = "where the file has it" if any(note.tuning for note in notes) else f"{CONCERT:g} Hz"
        return f"tuning: A4 stays {stays}, as {why}; state it with --tuning"
    first, last = (float(s) for s in reference.semitones[[0, -1]])
    line = f"tuning: A4 = {_described(first)}"
    if len(reference.semitones) > 1:
        line += f" at first, {_described(last)} at the end"
    if abs(first) > _DOUBTFUL:
        meant, other = ("low", first - 1) if first > 0 else ("high", first + 1)
        line += f"; if all notes are a semitone too {meant}, say --tuning {_hz(other):.1f}"
    return line


def _stated(hz: float) -> Reference:
    return Reference(np.zeros(1), np.array([12 * math.log2(hz / CONCERT)]))


def _described(semitones: float) -> str:
    cents = round(100 * semitones)
    return f"{_hz(semitones):.1f} Hz ({abs(cents)} cents {'sharp' if cents > 0 else 'flat'})" if cents else "440 Hz"


def _hz(semitones: float) -> float:
    return CONCERT * 2 ** (semitones / 12)


def find_reference(notes: Sequence[Note]) -> Reference | None:
    """Estimate what a singer calls A4.

    Args:
        notes: in time order.

    Returns:
        None where notes are few (below 4), agree no more than notes at random, or a time is no song's.
    """
    if len(notes) < FEWEST or _far_apart(notes):
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
        return Reference(times, (path - 100 * round(_start(path) / 100)) / 100)
    if whole[constant] < _CHANCE:
        return None
    return Reference(times[:1], np.array([constant / 100]))


def _far_apart(notes: Sequence[Note]) -> bool:
    return bool(notes) and notes[-1].onset - notes[0].onset > LONGEST_SONG


def _fits(notes: Sequence[Note], first: float, points: int) -> np.ndarray:
    """(points, 100) log likelihood of the notes about each point, for a reference of 0 to 99 cents above a semitone."""
    heard = np.zeros((points, 100))
    for note in notes:
        point = min(points - 1, int((note.onset - first) / _HOP))
        heard[point, round(100 * note.pitch) % 100] += note.confidence * min(1.0, note.duration / _SURE)
    apart = (np.arange(100) + 50) % 100 - 50
    normal = sum((np.exp(-0.5 * ((apart + 100 * k) / _SCATTER) ** 2) for k in (-1, 0, 1)), np.zeros(100))
    like = np.log(_STRAY + (1 - _STRAY) * normal / normal.mean())
    return heard @ like[(np.arange(100)[:, None] - np.arange(100)) % 100]


def _start(path: np.ndarray) -> float:
    """Cents at the start of a way, by the line through its first minute: a way itself starts too evenly."""
    opening = path[: max(2, round(_OPENING / _HOP))]
    return float(np.polyfit(np.arange(len(opening)) + 0.5, opening, 1)[1])


def _walk(fits: np.ndarray) -> tuple[np.ndarray, float]:
    """(points,) cents of the reference that fits best while it moves slowly; and how well it fits."""
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
    place = int(total.argmax())
    path = [place]
    for source in reversed(sources):
        path.append(int(source[path[-1]]))
    return cents[path[::-1]], float(total[place])
