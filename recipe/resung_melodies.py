"""Make synthetic training data: new melodies with the re-synthesised voices of the training singers.

    python -m recipe.resung_melodies manifest.csv OUT [--seed SEED]

The program reads the training recordings of a manifest, analyses the voices with WORLD, and synthesises random melodies
with them. The melodies contain legato, melismas and repeated notes, and their notes and pitch are known exactly.
Further melodies are sung by a formant voice from C2 to C6, or are plain tones with one or a few harmonics (`tones`), as
in humming and whistling. OUT receives recordings, notes, pitch and a ``manifest.csv``, all for training.
"""

import argparse
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.arguments import manifest
from recipe import tones
from recipe.song_files import RATE, Song, write_song
from recipe.synthesis.voices import (
    HOP_SECONDS,
    SingingStyle,
    VoiceFrames,
    analyse,
    f0_curve,
    formant_voice,
    random_melody,
    resing,
)
from singtrans import audio
from singtrans.dataset.manifest import Entry, write_manifest

VOICE_SECONDS = 40.0  # length that is analysed per singer
MELODIES = 1  # number of melodies for each voice
MELODY_SECONDS = 20.0
FORMANT_MELODIES = 45
TONE_MELODIES = 24
WEIGHT = 0.25  # lower than that of real singing
SEED = 7


def voices(entries: list[Entry], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return the samples of each voice: the joined clips of a singer, or a single recording if it is long."""
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        name = entry.id.split("_")[0] if entry.source == "mir1k" else entry.id
        groups[f"{entry.source}-{name}"].append(entry)
    found = {}
    for name, group in sorted(groups.items()):
        if name.startswith("pjs-") and rng.random() > 0.1:
            continue  # there is only one singer, for whom a tenth of the songs is sufficient
        clips, seconds = [], 0.0
        for index in rng.permutation(len(group)):
            clips.append(audio.load(group[index].audio, RATE))
            seconds += len(clips[-1]) / RATE
            if seconds > VOICE_SECONDS:
                break
        found[name] = np.concatenate(clips)[: int(VOICE_SECONDS * RATE)]
    return found


def manner(rng: np.random.Generator) -> SingingStyle:
    """Draw the style of a melody.

    A third of the styles have slow slides, and a third have shallow dips between repeated notes.
    """
    slides, dips = rng.random(2) < 0.35
    style = SingingStyle(same_vowel_share=0.8 if dips else 0.2, vowel_share=0.1 if dips else 0.7)
    if slides:
        style = replace(style, glide=(0.1, 0.35))
    return replace(style, dip=(5.0, 18.0)) if dips else style


def sing(voice: VoiceFrames, seed: int) -> Song:
    """Sing a random melody in the range of a voice."""
    rng = np.random.default_rng(seed)
    centre = float(np.nanmedian(voice.f0)) + rng.uniform(-2.0, 3.0)
    notes = random_melody(rng, MELODY_SECONDS, centre - 7.0, centre + 8.0)
    warped = voice.warped(float(np.exp(rng.normal(0.0, 0.07))))
    style = manner(rng)
    samples = resing(warped, notes, np.random.default_rng(seed + 1), style)
    return Song(samples, notes, f0_curve(notes, HOP_SECONDS, np.random.default_rng(seed + 1), style))


def sing_formants(index: int, seed: int) -> Song:
    """Sing a random melody with the formant voice.

    The range of the melody rises with ``index``: the range of the first melody starts near C2, and the range of the
    last melody ends near C6.
    """
    rng = np.random.default_rng(seed)
    low = 35.0 + (84.5 - 12.0 - 35.0) * index / (FORMANT_MELODIES - 1)
    notes = random_melody(rng, MELODY_SECONDS, low, low + 13.0)
    style = manner(rng)
    curve = f0_curve(notes, HOP_SECONDS, rng, style)
    return Song(formant_voice(notes, curve, RATE, rng, style), notes, curve)


def main() -> None:
    """Make the data set."""
    parser = argparse.ArgumentParser(description="Make training data of synthetic singing.")
    parser.add_argument("entries", type=manifest, metavar="MANIFEST")
    parser.add_argument("out", type=Path)
    parser.add_argument(
        "--seed", type=int, default=SEED, help="random seed; two seeds must differ by thousands (default: %(default)s)"
    )
    options = parser.parse_args()
    out, seed = options.out, options.seed
    mark = f"-{seed}" if seed != SEED else ""
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    entries = [e for e in options.entries if e.split == "train"]
    made = []
    for number, (name, samples) in enumerate(voices(entries, rng).items()):
        frames = analyse(samples, RATE)
        for take in range(MELODIES):
            made.append(write_song(out, f"{name}-{take}{mark}", sing(frames, seed + 100 * number + 2 * take)))
    for index in range(FORMANT_MELODIES):
        made.append(write_song(out, f"formants-{index:02}{mark}", sing_formants(index, seed + 100_000 + index)))
    for index in range(TONE_MELODIES):
        made.append(write_song(out, f"tones-{index:02}{mark}", tones.song(seed + 200_000, index)))
    entries = [replace(entry, source="synthetic", weight=WEIGHT) for entry in made]
    write_manifest(out / "manifest.csv", entries)


if __name__ == "__main__":
    main()
