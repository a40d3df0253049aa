"""The manifest of the recipe contains labels in which a nasal belongs to the syllable before it."""

from pathlib import Path

import pytest

from recipe.manifest import CONVENTION, join_nasals, nasal_notes
from recipe.song_files import write_notes
from singtrans.dataset.manifest import Entry
from singtrans.formats import load_notes
from singtrans.notes import Note

NOTES = [Note(0.5, 0.9, 60.0), Note(0.9, 1.2, 60.0), Note(1.2, 1.6, 62.0), Note(1.6, 1.8, 64.0), Note(2.4, 2.8, 64.0)]


def labelled(folder: Path, source: str, rows: str) -> Entry:
    """Write the notes of a recording, and its phonemes (PJS) or syllables (UTAU); return the entry of the recording."""
    notes = folder / "a.tsv"
    write_notes(notes, NOTES)
    (folder / "a.lab").write_text(rows, encoding="utf-8")
    return Entry("a", folder / "a.flac", notes, source=source)


@pytest.fixture(params=["pjs", "utau"])
def entry(request, tmp_path):
    if request.param == "pjs":
        spans = [(0.5, 0.9, "a"), (0.9, 1.2, "N"), (1.2, 1.6, "a"), (1.6, 1.8, "N"), (2.4, 2.8, "N")]
        rows = "".join(f"{round(a * 1e7)} {round(b * 1e7)} {name}\n" for a, b, name in spans)
    else:
        rows = "0.5\t0.9\tka\n0.9\t1.2\tん\n1.2\t1.6\tka\n1.6\t1.8\tn\n2.4\t2.8\tん\n"
    return labelled(tmp_path, request.param, rows)


def test_only_nasals_that_continue_a_pitch_are_found(entry):
    assert nasal_notes(entry.notes, entry.audio.with_suffix(".lab")) == [1]


def test_a_nasal_is_joined_to_the_vowel_before_it(entry, tmp_path):
    joined = join_nasals(entry, tmp_path / "joined")
    assert [(n.onset, n.offset, n.pitch) for n in load_notes(joined.notes)] == [
        (0.5, 1.2, 60.0),
        *((n.onset, n.offset, n.pitch) for n in NOTES[2:]),
    ]
    assert joined.convention == CONVENTION
    assert joined.id != entry.id
    assert load_notes(entry.notes)[1].onset == 0.9, "the original labels are unchanged"


def test_a_recording_without_nasals_to_join_has_no_second_entry(tmp_path):
    assert join_nasals(labelled(tmp_path, "utau", "0.5\t0.9\tka\n"), tmp_path / "joined") is None
