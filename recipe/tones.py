"""Make training data of plain tones: melodies of sines, or of a few harmonics, with exactly known pitch.

    python -m recipe.tones OUT [MELODIES] [--seed SEED]

Low singing has many harmonics. To find the pitch of low tones with only one or a few harmonics, a model must also be
trained on many such tones. With only the few tones of `recipe.resung_melodies`, the pitch of low sines was wrong by up
to a semitone. The tones have glides, vibrato and drift, like singing. OUT receives recordings, their pitch and a
``manifest.csv``, all for training. The tones are not singing, so they have no labels of notes.
"""

import argparse
import multiprocessing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from recipe.song_files import RATE, Song, write_song
from recipe.synthesis.melody import HOP_SECONDS, SingingStyle, draw_attacks, draw_level, f0_curve, random_melody
from singtrans.dataset.manifest import Entry, write_manifest
from singtrans.pitch import midi_to_hz

SEED = 61
SECONDS = 20.0  # of a melody
LOWEST, HIGHEST = 33.0, 86.0  # lowest pitch of the front end, and a pitch above that of sopranos
SPAN = (7.0, 16.0)  # range of a melody in semitones
LOW_SHARE = 0.5  # share of the melodies with a lowest pitch below LOW, where the number of harmonics matters most
LOW = 50.0
SINES_SHARE = 0.5  # share of the melodies; the others have two to eight harmonics
MOST_HARMONICS = 8
TILT = (0.5, 3.0)  # harmonic h has the amplitude h ** -tilt with a random deviation
UNEVEN = 4.0  # standard deviation of that in dB
NOISE = (-70.0, -30.0)  # dB relative to the tone
VOICED = 0.03  # linear gain above which a tone is audible
STYLE = SingingStyle(vibrato_share=0.4, scoop_share=0.2, reattack_share=0.2)


@dataclass(frozen=True, slots=True, eq=False)
class Colour:
    """Timbre of the tones of a melody.

    Attributes:
        amplitudes: (harmonics,) amplitude of each harmonic.
        noise: level of the noise in dB relative to the tone.
    """

    amplitudes: np.ndarray
    noise: float


def draw_colour(rng: np.random.Generator) -> Colour:
    """Draw the timbre: a sine, or a few harmonics of random strength."""
    count = 1 if rng.random() < SINES_SHARE else int(rng.integers(2, MOST_HARMONICS + 1))
    number = np.arange(1, count + 1)
    amplitudes = number ** -rng.uniform(*TILT) * 10 ** (rng.normal(0, UNEVEN, count) / 20)
    return Colour(amplitudes, rng.uniform(*NOISE))


def sound(f0: np.ndarray, level: np.ndarray, colour: Colour, rng: np.random.Generator) -> np.ndarray:
    """Synthesise a pitch curve.

    Args:
        f0: (frames,) fractional MIDI every `HOP_SECONDS`, NaN where silent.
        level: (frames,) linear gain.
        colour: timbre of the tones.
        rng: random generator of phases and noise.

    Returns:
        (frames * step,) samples at `RATE`, peak 0.7.

    Raises:
        ValueError: if no frame has a pitch.
    """
    step = round(HOP_SECONDS * RATE)
    frames, heard = np.arange(len(f0)), np.isfinite(f0)
    if not (heard & (level > 0)).any():
        raise ValueError("nothing to play: no frame of f0 sounds")
    at = np.arange(len(f0) * step) / step
    hertz = midi_to_hz(np.interp(at, frames[heard], f0[heard]))
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    turn = np.exp(1j * phase)
    wave, tone = np.ones_like(turn), np.zeros(len(at))
    for number, amplitude in enumerate(colour.amplitudes, 1):
        inside = number * hertz < RATE / 2
        wave *= turn  # this takes less time than the sine of each harmonic
        tone += amplitude * inside * (wave * np.exp(1j * rng.uniform(0, 2 * np.pi))).imag
    tone *= np.interp(at, frames, np.where(heard, level, 0.0))
    noise = rng.standard_normal(len(tone)) * 10 ** (colour.noise / 20) * np.sqrt(np.mean(tone**2))
    tone += noise
    return (tone * (0.7 / np.abs(tone).max())).astype(np.float32)


def song(seed: int, number: int) -> Song:
    """Make one melody of the data set.

    Args:
        seed: random seed of the data set.
        number: number of the melody; each number gives a different melody.
    """
    rng = np.random.default_rng([seed, number])
    span = rng.uniform(*SPAN)
    low = rng.uniform(LOWEST + 0.5, LOW) if rng.random() < LOW_SHARE else rng.uniform(LOW, HIGHEST - span)
    notes = random_melody(rng, SECONDS, low, low + span)
    f0 = f0_curve(notes, HOP_SECONDS, rng, STYLE)
    level = draw_level(notes, draw_attacks(notes, rng, STYLE), len(f0), rng, STYLE)
    samples = sound(f0, level, draw_colour(rng), rng)
    return Song(samples, notes, np.where(level > VOICED, f0, np.nan))


def make(task: tuple[Path, int, int]) -> Entry:
    """Write the files of a melody."""
    out, seed, number = task
    name = f"plain-{number:03}" + (f"-{seed}" if seed != SEED else "")
    return replace(write_song(out, name, replace(song(seed, number), notes=())), source="tones")


def main() -> None:
    """Make the data set."""
    parser = argparse.ArgumentParser(description="Make training data of plain tones.")
    parser.add_argument("out", type=Path)
    parser.add_argument("melodies", type=int, nargs="?", default=90)
    parser.add_argument("--seed", type=int, default=SEED, help="random seed of the melodies (default: %(default)s)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    tasks = [(options.out, options.seed, number) for number in range(options.melodies)]
    with multiprocessing.Pool() as pool:
        entries = pool.map(make, tasks, chunksize=1)
    write_manifest(options.out / "manifest.csv", entries)


if __name__ == "__main__":
    main()
