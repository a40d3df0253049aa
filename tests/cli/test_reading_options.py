"""If an error about reading a file names an option, the file can be read with that option."""

import json

import pytest

from tests.helpers.command import call as run

FILES = {
    "songs.json": json.dumps({"1": [[0.5, 1.0, 60]], "2": [[0.5, 1.0, 64]]}),
    "two.jams": json.dumps(
        {
            "annotations": [
                {"namespace": "note_midi", "data": [{"time": 0, "duration": 1, "value": pitch}]} for pitch in (60, 64)
            ]
        }
    ),
    "duet.txt": "#BPM:300\nP1\n: 0 4 0 a\nP2\n: 8 4 4 b\nE\n",
    "bass.csv": "onset,offset,pitch\n0.5,1.0,73\n1.0,1.5,75\n1.5,2.0,130\n",
    "numbers.txt": "0.5,1.0,60\n",
}


@pytest.mark.parametrize(
    ("name", "option", "value"),
    [
        ("songs.json", "--name", "2"),
        ("two.jams", "--voice", "2"),
        ("bass.csv", "--unit", "hz"),
        ("numbers.txt", "--columns", "onset,offset,midi"),
    ],
)
def test_the_option_in_an_error_message_resolves_the_error(tmp_path, name, option, value):
    (tmp_path / name).write_text(FILES[name])
    refused = run("convert", name, "a.csv", cwd=tmp_path)
    assert (refused.returncode, option in refused.stderr) == (1, True)
    assert run("convert", name, "a.csv", option, value, cwd=tmp_path).returncode == 0
    scored = run("evaluate", name, name, option, value, "--json", cwd=tmp_path)
    assert scored.returncode == 0
    assert json.loads(scored.stdout)["mean"]["COnPOff"]["f_measure"] == 1


def test_the_second_voice_of_a_duet_can_be_read(tmp_path):
    (tmp_path / "duet.txt").write_text(FILES["duet.txt"])
    assert run("convert", "duet.txt", "a.csv", "--voice", "P2", cwd=tmp_path).returncode == 0
    assert (tmp_path / "a.csv").read_text().splitlines()[1].split(",")[3] == "64"


def test_a_pattern_chooses_between_label_files(tmp_path):
    for folder in ("true", "found"):
        (tmp_path / folder).mkdir()
    for name, pitch in (("true/a.csv", 60), ("true/a.tsv", 62), ("found/a.csv", 62)):
        (tmp_path / name).write_text(f"onset,offset,midi\n0.5,1,{pitch}\n")
    refused = run("evaluate", "true", "found", cwd=tmp_path)
    assert (refused.returncode, "--pattern" in refused.stderr) == (1, True)
    scored = run("evaluate", "true", "found", "--pattern", "*.tsv", "--json", cwd=tmp_path)
    assert json.loads(scored.stdout)["mean"]["COnPOff"]["f_measure"] == 1


def test_two_files_with_many_songs_are_compared(tmp_path):
    (tmp_path / "true.json").write_text(FILES["songs.json"])
    (tmp_path / "one.json").write_text(FILES["songs.json"])
    (tmp_path / "found").mkdir()
    for name, pitch in (("1", 60), ("2", 64)):
        (tmp_path / "found" / f"{name}.csv").write_text(f"onset,offset,midi\n0.5,1,{pitch}\n")
    for estimate in ("one.json", "found"):
        scored = json.loads(run("evaluate", "true.json", estimate, "--json", cwd=tmp_path).stdout)
        assert scored["mean"]["COnPOff"]["f_measure"] == 1
        assert sorted(scored["files"]) == ["1", "2"]
