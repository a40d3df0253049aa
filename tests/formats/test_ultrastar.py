"""UltraStar songs: what is sung in them, and when."""

import pytest

from singtrans import Note, formats
from singtrans.formats import ultrastar
from tests.helpers.label_files import NOTES, check, refused, written

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
    path = written(tmp_path / "a.txt", SONG.format(bpm="240,0"), encoding)  # 16 beats a second
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
