"""A small data set for training, sung by a synthetic voice."""

import csv
from pathlib import Path

import numpy as np
import soundfile

from recipe.synthesis.melody import SingingStyle
from recipe.synthesis.voices import HOP_SECONDS, f0_curve, formant_voice, random_melody
from singtrans.dataset.manifest import read_entries
from singtrans.training.recordings import load_recording

RATE = 16_000


def sing(folder: Path, name: str, seed: int, f0_only: bool = False) -> None:
    rng = np.random.default_rng(seed)
    notes = random_melody(rng, 6.0, 55.0, 66.0)
    curve = f0_curve(notes, HOP_SECONDS, rng, SingingStyle())
    soundfile.write(folder / f"{name}.wav", formant_voice(notes, curve, RATE, rng), RATE)
    if f0_only:
        (folder / f"{name}.f0.txt").write_text("\n".join(f"{p:.3f}" for p in np.nan_to_num(curve[4::4])))
    else:
        rows = [f"{n.onset:.4f}\t{n.offset:.4f}\t{n.pitch:.3f}" for n in notes]
        (folder / f"{name}.tsv").write_text("\n".join(["onset\toffset\tpitch", *rows]) + "\n")


def sung_folder(folder: Path) -> Path:
    """Write four songs with notes and one song with pitch labels to ``folder``."""
    for index in range(4):
        sing(folder, f"song{index}", index)
    sing(folder, "pitch", 9, f0_only=True)
    return folder


def recordings(folder: Path) -> list:
    return [load_recording(entry, RATE) for entry in read_entries(folder)]


def manifest(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, sorted({key for row in rows for key in row}))
        writer.writeheader()
        writer.writerows(rows)
    return path
