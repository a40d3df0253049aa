"""Labels of Chinese and multilingual data sets of singing: Opencpop, M4Singer and GTSinger."""

import json

import pytest

from singtrans import Note, formats
from singtrans.dataset.folders import find_labelled
from singtrans.dataset.manifest import read_entries
from singtrans.errors import InputError
from singtrans.formats.note_names import name_to_midi
from tests.helpers.label_files import check, refused, written

# There are two syllables of equal length on one pitch, a rest, and a syllable over two notes.
PHONEMES = ["n", "i", "h", "ao", "SP", "m", "a", "a"]
PITCHES = ["C4", "C4", "C4", "C4", "rest", "A#4/Bb4", "A#4/Bb4", "G4"]
NOTE_SECONDS = [0.5, 0.5, 0.5, 0.5, 0.25, 1.0, 1.0, 0.5]
SECONDS = [0.1, 0.4, 0.2, 0.3, 0.25, 0.2, 0.8, 0.5]
SLURS = [0, 0, 0, 0, 0, 0, 0, 1]
NOTES = (Note(0, 0.5, 60), Note(0.5, 1, 60), Note(1.25, 2.25, 70), Note(2.25, 2.75, 67))


def line(name, pitches=PITCHES, note_seconds=NOTE_SECONDS):
    columns = [PHONEMES, pitches, note_seconds, SECONDS, SLURS]
    return "|".join([name, "你好妈", *(" ".join(map(str, column)) for column in columns)])


def test_opencpop_is_read(tmp_path):
    path = written(tmp_path / "transcriptions.txt", line("2001000001") + "\n" + line("2001000002") + "\n")
    check(formats.load_notes(path, name="2001000002"), NOTES)
    refused(path, "2 recordings: choose one with --name \\(2001000001, 2001000002\\)")
    refused(path, "no recording '7'", name="7")
    check(formats.load_notes(written(path, line("2001000001"))), NOTES)
    refused(written(path, line("1") + "\n" + line("2", PITCHES[1:])), "line 2, is not Opencpop's", name="2")
    refused(written(path, line("1", ["H4", *PITCHES[1:]])), "is not in a known format")


def test_lengths_of_phonemes_are_used_if_lengths_of_notes_are_those_of_the_score(tmp_path):
    path = written(tmp_path / "a.txt", line("1", note_seconds=[2 * seconds for seconds in NOTE_SECONDS]))
    check(formats.load_notes(path), NOTES)


def test_recordings_of_opencpop_are_found(tmp_path):
    (tmp_path / "wavs").mkdir()
    for name in ("2001000001", "2001000002"):
        (tmp_path / "wavs" / f"{name}.wav").touch()
    path = written(tmp_path / "transcriptions.txt", line("2001000001") + "\n" + line("2001000002") + "\n")
    assert [(item.audio.stem, item.notes) for item in find_labelled(tmp_path).items] == [
        ("2001000001", path),
        ("2001000002", path),
    ]


def item(name, **changes):
    pitches = [0 if pitch == "rest" else name_to_midi(pitch) for pitch in PITCHES]
    return {
        "item_name": name,
        "txt": "你好妈",
        "phs": PHONEMES,
        "is_slur": SLURS,
        "ph_dur": SECONDS,
        "notes": pitches,
        "notes_dur": NOTE_SECONDS,
    } | changes


def test_m4singer_is_read(tmp_path):
    path = written(tmp_path / "meta.json", json.dumps([item("Alto-1#newboy#0000"), item("Alto-1#newboy#0001")]))
    check(formats.load_notes(path, name="Alto-1#newboy#0001"), NOTES)
    check(formats.load_notes(path, name="0000"), NOTES)
    refused(path, "2 recordings: choose one with --name")
    refused(written(path, json.dumps([item("a", notes_dur=["x"] * 8)])), "the notes of 'a' are not valid")
    plain = {"item_name": "a", "ep_pitches": [60, 60, 0, 70, 67], "ep_notedurs": [0.5, 0.5, 0.25, 1.0, 0.5]}
    check(formats.load_notes(written(path, json.dumps([plain]))), NOTES)


def test_gtsinger_is_read(tmp_path):
    words = [
        {"word": "<SP>", "note": [0], "note_start": [0], "note_end": [0.25]},
        {"word": "you", "note": [60, 62], "note_start": [0.25, 0.5], "note_end": [0.5, 1.0]},
        {"word": "me", "note": [64], "note_start": [1.0], "note_end": [1.5]},
    ]
    path = written(tmp_path / "a.json", json.dumps(words))
    expected = (Note(0.25, 0.5, 60), Note(0.5, 1.0, 62), Note(1.0, 1.5, 64))
    check(formats.load_notes(path), expected)
    (tmp_path / "a.wav").touch()
    assert [found.notes for found in find_labelled(tmp_path).items] == [path]
    words[2]["note_end"] = []
    refused(written(path, json.dumps(words)), "entry 3 is not a word with notes")
    faults = []
    check(formats.load_notes(path, faults=faults), expected[:2])
    assert len(faults) == 1


@pytest.mark.parametrize("content", ["[]", "[{}]", "[1, 2]", '[{"item_name": "a"}]', '[{"word": "a"}]'])
def test_other_lists_are_refused(tmp_path, content):
    with pytest.raises(InputError):
        formats.load_notes(written(tmp_path / "a.json", content))


def test_recordings_of_m4singer_are_found(tmp_path):
    for name in ("Alto-1#one/0000", "Alto-1#two/0000"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / f"{name}.wav").touch()
    items = [item("Alto-1#one#0000"), item("Alto-1#two#0000", notes=[50] * 8)]
    path = written(tmp_path / "meta.json", json.dumps(items))
    entries = read_entries(tmp_path)
    assert [(entry.id, entry.notes) for entry in entries] == [("Alto-1#one/0000", path), ("Alto-1#two/0000", path)]
    check(entries[0].load_notes(), NOTES)
    assert {note.pitch for note in entries[1].load_notes()} == {50}
