"""``singtrans dataset add``, which adds corrected recordings to a manifest."""

import shlex

import pytest

from singtrans import Note, transcribe
from singtrans.dataset.manifest import read_entries
from singtrans.formats.teaching import teaching_commands
from tests.helpers.command import call
from tests.helpers.corrections import write_session
from tests.helpers.sung import sing, write_audio, write_notes


@pytest.fixture
def song(tmp_path):
    sung = sing(3)
    write_audio(tmp_path / "song.wav", sung.samples)
    write_notes(tmp_path / "song.tsv", sung.notes)
    return tmp_path


def test_recordings_are_added_one_by_one(song):
    write_audio(song / "more" / "song.wav", sing(3).samples)
    assert call("dataset", "add", "song.wav", "song.tsv", "-o", "c.csv", cwd=song).returncode == 0
    done = call("dataset", "add", "more/song.wav", "song.tsv", "-o", "c.csv", cwd=song)
    assert (done.returncode, done.stdout) == (0, "c.csv: 2 recordings, with song.wav\n")
    entries = read_entries(song / "c.csv")
    assert [(entry.id, entry.split) for entry in entries] == [("song", "train"), ("song-2", "train")]


def test_new_notes_replace_those_of_the_same_recording(song):
    session = write_session(transcribe(song / "song.wav"), song / "song.session.json")
    for notes in ("song.tsv", session.name, "song.tsv", session.name):
        done = call("dataset", "add", song / "song.wav", notes, "-o", "c.csv", cwd=song)
        assert done.returncode == 0, done.stderr
    (entry,) = read_entries(song / "c.csv")
    assert entry.notes.name == session.name and len(entry.load_notes()) > 5


@pytest.mark.parametrize(
    ("recording", "notes", "words"),
    [
        ("song.wav", "late.tsv", "has notes until 60.0 s, but"),
        ("song.wav", "empty.tsv", "has no notes"),
        ("missing.wav", "song.tsv", "missing.wav"),
        ("song.wav", "missing.json", "missing.json"),
    ],
)
def test_notes_that_cannot_belong_to_the_recording_are_refused(song, recording, notes, words):
    write_notes(song / "late.tsv", [Note(59.0, 60.0, 60.0)])
    write_notes(song / "empty.tsv", [])
    done = call("dataset", "add", recording, notes, "-o", "c.csv", cwd=song)
    assert (done.returncode, words in done.stderr, (song / "c.csv").exists()) == (1, True, False)


@pytest.mark.parametrize("name", ["song.wav", "my song (1).wav", "-x.wav", "it's.wav", "歌.wav", 'a"b.wav'])
def test_file_names_are_quoted_for_a_shell(name):
    words = shlex.split(teaching_commands(name, f"{name}.json")[0])
    given = f"./{name}" if name.startswith("-") else name
    assert words[3:5] == [given, f"{given}.json"]
