"""Intonation of the notes of a song: tuning, drift, steadiness and vibrato."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from singtrans.analysis.curves import Curve, Line, robust_line, steady_curve, weighted_median
from singtrans.analysis.vibrato import Vibrato, find_vibrato
from singtrans.melody.tuning import choose_tuning
from singtrans.notes import Note, PitchTrack

HELD = 0.5
"""Least length in seconds of the steady part of a note that counts as held."""

LONGEST_WEIGHT = 1.0
"""Largest weight of a note in means over notes, in seconds."""

_SMOOTH = 0.2  # seconds over which a curve without vibrato is smoothed


@dataclass(frozen=True, slots=True)
class SungNote:
    """Measured pitch of a note.

    Attributes:
        note: the note, as it was transcribed or corrected.
        pitch: mean pitch of the note's steady part, fractional MIDI.
        number: nearest semitone in the singer's tuning, as a MIDI number.
        own_cents: deviation from that semitone in the singer's tuning, in cents.
        wander: standard deviation in cents of the smoothed pitch in the steady part; None if the note is not held.
        slide: change of pitch in cents from the start to the end of the steady part; None if the note is not held.
        vibrato: vibrato of the note; None if the note has none, or is not held.
    """

    note: Note
    pitch: float
    number: int
    own_cents: float
    wander: float | None = None
    slide: float | None = None
    vibrato: Vibrato | None = None

    @property
    def cents(self) -> float:
        """Deviation from the semitone ``number`` in cents, with A4 at 440 Hz."""
        return 100 * (self.pitch - self.number)

    @property
    def middle(self) -> float:
        """The middle of the note, in seconds."""
        return (self.note.onset + self.note.offset) / 2


@dataclass(frozen=True, slots=True)
class Tuning:
    """The singer's tuning over a song: a robust line through the deviations of the notes from their semitones.

    Attributes:
        line: tuning in cents relative to A4 = 440 Hz, over time in seconds.
    """

    line: Line

    @property
    def mean(self) -> float:
        """Tuning halfway between the first and the last note, in cents relative to A4 = 440 Hz."""
        return self.line.mean

    @property
    def drift(self) -> float:
        """Cents by which the tuning rises from the first to the last note; negative if it falls."""
        return self.line.change


def sung_notes(notes: Sequence[Note], track: PitchTrack) -> tuple[tuple[SungNote, ...], Tuning | None]:
    """Measure each note, and the tuning of the song.

    Args:
        notes: notes in time order.
        track: pitch track of the recording; if it is empty, the pitches of ``notes`` are used.

    Returns:
        The measured notes, and the tuning, which is None if there are no notes.
    """
    if not notes:
        return (), None
    curves = [steady_curve(track, note) if len(track) else None for note in notes]
    pitches = np.array([n.pitch if c is None else c.mean for n, c in zip(notes, curves, strict=True)])
    middles = np.array([(note.onset + note.offset) / 2 for note in notes])
    nearest = np.floor(pitches - choose_tuning(notes).at(middles) + 0.5)
    tuning = fit_tuning(notes, pitches - nearest)
    # Repeat this with the line, which is smoother than the first estimate.
    nearest = np.floor(pitches - tuning.line.at(middles) / 100 + 0.5)
    tuning = fit_tuning(notes, pitches - nearest)
    measured = zip(notes, pitches.tolist(), nearest.tolist(), curves, strict=True)
    sung = [SungNote(note, pitch, int(number), 0.0, *_held(curve)) for note, pitch, number, curve in measured]
    return in_tuning(sung, tuning), tuning


def in_tuning(notes: Sequence[SungNote], tuning: Tuning) -> tuple[SungNote, ...]:
    """Return the notes with the nearest semitones in a tuning, and with the deviations from these semitones."""
    found = []
    for note in notes:
        own = note.pitch - float(tuning.line.at(note.middle)) / 100
        number = math.floor(own + 0.5)
        found.append(replace(note, number=number, own_cents=100 * (own - number)))
    return tuple(found)


def fit_tuning(notes: Sequence[Note], deviations: np.ndarray) -> Tuning:
    """Fit the line of the tuning to the deviations of notes.

    Args:
        notes: notes in time order; not empty.
        deviations: (notes,) semitones above the intended pitch, with A4 at 440 Hz.
    """
    weights = np.array([min(note.duration, LONGEST_WEIGHT) for note in notes])
    middles = np.array([(note.onset + note.offset) / 2 for note in notes])
    return Tuning(robust_line(middles, 100 * deviations, weights))


def _held(curve: Curve | None) -> tuple[float | None, float | None, Vibrato | None]:
    """Measure the wander, slide and vibrato of a note; all are None if the note is not held."""
    if curve is None or curve.seconds < HELD - 1e-6:
        return None, None, None
    vibrato = find_vibrato(curve)
    hop = curve.seconds / (len(curve.time) - 1)
    # Over a whole cycle, a vibrato has no effect on the mean.
    frames = max(1, round((1 / vibrato.rate if vibrato else _SMOOTH) / hop))
    smooth = np.convolve(curve.midi, np.full(frames, 1 / frames), "valid")
    slope = np.polyfit(np.arange(len(smooth)), smooth, 1)[0] if len(smooth) > 1 else 0.0
    return 100 * float(smooth.std()), 100 * float(slope) * (len(curve.midi) - 1), vibrato


def typical(values: Sequence[float], notes: Sequence[SungNote]) -> float | None:
    """Return the median of ``values``, weighted by the lengths of the notes; None if there are no values."""
    if not values:
        return None
    return weighted_median(np.array(values), np.array([n.note.duration for n in notes]))
