"""Add scoops, falls, grace notes, shouting and nasals to synthetic notes, as changes of pitch and vowel.

These ornaments do not begin or end notes, so the labels do not change. Time is in seconds, pitch in semitones.
"""

from collections.abc import Callable, Sequence

import numpy as np

from recipe.synthesis.melody import HOP_SECONDS
from singtrans.notes import Note

NASAL = np.array([250.0, 1100.0, 2200.0, 3000.0])  # formants of n, Hz
NASAL_LEVEL = 0.4  # relative to a vowel
_TURN = 0.03  # seconds from a vowel to a nasal

Bend = Callable[[Note, np.ndarray, np.random.Generator], np.ndarray]


def long_scoop(note: Note, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Start the note 1 to 2.5 semitones too low, hold this pitch for 0.1 to 0.2 s, and then let it rise quickly."""
    depth, held, rise = rng.uniform(1.0, 2.5), rng.uniform(0.1, 0.2), rng.uniform(0.02, 0.06)
    return -depth * np.clip((note.onset + held + rise - time) / rise, 0, 1)


def fall(note: Note, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """End the note with a fall of two to five semitones in 0.1 to 0.2 s."""
    depth, length = rng.uniform(2.0, 5.0), rng.uniform(0.1, 0.2)
    return -depth * np.clip((time - note.offset + length) / length, 0, 1)


def grace_note(note: Note, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Start the note with a grace note, 0.05 to 0.1 s long and one or two semitones away."""
    step, held = rng.choice([-2.0, -1.0, 1.0, 2.0]), rng.uniform(0.05, 0.1)
    return step * np.clip((note.onset + held + 0.015 - time) / 0.015, 0, 1)


def shout(note: Note, time: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Let the pitch rise by 0.5 to 1.5 semitones and fall again without changing its mean over the note."""
    height = rng.uniform(0.5, 1.5)
    way = np.clip((time - note.onset) / note.duration, 0, 1)
    return height * (np.sin(np.pi * way) - 2 / np.pi)


def bent(f0: np.ndarray, notes: Sequence[Note], bend: Bend, rng: np.random.Generator) -> np.ndarray:
    """Bend the pitch within each note; return (frames,).

    Args:
        f0: (frames,) fractional MIDI every ``HOP_SECONDS``, NaN where unvoiced.
        notes: notes with gaps between them.
        bend: function that gives the change of pitch within a note.
        rng: source of random choices.
    """
    time, found = np.arange(len(f0)) * HOP_SECONDS, f0.copy()
    for note in notes:
        inside = (time >= note.onset) & (time < note.offset)
        found[inside] += bend(note, time[inside], rng)
    return found


def nasal_share(notes: Sequence[Note], count: int, rng: np.random.Generator) -> np.ndarray:
    """Return the share of the nasal in the sound, (count,): 0 is the vowel, 1 the nasal.

    Each note ends with a nasal of 0.12 to 0.25 s, which begins with a transition from the vowel.
    """
    time, share = np.arange(count) * HOP_SECONDS, np.zeros(count)
    for note in notes:
        start = note.offset - rng.uniform(0.12, 0.25)
        inside = (time >= start) & (time < note.offset)
        share[inside] = np.clip((time[inside] - start) / _TURN, 0, 1)
    return share
