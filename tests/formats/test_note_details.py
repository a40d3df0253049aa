"""JSON contains the probabilities, the ornaments and the written end of a note."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest

from singtrans.errors import InputError
from singtrans.formats import json_notes
from singtrans.notes import Certainty, Note, Ornament, PitchTrack, Transcription

NOTHING = PitchTrack(*np.zeros((3, 0)))
SURE = Certainty(0.61, 0.97, 0.62, 0.99, 0.88)
NOTE = Note(
    0.5,
    1.25,
    60.1,
    confidence=0.61,
    certainty=SURE,
    ornaments=(Ornament(0.5, 0.61, 58.25, "scoop"), Ornament(1.1, 1.25, 57.0, "fall")),
    release=1.5,
)


def written(note: Note) -> dict:
    file = io.BytesIO()
    json_notes.write(Transcription((note,), NOTHING, 2.0), file)
    return json.loads(file.getvalue())


def test_a_round_trip_keeps_everything(tmp_path):
    path = tmp_path / "song.json"
    path.write_text(json.dumps(written(NOTE)))
    assert json_notes.read(path).notes == (NOTE,)


def test_the_fields_have_the_documented_names():
    (fields,) = written(NOTE)["notes"]
    assert fields["certainty"] == {"onset": 0.97, "pitch": 0.62, "octave": 0.99, "offset": 0.88}
    assert fields["doubts"] == ["pitch"]
    assert fields["ornaments"][0] == {"onset": 0.5, "offset": 0.61, "pitch": 58.25, "kind": "scoop"}
    assert fields["release"] == 1.5


def test_unknown_values_are_left_out():
    (fields,) = written(Note(0.5, 1.25, 60.1))["notes"]
    assert set(fields) == {"onset", "offset", "pitch", "note", "confidence"}
    (fields,) = written(replace(NOTE, certainty=replace(SURE, pitch=0.9)))["notes"]
    assert "doubts" not in fields


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("certainty", {"onset": 2.0, "pitch": 1.0, "octave": 1.0, "offset": 1.0}),
        ("certainty", {"onset": 1.0}),
        ("certainty", [1.0]),
        ("ornaments", [{"onset": 1.0, "offset": 0.5, "pitch": 60.0, "kind": "fall"}]),
        ("ornaments", [{"onset": 0.5, "offset": 0.6, "pitch": 60.0, "kind": "trill"}]),
        ("ornaments", 3),
        ("release", "late"),
        ("release", -1.0),
    ],
)
def test_invalid_values_are_refused(tmp_path, name, value):
    content = written(NOTE)
    content["notes"][0][name] = value
    path = tmp_path / "song.json"
    path.write_text(json.dumps(content))
    with pytest.raises(InputError, match="entry 1 is not a note"):
        json_notes.read(path)
