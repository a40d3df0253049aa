"""Styles of synthetic songs: how often notes are repeated, slurred and ornamented, and how their starts are marked."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True)
class Manner:
    """Style of a song. Shares are probabilities, and pairs are ranges from which values are drawn.

    Attributes:
        beat: length of a beat in seconds.
        shortest: length in seconds of the shortest note with a separate syllable.
        slurred: share of the syllables that are sung on two notes or more.
        repeated: share of the notes that repeat the previous pitch.
        gaps: share of the notes inside phrases that are followed by a gap.
        pickups: share of the phrases that begin with a short note, one to three semitones below the next note.
        scoops: share of the long notes that begin below their pitch.
        late: share of the notes that reach their pitch only after the start of the syllable.
        early: share of the notes that move to the pitch of the next note before they end.
        graces: share of the notes with a grace note, a mordent or a turn.
        falls: share of the phrases that end with a fall.
        glottal: share of the phrases that end abruptly, with a creak.
        tremble: standard deviation of a tremor in semitones.
        arch: number of semitones by which held notes rise and fall.
        closed: share of the syllables that end with consonants, if the bank has such syllables.
        nasal: largest factor by which the end of a closed syllable is lengthened.
        held_nasals: probability that a syllable that ends with a nasal or l is sung with this sound held instead of the
            vowel, as often in "-ing".
        least_main: least length in seconds of the part of a note after a scoop. A note that is too short for this has
            no scoop.
        turns: share of the slurred syllables that are turns. A turn has two or three notes, and its first note is
            short. The third note often has the pitch of the first one.
        dips: probability that only a dip in level marks the start of a note that repeats a pitch inside a phrase.
        hiatus: probability that only a new vowel marks the start of such a note if there is no such dip.
        voiced: share of the syllables that begin with a voiced consonant, if the bank has such syllables.
        creak: irregularity of the periods in a creaky voice, 0 to 1.
        tilt: slope in dB per octave above 500 Hz; positive for a brighter (shouted) voice, negative for a darker
            (breathy) one.
    """

    beat: float = 0.45
    shortest: float = 0.13
    slurred: float = 0.15
    repeated: float = 0.15
    gaps: float = 0.1
    pickups: float = 0.15
    scoops: float = 0.3
    late: float = 0.1
    early: float = 0.05
    graces: float = 0.05
    falls: float = 0.15
    glottal: float = 0.1
    tremble: float = 0.0
    arch: float = 0.0
    closed: float = 0.4
    nasal: float = 2.5
    held_nasals: float = 0.0
    least_main: float = 0.14
    turns: float = 0.0
    dips: float = 0.0
    hiatus: float = 0.0
    voiced: float = 0.0
    creak: float = 0.0
    tilt: float = 0.0


def draw_manner(rng: np.random.Generator, *, clear: bool = False) -> Manner:
    """Draw the style of a song.

    Args:
        rng: random generator.
        clear: whether to draw a style for the later stages of a training. In such songs, notes also differ from
            ornaments in length, some nasals are held, the starts of some repeated notes are marked only by a dip or a
            new vowel, and some voices creak.
    """
    pick = rng.choice
    spoken = rng.random() < 0.2  # fast, and similar to speech
    manner = Manner(
        beat=rng.uniform(0.22, 0.36) if spoken else rng.uniform(0.3, 0.7),
        slurred=float(pick([0.0, 0.1, 0.2, 0.4], p=[0.3, 0.3, 0.25, 0.15])),
        repeated=rng.uniform(0.05, 0.4),
        gaps=float(pick([0.0, 0.1, 0.4], p=[0.5, 0.3, 0.2])),
        pickups=float(pick([0.0, 0.2, 0.5], p=[0.4, 0.4, 0.2])),
        scoops=float(pick([0.0, 0.15, 0.4, 0.7], p=[0.3, 0.25, 0.25, 0.2])),
        late=float(pick([0.0, 0.1, 0.3], p=[0.4, 0.4, 0.2])),
        early=float(pick([0.0, 0.05, 0.2], p=[0.5, 0.3, 0.2])),
        graces=float(pick([0.0, 0.05, 0.2], p=[0.5, 0.35, 0.15])),
        falls=float(pick([0.0, 0.2, 0.6], p=[0.4, 0.4, 0.2])),
        glottal=float(pick([0.0, 0.2, 0.6], p=[0.5, 0.3, 0.2])),
        closed=float(pick([0.1, 0.4, 0.8], p=[0.3, 0.4, 0.3])),
        nasal=rng.uniform(1.0, 3.5),
    )
    if clear:
        manner = replace(
            manner,
            held_nasals=float(rng.choice([0.2, 0.5, 0.8])),
            least_main=0.24,
            slurred=float(rng.choice([0.1, 0.2, 0.4])),
            turns=float(rng.choice([0.3, 0.7])),
            closed=max(manner.closed, float(rng.choice([0.3, 0.6]))),
            dips=float(rng.choice([0.0, 0.4, 0.8])),
            hiatus=float(rng.choice([0.0, 0.2, 0.5])),
            voiced=float(rng.choice([0.0, 0.5, 0.9])),
            repeated=rng.uniform(0.1, 0.6),
            creak=rng.uniform(0.4, 1.0) if rng.random() < 0.12 else 0.0,
        )
    if rng.random() < (0.4 if clear else 0.3):  # emotional, with a tremor or shouting
        shouted = rng.random() < 0.5
        manner = replace(
            manner,
            tremble=0.0 if shouted else rng.uniform(0.1, 0.6 if clear else 0.45),
            arch=rng.uniform(0.3, 1.2) if shouted else rng.uniform(0.0, 0.5),
            tilt=rng.uniform(2.0, 6.0) if shouted else rng.uniform(-3.0, 0.0),
        )
    return manner
