"""Short melodies with consonants of espeak-ng, sung by the code that makes ``sample_audio``.

The voices, and two of their languages (Swedish and European Portuguese), are used neither for ``sample_audio`` nor for
the training data. A note starts with the vowel, not with the consonant before it.
"""

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import soxr

from benchmarks.phenomena import SCALES, Melody, seed_of, step_from
from benchmarks.singer import RATE
from recipe.sung_words import recipe
from recipe.synthesis.melody import SingingStyle

VOICES = (  # espeak-ng's language and variant, lowest MIDI number
    ("pt+adam", 46),
    ("sv+anika", 58),
    ("cs+edward", 44),
    ("fi+aunty", 57),
    ("pl+victor", 48),
)
VOWELS = ("a", "e", "i", "o", "u")
RANGE = 12  # semitones
SYLLABLES = 5  # different syllables in a melody; each is synthesised for each voice, which is slow
TRIES = 5


@dataclass(frozen=True, slots=True)
class Diction:
    """Consonants and tempo of a melody. A pair is a range from which a value is drawn.

    Attributes:
        consonants: phonemes of espeak-ng.
        beat: length of a beat in seconds.
        lengths: lengths in beats from which that of a note is drawn.
        phrase: number of syllables between rests.
        style: movement of the pitch.
    """

    consonants: tuple[str, ...]
    beat: tuple[float, float] = (0.3, 0.55)
    lengths: tuple[float, ...] = (1.0, 1.0, 1.5)
    phrase: tuple[int, int] = (4, 8)
    style: SingingStyle = field(default_factory=lambda: SingingStyle(vibrato_share=0.3, scoop=1.0))


DICTIONS = {
    "voiceless consonants": Diction(("p", "t", "k", "f", "s")),
    "voiced consonants (l m n w)": Diction(("l", "m", "n", "w")),
    "quick, near to speech": Diction(
        ("p", "t", "k", "s", "l", "m", "n", "d", "b"),
        (0.17, 0.24),
        (0.8, 1.0, 1.0, 1.3),
        (6, 12),
        replace(SingingStyle(), vibrato_share=0.0, glide=(0.05, 0.1), scoop=1.5, drift=0.08, fluctuation=0.06),
    ),
}


@cache
def samples_code():
    """Load the code of ``sample_audio`` only once, so that the syllables in its cache are used again."""
    return recipe()


def make(name: str, number: int, seconds: float = 8.0) -> Melody:
    """Make one melody with a diction in `DICTIONS`.

    Raises:
        ValueError: if the consonants are too long for the gaps between notes.
    """
    diction, (voice, low) = DICTIONS[name], VOICES[number % len(VOICES)]
    rng = np.random.default_rng(seed_of(name, number))
    beat, code = rng.uniform(*diction.beat), samples_code()
    words = score(diction, low, seconds / beat, rng)
    for attempt in range(TRIES):
        song = code.Song(name, words, voice, float(np.exp(rng.normal(0, 0.05))), beat, diction.style)
        try:
            samples, rate, notes = code.sing(song, np.random.default_rng(seed_of(name, number, attempt)))
        except ValueError:  # a note that is too short for its consonants
            beat *= 1.1
            continue
        samples = soxr.resample(samples, rate, RATE)
        return Melody((0.7 * samples / np.abs(samples).max()).astype(np.float32), tuple(notes))
    raise ValueError(f"{name} {number}: the consonants are too long for the notes")


def score(diction: Diction, low: int, beats: float, rng: np.random.Generator) -> str:
    """Draw a score of ``beats`` beats for `sample_audio/make.py`: random syllables on a random walk over a scale."""
    mode = SCALES[rng.integers(2)]
    scale = [p for p in range(low, low + RANGE + 1) if (p - low) % 12 in mode]
    syllables = [f"{rng.choice(diction.consonants)}'{rng.choice(VOWELS)}" for _ in range(SYLLABLES)]
    index, done, tokens = int(rng.integers(len(scale))), 0.0, []
    while done < beats:
        for _ in range(rng.integers(diction.phrase[0], diction.phrase[1] + 1)):
            index, length = step_from(index, len(scale), 3, rng), float(rng.choice(diction.lengths))
            tokens += [str(rng.choice(syllables)), f"{scale[index]}/{length:g}"]
            done += length
            if done >= beats:
                break
        tokens += ["-", "1"]
        done += 1
    return " ".join(tokens)
