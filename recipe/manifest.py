"""Write the manifest of the data for training and measuring the shipped model.

    python -m recipe.manifest DATA manifest.csv [--as-labelled]

DATA contains ``ssvd/`` (Sight-Singing Vocal Dataset 2.0), ``pjs/`` (PJS corpus 1.1), ``mir1k/`` (MIR-1K) and ``utau/``
(voices of UTAU), each recording with its labels beside it. Splits are by ranges of ids (SSVD, whose ids do not name the
singer), by song (PJS, one singer) and by singer (MIR-1K, UTAU). `valid` is used to choose weights and costs of the
decoder, and `test` only to report scores.

The starts of syllables are known in three sets, and are written to a folder ``syllables`` beside the manifest. In SSVD
and UTAU, every note is a syllable; PJS has phonemes, and every vowel begins a syllable. (In Japanese, a moraic n is a
note of its own, but not a syllable.)

In 28 recordings of SSVD, onsets and offsets are labelled 20 ms later than in the others (measured by `label_lag.py`).
All 28 are in the training split. Their labels are moved back by 20 ms, into a folder ``on-time`` beside the manifest,
unless ``--as-labelled`` is given.
"""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from recipe.song_files import write_notes
from singtrans.dataset.manifest import Entry, write_manifest
from singtrans.formats import load_notes
from singtrans.notes import Note

SSVD_TEST = frozenset(["1188", "1189", "1194", "1196", "1197", "1198", "406", "407", "408", "410", "424", "427", "480"])
SSVD_VALID = frozenset(["1072", "1075", "1078", "1079", "1307", "1311", "1315"])
SSVD_LATE = frozenset(["man1_butterfly", "man1_schoolbell", "man1_twinkle", "man2_schoolbell"]) | {
    str(number) for number in range(1201, 1231)
}
LATE = 0.02  # seconds by which the labels of some recordings are late
PJS_VALID = range(61, 69)
PJS_TEST = range(69, 81)
MIR1K_VALID = frozenset({"stool", "tammy"})
MIR1K_TEST = frozenset({"abjones", "heycat"})
UTAU_VALID = frozenset({"yuki", "scott"})
PJS_NUCLEI = frozenset("aiueo")
LICENSES = {
    "ssvd": "none stated; released by its authors for research",
    "pjs": "CC BY-SA 4.0",
    "mir1k": "none stated; public research corpus",
    "utau": "GPL-3.0 (alys), GPL-2.0 (ibuki), public domain (yuki), free for any use (dorodoro, scott, kumi)",
}


def _choose(name: str, valid: object, test: object) -> str:
    return "test" if name in test else "valid" if name in valid else "train"


def move(notes: Path, seconds: float, out: Path) -> Path:
    """Write notes that begin and end ``seconds`` earlier; return the path."""
    out.parent.mkdir(parents=True, exist_ok=True)
    write_notes(out, (Note(max(n.onset - seconds, 0.0), n.offset - seconds, n.pitch) for n in load_notes(notes)))
    return out


def write_syllables(folder: Path, name: str, times: Iterable[float]) -> Path:
    """Write the times at which syllables begin; return the path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.syllables.txt"
    path.write_text("".join(f"{time:.4f}\n" for time in times))
    return path


def nuclei(phonemes: Path) -> list[float]:
    """Read the times in seconds at which vowels begin in a file of PJS' phonemes."""
    rows = [line.split() for line in phonemes.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [int(begin) / 1e7 for begin, _, name in rows if name in PJS_NUCLEI]


def entries(data: Path, syllables: Path, on_time: Path | None = None) -> list[Entry]:
    """Return one entry per recording.

    Args:
        data: folder with the data sets.
        syllables: folder for the times at which syllables begin.
        on_time: folder for the corrected late labels; None to leave them unchanged.
    """
    found = []
    for notes in sorted((data / "ssvd").glob("*.tsv")):
        split, audio = _choose(notes.stem, SSVD_VALID, SSVD_TEST), notes.with_suffix(".flac")
        labels = move(notes, LATE, on_time / notes.name) if on_time and notes.stem in SSVD_LATE else notes
        begun = write_syllables(syllables, notes.stem, (note.onset for note in load_notes(labels)))
        found.append(Entry(notes.stem, audio, labels, split=split, source="ssvd", syllables=begun))
    for notes in sorted((data / "pjs").glob("*.tsv")):
        split = _choose(int(notes.stem[3:]), PJS_VALID, PJS_TEST)
        begun = write_syllables(syllables, notes.stem, nuclei(notes.with_suffix(".lab")))
        audio = notes.with_suffix(".flac")
        found.append(Entry(notes.stem, audio, notes, split=split, source="pjs", singer="pjs", syllables=begun))
    for notes in sorted((data / "utau").glob("*.tsv")):
        singer = notes.stem.split("_")[0]
        audio = next(p for p in sorted(notes.parent.glob(f"{notes.stem}.*")) if p.suffix in (".flac", ".ogg", ".wav"))
        begun = write_syllables(syllables, notes.stem, (note.onset for note in load_notes(notes)))
        split = _choose(singer, UTAU_VALID, ())
        found.append(Entry(notes.stem, audio, notes, split=split, source="utau", singer=singer, syllables=begun))
    for f0 in sorted((data / "mir1k").glob("*.f0.txt")):
        name = f0.name.removesuffix(".f0.txt")
        singer = name.split("_")[0]
        split = _choose(singer, MIR1K_VALID, MIR1K_TEST)
        voice, music = (f0.with_name(f"{name}.{kind}.ogg") for kind in ("voice", "accomp"))
        found.append(Entry(name, voice, None, f0, None, music, split=split, source="mir1k", singer=singer))
    return [replace(entry, license=LICENSES[entry.source]) for entry in found]


def main() -> None:
    """Write the manifest."""
    parser = argparse.ArgumentParser(description="Write the manifest that the shipped model is trained with.")
    parser.add_argument("data", type=Path)
    parser.add_argument("manifest", type=Path)
    parser.add_argument("--as-labelled", action="store_true", help="do not correct the late labels of SSVD")
    options = parser.parse_args()
    on_time = None if options.as_labelled else options.manifest.parent / "on-time"
    folder = options.manifest.parent / "syllables"
    write_manifest(options.manifest, entries(options.data, folder, on_time))


if __name__ == "__main__":
    main()
