"""The recordings that models are validated on, by set and part.

| set | labels | parts |
|---|---|---|
| ssvd, pjs | notes | valid, test, as `recipe.manifest` splits them |
| mir1k | pitch | valid, test, likewise |
| utau | notes | one per voice |
| words | notes | one; never trained on |
| ravdess | semitones of seven notes, without times | one; never trained on |
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recipe import manifest

SSVD_SHARP = 4.1
"""Hz by which SSVD's pitch labels are sharp, the same at every pitch."""

SETS = ("ssvd", "pjs", "mir1k", "utau", "words", "ravdess")


@dataclass(frozen=True)
class Recording:
    """A recording with its labels.

    Attributes:
        source: name of its set, of `SETS`.
        part: ``valid``, ``test``, the voice, or empty.
        id: unique in its set.
        audio: the recording.
        notes: its note file, or None.
        f0: its pitch file, or None.
        semitones: of its notes above the first, where only these are known.
    """

    source: str
    part: str
    id: str
    audio: Path
    notes: Path | None = None
    f0: Path | None = None
    semitones: tuple[int, ...] | None = None

    @property
    def group(self) -> str:
        """Set and part."""
        return f"{self.source} {self.part}".rstrip()


def recordings(data: Path) -> list[Recording]:
    """All validation recordings of the sets that a folder holds."""
    entries = manifest.entries(data)
    found = [Recording(e.source, e.split, e.id, e.audio, e.notes, e.f0) for e in entries if e.split != "train"]
    return [*found, *_noted(data / "utau", "utau"), *_noted(data / "words", "words"), *_sequences(data / "ravdess")]


def _noted(folder: Path, source: str) -> Iterator[Recording]:
    for notes in sorted(folder.glob("*.tsv")):
        voice = notes.stem.split("_")[0] if source == "utau" else ""
        yield Recording(source, voice, notes.stem, notes.with_suffix(".ogg"), notes)


def _sequences(folder: Path) -> Iterator[Recording]:
    table = folder / "sequences.tsv"
    if not table.is_file():
        return
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            semitones = tuple(int(word) for word in row["semitones"].split())
            yield Recording("ravdess", "", row["id"], folder / f"{row['id']}.ogg", semitones=semitones)
