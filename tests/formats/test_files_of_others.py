"""Tables, labels and JSON in the styles of various programs; all contain the same two notes."""

import json

import pytest

from singtrans import Note, formats
from singtrans.errors import InputError
from singtrans.formats.labels import times
from tests.helpers.label_files import check, refused, written

TWO = (Note(0.5, 1.25, 60), Note(1.5, 2.0, 62))
OBJECTS = [{"start": 0.5, "end": 1.25, "midi": 60}, {"start": 1.5, "end": 2, "midi": 62}]
TRACK = [{"midi": 60, "time": 0.5, "duration": 0.75, "name": "C4"}, {"midi": 62, "time": 1.5, "duration": 0.5}]
MILLISECONDS = [{"t_ms": 500, "dur_ms": 750, "hz": 261.626}, {"t_ms": 1500, "dur_ms": 500, "hz": 293.665}]

FILES = {
    "sonic annotator.csv": '"/x/song.wav",0.5,0.75,261.626\n,1.5,0.5,293.665\n',
    "sonic annotator, names repeated.csv": '"song.wav",0.5,0.75,261.626\n"song.wav",1.5,0.5,293.665\n',
    "labels with spaces.txt": "0.5 1.25 C4\n1.5 2.0 D4\n",
    "htk.lab": "0 5000000 rest\n5000000 12500000 C4\n12500000 15000000 pau\n15000000 20000000 D4\n",
    "milliseconds.csv": "onset_ms,offset_ms,pitch\n500,1250,60\n1500,2000,62\n",
    "milliseconds in brackets.csv": "Start (ms),Duration (ms),MIDI\n500,750,60\n1500,500,62\n",
    "milliseconds of times.csv": "start_time_ms;end_time_ms;note\n500;1250;C4\n1500;2000;D4\n",
    "percent sign.txt": "% onset offset hz\n0.5 1.25 261.626\n1.5 2.0 293.665\n",
    "slashes.txt": "// onset offset hz\n0.5 1.25 261.626\n1.5 2.0 293.665\n",
    "excel.csv": "sep=;\nonset;offset;pitch\n0,5;1,25;60\n1,5;2;62\n",
    "list of objects.json": json.dumps(OBJECTS),
    "notes as objects.json": json.dumps({"notes": OBJECTS}),
    "names.json": json.dumps([{"start": 0.5, "end": 1.25, "note": "C4"}, {"start": 1.5, "end": 2, "note": "D4"}]),
    "hertz.json": json.dumps(MILLISECONDS),
    "tone.json": json.dumps({"header": {}, "tracks": [{"name": "v", "notes": TRACK}, {"notes": []}]}),
}


@pytest.mark.parametrize("name", FILES)
def test_files_in_other_styles_are_read(tmp_path, name):
    check(formats.load_notes(written(tmp_path / name, FILES[name])), TWO)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le", "utf-16-be", "cp932"])
def test_encodings_of_tables(tmp_path, encoding):
    word = {"cp932": "さくら", "cp1252": "über"}.get(encoding, "a")
    text = f"onset,offset,pitch,word\n0.5,1.25,60,{word}\n1.5,2.0,62,a\n"
    check(formats.load_notes(written(tmp_path / "a.csv", text, encoding)), TWO)


def test_tables_of_several_recordings_are_not_read_as_one(tmp_path):
    text = '"a.wav",0.5,0.75,261.626\n"b.wav",1.5,0.5,293.665\n'
    refused(written(tmp_path / "a.csv", text), "lacks onset")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "onset,offset,midi\n-0.01,1.25,60\n1.5,2.0,62\n"),
        ("a.txt", "-0.01 1.25 261.626\n1.25 2.0 293.665\n2.0 2.5 261.626\n"),
        ("a.txt", "-0.01000\t1.250000\tC4\n1.500000\t2.000000\tD4\n"),
        ("a.json", "[[-0.01, 1.25, 60], [1.5, 2, 62]]"),
    ],
)
def test_notes_that_start_slightly_before_the_recording_start_at_zero(tmp_path, name, text):
    notes = formats.load_notes(written(tmp_path / name, text))
    assert (notes[0].onset, notes[0].offset) == (0, 1.25)
    with pytest.raises(InputError):
        formats.load_notes(written(tmp_path / f"b{name}", text.replace("-0.01", "-0.31")))


def test_files_of_times_and_of_pitch_may_be_in_milliseconds(tmp_path):
    path = written(tmp_path / "a.times.csv", "onset_ms,offset_ms\n500,1250\n")
    assert times.read(path).tolist() == [[0.5, 1.25]]
    path = written(tmp_path / "a.f0.csv", "time_ms,hz\n0,220\n10,220\n20,0\n")
    assert formats.load_pitch(path).time.tolist() == [0, 0.01, 0.02]


def test_lists_of_other_objects_are_refused(tmp_path):
    refused(written(tmp_path / "a.json", json.dumps([*OBJECTS, {"start": 3}])), "entry 3 is not a note")
    faults = []
    check(formats.load_notes(tmp_path / "a.json", faults=faults), TWO)
    assert len(faults) == 1
    other = [{"start": 0.5, "end": 1.25, "pitch": 120}, {"start": 1.5, "end": 2, "pitch": 62}]
    refused(written(tmp_path / "a.json", json.dumps(other)), "could be MIDI or Hz: choose with --unit")
    two = {"tracks": [{"name": "Piano", "notes": TRACK}, {"name": "Bells", "notes": TRACK}]}
    check(formats.load_notes(written(tmp_path / "a.json", json.dumps(two)), voice="bells"), TWO)
