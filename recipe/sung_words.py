"""Make training data of sung words: new melodies on random syllables, with voices of several synthesisers.

    python -m recipe.sung_words OUT [MELODIES]
    python -m recipe.sung_words OUT [MELODIES] --flite
    python -m recipe.sung_words OUT [MELODIES] --soft
    python -m recipe.sung_words OUT [MELODIES] --phone
    python -m recipe.sung_words OUT [MELODIES] --festival
    python -m recipe.sung_words OUT [MELODIES] --pico
    python -m recipe.sung_words OUT [MELODIES] --far

- The default uses espeak-ng's voices in four languages (English in two accents).
- ``--flite`` uses four English voices of flite, which were trained on recordings.
- ``--soft`` makes the most difficult kind: many repeated notes, most of which begin with a vowel or a sonorant.
- ``--phone`` makes recordings of one child with a telephone in a room, as an example for fine-tuning
  (docs/training.md).
- ``--festival`` uses eleven voices of Festival, which joins recorded units, in Italian, Czech, English, Hindi and
  Finnish.
- ``--pico`` uses six female voices of SVOX Pico.
- ``--far`` uses espeak-ng's voices in further languages.

In the last three kinds, half of the vowels change while they are sung. ``--seed`` gives other melodies of the same
kind. The recordings are made by the code of ``sample_audio``, but with other voices, melodies and words. OUT receives
recordings, notes and a ``manifest.csv``, all for training. Each kind needs a synthesiser: espeak-ng, flite or festival
on the path (with Debian's festvox-italp16k, -itapc16k, -czech-dita, -czech-krb, -czech-machac, -czech-ph, -kallpc16k,
-kdlpc16k, -hi-nsk, -suopuhe-lj and -suopuhe-mv), or PyPI's ttspico.
"""

import argparse
import importlib.util
import multiprocessing
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import soxr

from recipe.song_files import RATE, Song, write_song
from recipe.sung_word_voices import (
    ALL_LANGUAGES,
    FAR,
    FAR_LANGUAGES,
    FESTIVAL,
    FLITE,
    LANGUAGES,
    OWN_VOICES,
    PICO,
    SPEAK,
    VOICES,
    missing,
)
from recipe.synthesis.voices import SingingStyle, VoiceFrames
from singtrans.dataset.manifest import Entry, write_manifest

SEED = 11
WEIGHT = 0.25
SECONDS = 20.0  # of a melody
SHORTEST = 0.25  # least length of a syllable in seconds
LEAST_SUNG = 0.07  # least length in seconds of a note after slow consonants
TRIES = 4
SONORANTS = frozenset(["l", "m", "n", "r", "R", "j", "w", "v"])
SOFTLY = 0.35, 0.5  # shares of the syllables in soft words that begin with a vowel, and with a sonorant
GLIDED = 0.7  # share of the syllables with an initial vowel into which the previous vowel glides, without an attack
CHANGING = 0.5  # share of the syllables of the newer kinds whose vowel changes


def recipe() -> ModuleType:
    """Import the program that made the samples."""
    path = Path(__file__).parent.parent / "sample_audio" / "make.py"
    spec = importlib.util.spec_from_file_location("make_samples", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_samples"] = module
    spec.loader.exec_module(module)
    return module


def score(rng: np.random.Generator, language: str, limits: tuple[int, int], beat: float, *, soft: bool = False) -> str:
    """Write a melody on random syllables for `make.Song`: phrases of 3 to 9 syllables, separated by rests."""
    sounds = ALL_LANGUAGES[language]
    onsets, vowels, codas = sounds.onsets.split(), sounds.vowels.split(), sounds.codas.split()
    low = int(rng.integers(limits[0], limits[1] - 11))
    mode = rng.choice([(0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)])
    scale = [p for p in range(low, low + 13) if (p - low) % 12 in mode]
    closed, slurred, repeated = rng.uniform(0, 0.5), rng.uniform(0, 0.35), rng.uniform(0.05, 0.35)
    if soft:
        closed, slurred, repeated = closed / 3, slurred / 3, rng.uniform(0.3, 0.7)
    sonorants = [onset for onset in onsets if onset in SONORANTS]
    place, time, tokens = int(rng.integers(len(scale))), 0.0, []

    def next_pitch(leap: int) -> int:
        nonlocal place
        place = int(np.clip(place + rng.choice([s for s in range(-leap, leap + 1) if s]), 0, len(scale) - 1))
        return scale[place]

    while time * beat < SECONDS - 2.0:
        for _ in range(rng.integers(3, 10)):
            bare = SOFTLY[0] if soft else 0.08
            onset = "" if rng.random() < bare else rng.choice(onsets)
            if soft and onset and rng.random() < SOFTLY[1] / (1 - bare):
                onset = rng.choice(sonorants)
            coda = rng.choice(codas) if rng.random() < closed else ""
            lengths = [max(float(rng.choice([0.5, 1.0, 1.0, 1.0, 1.5, 2.0])), round(SHORTEST / beat, 2))]
            if rng.random() < slurred:
                lengths += [float(rng.choice([0.5, 1.0])) for _ in range(rng.integers(1, 3))]
                lengths[-1] = max(lengths[-1], round(SHORTEST / beat, 2))  # the next consonants shorten it
            pitches = [
                scale[place] if rng.random() < repeated else next_pitch(4),
                *(next_pitch(2) for _ in lengths[1:]),
            ]
            notes = ",".join(f"{p}/{n:g}" for p, n in zip(pitches, lengths, strict=True))
            tokens += [f"{onset}'{rng.choice(vowels)}{coda}", notes]
            time += sum(lengths)
        rest = float(rng.uniform(0.2, 1.5))
        tokens += ["-", f"{rest:.2f}"]
        time += rest
    return " ".join(tokens)


PHONE, SOFT = "phone", "soft"
FIRST = {PHONE: 1000, FLITE: 2000, SOFT: 3000, FESTIVAL: 4000, PICO: 5000, FAR: 6000, "": 0}
"""Map from kinds of recordings to the number of the first recording. Seeds are derived from these numbers."""

CHILD = "en-gb", "f4", (57, 76), 1.12
"""Language, variant, range and formant factor of the telephone voice, which is not used for training."""


def let_vowels_glide(make: ModuleType, rng: np.random.Generator) -> None:
    """Patch ``make`` so that most syllables with an initial vowel have no attack."""
    speak, divide, spoken = make.speak, make.divide, []

    def remembered(phonemes: str, voice: str) -> VoiceFrames:
        spoken[:] = [phonemes]
        return speak(phonemes, voice)

    def divided(frames: VoiceFrames, closed: bool) -> object:
        parts = divide(frames, closed)
        gliding = spoken[0].startswith("'") and rng.random() < GLIDED
        return replace(parts, first=parts.vowel, voiced=parts.vowel) if gliding else parts

    make.speak, make.divide = remembered, divided


def let_vowels_change(make: ModuleType, rng: np.random.Generator) -> None:
    """Patch ``make`` so that many vowels change slowly from start to end.

    A diphthong is usually one note: the change between its parts does not start a new note. A final n, m or l may be
    stretched with the vowel, and does not start a new note, either.
    """

    def held(parts: object) -> tuple[int, int]:
        if rng.random() > CHANGING:
            return parts.hold, parts.hold
        first = round(rng.uniform(parts.vowel, parts.hold))
        return first, max(first, round(parts.vowel + rng.uniform(0.5, 0.95) * (parts.unvoiced - parts.vowel)))

    make.hold = held


def one(task: tuple[int, Path, str, int]) -> Entry | None:
    """Make one recording; return None if the melody cannot be sung."""
    number, out, kind, seed = task
    make, rng, phone = recipe(), np.random.default_rng([seed, number]), kind == PHONE
    if kind in OWN_VOICES:
        variant = rng.choice(list(OWN_VOICES[kind]))
        language, limits = OWN_VOICES[kind][variant]
        make.speak = SPEAK[kind]
    else:
        language, variant = rng.choice(list(FAR_LANGUAGES if kind == FAR else LANGUAGES)), rng.choice(list(VOICES))
        limits = VOICES[variant]
    if kind in (FESTIVAL, PICO, FAR):
        let_vowels_change(make, np.random.default_rng([seed, number, 2]))
    if kind == SOFT:
        let_vowels_glide(make, np.random.default_rng([seed, number, 1]))
    spoken = rng.random() < 0.3  # similar to speech: fast, with many glides and no vibrato
    beat = rng.uniform(0.2, 0.35) if spoken else rng.uniform(0.3, 0.65)
    style = (
        SingingStyle(vibrato_share=0.0, glide=(0.05, 0.12), scoop=2.0, scoop_share=0.7, drift=0.1, fluctuation=0.08)
        if spoken
        else SingingStyle(
            vibrato_share=rng.uniform(0, 1), vibrato_extent=(0.15, rng.uniform(0.3, 1.0)), scoop=rng.uniform(0.3, 2.0)
        )
    )
    warp = float(np.exp(rng.normal(0.0, 0.1)))
    if phone:
        language, variant, limits, warp = CHILD
    words = score(rng, language, limits, beat, soft=kind == SOFT)
    name = f"song{number - 1000:02}" if phone else f"words-{number:03}-{language}-{variant}"
    name += f"-{seed}" if seed != SEED else ""
    for _ in range(TRIES):
        try:
            song = make.Song(name, words, f"{language}+{variant}", warp, beat, style)
            samples, rate, notes = make.sing(song, np.random.default_rng([seed, number]))
            if kind in OWN_VOICES and min(note.duration for note in notes) < LEAST_SUNG:
                raise ValueError("consonants leave too little of a note")
            break
        except ValueError:  # a note is too short for its consonants
            beat *= 1.2
    else:
        return None
    samples = soxr.resample(samples, rate, RATE)
    if phone:
        samples = make.by_phone(samples, RATE, rng)
    entry = write_song(out, name, Song(0.7 * samples / np.abs(samples).max(), tuple(notes)))
    return replace(entry, source="words", singer=variant, weight=WEIGHT)


def main() -> None:
    """Make the data set."""
    parser = argparse.ArgumentParser(description="Make training data of sung words.")
    parser.add_argument("out", type=Path)
    parser.add_argument("melodies", type=int, nargs="?", default=120)
    kinds = parser.add_mutually_exclusive_group()
    for name in (FLITE, SOFT, PHONE, FESTIVAL, PICO, FAR):
        kinds.add_argument(f"--{name}", dest="kind", action="store_const", const=name, default="")
    parser.add_argument("--seed", type=int, default=SEED, help="random seed of the melodies (default: %(default)s)")
    options = parser.parse_args()
    if lacking := missing(options.kind):
        sys.exit(lacking)
    options.out.mkdir(parents=True, exist_ok=True)
    first = FIRST[options.kind]
    tasks = [(number, options.out, options.kind, options.seed) for number in range(first, first + options.melodies)]
    with multiprocessing.Pool() as pool:
        made = pool.map(one, tasks, chunksize=1)
    write_manifest(options.out / "manifest.csv", [entry for entry in made if entry])


if __name__ == "__main__":
    main()
