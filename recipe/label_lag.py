"""Measure the delay of note labels relative to the vowels, for each recording.

    python -m recipe.label_lag manifest.csv [SOURCE]

Prints two delays in milliseconds for every recording: medians over its notes, with quartiles. *Onset*: from where the
level above 800 Hz rises through 12 dB below the note's peak (`vowel_power` and `rise` of ``sample_audio/make.py``, by
which synthetic singing is labelled) to the labelled onset. *Offset*: from where it falls through that to the labelled
offset. No model is used, so the result does not depend on a model trained on the labels. Vowels that follow vowels,
glides, noise and reverberation have no sharp rise: look at medians, and compare recordings of one set.
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
BEFORE, AFTER = 0.12, 0.15  # seconds around a label that are searched: to the rise or fall, and to the peak


def lags(samples: np.ndarray, notes: Sequence[Note]) -> tuple[np.ndarray, np.ndarray]:
    """(rises,) and (falls,) seconds by which onsets and offsets are labelled after the level passes the threshold."""
    make = samples_code()
    power, hop = make.vowel_power(samples.astype(np.float64), RATE), make.VOWEL_HOP

    def frame(time: float) -> int:
        return min(max(0, round(time / hop)), len(power))

    rises, falls = [], []
    for note in notes:
        # The peak of this note, even if there is a louder sound before or after it.
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
    """Median and quartiles in milliseconds, and the number of values."""
    if not len(lag):
        return ""
    low, middle, high = 1000 * np.percentile(lag, (25, 50, 75))
    return f"{middle:.0f} ({low:.0f} to {high:.0f}; {len(lag)})"


def main() -> None:
    """Print one row per recording."""
    parser = argparse.ArgumentParser(description="How long after their vowels the labels of notes begin.")
    parser.add_argument("entries", type=manifest, metavar="MANIFEST")
    parser.add_argument("source", nargs="?", help="of one source alone")
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
