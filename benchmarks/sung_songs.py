"""Folk songs that were not used for training, sung by the benchmarks' synthetic voice with human timing."""

import pickle
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.phenomena import unvoiced
from benchmarks.singer import RATE, VOWELS, Timbre, level_curve, sing, vowel_curve
from recipe.folk_songs import FolkSong, all_songs, split
from recipe.performance import Performance, Style, perform
from recipe.synthesis.melody import HOP_SECONDS, SingingStyle, f0_curve
from singtrans.notes import Note, Transcription
from singtrans.training.augment import add_at_snr

LONGEST = 60.0  # the longest recording, in seconds
MIDDLES = (53.0, 64.0)  # median pitch of a man's voice and of a woman's
THROATS = (1.0, 1.17)  # as in `Timbre`
STYLE = SingingStyle(vibrato_share=0.3, vibrato_extent=(0.2, 0.6), scoop=1.0, scoop_share=0.2)
DIP = (8.0, 18.0)  # dB; dip of the level between notes that touch
TAIL = 0.5  # seconds after the last note
SNR = 35.0  # dB, with white noise


@dataclass(frozen=True, slots=True, eq=False)
class SungSong:
    """A song, its performance and its transcription.

    Attributes:
        song: the song, in the octave in which it was sung.
        performance: the performance of the song, with its notes as they were sung.
        found: transcription of the recording.
        path: the recording.
    """

    song: FolkSong
    performance: Performance
    found: Transcription
    path: Path


def choose_songs(count: int, seed: int = 200) -> list[tuple[FolkSong, Performance]]:
    """Choose random songs of the test part, and simulate performances.

    Songs whose performance takes `LONGEST` seconds or more are left out.
    """
    rng = np.random.default_rng(seed)
    songs = split(all_songs())[2]
    chosen: list[tuple[FolkSong, Performance]] = []
    for index in rng.permutation(len(songs)):
        song = _in_register(songs[index], MIDDLES[len(chosen) % 2])
        performance = perform(song, rng, Style())
        if performance.notes[-1].offset < LONGEST:
            chosen.append((song, performance))
        if len(chosen) == count:
            break
    return chosen


def _in_register(song: FolkSong, middle: float) -> FolkSong:
    """Move a song by octaves so that its median pitch is near the middle of a voice."""
    shift = 12 * round((middle - float(np.median([note.pitch for note in song.notes]))) / 12)
    return replace(song, notes=tuple(replace(note, pitch=note.pitch + shift) for note in song.notes))


def recording(notes: tuple[Note, ...], throat: float, rng: np.random.Generator) -> np.ndarray:
    """Sing each note on a separate vowel; return (samples,) float32 at 16 kHz."""
    curve = f0_curve(notes, HOP_SECONDS, rng, STYLE)
    count = round((notes[-1].offset + TAIL) / HOP_SECONDS)
    f0 = np.full(count, np.nan)
    f0[: min(count, len(curve))] = curve[:count]
    level = level_curve(notes, count, rng, DIP)
    vowels = vowel_curve(notes, rng.integers(len(VOWELS), size=len(notes)).tolist(), count)
    samples = sing(f0, level, vowels, Timbre(throat=throat), rng) + unvoiced(notes, count, False, rng)
    samples = add_at_snr(samples, rng.standard_normal(len(samples)).astype(np.float32), SNR)
    return (0.7 * samples / np.abs(samples).max()).astype(np.float32)


def sung_songs(count: int, folder: Path) -> list[SungSong]:
    """Return songs with their transcriptions; existing recordings and transcriptions in the folder are reused.

    Args:
        count: number of songs.
        folder: folder for recordings and transcriptions.
    """
    from singtrans import Transcriber

    folder.mkdir(parents=True, exist_ok=True)
    transcriber = None
    found = []
    for number, (song, performance) in enumerate(choose_songs(count)):
        path = folder / f"{number:03}.flac"
        known = path.with_suffix(".pickle")
        if not path.exists():
            samples = recording(performance.notes, THROATS[number % 2], np.random.default_rng([200, number]))
            soundfile.write(path, samples, RATE)
        if known.exists():
            transcription = pickle.loads(known.read_bytes())
        else:
            transcriber = transcriber or Transcriber(threads=1)
            transcription = transcriber(path)
            known.write_bytes(pickle.dumps(transcription))
        found.append(SungSong(song, performance, transcription, path))
    return found
