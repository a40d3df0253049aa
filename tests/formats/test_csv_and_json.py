"""CSV and JSON files of notes."""

import json

import numpy as np
import pytest

from singtrans import Note, SingtransError, __version__, formats
from singtrans.formats import csv_notes, json_notes
from tests.helpers.note_files import transcription, written


def test_csv_has_the_documented_content():
    notes = [Note(0.42101, 0.963, 60.13249, 0.8714), Note(0.963, 1.0, 61.5, 1.0)]
    assert written(csv_notes, notes).decode() == (
        "onset,offset,pitch,note,confidence\n0.4210,0.9630,60.132,60,0.871\n0.9630,1.0000,61.500,62,1.000\n"
    )


def test_labels_of_data_sets(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_bytes(
        "\ufeffonset\toffset\tpitch\tsyllable\r\n1.97\t3.54\t67.28\tdo\r\n\r\n1.08\t1.77\t62\t,\r\n".encode()
    )
    assert formats.load_notes(path) == (Note(1.08, 1.77, 62.0), Note(1.97, 3.54, 67.28))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "line 1"),
        ("0.1,0.2,60\n", "--columns"),
        ("onset,offset\n0.1,0.2\n", "lacks pitch"),
        ("onset,offset,pitch\n0,1,60\n1,x,60\n", "line 3"),
        ("onset,offset,pitch\n0,1\n", "line 2"),
        ("onset,offset,pitch\n2,1,60\n", "line 2"),
        ("onset,offset,pitch\n-1,1,60\n", "line 2"),
        ("onset,offset,pitch\n0,1,nan\n", "line 2"),
        ("onset,offset,pitch,confidence\n0,1,60,7\n", "line 2"),
    ],
)
def test_wrong_csv_names_file_and_line(tmp_path, text, line):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(SingtransError, match=line) as caught:
        formats.load_notes(tmp_path / "a.csv")
    assert str(tmp_path / "a.csv") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_json_contains_all_values(tmp_path):
    before = transcription([Note(0.5, 1.25, 60.125, 0.75)], frames=7)
    path = formats.save(before, tmp_path / "a.json")

    def no_constants(name):
        raise AssertionError(f"{name} is not strict JSON")

    content = json.loads(path.read_text("utf-8"), parse_constant=no_constants)
    assert list(content) == ["version", "model", "audio", "duration", "notes", "pitch"]
    assert content["version"] == __version__
    assert content["notes"] == [{"onset": 0.5, "offset": 1.25, "pitch": 60.125, "note": 60, "confidence": 0.75}]
    assert content["pitch"]["time"][:3] == [0.0, 0.02, 0.04]
    assert content["pitch"]["midi"][:3] == [None, 60.123, None]
    after = json_notes.read(path)
    assert (after.notes, after.duration, after.audio, after.model) == (before.notes, 10.0, "song.wav", "test")
    np.testing.assert_allclose(after.pitch.time, before.pitch.time, atol=1e-6)
    np.testing.assert_allclose(after.pitch.midi, before.pitch.midi, atol=6e-4)
    np.testing.assert_allclose(after.pitch.voicing, before.pitch.voicing, atol=6e-4)


def test_json_with_notes_only(tmp_path):
    (tmp_path / "a.json").write_text('{"notes": [{"onset": 1, "offset": 2, "pitch": 60}]}')
    read = json_notes.read(tmp_path / "a.json")
    assert read.notes == (Note(1.0, 2.0, 60.0),)
    assert (len(read.pitch), read.duration) == (0, 2.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{\n",
        "[]",
        "{}",
        '{"notes": 1}',
        '{"notes": [1]}',
        '{"notes": [[0, 1, 60]]}',
        '{"notes": [{"onset": 0, "offset": 1}]}',
        '{"notes": [{"onset": -1, "offset": 1, "pitch": 60}]}',
        '{"notes": [{"onset": 0, "offset": NaN, "pitch": 60}]}',
        '{"notes": [], "pitch": 3}',
        '{"notes": [], "pitch": {"time": [0], "midi": [], "voicing": []}}',
        '{"notes": [], "duration": null}',
        "[" * 100_000,
    ],
)
def test_wrong_json(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(SingtransError) as caught:
        formats.load_notes(tmp_path / "a.json")
    assert str(tmp_path / "a.json") in str(caught.value)
    assert "\n" not in str(caught.value)
