"""Validation recordings of all sets.

| set | labels | splits |
|---|---|---|
| ssvd, pjs | notes | valid, test, from `recipe.manifest` |
| mir1k | pitch | valid, test, from `recipe.manifest` |
| utau | notes | one per voice; those of `recipe.manifest.UTAU_VALID` are not trained on |
| words | notes | one; never trained on |
| ravdess | semitones of seven notes, without times | one; never trained on |

`synthetic_recordings` returns synthetic melodies and the recordings of ``sample_audio``, whose notes are exactly known.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import soundfile

from benchmarks.diagnostic import generators
from benchmarks.singer import RATE as MELODY_RATE
from recipe import manifest
from recipe.song_files import write_notes

SSVD_SHARP = 4.1
"""Constant by which SSVD's pitch labels are too high, in Hz."""

SAMPLES = Path(__file__).parent.parent / "sample_audio"
FIRST_MELODY, MELODIES = 100, 3
"""Index of the first synthetic melody of each phenomenon, and count of melodies for each phenomenon."""

SETS = ("ssvd", "pjs", "mir1k", "utau", "words", "ravdess")


@dataclass(frozen=True)
class Recording:
    """A recording with its labels.

    Attributes:
        source: name of the set, one of `SETS`.
        part: ``valid``, ``test``, the name of the voice, or empty.
        id: name that is unique in the set.
        audio: file of the recording.
        notes: file of notes, or None.
        f0: file of pitch, or None.
        semitones: distances of the notes from the first note in semitones, if only these are known; otherwise None.
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
        """Name of the set and the split."""
        return f"{self.source} {self.part}".rstrip()


def recordings(data: Path) -> list[Recording]:
    """List all validation recordings of the sets in a folder."""
    ssvd, pjs, mir1k = data / "ssvd", data / "pjs", data / "mir1k"
    return [
        *_noted(ssvd, dict.fromkeys(manifest.SSVD_VALID, "valid") | dict.fromkeys(manifest.SSVD_TEST, "test")),
        *_noted(pjs, _songs(manifest.PJS_VALID, "valid") | _songs(manifest.PJS_TEST, "test")),
        *_pitched(mir1k, dict.fromkeys(manifest.MIR1K_VALID, "valid") | dict.fromkeys(manifest.MIR1K_TEST, "test")),
        *_noted(data / "utau", {notes.stem: notes.stem.split("_")[0] for notes in (data / "utau").glob("*.tsv")}),
        *_noted(data / "words", {notes.stem: "" for notes in (data / "words").glob("*.tsv")}),
        *_sequences(data / "ravdess"),
    ]


def synthetic_recordings(folder: Path) -> list[Recording]:
    """Write synthetic melodies of each phenomenon of `benchmarks.diagnostic`, and list them with the shipped samples.

    The melodies differ from those that the benchmark uses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name, make in generators().items():
        for number in range(FIRST_MELODY, FIRST_MELODY + MELODIES):
            stem = re.sub(r"\W+", "-", f"{name} {number}")
            audio, notes = folder / f"{stem}.wav", folder / f"{stem}.tsv"
            if not audio.is_file():
                try:
                    melody = make(number)
                except ValueError:  # a note is too short for its consonants, so a few melodies are missing
                    continue
                write_notes(notes, melody.notes)
                soundfile.write(audio, melody.samples, MELODY_RATE, subtype="FLOAT")
            found.append(Recording("synthetic", "", stem, audio, notes))
    for notes in sorted(SAMPLES.glob("*.notes.csv")):
        stem = notes.name.removesuffix(".notes.csv")
        sounds = (SAMPLES / f"{stem}.{ending}" for ending in ("wav", "flac", "ogg", "mp3"))
        audio = next(path for path in sounds if path.is_file())
        found.append(Recording("synthetic", "samples", stem, audio, notes))
    return found


def _songs(numbers: Iterable[int], part: str) -> dict[str, str]:
    return {f"pjs{number:03}": part for number in numbers}


def _noted(folder: Path, parts: Mapping[str, str]) -> Iterator[Recording]:
    """Yield the recordings with notes in a folder, ordered by split."""
    for name, part in sorted(parts.items(), key=lambda item: (_order(item[1]), item[0])):
        notes = folder / f"{name}.tsv"
        if notes.is_file():
            audio = next(path for ending in (".flac", ".ogg") if (path := notes.with_suffix(ending)).is_file())
            yield Recording(folder.name, part, name, audio, notes)


def _pitched(folder: Path, parts: Mapping[str, str]) -> Iterator[Recording]:
    """Yield clips with pitch labels, ordered by the split of their singers."""
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
