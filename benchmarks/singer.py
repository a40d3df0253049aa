"""A synthetic voice for benchmarks: vowels of exactly known pitch, level and roughness, at 16 kHz.

This voice differs from the voices in the training data. Its vowels are from Hillenbrand et al., "Acoustic
characteristics of American English vowels", JASA 97 (1995), and are made by parallel resonators (Klatt, "Software for a
cascade/parallel formant synthesizer", JASA 67, 1980). The training data have other vowels, which are made by a cascade
of resonators. Without a vowel, the sound is a plain tone, as in the training data. Pitch is a fractional MIDI number,
time is in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from recipe.synthesis.melody import HOP_SECONDS, phrases, smooth_noise
from singtrans.notes import Note
from singtrans.pitch import midi_to_hz

RATE = 16_000
STEP = round(HOP_SECONDS * RATE)  # samples between the frames of a curve
HIGHEST = 7600.0  # Hz; higher harmonics are left out
# Formants of i, E, ae, a, o, u in Hz: means of men, rounded.
VOWELS = np.array(
    [
        [340, 2320, 3000, 3660],
        [580, 1800, 2610, 3680],
        [590, 1950, 2600, 3620],
        [770, 1330, 2520, 3690],
        [500, 910, 2460, 3380],
        [380, 1000, 2340, 3360],
    ],
    float,
)
BANDWIDTHS = np.array([70.0, 90.0, 150.0, 220.0])  # Hz
STRENGTHS = np.array([1.0, 0.6, 0.3, 0.15])  # amplitudes of the formants' peaks
PEAK = 0.7


@dataclass(frozen=True, slots=True)
class Timbre:
    """Timbre of a voice.

    Attributes:
        throat: factor of the formants: 1 for a man, about 1.17 for a woman, 0 for a plain tone without vowels.
        tilt: slope of the spectrum; before the formants are applied, harmonic ``h`` has the amplitude ``h ** -tilt``.
        harmonics: largest number of harmonics.
        breath: level of the breath noise relative to the voice, dB.
        jitter: standard deviation of the lengths of periods, relative to their mean.
        shimmer: standard deviation of the amplitudes of periods, relative to their mean.
        damping: decay within each period in nepers; large for creak.
    """

    throat: float = 1.0
    tilt: float = 1.0
    harmonics: int = 200
    breath: float = -45.0
    jitter: float = 0.003
    shimmer: float = 0.02
    damping: float = 0.0


def sing(f0: np.ndarray, level: np.ndarray, vowels: np.ndarray, timbre: Timbre, rng: np.random.Generator) -> np.ndarray:
    """Sing a pitch curve.

    Args:
        f0: (frames,) fractional MIDI every ``HOP_SECONDS``, NaN where unvoiced.
        level: (frames,) linear gain.
        vowels: (frames, 4) formants in Hz for a man's throat.
        timbre: timbre of the voice.
        rng: source of the breath noise and the irregularities.

    Returns:
        (samples,) float32, ``len(f0) * STEP`` long, peak 0.7.

    Raises:
        ValueError: if no frame is voiced.
    """
    voiced = np.isfinite(f0)
    if not voiced.any():
        raise ValueError("nothing to sing: no frame of f0 is voiced")
    frames = np.arange(len(f0))
    hertz = midi_to_hz(np.interp(frames, frames[voiced], f0[voiced]))
    level = level * voiced
    phase, loudness = _periods(_fine(hertz), timbre, rng)
    turn = np.exp(1j * phase).astype(np.complex64)
    harmonic, song = np.ones_like(turn), np.zeros(len(turn))
    for number in range(1, min(timbre.harmonics, int(HIGHEST / hertz.min())) + 1):
        harmonic *= turn
        partial = number * hertz
        strength = number**-timbre.tilt * _gain(partial, vowels, timbre.throat) * level * (partial < HIGHEST)
        song += _fine(strength) * harmonic.imag
    song *= loudness
    breath = np.diff(rng.standard_normal(len(song) + 1)) * _fine(level)  # breath noise rises with frequency
    song += breath * 10 ** (timbre.breath / 20) * np.sqrt(np.mean(song**2) / np.mean(breath**2))
    return (song * (PEAK / np.abs(song).max())).astype(np.float32)


def vowel_curve(notes: Sequence[Note], kinds: Sequence[int], count: int) -> np.ndarray:
    """Make a curve of formants, (count, 4) in Hz, with one vowel per note and transitions of 60 ms."""
    margins = [min(0.03, note.duration / 4) for note in notes]
    edges = [(n.onset + margin, n.offset - margin) for n, margin in zip(notes, margins, strict=True)]
    at, targets = np.ravel(edges) / HOP_SECONDS, VOWELS[np.repeat(kinds, 2)]
    return np.stack([np.interp(np.arange(count), at, formant) for formant in targets.T], axis=1)


def level_curve(
    notes: Sequence[Note], count: int, rng: np.random.Generator, dip_db: tuple[float, float] = (0.0, 0.0)
) -> np.ndarray:
    """Make the level curve of notes; the level falls to silence only between notes that do not touch.

    Args:
        notes: notes in time order, not overlapping.
        count: number of frames.
        rng: source of random choices.
        dip_db: range in dB of the depth of the dip where two notes touch; a dip is about 80 ms wide.

    Returns:
        (count,) linear gain every ``HOP_SECONDS``.
    """
    time, level = np.arange(count) * HOP_SECONDS, np.zeros(count)
    for phrase in phrases(notes):
        onset, offset = phrase[0].onset, phrase[-1].offset
        rise, fall = (min(rng.uniform(*edge), (offset - onset) / 3) for edge in ((0.02, 0.05), (0.03, 0.09)))
        shape = np.clip(np.minimum((time - onset) / rise, (offset - time) / fall), 0, 1)
        for note in phrase[1:]:
            shape *= 10 ** (-rng.uniform(*dip_db) / 20 * np.exp(-(((time - note.onset) / 0.03) ** 2)))
        level = np.maximum(level, shape * rng.uniform(0.6, 1.0))
    return level * 10 ** (1.0 / 20 * smooth_noise(count, 0.6 / HOP_SECONDS, rng))  # slow variation of a decibel


def _fine(curve: np.ndarray) -> np.ndarray:
    """Interpolate (frames,) linearly to (frames * STEP,) samples."""
    nearer = np.arange(STEP) / STEP
    following = np.append(curve[1:], curve[-1])
    return (curve[:, None] * (1 - nearer) + following[:, None] * nearer).ravel()


def _periods(hertz: np.ndarray, timbre: Timbre, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Compute phase in radians and gain, both (samples,), of a voice with irregular periods."""
    number = np.floor(np.cumsum(hertz) / RATE).astype(int)
    uneven = 1 + np.clip(timbre.jitter * rng.standard_normal(number[-1] + 1), -0.3, 0.3)
    cycles = np.cumsum(hertz * uneven[number]) / RATE
    number = np.floor(cycles).astype(int)
    loud = 1 + np.clip(timbre.shimmer * rng.standard_normal(number[-1] + 1), -0.8, 0.8)
    # Every harmonic is 0 at the start of a period, so that a step in level causes no click.
    return 2 * np.pi * cycles, loud[number] * np.exp(-timbre.damping * (cycles - number))


def _gain(hertz: np.ndarray, vowels: np.ndarray, throat: float) -> np.ndarray:
    """Compute the (frames,) gain of the resonators at ``hertz`` (frames,); it is 1 if ``throat`` is 0."""
    if throat == 0.0:
        return np.ones(len(hertz))
    away = (hertz[:, None] - throat * vowels) / (0.5 * BANDWIDTHS)
    return (STRENGTHS / np.sqrt(1 + away**2)).sum(axis=1)
