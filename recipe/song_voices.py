"""Voices of the synthetic songs: recorded singers and installed synthesisers, divided into syllables."""

import hashlib
import pickle
import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from recipe.manifest import MORAIC_N, nasal_notes
from recipe.sung_word_voices import (
    ALL_LANGUAGES,
    FESTIVAL,
    FLITE,
    OWN_VOICES,
    PICO,
    SPEAK,
    VOICES,
    missing,
)
from recipe.sung_words import recipe as samples_code
from recipe.synthesis.syllables import (
    SyllableBank,
    Vowel,
    analyse_recording,
    labelled_bank,
    spoken_bank,
    unlabelled_bank,
)
from singtrans import audio
from singtrans.dataset.manifest import Entry
from singtrans.formats import load_notes

RATE = 16_000
SYLLABLES = 36  # number of syllables of each synthetic voice
NASALS = ("n", "m", "N")
VOICE_SECONDS = 90.0  # length of each singer's recordings that is divided into syllables
PJS_VOICES = 6  # PJS has one singer, whose songs are divided into this number of voices
ESPEAK = (  # languages and variants; benchmarks/spoken.py and sample_audio use others
    *((("en-us", "en-gb")[i % 2], variant) for i, variant in enumerate(VOICES)),
    *(
        (language, variant)
        for language, variant in zip(
            ("it", "de", "es", "cmn-latn-pinyin", "cmn-latn-pinyin", "ja", "fr-fr", "pt-br", "hi", "pl"),
            ("m1", "f3", "john", "f1", "m6", "Annie", "max", "belinda", "m4", "linda"),
            strict=True,
        )
    ),
)
CODAS = {"espeak": ("n", "N", "m", "l", "s", "t", "k", "d", "z"), FLITE: ("n_", "ng_", "m_", "l_", "s_", "t_", "k_")}
LEGATO_LEAD = 0.1  # seconds before a vowel that are included if consonants are not labelled
PJS_VOWELS = frozenset("aiueo")
JOINED = 0.02  # seconds between a vowel and a nasal of the same syllable


@dataclass(frozen=True, slots=True)
class Voice:
    """Settings for making a bank.

    Attributes:
        kind: kind of the synthesiser, or ``recorded``.
        name: name of the voice.
        language: language of a synthesiser's voice.
        limits: lowest and highest MIDI number of a synthesiser's voice.
        entries: recordings of a recorded voice.
    """

    kind: str
    name: str
    language: str = ""
    limits: tuple[float, float] = (50.0, 67.0)
    entries: tuple[Entry, ...] = ()


def synthetic_voices() -> list[Voice]:
    """Return the installed synthetic voices."""
    found = []
    if shutil.which("espeak-ng"):
        found += [Voice("espeak", variant, language, VOICES[variant]) for language, variant in ESPEAK]
    for kind in (FLITE, PICO, FESTIVAL):
        if lacking := missing(kind):
            print(f"left out: {lacking}", file=sys.stderr)
            continue
        found += [Voice(kind, name, language, limits) for name, (language, limits) in OWN_VOICES[kind].items()]
    return found


def recorded_voices(entries: Sequence[Entry]) -> list[Voice]:
    """List the recorded voices of the training split.

    A voice consists of all recordings of a singer, of a single recording if the singer is unknown, or of a part of the
    songs of PJS.
    """
    groups: dict[str, list[Entry]] = defaultdict(list)
    for number, entry in enumerate(e for e in entries if e.split == "train"):
        if entry.source == "pjs":
            groups[f"pjs-{number % PJS_VOICES}"].append(entry)
        else:
            groups[f"{entry.source}-{entry.singer or entry.id}"].append(entry)
    return [Voice("recorded", name, entries=tuple(group)) for name, group in sorted(groups.items())]


def words_of(voice: Voice, rng: np.random.Generator) -> list[tuple[str, bool]]:
    """Draw random syllables of a synthetic voice's language. Half of the syllables are closed, mostly by a nasal."""
    sounds = ALL_LANGUAGES[voice.language]
    onsets, vowels = sounds.onsets.split(), sounds.vowels.split()
    english = voice.language in ("en-us", "en-gb", FLITE)
    codas = CODAS[FLITE if voice.kind == FLITE else "espeak"] if english else sounds.codas.split()
    nasals = [coda for coda in codas if coda.strip("_") in (*NASALS, "ng")]
    made = {}
    while len(made) < SYLLABLES:
        onset = "" if rng.random() < 0.12 else str(rng.choice(onsets))
        coda = ""
        if rng.random() < 0.5:
            coda = str(rng.choice(nasals if nasals and rng.random() < 0.55 else codas))
        made[f"{onset}'{rng.choice(vowels)}{coda}"] = bool(coda)
    return list(made.items())


def make_bank(voice: Voice, seed: int) -> SyllableBank:
    """Return the bank of a voice.

    Raises:
        ValueError: if the bank has no syllables.
    """
    rng = np.random.default_rng([seed, int(hashlib.sha256(f"{voice.kind}{voice.name}".encode()).hexdigest()[:8], 16)])
    if voice.kind == "recorded":
        return _recorded_bank(voice, rng)
    make = samples_code()
    speak: Callable[[str, str], object] = SPEAK.get(voice.kind, make.speak)
    full = f"{voice.language}+{voice.name}"
    return spoken_bank(
        f"{voice.kind}-{full}", words_of(voice, rng), partial(_say, speak, full), make.divide, voice.limits
    )


def _say(speak: Callable[[str, str], object], voice: str, phonemes: str) -> object:
    return speak(phonemes, voice)


def _recorded_bank(voice: Voice, rng: np.random.Generator) -> SyllableBank:
    clips, vowels, seconds = [], [], 0.0
    for index in rng.permutation(len(voice.entries)):
        entry = voice.entries[index]
        samples = audio.load(entry.audio, RATE)
        vowels += [vowel.moved(seconds) for vowel in _vowels(entry)]
        clips.append(samples)
        seconds += len(samples) / RATE
        if seconds > VOICE_SECONDS:
            break
    frames = analyse_recording(np.concatenate(clips), RATE)
    return labelled_bank(voice.name, frames, vowels) if vowels else unlabelled_bank(voice.name, frames)


def _vowels(entry: Entry) -> list[Vowel]:
    """List the vowels of a recording; return an empty list if neither phonemes nor notes are known."""
    phonemes = entry.audio.with_suffix(".lab")
    if entry.source == "pjs" and phonemes.is_file():
        return _pjs_vowels(phonemes)
    if entry.notes is None:
        return []
    legato = entry.source == "utau"  # a consonant is part of the previous note
    nasals = nasal_notes(entry.notes, phonemes) if legato else []
    found: list[Vowel] = []
    earliest = 0.0
    for number, note in enumerate(load_notes(entry.notes)):
        if number in nasals and found:
            found[-1] = replace(found[-1], coda=note.offset)
        else:
            start = max(0.0, note.onset - LEGATO_LEAD) if legato else earliest
            found.append(Vowel(start, note.onset, note.offset))
        earliest = note.offset
    return found


def _pjs_vowels(phonemes: Path) -> list[Vowel]:
    rows = [line.split() for line in phonemes.read_text(encoding="utf-8").splitlines() if line.strip()]
    found: list[Vowel] = []
    earliest = 0.0
    for begin, end, name in ((int(a) / 1e7, int(b) / 1e7, name) for a, b, name in rows):
        if name in PJS_VOWELS:
            found.append(Vowel(earliest, begin, end))
        elif name == MORAIC_N and found and begin - found[-1].offset < JOINED:
            found[-1] = replace(found[-1], coda=end)
        if name in PJS_VOWELS or name == MORAIC_N:
            earliest = end
    return found


def cached_bank(voice: Voice, seed: int, cache: Path) -> SyllableBank | None:
    """Make the bank of a voice, or read it from ``cache``; return None if it cannot be made."""
    path = cache / f"{voice.kind}-{voice.language}-{voice.name}-{seed}.pickle"
    if path.is_file():
        return pickle.loads(path.read_bytes())
    try:
        bank = make_bank(voice, seed)
    except (ValueError, OSError) as error:
        print(f"{voice.name}: left out ({error})", file=sys.stderr)
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pickle.dumps(bank))
    return bank
