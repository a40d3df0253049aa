"""Share of the notes whose note number is correct with ``--tuning auto``, and detection of drifts.

    python -m benchmarks.tuning

Both are measured on synthetic melodies in random major keys, which span up to three octaves. The pitch errors of
their notes are normally distributed; 3 % of the notes are wrong by up to a semitone.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.melody.tuning import AUTO, apply_tuning, describe_drift
from singtrans.notes import Note, PitchTrack, Transcription

MELODIES = 200
WRONG = 0.03
MAJOR = (0, 2, 4, 5, 7, 9, 11)


@dataclass(frozen=True)
class Singer:
    """A singer: length of the song in seconds, and scatter, offset from 440 Hz and total drift in cents."""

    seconds: float
    scatter: float
    offset: float
    drift: float = 0.0


SINGERS = (
    *(Singer(60, scatter, offset) for scatter in (10, 20) for offset in (0, 20, -40, 45, -49)),
    *(Singer(60, 30, 0), Singer(60, 30, -40)),
    *(Singer(30, 15, 0, -60), Singer(60, 15, 0, -60), Singer(60, 15, 0, -100)),
    *(Singer(180, 15, 0, -80), Singer(180, 20, -30, -80), Singer(180, 20, 20, 60)),
    Singer(12, 15, -35),
)


def sing(singer: Singer, rng: np.random.Generator, scale: Sequence[int] = MAJOR) -> tuple[Transcription, np.ndarray]:
    """Make a melody; return it and its true note numbers."""
    notes, true, now = [], [], float(rng.uniform(0, 3))
    degree, key = 10, int(rng.integers(46, 60))
    while now < singer.seconds:
        length = float(rng.choice([0.25, 0.4, 0.5, 0.5, 0.8, 1.2]))
        degree = int(np.clip(degree + rng.integers(-3, 4), 0, 20))
        true.append(key + 12 * (degree // 7) + scale[degree % 7])
        off = rng.uniform(-100, 100) if rng.random() < WRONG else rng.normal(0, singer.scatter)
        off += singer.offset + singer.drift * now / singer.seconds
        notes.append(Note(now, now + 0.9 * length, float(true[-1] + off / 100), float(rng.uniform(0.5, 1))))
        now += length * float(rng.choice([1, 1, 1, 2]))
    track = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))
    return Transcription(tuple(notes), track, singer.seconds), np.array(true)


def shares(singer: Singer, seed: int) -> tuple[float, ...]:
    """Compute three shares of correct note numbers.

    The first share is at A4 = 440 Hz, and the second with the estimated tuning. The third is also with the estimated
    tuning, but after the best transposition of the whole song.
    """
    song, true = sing(singer, np.random.default_rng(seed))
    plain = np.array([note.note for note in song.notes]) - true
    found = np.array([note.note for note in apply_tuning(song, AUTO).notes]) - true
    values, counts = np.unique(found, return_counts=True)
    return float(np.mean(plain == 0)), float(np.mean(found == 0)), float(np.mean(found == values[counts.argmax()]))


def remarked(seconds: float, scatter: float, drift: float) -> float:
    """Compute the share of the melodies for which the message about a drift appears."""
    singer = Singer(seconds, scatter, 0, drift)
    return float(np.mean([bool(describe_drift(_notes(singer, seed))) for seed in range(MELODIES)]))


def _notes(singer: Singer, seed: int) -> tuple[Note, ...]:
    return sing(singer, np.random.default_rng(seed))[0].notes


def main() -> None:
    """Print the tables."""
    print("| song | scatter | offset | drift | without | `--tuning auto` | up to transposition |")
    print("|---|---|---|---|---|---|---|")
    for singer in SINGERS:
        plain, found, relative = np.mean([shares(singer, seed) for seed in range(MELODIES)], axis=0)
        head = f"| {singer.seconds} s | {singer.scatter} cents | {singer.offset:+} | {singer.drift:+.0f} |"
        print(f"{head} {plain:.3f} | {found:.3f} | {relative:.3f} |", flush=True)
    print("\n| song | scatter | no drift | -30 cents | -60 cents | -100 cents |\n|---|---|---|---|---|---|")
    for seconds, scatter in itertools.product((30, 60, 180), (10, 20, 30)):
        cells = [f"{remarked(seconds, scatter, drift):.3f}" for drift in (0, -30, -60, -100)]
        print(f"| {seconds} s | {scatter} cents | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
