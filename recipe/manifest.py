"""Write the manifest of the data for training and measuring the shipped model.

    python -m recipe.manifest DATA manifest.csv [--as-labelled]

DATA contains ``ssvd/`` (Sight-Singing Vocal Dataset 2.0), ``pjs/`` (PJS corpus 1.1), ``mir1k/`` (MIR-1K) and ``utau/``
(voices of UTAU), each recording with its labels beside it. The data are split by ranges of ids (SSVD, whose ids do not
name the singer), by song (PJS, which has one singer) and by singer (MIR-1K, UTAU). The split `valid` is used to choose
weights and costs of the decoder, and `test` is only used to report scores.

In three sets, the starts of syllables are known. They are written to a folder ``syllables`` beside the manifest. In
SSVD and UTAU, every note is a syllable; PJS has phonemes, and every vowel begins a syllable. (In Japanese, a moraic n
is a note of its own, but not a syllable.)

In 28 recordings of SSVD, onsets and offsets are labelled 20 ms later than in the others (measured by `label_lag.py`).
All 28 are in the training split. Copies of their labels that are 20 ms earlier are written to a folder ``on-time``
beside the manifest, and are used unless ``--as-labelled`` is given.

A second manifest, ``joined-nasals.csv``, lists training recordings of PJS and UTAU with other labels. In these labels,
a nasal that continues the pitch of a vowel is a part of the vowel's note. They are used in the third stage of
`recipe.train`.
"""

import argparse
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
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
CONVENTION = "mir1k"
"""Label convention of the shipped weights: one note for each sung syllable, or several in a melisma."""

JOINED_NASALS = "joined-nasals"
"""Source, in the manifest, of the recordings that `join_nasals` has labelled."""
PJS_VALID = range(61, 69)
PJS_TEST = range(69, 81)
MIR1K_VALID = frozenset({"stool", "tammy"})
MIR1K_TEST = frozenset({"abjones", "heycat"})
UTAU_VALID = frozenset({"yuki", "scott"})
PJS_NUCLEI = frozenset("aiueo")
MORAIC_N, NASAL_SYLLABLES = "N", frozenset({"ん", "n"})  # in the phonemes of PJS, and in the syllables of UTAU
SAME_PITCH = 0.6  # semitones
JOINED = 0.05  # seconds
LICENSES = {
    "ssvd": "none stated; released by its authors for research",
    "pjs": "CC BY-SA 4.0",
    "mir1k": "none stated; public research corpus",
    "utau": "GPL-3.0 (alys), GPL-2.0 (ibuki), public domain (yuki), free for any use (dorodoro, scott, kumi)",
}


def _choose(name: str, valid: object, test: object) -> str:
    return "test" if name in test else "valid" if name in valid else "train"


def move(notes: Path, seconds: float, out: Path) -> Path:
    """Write a copy of a file of notes in which all notes are ``seconds`` earlier; return its path."""
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
    """Read from a phoneme file of PJS the times in seconds at which vowels begin."""
    rows = [line.split() for line in phonemes.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [int(begin) / 1e7 for begin, _, name in rows if name in PJS_NUCLEI]


def nasal_notes(notes: Path, labels: Path) -> list[int]:
    """Find the notes that consist only of a nasal and have the same pitch as the preceding vowel.

    Args:
        notes: file of notes of PJS or UTAU.
        labels: file of phonemes (PJS) or syllables (UTAU).

    Returns:
        Indices of these notes in ``notes``.
    """
    rows = [line.split() for line in labels.read_text(encoding="utf-8").splitlines() if line.strip()]
    scale = 1.0 if "." in rows[0][0] else 1e-7
    times = [float(row[0]) * scale for row in rows if row[2] == MORAIC_N or row[2] in NASAL_SYLLABLES]
    listed = load_notes(notes)
    return [
        number
        for number, (before, note) in enumerate(pairwise(listed), 1)
        if note.onset - before.offset < JOINED
        and abs(note.pitch - before.pitch) < SAME_PITCH
        and any(abs(note.onset - time) < JOINED for time in times)
    ]


def join_nasals(entry: Entry, folder: Path) -> Entry | None:
    """Label a recording of PJS or UTAU with one note for each syllable, in the convention of MIR-1K.

    A nasal on the pitch of the vowel before it becomes a part of the vowel's note.

    Args:
        entry: recording with notes.
        folder: folder for the new labels.

    Returns:
        The entry with the new labels, or None if they would not differ.
    """
    assert entry.notes is not None
    nasals = nasal_notes(entry.notes, entry.audio.with_suffix(".lab"))
    if not nasals:
        return None
    joined: list[Note] = []
    for number, note in enumerate(load_notes(entry.notes)):
        if number in nasals:
            joined[-1] = Note(joined[-1].onset, note.offset, joined[-1].pitch)
        else:
            joined.append(note)
    folder.mkdir(parents=True, exist_ok=True)
    write_notes(folder / entry.notes.name, joined)
    begun = entry.syllables
    if entry.source == "utau":  # the syllables of PJS have no nasals of their own
        begun = write_syllables(folder, entry.id, (note.onset for note in joined))
    name, notes = f"{entry.id}-joined", folder / entry.notes.name
    return replace(entry, id=name, notes=notes, syllables=begun, source=JOINED_NASALS, convention=CONVENTION)


def entries(data: Path, syllables: Path, on_time: Path | None = None) -> list[Entry]:
    """Return one entry per recording.

    Args:
        data: folder with the data sets.
        syllables: folder for the times at which syllables begin.
        on_time: folder for the corrected copies of the late labels; None to use the late labels.
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
    found = entries(options.data, folder, on_time)
    write_manifest(options.manifest, found)
    noted = [entry for entry in found if entry.source in ("pjs", "utau") and entry.split == "train"]
    joined = [join_nasals(entry, options.manifest.parent / JOINED_NASALS) for entry in noted]
    write_manifest(options.manifest.with_name(f"{JOINED_NASALS}.csv"), [entry for entry in joined if entry])


if __name__ == "__main__":
    main()
