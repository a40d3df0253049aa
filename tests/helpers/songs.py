"""Synthetic songs with known rhythm and irregular timing."""

from dataclasses import dataclass

import numpy as np

from singtrans import Note

_BARS = {
    4: [
        *((1, 1, 1, 1), (1, 0.5, 0.5, 1, 1), (2, 2), (2, 1, 1), (1.5, 0.5, 1, 1), (1.5, 0.5, 2), (4,), (3, 1)),
        *((1, 1, 2), (0.5, 0.5, 0.5, 0.5, 1, 1), (0.5, 0.5, 1, 0.5, 0.5, 1), (0.75, 0.25, 1, 2), (0.5, 1, 0.5, 2)),
    ],
    3: [(1, 1, 1), (2, 1), (3,), (1.5, 0.5, 1), (1, 0.5, 0.5, 1), (0.5, 0.5, 0.5, 0.5, 1)],
    "t": [(1, 1, 1, 1), (*(1 / 3,) * 3, 1, 2), (2 / 3, 1 / 3, 2 / 3, 1 / 3, 2), (2, 2), (2 / 3, 1 / 3, 1, 1, 1)],
}


@dataclass(frozen=True)
class Song:
    """Sung notes, the beats at which each note starts and ends, and the time of each beat in seconds."""

    notes: tuple[Note, ...]
    spans: tuple[tuple[float, float], ...]
    beats: np.ndarray


def song(rng, tempo, bars=16, metre=4, jitter=0.02, drift=0.0):
    """Make a song of a few repeated bars with rests; times have random errors with deviation ``jitter`` in seconds."""
    patterns = _BARS[metre]
    few, spans, place = rng.choice(len(patterns), 5), [], 0.0
    for _ in range(bars):
        for length in patterns[rng.choice(few)]:
            if length < 1 or rng.random() > 0.06:
                spans.append((place, place + length))
            place += length
    number = np.arange(round(place) + 2)
    lengths = 60 / tempo * (1 + drift * np.sin(2 * np.pi * number / rng.uniform(20, 50) + rng.uniform(0, 6)))
    beats = rng.uniform(0.2, 3) + np.concatenate([[0], np.cumsum(lengths)])[:-1]
    times = np.interp(np.array(spans), number, beats) + rng.normal(0, jitter, (len(spans), 2))
    onsets = np.maximum.accumulate(times[:, 0] + np.arange(len(times)) * 1e-4)
    ends = times[:, 1] - rng.choice([0.0, 0.05], len(times))
    ends = np.maximum(np.minimum(ends, np.append(onsets[1:], np.inf)), onsets + 1e-4)
    pitches = np.clip(62 + np.cumsum(rng.integers(-3, 4, len(times))), 52, 74) + rng.normal(0, 0.1, len(times))
    return Song(tuple(Note(*map(float, n)) for n in zip(onsets, ends, pitches, strict=True)), tuple(spans), beats)
