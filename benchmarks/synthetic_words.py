"""Make training data of sung words: new melodies on syllables of five languages, by many of espeak-ng's voices.

    python benchmarks/synthetic_words.py OUT [MELODIES]
    python benchmarks/synthetic_words.py OUT [MELODIES] --flite
    python benchmarks/synthetic_words.py OUT [MELODIES] --soft
    python benchmarks/synthetic_words.py OUT [MELODIES] --phone
    python benchmarks/synthetic_words.py OUT [MELODIES] --festival
    python benchmarks/synthetic_words.py OUT [MELODIES] --pico
    python benchmarks/synthetic_words.py OUT [MELODIES] --far

The second sings with four voices that flite has learnt from people, in English. The third has what is hardest to hear:
notes on one pitch, of which each begins with another vowel, or with a sonorant. The fourth makes recordings of one
child, by a telephone in a room: something to try fine-tuning on (docs/training.md). The fifth and sixth sing with
people's voices too: eleven that Festival joins of recorded pieces, in Italian, Czech, English, Hindi and Finnish, and
six women's that SVOX Pico has learnt from. The last has espeak-ng's voices in further languages.
The recordings are made as those in ``sample_audio`` are, by the same code, with none of their voices, melodies or
words. OUT receives recordings, notes and a ``manifest.csv``, all of it for training. Needs espeak-ng, flite or festival
(Debian's festvox-italp16k, -itapc16k, -czech-dita, -czech-krb, -czech-machac, -czech-ph, -kallpc16k, -kdlpc16k,
-hi-nsk, -suopuhe-lj, -suopuhe-mv) on the path, or PyPI's ttspico.
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
LEAST_SUNG = 0.07  # seconds that slow consonants must leave of a note
TRIES = 4
FLITE, FESTIVAL, PICO, FAR = "flite", "festival", "pico", "far"
# Syllables' parts: espeak-ng's phonemes, which differ by language; SVOX Pico's X-SAMPA; and phonemes of flite's and of
# Festival's voices, whose names need dividing.
ENGLISH = "b d f g h j k l m n p r s S t tS T v w z br dr fl gr kl pl sl st sw tr", "i: eI aI oU u: A: O: a E I V 3:"
AMERICAN = (
    "b_ d_ f_ g_ hh_ jh_ k_ l_ m_ n_ p_ r_ s_ sh_ t_ ch_ v_ w_ y_ z_ b_r_ d_r_ f_l_ g_r_ k_l_ p_l_ s_l_ s_t_ s_w_",
    "iy_ ey_ ay_ ow_ uw_ aa_ ao_ ae_ eh_ ih_ ah_ er_",
)
LANGUAGES = {
    "en-us": ENGLISH,
    "en-gb": ENGLISH,
    "it": ("b d f g k l m n p r s t tS v br dr pr st tr", "a e i o u"),
    "de": ("b d f g h j k l m n p R s S t v z bl br dr fl kl St tr", "a: e: i: o: u: aI aU a E I O"),
    "es": ("b d f g k l m n p r s t x tr pl", "a e i o u"),
}
FAR_LANGUAGES = {
    "cmn-latn-pinyin": (
        "p ph m f t th n l k kh X tS; tS;h S; ts. ts.h s. z. ts tsh s j w kw Xw s.w lj mj",
        "A A ai ei Au ou ong o u i a @ y iou iE uo",
    ),
    "ja": ("k s t n m r` w b d g z p h j S ts kj r`j", "a i u e o"),
    "fr-fr": ("b d f g k l m n p r s S t v z Z j w br tr pl st", "a e E i O o u y Y O~ A~ E~"),
    "pt-br": ("b d f g k l m n p r s S t v z Z x pr tr", "a e i o u &U~ eI iU"),
    "hi": ("b d f g h k l m n p r s S t dZ tS v j", "a: i: u: e: o: a"),
    "pl": ("b d f g k l m n p r s S t v z Z x j w pr st", "a E i O u y"),
}
VOICE_LANGUAGES = {
    FLITE: AMERICAN,
    "italian": (
        "b_ d_ f_ g_ k_ l_ m_ n_ p_ r_ s_ t_ tS_ dZ_ S_ v_ j_ w_ J_ L_ b_r_ d_r_ p_r_ s_t_ t_r_ k_r_ p_l_",
        "a1_ e1_ i1_ o1_ u1_ E1_ O1_",
    ),
    "czech": (
        "b_ c_ c~_ d_ f_ g_ h_ ch_ j_ k_ l_ m_ n_ n~_ p_ r_ s_ s~_ t_ v_ z_ z~_ s_t_ p_r_ k_r_ t_r_ b_l_ p_l_",
        "a:_ e:_ i:_ o:_ u:_ a_ e_ o_",
    ),
    "american": AMERICAN,
    "hindi": ("b_ ch_ dh_ g_ h_ j_ k_ l_ m_ n_ p_ r_ s_ sh_ v_ y_ kh_ bh_", "aa_ iy_ uw_ ee_ oh_ ay_ a_"),
    "finnish": ("d_ h_ j_ k_ l_ m_ n_ p_ r_ s_ t_ v_", "a:_ e:_ i:_ o:_ u:_ y:_ @:_ 7:_"),
    "en-US": ("b d f g h j k l m n p s S t tS T v w z fl kl pl sl st sw", "i: eI aI oU u: A: O: { E I V 3:"),
    "en-GB": ("b d f g h j k l m n p s S t tS T v w z fl kl pl sl st sw", "i: eI aI @U u: A: O: { E I V 3:"),
    "de-DE": ("b d f g h j k l m n p R s S t v z bl bR dR fl kl St tR ts", "a: e: i: o: u: y: aI aU E I O"),
    "es-ES": ("b d f g k l m n p r s t x tr pl tS", "a e i o u"),
    "fr-FR": ("b d f g k l m n p R s S t v z Z j w bR tR pl st", "a e E i O o u y 2"),
    "it-IT": ("b d f g k l m n p r s t tS S v br dr pr st tr", "a e i o u"),
}
ALL_LANGUAGES = LANGUAGES | FAR_LANGUAGES | VOICE_LANGUAGES
SONORANTS = frozenset(["l", "m", "n", "r", "R", "j", "w", "v"])
SOFTLY = 0.35, 0.5  # shares of the syllables that begin with a vowel, and with a sonorant, of soft words
GLIDED = 0.7  # of the syllables that begin with a vowel: the vowel before glides into it, with no new attack
CHANGING = 0.5  # of the syllables of the newer kinds: the vowel is not held
CODAS = ("n", "m", "l", "s", "t", "k", "d", "z")
VOICES = {  # espeak-ng's variants -> lowest and highest MIDI number that is sung
    **dict.fromkeys(("m1", "m2", "m4", "m5", "m6", "m8", "john", "max", "Michael", "benjamin"), (42, 66)),
    **dict.fromkeys(("f1", "f3", "f5", "Annie", "belinda", "linda", "steph", "Alicia", "Andrea"), (55, 79)),
}
# Voices with a language of their own -> that, and the lowest and highest MIDI number that is sung
OWN_VOICES = {
    FLITE: {
        "awb": (FLITE, (44, 66)),
        "kal16": (FLITE, (42, 64)),
        "rms": (FLITE, (42, 64)),
        "slt": (FLITE, (55, 77)),
    },
    FESTIVAL: {
        "lp_diphone": ("italian", (55, 77)),
        "pc_diphone": ("italian", (42, 64)),
        "czech_dita": ("czech", (55, 77)),
        "czech_krb": ("czech", (58, 79)),
        "czech_machac": ("czech", (42, 64)),
        "czech_ph": ("czech", (42, 64)),
        "kal_diphone": ("american", (42, 64)),
        "ked_diphone": ("american", (42, 64)),
        "hindi_NSK_diphone": ("hindi", (42, 66)),
        "suo_fi_lj_diphone": ("finnish", (55, 77)),
        "hy_fi_mv_diphone": ("finnish", (42, 64)),
    },
    PICO: {name: (name, (52, 77)) for name in ("en-US", "en-GB", "de-DE", "es-ES", "fr-FR", "it-IT")},
}
SILENCES = {"american": "pau", "hindi": "pau"}  # of Festival's voices; "#" in the others
SPOKEN_RATE = 22_050  # Hz, of Festival's voices from here on, as of espeak-ng's
PHONE_SECONDS, VOWEL_SECONDS = 0.08, 0.3  # as Festival is told to speak


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


@lru_cache(64)
def speak_by_festival(phonemes: str, voice: str) -> VoiceFrames:
    """One syllable of pieces that Festival joins, taken apart by WORLD; ``make.speak`` for its voices."""
    language, _, name = voice.partition("+")
    limits = OWN_VOICES[FESTIVAL][name][1]
    hertz = 440 * 2 ** ((sum(limits) / 2 - 4 - 69) / 12)  # near to where it was recorded
    silence = SILENCES.get(language, "#")
    onset, _, rest = phonemes.partition("'")
    vowel, *coda = (part for part in rest.split("_") if part)
    phones = [(silence, 0.15), *((part, PHONE_SECONDS) for part in onset.split("_") if part), (vowel, VOWEL_SECONDS)]
    phones += [*((part, PHONE_SECONDS) for part in coda), (silence, 0.2)]
    segments = " ".join(f"({phone} {s} (0.001 {hertz:.0f}) ({s - 0.001:.3f} {hertz:.0f}))" for phone, s in phones)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "syllable.wav"
        spoken = f'(utt.save.wave (utt.synth (Utterance Segments ({segments}))) "{path}")'
        subprocess.run(["festival", "-b", f"(begin (voice_{name}) {spoken})"], check=True, capture_output=True)
        samples, rate = soundfile.read(path)
    return analyse(soxr.resample(samples, rate, SPOKEN_RATE), SPOKEN_RATE, careful=True)


@lru_cache(64)
def speak_by_pico(phonemes: str, voice: str) -> VoiceFrames:
    """One syllable as SVOX Pico says it, taken apart by WORLD; ``make.speak`` for its voices."""
    import ttspico

    spoken = phonemes.replace("'", "")
    pcm = ttspico.TtsEngine(voice.partition("+")[2]).speak(f'<phoneme ph="{spoken}"/>')
    return analyse(np.frombuffer(pcm, np.int16) / 32768, 16000, careful=True)


SPEAK = {FLITE: speak_by_flite, FESTIVAL: speak_by_festival, PICO: speak_by_pico}


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
    onsets, vowels = (part.split() for part in ALL_LANGUAGES[language])
    codas = [coda for coda in CODAS if coda in onsets or f"{coda}_" in onsets] if language not in LANGUAGES else CODAS
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
FIRST = {PHONE: 1000, FLITE: 2000, SOFT: 3000, FESTIVAL: 4000, PICO: 5000, FAR: 6000, "": 0}
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


def let_vowels_change(make: ModuleType, rng: np.random.Generator) -> None:
    """Change the code of the samples so that many vowels are not held, but pass slowly from beginning to end.

    A diphthong is one note, as a rule; where its parts change in the middle of it, nothing begins.
    """

    def held(parts: object) -> tuple[int, int]:
        if rng.random() > CHANGING:
            return parts.hold, parts.hold
        first = round(rng.uniform(parts.vowel, parts.hold))
        return first, max(first, round(parts.vowel + rng.uniform(0.5, 0.95) * (parts.unvoiced - parts.vowel)))

    make.hold = held


def one(task: tuple[int, Path, str]) -> Entry | None:
    """Make one recording, or None where it could not be sung."""
    number, out, kind = task
    make, rng, phone = recipe(), np.random.default_rng([SEED, number]), kind == PHONE
    if kind in OWN_VOICES:
        variant = rng.choice(list(OWN_VOICES[kind]))
        language, limits = OWN_VOICES[kind][variant]
        make.speak = SPEAK[kind]
    else:
        language, variant = rng.choice(list(FAR_LANGUAGES if kind == FAR else LANGUAGES)), rng.choice(list(VOICES))
        limits = VOICES[variant]
    if kind in (FESTIVAL, PICO, FAR):
        let_vowels_change(make, np.random.default_rng([SEED, number, 2]))
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
    warp = float(np.exp(rng.normal(0.0, 0.1)))
    if phone:
        language, variant, limits, warp = CHILD
    words = score(rng, language, limits, beat, soft=kind == SOFT)
    name = f"song{number - 1000:02}" if phone else f"words-{number:03}-{language}-{variant}"
    for _ in range(TRIES):
        try:
            song = make.Song(name, words, f"{language}+{variant}", warp, beat, style)
            samples, rate, notes = make.sing(song, np.random.default_rng([SEED, number]))
            if kind in OWN_VOICES and min(note.duration for note in notes) < LEAST_SUNG:
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
    for name in (FLITE, SOFT, PHONE, FESTIVAL, PICO, FAR):
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
