"""Share of the notes whose note number is correct with ``--key``, on synthetic melodies.

    python -m benchmarks.key

The melodies are those of `benchmarks.tuning`, in a major key or in harmonic minor; some contain notes that do not
belong to the key.
"""

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.tuning import MAJOR, MELODIES, Singer, sing
from singtrans.melody.key import apply_key
from singtrans.melody.tuning import AUTO
from singtrans.notes import Transcription


@dataclass(frozen=True)
class Song:
    """A song: length in seconds, scatter in cents, and share of the notes that are moved by a semitone."""

    seconds: float
    scatter: float
    foreign: float = 0.0
    scale: str = "major"


SCALES = {"major": MAJOR, "minor": (0, 2, 3, 5, 7, 8, 11)}
SONGS = (
    *(Song(60, scatter) for scatter in (10, 20, 30, 40, 50)),
    *(Song(60, scatter, foreign) for foreign in (0.05, 0.1, 0.5) for scatter in (10, 20, 30)),
    *(Song(60, scatter, 0.0, "minor") for scatter in (10, 20, 30, 40)),
    *(Song(12, scatter) for scatter in (10, 30)),
)


def melody(song: Song, rng: np.random.Generator) -> tuple[Transcription, np.ndarray]:
    """Make a melody; return it and its true note numbers."""
    sung, true = sing(Singer(song.seconds, song.scatter, 0.0), rng, SCALES[song.scale])
    moved = rng.choice((-1, 1), len(true)) * (rng.random(len(true)) < song.foreign)
    notes = (replace(note, pitch=note.pitch + float(step)) for note, step in zip(sung.notes, moved, strict=True))
    return replace(sung, notes=tuple(notes)), true + moved


def shares(song: Song, seed: int) -> tuple[float, float]:
    """Compute the shares of correct note numbers after rounding to the nearest semitone, and with the estimated key."""
    sung, true = melody(song, np.random.default_rng(seed))
    plain = np.array([note.note for note in sung.notes])
    found = np.array([note.note for note in apply_key(sung, AUTO).notes])
    return float(np.mean(plain == true)), float(np.mean(found == true))


def main() -> None:
    """Print the table."""
    print("| song | key | scatter | foreign notes | nearest semitone | `--key auto` |")
    print("|---|---|---|---|---|---|")
    for song in SONGS:
        plain, found = np.mean([shares(song, seed) for seed in range(MELODIES)], axis=0)
        head = f"| {song.seconds:g} s | {song.scale} | {song.scatter:g} cents | {song.foreign:.0%} |"
        print(f"{head} {plain:.3f} | {found:.3f} |", flush=True)


if __name__ == "__main__":
    main()
