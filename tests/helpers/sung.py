"""Recordings of random melodies, sung by a synthetic voice, with their labels."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from recipe.synthesis.melody import SingingStyle
from recipe.synthesis.voices import HOP_SECONDS, f0_curve, formant_voice, random_melody
from singtrans import Note

RATE = 16_000


@dataclass(frozen=True)
class Sung:
    """Notes, (frames,) MIDI pitches every `HOP_SECONDS` (NaN where unvoiced), and (samples,) at `RATE`."""

    notes: tuple[Note, ...]
    curve: np.ndarray
    samples: np.ndarray


@cache
def sing(seed: int, seconds: float = 8.0) -> Sung:
    """Sing a random melody. The arrays are read-only, because tests share them."""
    rng = np.random.default_rng(seed)
    notes = random_melody(rng, seconds, 52.0, 66.0)
    curve = f0_curve(notes, HOP_SECONDS, rng, SingingStyle())
    sung = Sung(notes, curve, formant_voice(notes, curve, RATE, rng))
    for array in (sung.curve, sung.samples):
        array.setflags(write=False)
    return sung


def write_audio(path: Path, samples: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, RATE, **({"subtype": "FLOAT"} if path.suffix == ".wav" else {}))
    return path


def write_notes(path: Path, rows, head: str = "onset\toffset\tpitch") -> Path:
    """Write a table of notes. Each row is given as a note or as a list of cells."""
    rows = [(f"{r.onset:.4f}", f"{r.offset:.4f}", f"{r.pitch:.3f}") if isinstance(r, Note) else r for r in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, *("\t".join(map(str, row)) for row in rows)]) + "\n")
    return path
