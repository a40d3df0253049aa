"""A folder with the structure of the validation sets, made from a sample recording."""

import shutil
from pathlib import Path

from singtrans.formats import load_notes
from tests.helpers.models import SAMPLES

TUNE = load_notes(SAMPLES / "ode_to_joy.notes.csv")
NAMES = ("utau/alys_01", "utau/scott_01", "words/song", "ssvd/1072", "ssvd/1075", "ssvd/1188", "pjs/pjs061")


def write_sets(folder: Path) -> Path:
    """Write copies of a sample recording as all sets except MIR-1K: two voices, two parts and three kinds of labels."""
    lines = ["onset\toffset\tpitch", *(f"{n.onset}\t{n.offset}\t{n.pitch}" for n in TUNE)]
    for name in NAMES:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".tsv").write_text("\n".join(lines) + "\n")
        shutil.copy(SAMPLES / "ode_to_joy.ogg", path.with_suffix(".ogg"))
    (folder / "ravdess").mkdir()
    shutil.copy(SAMPLES / "ode_to_joy.ogg", folder / "ravdess/clip.ogg")
    semitones = " ".join(str(round(n.pitch - TUNE[0].pitch)) for n in TUNE)
    (folder / "ravdess/sequences.tsv").write_text(f"id\tsemitones\nclip\t{semitones}\n")
    return folder
