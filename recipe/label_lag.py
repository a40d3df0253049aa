"""Measure the delay of note labels relative to the vowels, for each recording.

    python -m recipe.label_lag manifest.csv [SOURCE]

For every recording, the program prints two delays in milliseconds, each as the median and the quartiles over the notes.
*Onset* is the time from the rise of the level in the band above 800 Hz to the labelled onset. The rise is where the
level passes 12 dB below the note's peak, as for the labels of synthetic singing (`vowel_power` and `rise` of
``sample_audio/make.py``). *Offset* is the time from the fall of this level to the labelled offset. No model is used, so
the result does not depend on training data. After another vowel or a glide, and in noise or reverberation, the rise is
not sharp. Therefore, only medians are useful, and only recordings of the same set can be compared.
"""

import argparse
from collections.abc import Sequence

import numpy as np

from benchmarks.arguments import manifest
from benchmarks.spoken import samples_code
from benchmarks.tables import table
from singtrans import audio
from singtrans.notes import Note

RATE = 16_000
BEFORE, AFTER = 0.12, 0.15  # seconds around a label in which the rise or fall, and the peak, are searched


def lags(samples: np.ndarray, notes: Sequence[Note]) -> tuple[np.ndarray, np.ndarray]:
    """Compute the delays in seconds of labelled onsets, (rises,), and offsets, (falls,), after the level changes."""
    make = samples_code()
    power, hop = make.vowel_power(samples.astype(np.float64), RATE), make.VOWEL_HOP

    def frame(time: float) -> int:
        return min(max(0, round(time / hop)), len(power))

    rises, falls = [], []
    for note in notes:
        # This is the peak of the note itself, although there may be a louder sound before or after it.
        onset, offset = frame(note.onset), frame(note.offset)
        start = frame(note.onset - BEFORE)
        rose = make.rise(power[start : max(onset + 1, frame(min(note.offset, note.onset + AFTER)))], onset - start)
        if rose is not None:
            rises.append(note.onset - start * hop - rose)
        end = frame(note.offset + BEFORE)
        fell = make.rise(power[frame(max(note.onset, note.offset - AFTER)) : end][::-1], max(0, end - offset))
        if fell is not None:
            falls.append(note.offset - (end - 1) * hop + fell)
    return np.array(rises), np.array(falls)


def quartiles(lag: np.ndarray) -> str:
    """Format the median and the quartiles in milliseconds, and the number of values."""
    if not len(lag):
        return ""
    low, middle, high = 1000 * np.percentile(lag, (25, 50, 75))
    return f"{middle:.0f} ({low:.0f} to {high:.0f}; {len(lag)})"


def main() -> None:
    """Print one row per recording."""
    parser = argparse.ArgumentParser(description="Print the delay of note labels relative to the vowels.")
    parser.add_argument("entries", type=manifest, metavar="MANIFEST")
    parser.add_argument("source", nargs="?", help="measure only recordings of this source")
    options = parser.parse_args()
    rows = []
    for entry in options.entries:
        if entry.notes is None or options.source not in (None, entry.source):
            continue
        notes = entry.load_notes()
        found = lags(audio.load(entry.audio, RATE), notes)
        rows.append([entry.id, entry.split, len(notes), *map(quartiles, found)])
    print(*table(["recording", "part", "notes", "onset lag, ms", "offset lag, ms"], rows), sep="\n")


if __name__ == "__main__":
    main()
