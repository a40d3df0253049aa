"""Changes of notes under conditions that should have no effect.

    python -m benchmarks.same_notes

The sample recordings are made louder, softer or later, and are processed in slices of other lengths and with other
numbers of threads. Each line shows the largest change of times and pitch, and the number of notes added or lost. The
table is in docs/reliability.md.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from singtrans import audio
from singtrans.model.chunking import Chunking
from singtrans.notes import Note
from singtrans.transcriber import Transcriber

SAMPLES = sorted(
    path for path in (Path(__file__).parents[1] / "sample_audio").iterdir() if path.suffix in audio.AUDIO_SUFFIXES
)
RATE = 16_000
NEAR = 0.05  # seconds within which two notes are the same


def gain(decibels: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda samples: samples * np.float32(10 ** (decibels / 20))


def silence(seconds: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda samples: np.concatenate([np.zeros(round(seconds * RATE), np.float32), samples])


def in_16_bits(samples: np.ndarray) -> np.ndarray:
    return (np.round(samples * 32_768) / 32_768).astype(np.float32)


def clipped(samples: np.ndarray) -> np.ndarray:
    """Clip the samples at 6 dB below their peak."""
    return np.clip(samples * np.float32(2.0 / np.abs(samples).max()), -1.0, 1.0)


# Name of the change -> function of the samples, and delay of the singing in seconds.
CHANGES: dict[str, list[tuple[Callable[[np.ndarray], np.ndarray], float]]] = {
    "gain of -40 to +6 dB (float)": [(gain(decibels), 0.0) for decibels in (-40, -23, -10, -3, 3, 6)],
    "1 s of digital silence at the start": [(silence(1.0), 1.0)],
    "3 s of digital silence at the start": [(silence(3.0), 3.0)],
    "0.99 or 1.01 s of silence at the start (not whole frames)": [(silence(s), s) for s in (0.99, 1.01)],
    "-40 dB and rounded to 16 bits": [(lambda samples: in_16_bits(gain(-40)(samples)), 0.0)],
    "clipped 6 dB below the peak": [(clipped, 0.0)],
}


def main() -> None:
    """Print the table."""
    original = Transcriber("default", "cpu")
    sounds = [audio.load(path, RATE) for path in SAMPLES]
    plain = [original.transcribe(samples).notes for samples in sounds]
    print("| change | notes added or lost | times, ms | pitch, cents |\n|---|---|---|---|")
    for name, changes in CHANGES.items():
        found = [
            compare(original.transcribe(change(samples)).notes, notes, later)
            for samples, notes in zip(sounds, plain, strict=True)
            for change, later in changes
        ]
        show(name, found, sum(map(len, plain)) * len(changes))
    shared = [
        compare(other.transcribe(samples).notes, notes, 0.0)
        for other in variants(original)
        for samples, notes in zip(sounds, plain, strict=True)
    ]
    show("1, 2 or 5 threads, slices of 0.5 to 30 s", shared, sum(map(len, plain)) * 12)


def variants(original: Transcriber) -> Iterator[Transcriber]:
    """Yield transcribers of the same model with other numbers of threads and lengths of slices."""
    for threads in (1, 2, 5):
        for seconds in (0.5, 2.3, 10.0, 30.0):
            chunking = Chunking(slice_seconds=seconds, short_seconds=0.0)
            yield Transcriber(original.model, "cpu", threads, chunking=chunking)


def compare(found: tuple[Note, ...], true: tuple[Note, ...], later: float) -> tuple[int, float, float]:
    """Count added and lost notes, and measure the largest change of a time in ms, and of a pitch in cents."""
    pairs, left = [], list(found)
    for note in true:
        near = [other for other in left if abs(other.onset - later - note.onset) <= NEAR]
        if near:
            pairs.append((note, min(near, key=lambda other: abs(other.onset - later - note.onset))))
            left.remove(pairs[-1][1])
    times = [abs(b.onset - later - a.onset) for a, b in pairs] + [abs(b.offset - later - a.offset) for a, b in pairs]
    pitch = [abs(b.pitch - a.pitch) for a, b in pairs]
    return len(true) - len(pairs) + len(left), 1000 * max(times, default=0.0), 100 * max(pitch, default=0.0)


def show(name: str, found: list[tuple[int, float, float]], notes: int) -> None:
    """Print a line of the table."""
    changed, times, pitch = (np.array(column) for column in zip(*found, strict=True))
    print(f"| {name} | {changed.sum()} of {notes} | {times.max():.1f} | {pitch.max():.2f} |", flush=True)


if __name__ == "__main__":
    main()
