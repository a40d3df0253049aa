"""Make training data of Japanese songs: new melodies on random morae, sung by Sinsy's singer, labelled by onsets alone.

    python -m recipe.japanese_songs OUT [MELODIES] [--seed SEED]

Sinsy sings a score (Oura et al., "Recent development of the HMM-based singing voice synthesis system - Sinsy", SSW7,
2010) with a voice learnt from 70 songs by one woman (NIT SONG070 F001, Nagoya Institute of Technology, CC BY 3.0).
In Japanese a new mora is a new note, on the pitch of the one before, too, and with no consonant between: so these
songs have many vowels after vowels, and moraic n. Needs PyPI's pysinsy. OUT receives recordings, notes and a
``manifest.csv``, all of it for training.

A note's label begins where its vowel rises, as in the sung words (docs/labels.md): where in the recording that is
within 50 ms of where it is after this consonant as a rule, there; else where it is as a rule. After a vowel nothing
rises, and the score is believed. A note ends where the next one
begins, or where the score says, and this is not to be learnt from.
"""

import argparse
import importlib.util
import multiprocessing
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import soxr

from recipe.song_files import RATE, Song, write_song
from recipe.sung_words import WEIGHT, recipe
from singtrans.dataset.manifest import Entry, write_manifest
from singtrans.notes import Note

SEED = 77
SECONDS = 18.0  # of a melody
SOUND_RATE = 22_050  # Hz, at which vowels are looked for
MORAE = {
    "": "あいうえお",
    "k": "かきくけこ",
    "s": "さしすせそ",
    "t": "たちつてと",
    "n": "なにぬねの",
    "h": "はひふへほ",
    "m": "まみむめも",
    "r": "らりるれろ",
    "g": "がぎぐげご",
    "z": "ざじずぜぞ",
    "d": "だででどど",
    "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
    "y": "ややゆよよ",
    "w": "わわわわわ",
}
VOWELS = {mora: place for row in MORAE.values() for place, mora in enumerate(row)} | {
    mora: vowel for vowel, few in enumerate(("やわだ", "", "ゆ", "で", "よど")) for mora in few
}  # these stand in more than one column
OFTEN = (14, 12, 8, 12, 10, 6, 8, 10, 5, 3, 5, 4, 2, 5, 3)  # weights of the consonants
MORAIC_N, NASAL = "ん", 9  # and what stands for it among the numbers of vowels
MORAIC_N_SHARE = 0.15
MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)
LEAPS = (-3, -2, -1, -1, 1, 1, 2, 3)  # of the scale
BEATS, BEATS_SHARES = (0.25, 0.5, 0.5, 0.5, 1, 1, 1.5, 2), (0.06, 0.2, 0.14, 0.14, 0.2, 0.1, 0.08, 0.08)
SHORTEST = 0.12  # seconds of a note
BEFORE, AFTER = 0.15, 0.25  # seconds around the score's onset in which a vowel rises
NEAR = 0.05  # seconds from where it rises as a rule
AFTER_VOWEL = 0.012  # seconds after the score's onset, to which Sinsy comes late
LEAST_SUNG = 0.04  # seconds that must be left of a note, or it is not labelled
USUAL = 0.02  # seconds: where nothing rose after a consonant in any song
STEPS = ("C", "C", "D", "D", "E", "F", "F", "G", "G", "A", "A", "B")
SHARP = (0, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1, 0)
DIVISIONS, BAR = 4, 16  # of a quarter note, and in a bar


@dataclass(frozen=True)
class Mora:
    """A note of the score, or a rest, which has no pitch.

    Attributes:
        pitch: MIDI number, or None.
        beats: quarter notes.
        text: what is sung.
        consonant: it begins with this; empty for a vowel, `MORAIC_N` for that.
    """

    pitch: int | None
    beats: float
    text: str = ""
    consonant: str = ""


@dataclass(frozen=True)
class Sung:
    """A mora in a recording.

    Attributes:
        onset, offset: the score's, in seconds.
        pitch: MIDI number.
        kind: what it begins with, and whether that comes after a rest.
        follows: whether a mora comes before it with no rest between.
        rise: seconds from the score's onset to where the vowel rises; None if nothing rises.
    """

    onset: float
    offset: float
    pitch: int
    kind: tuple[str, bool]
    follows: bool
    rise: float | None


def melody(rng: np.random.Generator) -> tuple[list[Mora], float]:
    """A score of phrases with rests between, and its tempo in beats per minute."""
    low = int(rng.integers(55, 66))
    mode = (MAJOR, MINOR)[rng.choice(2)]
    scale = [p for p in range(low, low + 13) if (p - low) % 12 in mode]
    tempo = float(rng.integers(70, 150))
    place = int(rng.integers(len(scale)))
    repeats, vowels = rng.uniform(0.1, 0.5), rng.uniform(0.1, 0.35)
    score, beats = [Mora(None, 1.0)], 0.0
    while beats * 60 / tempo < SECONDS:
        before = None
        for number in range(rng.integers(3, 12)):
            if not (number and rng.random() < repeats):
                place = int(np.clip(place + rng.choice(LEAPS), 0, len(scale) - 1))
            length = float(rng.choice(BEATS, p=BEATS_SHARES))
            length = max(length, np.ceil(SHORTEST * tempo / 60 * DIVISIONS) / DIVISIONS)
            text, consonant, before = _syllable(rng, vowels, before, first=not number)
            score.append(Mora(scale[place], length, text, consonant))
            beats += length
        rest = float(rng.choice([0.25, 0.5, 1, 2]))
        score.append(Mora(None, rest))
        beats += rest
    return [*score, Mora(None, 2.0)], tempo


def _syllable(rng: np.random.Generator, vowels: float, before: int | None, *, first: bool) -> tuple[str, str, int]:
    """What is sung next, its consonant, and the number of its vowel; vowels change, since a held one is one note."""
    often = np.array(OFTEN, float)
    consonant = "" if rng.random() < vowels else list(MORAE)[rng.choice(len(MORAE), p=often / often.sum())]
    vowel = int(rng.integers(5))
    if not consonant and before == vowel:
        vowel = (vowel + int(rng.integers(1, 5))) % 5
    if not consonant and not first and rng.random() < MORAIC_N_SHARE and before != NASAL:
        return MORAIC_N, MORAIC_N, NASAL
    text = MORAE[consonant][vowel]
    return text, consonant, VOWELS[text]


def music_xml(score: Sequence[Mora], tempo: float) -> str:
    """The score as Sinsy reads it: bars of four quarters, notes tied over their lines."""
    root = ET.Element("score-partwise", version="2.0")
    ET.SubElement(ET.SubElement(ET.SubElement(root, "part-list"), "score-part", id="P1"), "part-name").text = "voice"
    part = ET.SubElement(root, "part", id="P1")
    bar, left = _bar(part, tempo), BAR
    for mora in score:
        units, begun = int(mora.beats * DIVISIONS), False
        while units:
            if not left:
                bar, left = _bar(part), BAR
            length = min(units, left)
            units, left = units - length, left - length
            _note(bar, mora, length, (begun, units > 0))
            begun = True
    if left:
        _note(bar, Mora(None, 0.0), left, (False, False))
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


def _bar(part: ET.Element, tempo: float | None = None) -> ET.Element:
    bar = ET.SubElement(part, "measure", number=str(len(part) + 1))
    if tempo is not None:
        about = ET.SubElement(bar, "attributes")
        ET.SubElement(about, "divisions").text = str(DIVISIONS)
        key = ET.SubElement(about, "key")
        ET.SubElement(key, "fifths").text = "0"
        ET.SubElement(key, "mode").text = "major"
        metre = ET.SubElement(about, "time")
        ET.SubElement(metre, "beats").text = "4"
        ET.SubElement(metre, "beat-type").text = "4"
        clef = ET.SubElement(about, "clef")
        ET.SubElement(clef, "sign").text = "G"
        ET.SubElement(clef, "line").text = "2"
        ET.SubElement(ET.SubElement(bar, "direction"), "sound", tempo=str(tempo))
    return bar


def _note(bar: ET.Element, mora: Mora, units: int, tied: tuple[bool, bool]) -> None:
    """A note or rest of ``units``, tied to the one before and the one after it, or not."""
    note = ET.SubElement(bar, "note")
    if mora.pitch is None:
        ET.SubElement(note, "rest")
        tied = False, False
    else:
        pitch = ET.SubElement(note, "pitch")
        ET.SubElement(pitch, "step").text = STEPS[mora.pitch % 12]
        if SHARP[mora.pitch % 12]:
            ET.SubElement(pitch, "alter").text = "1"
        ET.SubElement(pitch, "octave").text = str(mora.pitch // 12 - 1)
    ET.SubElement(note, "duration").text = str(units)
    ties = [kind for kind, is_tied in zip(("stop", "start"), tied, strict=True) if is_tied]
    for kind in ties:
        ET.SubElement(note, "tie", type=kind)
    ET.SubElement(note, "voice").text = "1"
    if ties:
        notations = ET.SubElement(note, "notations")
        for kind in ties:
            ET.SubElement(notations, "tied", type=kind)
    if mora.pitch is not None and not tied[0]:
        lyric = ET.SubElement(note, "lyric")
        ET.SubElement(lyric, "syllabic").text = "single"
        ET.SubElement(lyric, "text").text = mora.text


def sing(task: tuple[int, int]) -> tuple[np.ndarray, list[Sung]]:
    """One song, (n,) at `SOUND_RATE`, and its morae."""
    import pysinsy

    seed, number = task
    make = recipe()
    score, tempo = melody(np.random.default_rng([seed, number]))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "score.xml")
        path.write_text(music_xml(score, tempo), encoding="utf-8")
        samples, rate = pysinsy.synthesize(str(path))
    samples = soxr.resample(0.7 * samples / np.abs(samples).max(), rate, SOUND_RATE)
    power, hop = make.vowel_power(samples, SOUND_RATE), make.VOWEL_HOP
    onset, follows, morae = 0.0, False, []
    for mora in score:
        offset = onset + mora.beats * 60 / tempo
        if mora.pitch is not None:
            begin = max(0.0, onset - BEFORE)
            inside = power[int(begin / hop) : int(min(offset, onset + AFTER) / hop)]
            found = make.rise(inside, int((onset - begin) / hop))
            rise = None if found is None else int(begin / hop) * hop + found - onset
            morae.append(Sung(onset, offset, mora.pitch, (mora.consonant, not follows), follows, rise))
        onset, follows = offset, mora.pitch is not None
    return samples, morae


def usual_rises(songs: Sequence[Sequence[Sung]]) -> dict[tuple[str, bool], float]:
    """For each kind of mora, where its vowel rises as a rule: the median of all songs."""
    found = defaultdict(list)
    for morae in songs:
        for mora in morae:
            if mora.rise is not None:
                found[mora.kind].append(mora.rise)
    return {kind: median(rises) for kind, rises in found.items()}


def notes_of(morae: Sequence[Sung], usual: dict[tuple[str, bool], float]) -> list[Note]:
    """The notes, each beginning with its vowel."""
    onsets = []
    for mora in morae:
        rule = usual.get(mora.kind, USUAL)
        late = mora.rise if mora.rise is not None and abs(mora.rise - rule) < NEAR else rule
        onsets.append(mora.onset + (AFTER_VOWEL if not mora.kind[0] and mora.follows else late))
    notes = []
    for i, (mora, onset) in enumerate(zip(morae, onsets, strict=True)):
        goes_on = i + 1 < len(morae) and morae[i + 1].follows
        offset = onsets[i + 1] if goes_on else mora.offset
        if offset - onset > LEAST_SUNG:
            notes.append(Note(onset, offset, float(mora.pitch)))
    return notes


def write(out: Path, number: int, seed: int, samples: np.ndarray, notes: Sequence[Note]) -> Entry:
    """A song's files; six in ten are played faster or slower, as other singers."""
    rng = np.random.default_rng([seed + 1, number])
    semitones = 0.0 if rng.random() < 0.4 else rng.uniform(-5, 2)
    ratio = 2.0 ** (semitones / 12)
    played = soxr.resample(samples, SOUND_RATE * ratio, RATE)
    played *= 0.9 / max(1.0, float(np.abs(played).max()))
    moved = tuple(Note(n.onset / ratio, n.offset / ratio, n.pitch + semitones) for n in notes)
    entry = write_song(out, f"japanese-{number:03}" + (f"-{seed}" if seed != SEED else ""), Song(played, moved))
    return replace(entry, source="words", singer="sinsy", weight=WEIGHT, boundaries="onsets")


def main() -> None:
    """Make the data set."""
    parser = argparse.ArgumentParser(description="Make training data of Japanese songs.")
    parser.add_argument("out", type=Path)
    parser.add_argument("melodies", type=int, nargs="?", default=90)
    parser.add_argument("--seed", type=int, default=SEED, help="another makes other melodies (default: %(default)s)")
    options = parser.parse_args()
    if not importlib.util.find_spec("pysinsy"):
        sys.exit("pysinsy is missing: pip install pysinsy")
    options.out.mkdir(parents=True, exist_ok=True)
    tasks = [(options.seed, number) for number in range(options.melodies)]
    with multiprocessing.Pool() as pool:
        songs = pool.map(sing, tasks, chunksize=1)
    usual = usual_rises([morae for _, morae in songs])
    entries = [
        write(options.out, number, options.seed, samples, notes_of(morae, usual))
        for number, (samples, morae) in enumerate(songs)
    ]
    write_manifest(options.out / "manifest.csv", entries)


if __name__ == "__main__":
    main()
