"""A synthetic song in memory, and its files."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from recipe.synthesis.voices import HOP_SECONDS
from singtrans.dataset.manifest import Entry
from singtrans.notes import Note

RATE = 16_000
F0_HOP = 0.02  # seconds between the values of a pitch file; the first value is at this time


@dataclass(frozen=True, slots=True, eq=False)
class Song:
    """A recording whose notes are known exactly.

    Attributes:
        samples: (n,) mono samples at `RATE`, with full scale at 1.
        notes: notes in time order; empty if the notes are not for training.
        f0: (frames,) MIDI pitch every `HOP_SECONDS` from 0, NaN where unvoiced; None if unknown.
    """

    samples: np.ndarray
    notes: tuple[Note, ...]
    f0: np.ndarray | None = None


def write_notes(path: Path, notes: Iterable[Note]) -> None:
    """Write notes as ``.tsv`` labels, with onset and offset in seconds, and pitch as MIDI number."""
    lines = ["onset\toffset\tpitch", *(f"{n.onset:.4f}\t{n.offset:.4f}\t{n.pitch:.3f}" for n in notes)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_song(folder: Path, name: str, song: Song) -> Entry:
    """Write a recording with its labels into a folder, as training data."""
    audio, notes, f0 = (folder / f"{name}.{ending}" for ending in ("flac", "tsv", "f0.txt"))
    soundfile.write(audio, song.samples, RATE, subtype="PCM_16")
    if song.notes:
        write_notes(notes, song.notes)
    labelled = notes if song.notes else None
    if song.f0 is None:
        return Entry(name, audio, labelled)
    step = round(F0_HOP / HOP_SECONDS)
    f0.write_text("\n".join(f"{p:.3f}" for p in np.nan_to_num(song.f0[step::step])) + "\n")
    return Entry(name, audio, labelled, f0)
