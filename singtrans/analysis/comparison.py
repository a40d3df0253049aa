"""Comparison of a recording with a written melody: which notes are right, sharp, flat, early, late, missed or extra."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.analysis.alignment import Melody, align, transposition
from singtrans.analysis.intonation import SungNote, Tuning, fit_tuning
from singtrans.analysis.rhythm_alignment import align_by_rhythm
from singtrans.analysis.timing import TimeMap, follow_tempo, runs_with, same_clock
from singtrans.analysis.tolerance import Timing, Tolerance
from singtrans.analysis.written_semitones import has_semitones, semitones_by_tuning, with_semitones
from singtrans.notes import Note

VERDICTS = ("right", "sharp", "flat", "early", "late", "missed", "extra")
"""Verdicts on a note. A note that is sharp or flat can also be early or late."""

_ROUNDS = 2
_PLAUSIBLE_CENTS = 50.0  # largest deviation of a note that has the written pitch


@dataclass(frozen=True, slots=True)
class Compared:
    """A written note and the sung note that matches it, or one note without a match.

    Attributes:
        verdicts: verdicts from `VERDICTS`; only ``right`` if nothing is wrong.
        written: index of the written note; None if the sung note is extra.
        sung: index of the sung note; None if the written note was missed.
        time: onset in the recording in seconds; for a missed note, the expected onset.
        cents: deviation of the sung pitch from the transposed written pitch, in the singer's tuning; None unless both
            notes exist.
        seconds: deviation of the onset, positive if the sung note is late; None unless both notes exist.
    """

    verdicts: tuple[str, ...]
    written: int | None
    sung: int | None
    time: float
    cents: float | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Result of comparing a recording with a written melody.

    Attributes:
        notes: all sung and written notes, in time order; a matched pair is one entry.
        reference: the written notes; their pitches are whole semitones.
        transposition: semitones from the written to the sung pitch.
        tuning: the singer's tuning relative to the written notes; None if no note matches.
        tempo: the singer's mean tempo, relative to the written tempo.
        clock: whether onsets are compared with the times of the written melody; if not, they are compared with the
            singer's own tempo.
        lateness: median of the deviations of onsets in seconds; None if no note matches.
        tolerance: largest deviations with which a note is still right.
    """

    notes: tuple[Compared, ...]
    reference: tuple[Note, ...]
    transposition: int
    tuning: Tuning | None
    tempo: float
    clock: bool
    lateness: float | None
    tolerance: Tolerance

    @property
    def is_plausible(self) -> bool:
        """Whether at least half of the written notes were sung with the written pitch.

        Matched notes of other pitches do not count, because most notes of a wrong melody are matched as well.
        """
        right = [note for note in self.notes if note.cents is not None and abs(note.cents) <= _PLAUSIBLE_CENTS]
        return 2 * len(right) >= len(self.reference)

    def count(self, verdict: str) -> int:
        """Return the number of notes that have the given verdict."""
        return sum(verdict in note.verdicts for note in self.notes)


def compare(sung: Sequence[SungNote], reference: Sequence[Note], tolerance: Tolerance | None = None) -> Comparison:
    """Compare sung notes with written ones.

    Args:
        sung: sung notes in time order.
        reference: the written notes in time order, not overlapping. Fractional pitches are rounded to semitones of
            their own tuning.
        tolerance: largest deviations with which a note is still right.
    """
    tolerance = tolerance or Tolerance()
    reference = _in_semitones(sung, reference, tolerance.timing)
    if not sung or not reference:
        missed = [Compared(("missed",), j, None, note.onset) for j, note in enumerate(reference)]
        extra = [Compared(("extra",), None, i, note.note.onset) for i, note in enumerate(sung)]
        return Comparison((*missed, *extra), tuple(reference), 0, None, 1.0, False, None, tolerance)
    match = _match(sung, reference, tolerance.timing, start=sung[0].cents - sung[0].own_cents)
    written = np.array([note.onset for note in reference])
    pairs = zip(match.pairs, match.deviations.tolist(), strict=True)
    notes = [_compared(pair, deviation, match, sung, written, tolerance) for pair, deviation in pairs]
    found = {i for i, _ in match.pairs}, {j for _, j in match.pairs}
    notes += [Compared(("extra",), None, i, n.note.onset) for i, n in enumerate(sung) if i not in found[0]]
    places = match.times.at(written)
    notes += [Compared(("missed",), j, None, float(places[j])) for j in range(len(written)) if j not in found[1]]
    notes.sort(key=lambda note: note.time)
    late = [note.seconds for note in notes if note.seconds is not None]
    return Comparison(
        tuple(notes),
        tuple(reference),
        match.shift,
        match.tuning,
        match.times.rate,
        match.clock,
        float(np.median(late)) if late else None,
        tolerance,
    )


def _in_semitones(sung: Sequence[SungNote], reference: Sequence[Note], timing: Timing) -> Sequence[Note]:
    """Round the pitches of the written notes to semitones of their own tuning.

    If the written notes do not show their tuning clearly, it is derived from the recording: it is the singer's tuning
    minus the deviation of the sung from the written pitches.
    """
    if has_semitones(reference):
        return reference
    numbers = semitones_by_tuning(reference)
    if numbers is None:
        own = _tuning_by_singing(sung, reference, timing)
        pitches = np.array([note.pitch for note in reference])
        numbers = np.floor(pitches - own + 0.5).astype(int).tolist()
    return with_semitones(reference, numbers)


def _tuning_by_singing(sung: Sequence[SungNote], reference: Sequence[Note], timing: Timing) -> np.ndarray:
    """Derive the tuning of the written notes from the recording, (written,) in semitones relative to A4 = 440 Hz.

    The tuning is 0 if less than half of the written notes are matched.
    """
    match = _match(sung, reference, timing) if sung else None
    if match is None or match.tuning is None or 2 * len(match.pairs) < len(reference):
        return np.zeros(len(reference))
    middles = np.array([note.middle for note in sung])
    singer = np.array([note.cents - note.own_cents for note in sung])
    places = match.times.at(np.array([note.onset for note in reference]))
    return np.interp(places, middles, singer - match.tuning.line.at(middles)) / 100


@dataclass(frozen=True, slots=True)
class _Match:
    """Matched notes, and the tuning and tempo estimated from them."""

    pairs: list[tuple[int, int]]
    shift: int
    tuning: Tuning | None
    times: TimeMap
    clock: bool
    deviations: np.ndarray  # (pairs,) semitones above the transposed written pitch


def _match(sung: Sequence[SungNote], reference: Sequence[Note], timing: Timing, start: float = 0.0) -> _Match:
    """Align the notes, and estimate tuning and tempo from the pairs, in `_ROUNDS` rounds.

    Args:
        sung: sung notes in time order; not empty.
        reference: written notes in time order; not empty.
        timing: times with which the sung onsets are compared.
        start: cents. Of the tunings that are whole semitones apart, the one nearest to ``start`` at the first note is
            chosen.
    """
    pitches = np.array([note.pitch for note in sung])
    meant = np.array([note.pitch for note in reference])
    onsets = np.array([note.note.onset for note in sung])
    written = np.array([note.onset for note in reference])
    middles = np.array([note.middle for note in sung])
    shift = transposition(pitches, meant)
    pairs = align_by_rhythm((pitches - shift, onsets), (meant, written))
    tuning, times, clock = None, same_clock(written[-1]), False
    for _ in range(_ROUNDS):
        if not pairs:
            break
        first, second = (np.array(some) for some in zip(*pairs, strict=True))
        deviations = pitches[first] - meant[second] - shift
        tuning = fit_tuning([sung[i].note for i in first], deviations)
        more = int(np.floor((tuning.line.first - start) / 100 + 0.5))
        shift += more
        tuning = fit_tuning([sung[i].note for i in first], deviations - more)
        clock = timing is Timing.CLOCK or (timing is Timing.AUTO and runs_with(written[second], onsets[first]))
        if clock:
            times = same_clock(written[-1])
        elif len(pairs) > 1:
            times = follow_tempo(written[second], onsets[first])
        away = pitches - tuning.line.at(middles) / 100 - shift
        pairs = align(Melody(away, onsets), Melody(meant, times.at(written)))
    deviations = np.array([pitches[i] - meant[j] - shift for i, j in pairs])
    return _Match(pairs, shift, tuning, times, clock, deviations)


def _compared(
    pair: tuple[int, int],
    deviation: float,
    match: _Match,
    sung: Sequence[SungNote],
    written: np.ndarray,
    tolerance: Tolerance,
) -> Compared:
    """Judge a matched note; ``deviation`` is in semitones above the transposed written pitch."""
    i, j = pair
    note = sung[i]
    own = 100 * deviation - (float(match.tuning.line.at(note.middle)) if match.tuning else 0.0)
    late = note.note.onset - float(match.times.at(written[j : j + 1])[0])
    verdicts = []
    if abs(own) > tolerance.cents:
        verdicts.append("sharp" if own > 0 else "flat")
    if abs(late) > tolerance.seconds:
        verdicts.append("late" if late > 0 else "early")
    return Compared(tuple(verdicts) or ("right",), j, i, note.note.onset, own, late)
