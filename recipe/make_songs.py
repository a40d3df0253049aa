"""Make synthetic songs for training, with real and synthetic voices and exact labels.

    python -m recipe.make_songs MANIFEST OUT [--seed SEED] [--songs 4] [--clear]

MANIFEST lists the recordings (`recipe.manifest`). The voices are the singers of the manifest's training split, and the
installed voices of espeak-ng, flite, Festival and SVOX Pico. OUT receives recordings, notes, pitch, times of syllables
and ornaments, and a ``manifest.csv``.
"""

import argparse
import hashlib
import multiprocessing
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile
import soxr

from recipe.manifest import CONVENTION
from recipe.song_voices import RATE, Voice, cached_bank, recorded_voices, synthetic_voices
from recipe.sung_word_voices import FLITE
from recipe.synthesis.manner import draw_manner
from recipe.synthesis.melody import HOP_SECONDS, SingingStyle
from recipe.synthesis.plans import plan_song
from recipe.synthesis.singing import SungSong, sing, tilted
from recipe.synthesis.syllables import SyllableBank
from singtrans.dataset.manifest import Entry, read_entries, write_manifest

SEED = 7
SECONDS = 20.0
SONGS = 4  # number of songs of each voice
ENGLISH = ("en-us", "en-gb", "en-US", "en-GB", "american", FLITE)  # languages of voices
WEIGHT = 0.25
MADE_UP = "made-up"  # label convention
CREAK_BELOW = 7.0  # semitones by which a creaky voice is lower


def draw_style(rng: np.random.Generator) -> SingingStyle:
    """Draw the portamento, vibrato and drift of a song."""
    style = SingingStyle(
        vibrato_share=rng.uniform(0, 1),
        vibrato_extent=(0.15, rng.uniform(0.3, 1.0)),
        scoop=rng.uniform(0.3, 2.0),
        drift=rng.uniform(0.03, 0.12),
        fluctuation=rng.uniform(0.02, 0.06),
    )
    return replace(style, glide=(0.1, 0.35)) if rng.random() < 0.25 else style


def one_song(bank: SyllableBank, seed: tuple[int, int, int], *, clear: bool = False) -> SungSong:
    """Make a song of a voice; if its notes are too short for their consonants, draw another song.

    Args:
        bank: bank of the voice.
        seed: seeds of the random generator.
        clear: whether to draw a style for later stages; see `draw_manner`.
    """
    for attempt in range(5):
        rng = np.random.default_rng([*seed, attempt])
        manner = draw_manner(rng, clear=clear)
        warped = bank.voice.warped(float(np.exp(rng.normal(0.0, 0.08))))
        shift = rng.uniform(-2.0, 3.0) + (3.0 if manner.tilt > 2.0 else 0.0) - (CREAK_BELOW if manner.creak else 0.0)
        plan = plan_song(rng, SECONDS, (bank.low + shift, bank.high + shift), manner)
        voice = tilted(warped, manner.tilt)
        try:
            return sing(replace(bank, voice=voice), plan, manner, draw_style(rng), rng)
        except ValueError:
            continue
    raise ValueError(f"{bank.name}: no song could be sung")


def write_song(folder: Path, name: str, song: SungSong, source: str = "songs", convention: str = MADE_UP) -> Entry:
    """Write a song with its labels, and return its entry for the manifest."""
    samples = soxr.resample(song.samples, song.sample_rate, RATE)
    paths = {kind: folder / f"{name}.{kind}" for kind in ("flac", "tsv", "f0.txt", "syllables.txt", "ornaments.txt")}
    soundfile.write(paths["flac"], samples, RATE, subtype="PCM_16")
    lines = ["onset\toffset\tpitch", *(f"{n.onset:.4f}\t{n.offset:.4f}\t{n.pitch:.3f}" for n in song.notes)]
    paths["tsv"].write_text("\n".join(lines) + "\n", encoding="utf-8")
    step = round(0.02 / HOP_SECONDS)
    paths["f0.txt"].write_text("\n".join(f"{p:.3f}" for p in np.nan_to_num(song.f0[step::step])) + "\n")
    for kind, times in (("syllables.txt", song.syllables), ("ornaments.txt", song.ornaments)):
        paths[kind].write_text("".join(f"{time:.4f}\n" for time in times))
    return Entry(
        name,
        paths["flac"],
        paths["tsv"],
        paths["f0.txt"],
        syllables=paths["syllables.txt"],
        ornaments=paths["ornaments.txt"],
        source=source,
        convention=convention,
        weight=WEIGHT,
    )


def clear_songs(voice: Voice) -> int:
    """Return the number of clear songs to make with a voice, which is largest for English voices."""
    if voice.kind != "recorded":
        return 7 if voice.language in ENGLISH else 3
    return 3 if voice.name.startswith(("mir1k", "utau")) else 2


def make(task: tuple[Voice, argparse.Namespace]) -> list[Entry]:
    """Return all songs of a voice."""
    voice, options = task
    seed, songs, out, cache = options.seed, options.songs, options.out, options.cache
    bank = cached_bank(voice, SEED, cache)
    if bank is None:
        return []
    number = int(hashlib.sha256(bank.name.encode()).hexdigest()[:8], 16)
    name = f"{voice.kind}-{voice.name}" if voice.kind != "recorded" else voice.name
    entries = []
    for take in range(clear_songs(voice) if options.clear else songs):
        try:
            song = one_song(bank, (seed, number, take), clear=options.clear)
        except ValueError as error:
            print(error, file=sys.stderr)
            continue
        mark = f"-{seed}" if seed != SEED else ""
        name_of_song = f"{name}-{voice.language}-{take}{mark}".replace("--", "-")
        if options.clear:  # half of them teach the convention that is used for transcribing
            entries.append(write_song(out, name_of_song, song, "clear-songs", (MADE_UP, CONVENTION)[take % 2]))
        else:
            entries.append(write_song(out, name_of_song, song))
    return entries


def main() -> None:
    """Make the data set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=SEED, help="random seed of the songs (default: %(default)s)")
    parser.add_argument("--clear", action="store_true", help="make songs for the later stages of training")
    parser.add_argument("--songs", type=int, default=SONGS, help="songs of each voice; not used with --clear")
    parser.add_argument("--cache", type=Path, help="folder for the voices (default: OUT/voices)")
    parser.add_argument("--processes", type=int, default=None)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    voices = [*recorded_voices(read_entries(options.manifest)), *synthetic_voices()]
    options.cache = options.cache or options.out / "voices"
    tasks = [(voice, options) for voice in voices]
    with multiprocessing.Pool(options.processes) as pool:
        entries = [entry for made in pool.imap(make, tasks, chunksize=1) for entry in made]
    write_manifest(options.out / "manifest.csv", entries)
    print(f"{len(entries)} songs of {len(voices)} voices")


if __name__ == "__main__":
    main()
