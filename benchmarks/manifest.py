"""Write the manifest that the shipped model is trained and measured with.

    python benchmarks/manifest.py DATA manifest.csv

DATA holds ``ssvd/`` (Sight-Singing Vocal Dataset 2.0), ``pjs/`` (PJS corpus 1.1) and ``mir1k/`` (MIR-1K), each
recording with its labels beside it. Splits are by whole recording (SSVD, whose ids do not name the singer: whole
ranges of ids), by song (PJS, one singer) and by singer (MIR-1K). `valid` chooses the weights and the decoder's
costs; `test` is only reported.
"""

import sys
from dataclasses import replace
from pathlib import Path

from singtrans.training.manifest import Entry, write_manifest

SSVD_TEST = frozenset(["1188", "1189", "1194", "1196", "1197", "1198", "406", "407", "408", "410", "424", "427", "480"])
SSVD_VALID = frozenset(["1072", "1075", "1078", "1079", "1307", "1311", "1315"])
PJS_VALID = range(61, 69)
PJS_TEST = range(69, 81)
MIR1K_VALID = frozenset({"stool", "tammy"})
MIR1K_TEST = frozenset({"abjones", "heycat"})
LICENSES = {
    "ssvd": "none stated; released by its authors for research",
    "pjs": "CC BY-SA 4.0",
    "mir1k": "none stated; public research corpus",
}


def _choose(name: str, valid: object, test: object) -> str:
    return "test" if name in test else "valid" if name in valid else "train"


def entries(data: Path) -> list[Entry]:
    """One a recording."""
    found = []
    for notes in sorted((data / "ssvd").glob("*.tsv")):
        split = _choose(notes.stem, SSVD_VALID, SSVD_TEST)
        found.append(Entry(notes.stem, notes.with_suffix(".flac"), notes, split=split, source="ssvd"))
    for notes in sorted((data / "pjs").glob("*.tsv")):
        split = _choose(int(notes.stem[3:]), PJS_VALID, PJS_TEST)
        found.append(Entry(notes.stem, notes.with_suffix(".flac"), notes, split=split, source="pjs", singer="pjs"))
    for f0 in sorted((data / "mir1k").glob("*.f0.txt")):
        name = f0.name.removesuffix(".f0.txt")
        singer = name.split("_")[0]
        split = _choose(singer, MIR1K_VALID, MIR1K_TEST)
        voice, music = (f0.with_name(f"{name}.{kind}.ogg") for kind in ("voice", "accomp"))
        found.append(Entry(name, voice, None, f0, None, music, split=split, source="mir1k", singer=singer))
    return [replace(entry, license=LICENSES[entry.source]) for entry in found]


def main() -> None:
    """Write the manifest."""
    write_manifest(Path(sys.argv[2]), entries(Path(sys.argv[1])))


if __name__ == "__main__":
    main()
