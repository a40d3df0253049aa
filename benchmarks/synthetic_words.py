"""Make training data of sung words: new melodies on syllables of five languages, by many of espeak-ng's voices.

    python benchmarks/synthetic_words.py OUT [MELODIES]
    python benchmarks/synthetic_words.py OUT [MELODIES] --flite
    python benchmarks/synthetic_words.py OUT [MELODIES] --soft
    python benchmarks/synthetic_words.py OUT [MELODIES] --phone

The second sings with four voices that flite has learnt from people, in English. The third has what is hardest to hear:
notes on one pitch, of which each begins with another vowel, or with a sonorant. The fourth makes recordings of one
child, by a telephone in a room: something to try fine-tuning on (docs/training.md).
The recordings are made as those in ``sample_audio`` are, by the same code, with none of their voices, melodies or
words. OUT receives recordings, notes and a ``manifest.csv``, all of it for training. Needs espeak-ng, or flite, on the
path.
"""

import argparse
import importlib.util
import multiprocessing
import subprocess
import sys
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import numpy as np
import soundfile
import soxr
from data_set import RATE, Song, write_song

from singtrans.training.manifest import Entry, write_manifest
from singtrans.training.synth import SingingStyle, VoiceFrames, analyse

SEED = 11
WEIGHT = 0.25
SECONDS = 20.0  # of a melody
SHORTEST = 0.25  # seconds of a syllable
LEAST_SUNG = 0.07  # seconds that flite's slow consonants must leave of a note
TRIES = 4
FLITE = "flite"
# Syllables' parts in espeak-ng's phonemes, which differ by language, and in flite's, whose names need dividing.
LANGUAGES = {
    "en-us": (
        "b d f g h j k l m n p r s S t tS T v w z br dr fl gr kl pl sl st sw tr",
        "i: eI aI oU u: A: O: a E I V 3:",
    ),
    "en-gb": (
        "b d f g h j k l m n p r s S t tS T v w z br dr fl gr kl pl sl st sw tr",
        "i: eI aI oU u: A: O: a E I V 3:",
    ),
    "it": ("b d f g k l m n p r s t tS v br dr pr st tr", "a e i o u"),
    "de": ("b d f g h j k l m n p R s S t v z bl br dr fl kl St tr", "a: e: i: o: u: aI aU a E I O"),
    "es": ("b d f g k l m n p r s t x tr pl", "a e i o u"),
    FLITE: (
        "b_ d_ f_ g_ hh_ jh_ k_ l_ m_ n_ p_ r_ s_ sh_ t_ ch_ v_ w_ y_ z_ b_r_ d_r_ f_l_ g_r_ k_l_ p_l_ s_l_ s_t_ s_w_",
        "iy_ ey_ ay_ ow_ uw_ aa_ ao_ ae_ eh_ ih_ ah_ er_",
    ),
}
SONORANTS = frozenset(["l", "m", "n", "r", "R", "j", "w", "v"])
SOFTLY = 0.35, 0.5  # shares of the syllables that begin with a vowel, and with a sonorant, of soft words
GLIDED = 0.7  # of the syllables that begin with a vowel: the vowel before glides into it, with no new attack
CODAS = ("n", "m", "l", "s", "t", "k", "d", "z")
VOICES = {  # espeak-ng's variants -> lowest and highest MIDI number that is sung
    **dict.fromkeys(("m1", "m2", "m4", "m5", "m6", "m8", "john", "max", "Michael", "benjamin"), (42, 66)),
    **dict.fromkeys(("f1", "f3", "f5", "Annie", "belinda", "linda", "steph", "Alicia", "Andrea"), (55, 79)),
}
FLITE_VOICES = {"awb": (44, 66), "kal16": (42, 64), "rms": (42, 64), "slt": (55, 77)}


@lru_cache(64)  # a melody's; a syllable takes half a megabyte
def speak_by_flite(phonemes: str, voice: str) -> VoiceFrames:
    """One syllable as flite says it, taken apart by WORLD; ``make.speak`` for its voices."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "syllable.wav"
        spoken = " ".join(["pau", *phonemes.replace("'", "").split("_"), "pau"])
        command = ["flite", "-voice", voice.partition("+")[2], "-p", spoken, "-o", str(path)]
        subprocess.run(command, check=True, capture_output=True)
        samples, rate = soundfile.read(path)
    return analyse(samples, rate, careful=True)


def recipe() -> ModuleType:
    """The code that made the samples."""
    path = Path(__file__).parent.parent / "sample_audio" / "make.py"
    spec = importlib.util.spec_from_file_location("make_samples", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_samples"] = module
    spec.loader.exec_module(module)
    return module


def score(rng: np.random.Generator, language: str, limits: tuple[int, int], beat: float, *, soft: bool = False) -> str:
    """A melody on random syllables, as `make.Song` writes it: phrases of 3 to 9 syllables with rests between."""
    onsets, vowels = (part.split() for part in LANGUAGES[language])
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
            coda = rng.choice(CODAS) if rng.random() < closed else ""
            lengths = [max(float(rng.choice([0.5, 1.0, 1.0, 1.0, 1.5, 2.0])), round(SHORTEST / beat, 2))]
            if rng.random() < slurred:
                lengths += [float(rng.choice([0.5, 1.0])) for _ in range(rng.integers(1, 3))]
                lengths[-1] = max(lengths[-1], round(SHORTEST / beat, 2))  # the next consonants take some of it
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
FIRST = {PHONE: 1000, FLITE: 2000, SOFT: 3000, "": 0}
"""Kind of recordings -> number of the first, which its seed is made of."""

CHILD = "en-gb", "f4", (57, 76), 1.12
"""Language, variant, range, and formants' factor of the one who sings by telephone; of no training recording."""


def let_vowels_glide(make: ModuleType, rng: np.random.Generator) -> None:
    """Change the code of the samples so that most syllables that begin with a vowel are not attacked anew."""
    speak, divide, spoken = make.speak, make.divide, []

    def remembered(phonemes: str, voice: str) -> VoiceFrames:
        spoken[:] = [phonemes]
        return speak(phonemes, voice)

    def divided(frames: VoiceFrames, closed: bool) -> object:
        parts = divide(frames, closed)
        gliding = spoken[0].startswith("'") and rng.random() < GLIDED
        return replace(parts, first=parts.vowel, voiced=parts.vowel) if gliding else parts

    make.speak, make.divide = remembered, divided


def one(task: tuple[int, Path, str]) -> Entry | None:
    """Make one recording, or None where it could not be sung."""
    number, out, kind = task
    make, rng, phone = recipe(), np.random.default_rng([SEED, number]), kind == PHONE
    voices = FLITE_VOICES if kind == FLITE else VOICES
    languages = [FLITE] if kind == FLITE else [name for name in LANGUAGES if name != FLITE]
    language, variant = rng.choice(languages), rng.choice(list(voices))
    if kind == FLITE:
        make.speak = speak_by_flite
    if kind == SOFT:
        let_vowels_glide(make, np.random.default_rng([SEED, number, 1]))
    spoken = rng.random() < 0.3  # near to speech: quick, with much gliding and no vibrato
    beat = rng.uniform(0.2, 0.35) if spoken else rng.uniform(0.3, 0.65)
    style = (
        SingingStyle(vibrato_share=0.0, glide=(0.05, 0.12), scoop=2.0, scoop_share=0.7, drift=0.1, fluctuation=0.08)
        if spoken
        else SingingStyle(
            vibrato_share=rng.uniform(0, 1), vibrato_extent=(0.15, rng.uniform(0.3, 1.0)), scoop=rng.uniform(0.3, 2.0)
        )
    )
    limits, warp = voices[variant], float(np.exp(rng.normal(0.0, 0.1)))
    if phone:
        language, variant, limits, warp = CHILD
    words = score(rng, language, limits, beat, soft=kind == SOFT)
    name = f"song{number - 1000:02}" if phone else f"words-{number:03}-{language}-{variant}"
    for _ in range(TRIES):
        try:
            song = make.Song(name, words, f"{language}+{variant}", warp, beat, style)
            samples, rate, notes = make.sing(song, np.random.default_rng([SEED, number]))
            if kind == FLITE and min(note.duration for note in notes) < LEAST_SUNG:
                raise ValueError("consonants leave too little of a note")
            break
        except ValueError:  # a note with no room for its consonants
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
    for name in (FLITE, SOFT, PHONE):
        kinds.add_argument(f"--{name}", dest="kind", action="store_const", const=name, default="")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    first = FIRST[options.kind]
    tasks = [(number, options.out, options.kind) for number in range(first, first + options.melodies)]
    with multiprocessing.Pool() as pool:
        made = pool.map(one, tasks, chunksize=1)
    write_manifest(options.out / "manifest.csv", [entry for entry in made if entry])


if __name__ == "__main__":
    main()
