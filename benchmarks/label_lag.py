"""How long after the sound the labels of each recording come: a delay that a set's labels share, or some of them do.

    python benchmarks/label_lag.py manifest.csv [SOURCE]

For every recording the median over its notes of two lags, in milliseconds. *Onset* lag: from where the level rises
through 15 dB below the note's peak to the labelled onset, of notes after a rest. *Offset* lag: from where it falls
through that to the labelled offset. No model has a part in it, so none that learnt from the labels. Where a voiced
consonant belongs to the note before its label, or where there is noise or reverberation, the level says little: it is
recordings of one set that are to be compared.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from arguments import manifest
from results import table

from singtrans import audio
from singtrans.formats import load_notes
from singtrans.notes import Note

RATE = 16_000
HOP = 32  # samples
WINDOW = 160  # samples
BELOW = 10**-1.5  # of the peak's power
REST = 0.06  # seconds before a note
REACH = 0.2  # seconds from a label to where the peak is looked for
BEFORE = 0.15  # seconds from the label back to where the rise may be


def lags(samples: np.ndarray, notes: Sequence[Note]) -> tuple[np.ndarray, np.ndarray]:
    """(rises,) and (falls,) seconds by which onsets and offsets are labelled after the level passes the threshold."""
    window = np.hanning(WINDOW) / np.hanning(WINDOW).sum()
    power = np.convolve(samples.astype(np.float64) ** 2, window, "same")[::HOP]

    def between(start: float, end: float) -> tuple[np.ndarray, float]:
        first = max(0, int(np.ceil(start * RATE / HOP)))
        return power[first : int(end * RATE / HOP) + 1], first * HOP / RATE

    rises, falls = [], []
    for before, note, after in zip([None, *notes[:-1]], notes, [*notes[1:], None], strict=True):
        rest_from = before.offset if before else 0.0
        if note.onset - rest_from >= REST:
            level, start = between(max(rest_from, note.onset - BEFORE), min(note.offset, note.onset + REACH))
            peak = int(level.argmax()) if len(level) else 0
            below = np.flatnonzero(level[:peak] < BELOW * level[peak]) if peak else []
            if len(below):
                rises.append(note.onset - start - below[-1] * HOP / RATE)
        level, start = between(note.offset - REACH, min(after.onset if after else np.inf, note.offset + REACH))
        peak = int(level.argmax()) if len(level) else 0
        below = np.flatnonzero(level[peak:] < BELOW * level[peak]) if len(level) else []
        if len(below):
            falls.append(note.offset - start - (peak + below[0]) * HOP / RATE)
    return np.array(rises), np.array(falls)


def main() -> None:
    """Print a row a recording."""
    parser = argparse.ArgumentParser(description="How long after the sound the labels of each recording come.")
    parser.add_argument("entries", type=manifest, metavar="MANIFEST")
    parser.add_argument("source", nargs="?", help="of one source alone")
    options = parser.parse_args()
    rows = []
    for entry in options.entries:
        if entry.notes is None or options.source not in (None, entry.source):
            continue
        notes = load_notes(entry.notes, name=entry.name)
        found = lags(audio.load(entry.audio, RATE), notes)
        cells = [f"{1000 * np.median(lag):.0f} ({len(lag)})" if len(lag) else "" for lag in found]
        rows.append([entry.id, entry.split, len(notes), *cells])
    print(*table(["recording", "part", "notes", "onset lag, ms (of)", "offset lag, ms (of)"], rows), sep="\n")


if __name__ == "__main__":
    main()
