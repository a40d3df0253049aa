"""Notes, voices and times of UltraStar songs."""

import pytest

from singtrans import Note, formats
from singtrans.formats import ultrastar
from tests.helpers.label_files import NOTES, check, refused, written
from tests.helpers.note_files import transcription

SONG = """#TITLE:Été
#ARTIST:x
#BPM:{bpm}
#GAP:250
: 0 12 0 Hap
* 12 8 1 py
- 22
F 21 2 0 (speak)
R 22 1 0 rap
G 23 1 0 rap
: 24 24 -3 ~
: 30 0 5 no length
- 50 52
: 56 4 10 end
E
: 0 1 0 after the end
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_ultrastar(tmp_path, encoding):
    path = written(tmp_path / "a.txt", SONG.format(bpm="240,0"), encoding)  # 16 beats per second
    times = [(0.25, 1.0), (1.0, 1.5), (1.75, 3.25), (3.75, 4.0)]
    check(formats.load_notes(path), [Note(*t, n.pitch) for t, n in zip(times, NOTES, strict=True)])
    written(path, SONG.format(bpm="200"))
    assert formats.load_notes(path)[1].onset == pytest.approx(0.25 + 12 * 60 / (200 * 4), abs=1e-9)


def test_ultrastar_relative_beats(tmp_path):
    text = "#BPM:15\n#RELATIVE:YES\n: 0 1 0 a\n- 2 3\n: 1 1 2 b\n- 4\n: 0 2 4 c\nE\n"  # a beat lasts a second
    check(ultrastar.read(written(tmp_path / "a.txt", text)), (Note(0, 1, 60), Note(4, 5, 62), Note(7, 9, 64)))


def test_ultrastar_duets(tmp_path):
    path = written(tmp_path / "a.txt", "#BPM:15\nP1\n: 0 1 0 a\n- 2\n: 3 1 0 a\nP 2\n: 1 1 7 b\nE\n")
    first = (Note(0, 1, 60), Note(3, 4, 60))
    check(formats.load_notes(path), first)
    check(formats.load_notes(path, voice="p1"), first)
    check(formats.load_notes(path, voice="P2"), (Note(1, 2, 67),))
    refused(path, "no voice P3.*P1, P2", voice="P3")


def test_ultrastar_changes_of_tempo(tmp_path):
    path = written(tmp_path / "a.txt", "#BPM:15\n: 0 2 0 a\nB 3 30\n: 4 2 0 b\nE\n")
    check(ultrastar.read(path), (Note(0, 2, 60), Note(3.5, 4.5, 60)))


@pytest.mark.parametrize("end", ["E", "END", "e", "Ende"])
def test_a_song_ends_at_a_line_that_begins_with_e(tmp_path, end):
    text = f"#BPM:15\n: 0 1 0 a\n{end}\n: 4 1 0 b\n"
    check(formats.load_notes(written(tmp_path / "a.txt", text)), (Note(0, 1, 60),))


def test_a_second_tempo_in_the_head_is_refused(tmp_path):
    refused(written(tmp_path / "a.txt", "#BPM:300\n#BPM:150\n: 0 4 0 a\nE\n"), "line 2, states #BPM a second time")


@pytest.mark.parametrize(("version", "length"), [("2.0.0", 1.0), ("1.2.0", 0.25), ("", 0.25), ("x", 0.25)])
def test_beats_are_not_divided_from_version_2_on(tmp_path, version, length):
    tag = f"#VERSION:{version}\n" if version else ""
    text = f"{tag}#BPM:1200\n#GAP:1000\n: 0 20 0 a\nE\n"
    check(formats.load_notes(written(tmp_path / "a.txt", text)), (Note(1, 1 + length, 60),))


def test_notes_of_both_singers_belong_to_each_singer(tmp_path):
    text = "#BPM:15\nP1\n: 0 1 0 a\nP2\n: 2 1 2 b\nP3\n: 4 1 4 c\nE\n"
    path = written(tmp_path / "a.txt", text)
    check(formats.load_notes(path, voice="P1"), (Note(0, 1, 60), Note(4, 5, 64)))
    check(formats.load_notes(path, voice="P2"), (Note(2, 3, 62), Note(4, 5, 64)))
    path = written(path, f"#VERSION:2.0.0\n{text}")
    assert [note.pitch for note in formats.load_notes(path, voice="P3")] == [64]


@pytest.mark.parametrize(
    ("options", "bpm"),
    [
        ({}, "400"),
        ({"tempo": 96.0}, "384"),
        ({"tempo": 130.4}, "261"),
        ({"tempo": 500.0}, "250"),
        ({"tempo": 11}, "352"),
    ],
)
def test_the_written_tempo_is_a_whole_number_that_players_support(tmp_path, options, bpm):
    notes = [Note(0.3 * k, 0.3 * k + 0.2, 60) for k in range(2000)]
    path = formats.save(transcription(notes), tmp_path / "a.txt", options=formats.Options(**options))
    assert f"#BPM:{bpm}\n" in path.read_text()
    for found, note in zip(formats.load_notes(path), notes, strict=True):
        assert found.onset == pytest.approx(note.onset, abs=0.5 * 15 / int(bpm) + 0.0005)


def test_tags_for_current_games(tmp_path):
    options = formats.Options(title="A\nsong", artist="Ann", language="Latin")
    text = formats.save(transcription([Note(0, 1, 60)]), tmp_path / "a.txt", options=options).read_text()
    head = dict(line[1:].split(":", 1) for line in text.splitlines() if line.startswith("#"))
    assert head["AUDIO"] == head["MP3"]
    assert (head["VERSION"], head["TITLE"], head["ARTIST"], head["LANGUAGE"]) == ("1.1.0", "A song", "Ann", "Latin")
