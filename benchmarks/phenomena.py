"""Short synthetic melodies with exactly known notes, each for one phenomenon of singing.

They are not in the training data: their seeds are checksums of names instead of small numbers, and they are sung by a
different voice (`singer`). The model of pitch movement between notes (`f0_curve`) is shared with the training data.
Pitch is a fractional MIDI number, time is in seconds.
"""

import zlib
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
import scipy.signal

from benchmarks.ornament_curves import (
    NASAL,
    NASAL_LEVEL,
    Bend,
    bent,
    fall,
    grace_note,
    long_scoop,
    nasal_share,
    shout,
)
from benchmarks.singer import RATE, STEP, VOWELS, Timbre, level_curve, sing, vowel_curve
from recipe.synthesis.melody import HOP_SECONDS, SingingStyle, f0_curve
from singtrans.notes import Note
from singtrans.training.augment import add_at_snr

SCALES = ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10))
TAIL = 0.4  # seconds after the last note
STEADY = SingingStyle(vibrato_share=0.0, scoop_share=0.0, drift=0.06, fluctuation=0.05)
LIVELY = replace(STEADY, vibrato_share=0.4, vibrato_extent=(0.2, 0.6), glide=(0.06, 0.16), overshoot=0.25)
Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Register:
    """A vocal range: lowest and highest MIDI number, and the throat (see `Timbre`)."""

    low: float
    high: float
    throat: float


MAN, WOMAN = Register(45, 62, 1.0), Register(57, 74, 1.17)
CHILD, BASS = Register(70, 84, 1.35), Register(36, 50, 0.92)


@dataclass(frozen=True, slots=True)
class Phenomenon:
    """A phenomenon of singing, as parameters of melodies that consist of groups of notes.

    A pair is a range from which a value is drawn.

    Attributes:
        length: length of a note in seconds.
        group: number of notes in a group.
        gap: gap in seconds between the notes of a group; 0 for slurred notes.
        rest: rest in seconds between groups.
        leap: largest step between notes of a group, in scale steps; 0 repeats the note.
        dip: depth in dB of the dip in level where two notes touch.
        style: movement of the pitch.
        registers: vocal ranges, which the melodies use in turn.
        timbre: timbre of the voice, except for the throat, which depends on the register.
        one_vowel: whether a group is sung on one vowel.
        consonants: whether gaps contain voiceless bursts.
        inhaled: whether rests contain audible breaths.
        level: peak of the recording in dB.
        snr: signal-to-noise ratio in dB, with white noise.
        seconds: length of a melody.
        bend: function that bends the pitch of each note; None for no bends.
        nasal: whether notes end with a nasal.
    """

    length: Span = (0.25, 0.8)
    group: tuple[int, int] = (4, 8)
    gap: Span = (0.0, 0.0)
    rest: Span = (0.25, 0.6)
    leap: int = 4
    dip: Span = (0.0, 0.0)
    style: SingingStyle = STEADY
    registers: tuple[Register, ...] = (MAN, WOMAN)
    timbre: Timbre = field(default_factory=Timbre)
    one_vowel: bool = True
    consonants: bool = False
    inhaled: bool = False
    level: float = -3.0
    snr: float = 35.0
    seconds: float = 8.0
    bend: Bend | None = None
    nasal: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Melody:
    """A recording, (samples,) float32 at 16 kHz, and its notes."""

    samples: np.ndarray
    notes: tuple[Note, ...]


_SEPARATE = Phenomenon(group=(1, 1), rest=(0.06, 0.2), one_vowel=False)
PHENOMENA = {
    "legato": Phenomenon(style=LIVELY),
    "melisma": Phenomenon(length=(0.1, 0.2), group=(5, 10), leap=2),
    "repeated, consonant between": Phenomenon(
        length=(0.2, 0.5), group=(3, 6), gap=(0.03, 0.09), leap=0, consonants=True
    ),
    "repeated, dip on one vowel": Phenomenon(length=(0.25, 0.6), group=(3, 6), leap=0, dip=(4.0, 12.0)),
    "slides": Phenomenon(length=(0.5, 1.0), style=replace(STEADY, glide=(0.2, 0.35))),
    "wide vibrato": replace(
        _SEPARATE,
        length=(0.7, 1.5),
        style=replace(STEADY, vibrato_share=1.0, vibrato_extent=(0.7, 1.0)),
    ),
    "scoops": replace(_SEPARATE, length=(0.4, 1.0), style=replace(STEADY, scoop=3.0, scoop_share=1.0)),
    "long scoops": replace(_SEPARATE, length=(0.45, 1.0), bend=long_scoop),
    "falls": replace(_SEPARATE, length=(0.45, 1.0), rest=(0.1, 0.3), bend=fall),
    "grace notes": replace(_SEPARATE, length=(0.4, 1.0), bend=grace_note),
    "nasal endings": replace(_SEPARATE, length=(0.4, 0.8), nasal=True),
    "shouting": replace(
        _SEPARATE, length=(0.3, 0.8), bend=shout, timbre=Timbre(tilt=0.5, shimmer=0.08, jitter=0.008, breath=-30.0)
    ),
    "breath": replace(_SEPARATE, rest=(0.3, 0.6), timbre=Timbre(breath=-16.0, tilt=1.3), inhaled=True),
    "humming": Phenomenon(group=(1, 4), rest=(0.06, 0.2), timbre=Timbre(tilt=2.2, harmonics=5)),
    "falsetto": Phenomenon(
        group=(1, 4),
        rest=(0.1, 0.3),
        registers=(Register(64, 77, 1.05), Register(69, 82, 1.17)),
        timbre=Timbre(tilt=2.6, breath=-18.0),
    ),
    "creak": replace(
        _SEPARATE,
        registers=(Register(36, 48, 1.0), Register(40, 52, 1.1)),
        timbre=Timbre(tilt=0.7, jitter=0.03, shimmer=0.3, damping=2.0, breath=-30.0),
    ),
    "children's range": Phenomenon(group=(1, 4), rest=(0.06, 0.3), registers=(CHILD,), one_vowel=False),
    "bass range": Phenomenon(group=(1, 4), rest=(0.06, 0.3), registers=(BASS,), one_vowel=False),
    "staccato": replace(_SEPARATE, length=(0.08, 0.15), rest=(0.1, 0.25)),
    "long notes": replace(
        _SEPARATE, length=(4.5, 5.0), rest=(0.4, 0.6), style=replace(STEADY, drift=0.12), seconds=11.5
    ),
    "quiet": Phenomenon(
        group=(1, 4), rest=(0.1, 0.3), timbre=Timbre(tilt=1.5, breath=-25.0), one_vowel=False, level=-46.0, snr=15.0
    ),
}


def seed_of(*names: object) -> int:
    """Derive a reproducible seed from a name."""
    return zlib.crc32(" ".join(map(str, ("measures", *names))).encode())


def make(name: str, number: int) -> Melody:
    """Make one melody of a phenomenon in `PHENOMENA`."""
    what, rng = PHENOMENA[name], np.random.default_rng(seed_of(name, number))
    register = what.registers[number % len(what.registers)]
    groups = draw_groups(what, register, rng)
    notes = tuple(note for group in groups for note in group)
    kinds = [k for group in groups for k in draw_vowels(len(group), what.one_vowel, rng)]
    f0 = f0_curve(notes, HOP_SECONDS, rng, what.style)
    f0 = np.append(f0, np.full(round(TAIL / HOP_SECONDS), np.nan))
    level = level_curve(notes, len(f0), rng, what.dip)
    vowels = vowel_curve(notes, kinds, len(f0))
    if what.bend is not None:
        f0 = bent(f0, notes, what.bend, rng)
    if what.nasal:
        share = nasal_share(notes, len(f0), rng)
        level *= 1 - (1 - NASAL_LEVEL) * share
        vowels += share[:, None] * (NASAL - vowels)
    timbre = replace(what.timbre, throat=register.throat * float(np.exp(rng.normal(0, 0.04))))
    samples = sing(f0, level, vowels, timbre, rng)
    if what.consonants or what.inhaled:
        samples = samples + unvoiced(notes, len(f0), what.inhaled, rng)
    samples = add_at_snr(samples, rng.standard_normal(len(samples)).astype(np.float32), what.snr)
    samples = samples * 10 ** (what.level / 20) / np.abs(samples).max()
    return Melody((np.round(samples * 32767) / 32768).astype(np.float32), notes)  # as in a file of 16 bits


def draw_groups(what: Phenomenon, register: Register, rng: np.random.Generator) -> list[list[Note]]:
    """Draw groups of notes, in time order, whose pitches are a random walk over a scale in a register."""
    steps = np.arange(np.ceil(register.low), np.floor(register.high) + 1)
    scale = steps[np.isin((steps - rng.integers(12)) % 12, SCALES[rng.integers(2)])]
    tuning = rng.uniform(-0.4, 0.4)
    time, index, groups = rng.uniform(0.3, 0.5), int(rng.integers(len(scale))), []
    while True:
        group: list[Note] = []
        index = step_from(index, len(scale), 4, rng)
        for number in range(rng.integers(what.group[0], what.group[1] + 1)):
            if number:
                time += rng.uniform(*what.gap)
                index = step_from(index, len(scale), what.leap, rng)
            end = time + rng.uniform(*what.length)
            if end > what.seconds:
                return [*groups, group] if group else groups
            group.append(Note(time, end, float(scale[index] + tuning + rng.normal(0, 0.1))))
            time = end
        groups.append(group)
        time += rng.uniform(*what.rest)


def draw_vowels(count: int, one: bool, rng: np.random.Generator) -> list[int]:
    """Draw the indices in `VOWELS` for the notes of a group: one for all, or one for each."""
    return np.resize(rng.integers(len(VOWELS), size=1 if one else count), count).tolist()


def step_from(index: int, count: int, leap: int, rng: np.random.Generator) -> int:
    """Draw another index below ``count``, at most ``leap`` away from ``index``; return ``index`` if ``leap`` is 0."""
    others = [p for p in range(max(0, index - leap), min(count, index + leap + 1)) if p != index]
    return int(rng.choice(others)) if others else index


def unvoiced(notes: tuple[Note, ...], count: int, inhaled: bool, rng: np.random.Generator) -> np.ndarray:
    """Make noise, (samples,), in the gaps before notes: short consonants, or breaths that nearly fill the gaps."""
    hiss = np.zeros(count * STEP, np.float32)
    band = (800, 3500) if inhaled else (2500, 7000)  # Hz
    filtered = scipy.signal.sosfilt(
        scipy.signal.butter(2, band, "bandpass", fs=RATE, output="sos"), rng.standard_normal(len(hiss))
    )
    filtered /= filtered.std()
    for before, note in pairwise(notes):
        room = note.onset - before.offset
        if room < 0.03 or (not inhaled and room > 0.2):
            continue
        length = 0.8 * room if inhaled else min(0.9 * room, rng.uniform(0.03, 0.08))
        last = round((note.onset - (0.1 * room if inhaled else 0.0)) * RATE)
        first = last - round(length * RATE)
        loud = 10 ** (rng.uniform(-32, -22) / 20) if inhaled else 10 ** (rng.uniform(-32, -20) / 20)
        hiss[first:last] += loud * filtered[first:last] * np.hanning(last - first) ** 0.5
    return hiss
