"""Synthetic singing whose deviations from a written melody are known."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from recipe.synthesis.voices import HOP_SECONDS, formant_voice
from singtrans import Note
from tests.helpers.sung import RATE

GLIDE = 0.05  # seconds in which the pitch moves from one note to the next


@dataclass(frozen=True)
class Deviations:
    """Deviations from a written melody.

    Attributes:
        cents: tuning of the first note relative to 440 Hz, in cents.
        drift: change of the tuning from the first to the last note, in cents.
        vibrato: rate in Hz, and extent in cents, of the vibrato of notes that are longer than 0.8 s.
        shift: transposition in semitones.
        tempo: factor of the tempo; 2 for twice as fast.
        delay: additional time before the first note, in seconds.
        late: map from indices of written notes to delays in seconds; negative for early notes.
        sharp: map from indices of written notes to deviations in cents; negative for flat notes.
        missed: indices of the written notes that are not sung.
        extra: additional sung notes.
    """

    cents: float = 0.0
    drift: float = 0.0
    vibrato: tuple[float, float] | None = None
    shift: float = 0.0
    tempo: float = 1.0
    delay: float = 0.0
    late: dict[int, float] = field(default_factory=dict)
    sharp: dict[int, float] = field(default_factory=dict)
    missed: Sequence[int] = ()
    extra: Sequence[Note] = ()


def melody(numbers: Sequence[int], lengths: Sequence[float], gap: float = 0.08, start: float = 0.4) -> tuple[Note, ...]:
    """Make notes one after the other, with gaps between them."""
    notes, time = [], start
    for number, length in zip(numbers, lengths, strict=True):
        notes.append(Note(time, time + length - gap, number))
        time += length
    return tuple(notes)


def perform(written: Sequence[Note], how: Deviations) -> tuple[tuple[Note, ...], np.ndarray]:
    """Return the sung notes, and the (samples,) of the singing at `RATE`."""
    first, last = ((n.onset + n.offset) / 2 for n in (written[0], written[-1]))
    notes = []
    for number, note in enumerate(written):
        if number in how.missed:
            continue
        progress = ((note.onset + note.offset) / 2 - first) / max(last - first, 1e-9)
        cents = how.cents + how.drift * progress + how.sharp.get(number, 0.0)
        late = how.late.get(number, 0.0)
        onset, offset = (how.delay + time / how.tempo for time in (note.onset, note.offset))
        notes.append(Note(onset + late, max(offset, onset + late + 0.15), note.pitch + how.shift + cents / 100))
    notes = sorted([*notes, *how.extra], key=lambda note: note.onset)
    notes = [
        replace(note, offset=min(note.offset, following.onset))
        for note, following in zip(notes, [*notes[1:], Note(1e6, 1e6 + 1, 60.0)], strict=True)
    ]
    curve = _curve(notes, how.vibrato)
    return tuple(notes), formant_voice(notes, curve, RATE, np.random.default_rng(7))


def _curve(notes: Sequence[Note], vibrato: tuple[float, float] | None) -> np.ndarray:
    time = np.arange(int((notes[-1].offset + 0.5) / HOP_SECONDS)) * HOP_SECONDS
    curve = np.full(len(time), np.nan)
    for number, note in enumerate(notes):
        inside = (time >= note.onset) & (time < note.offset)
        pitch = np.full(len(time), note.pitch)
        if number and note.onset - notes[number - 1].offset < 0.02:  # legato
            way = np.clip((time - note.onset) / GLIDE, 0, 1)
            pitch += (notes[number - 1].pitch - note.pitch) * (1 - way)
        if vibrato and note.duration > 0.8:
            rate, extent = vibrato
            pitch += extent / 100 * np.sin(2 * np.pi * rate * (time - note.onset))
        curve[inside] = pitch[inside]
    return curve
