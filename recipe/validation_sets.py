"""Validation recordings by set and split.

| set | labels | splits |
|---|---|---|
| ssvd, pjs | notes | valid, test, from `recipe.manifest` |
| mir1k | pitch | valid, test, from `recipe.manifest` |
| utau | notes | one per voice; those of `recipe.manifest.UTAU_VALID` are not trained on |
| words | notes | one; never trained on |
| ravdess | semitones of seven notes, without times | one; never trained on |
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from recipe import manifest

SSVD_SHARP = 4.1
"""Constant error of SSVD's pitch labels in Hz; they are sharp."""

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
        semitones: of its notes above the first, if only these are known.
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
        """Set and split."""
        return f"{self.source} {self.part}".rstrip()


def recordings(data: Path) -> list[Recording]:
    """All validation recordings of the sets in a folder."""
    ssvd, pjs, mir1k = data / "ssvd", data / "pjs", data / "mir1k"
    return [
        *_noted(ssvd, dict.fromkeys(manifest.SSVD_VALID, "valid") | dict.fromkeys(manifest.SSVD_TEST, "test")),
        *_noted(pjs, _songs(manifest.PJS_VALID, "valid") | _songs(manifest.PJS_TEST, "test")),
        *_pitched(mir1k, dict.fromkeys(manifest.MIR1K_VALID, "valid") | dict.fromkeys(manifest.MIR1K_TEST, "test")),
        *_noted(data / "utau", {notes.stem: notes.stem.split("_")[0] for notes in (data / "utau").glob("*.tsv")}),
        *_noted(data / "words", {notes.stem: "" for notes in (data / "words").glob("*.tsv")}),
        *_sequences(data / "ravdess"),
    ]


def _songs(numbers: Iterable[int], part: str) -> dict[str, str]:
    return {f"pjs{number:03}": part for number in numbers}


def _noted(folder: Path, parts: Mapping[str, str]) -> Iterator[Recording]:
    """Recordings with notes in a folder, by split."""
    for name, part in sorted(parts.items(), key=lambda item: (_order(item[1]), item[0])):
        notes = folder / f"{name}.tsv"
        if notes.is_file():
            audio = next(path for ending in (".flac", ".ogg") if (path := notes.with_suffix(ending)).is_file())
            yield Recording(folder.name, part, name, audio, notes)


def _pitched(folder: Path, parts: Mapping[str, str]) -> Iterator[Recording]:
    """Clips with pitch labels, by the split of their singers."""
    for singer, part in sorted(parts.items(), key=lambda item: (_order(item[1]), item[0])):
        for f0 in sorted(folder.glob(f"{singer}_*.f0.txt")):
            name = f0.name.removesuffix(".f0.txt")
            yield Recording(folder.name, part, name, f0.with_name(f"{name}.voice.ogg"), f0=f0)


def _order(part: str) -> tuple[bool, str]:
    return part == "test", part


def _sequences(folder: Path) -> Iterator[Recording]:
    table = folder / "sequences.tsv"
    if not table.is_file():
        return
    with table.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            semitones = tuple(int(word) for word in row["semitones"].split())
            yield Recording("ravdess", "", row["id"], folder / f"{row['id']}.ogg", semitones=semitones)
