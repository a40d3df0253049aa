"""``singtrans dataset``: output, exit codes, and faults of single recordings."""

import csv
import json
import shutil

import pytest

from tests.helpers.command import SAMPLES, call

NAMES = ("ode_to_joy.ogg", "ode_to_joy.notes.csv", "frere_jacques.flac", "frere_jacques.notes.csv")


@pytest.fixture
def data(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(SAMPLES / name, folder / name)
    return folder


def test_check_of_correct_labels(data):
    result = call("dataset", "check", data)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == str(data)
    assert lines[1].startswith("  recordings  2, 0 h ")
    assert lines[-1] == "no problems found"


def test_check_of_wrong_labels(data, tmp_path):
    (data / "ode_to_joy.ogg").write_bytes(b"this is no recording")
    (data / "lost.tsv").write_text("onset\toffset\tpitch\n0\t1\t60\n")
    result = call("dataset", "check", data, tmp_path / "none", "--json")
    assert result.returncode == 1
    assert "none: there is no such manifest or folder" in result.stderr
    (report,) = json.loads(result.stdout)
    assert report["data"] == str(data)
    assert sorted(s["kind"] for s in report["suspicions"]) == ["audio", "orphan"]
    assert report["summary"]["recordings"] == 2
    assert report["summary"]["seconds"] > 5  # the other recording was transcribed


def test_split_writes_a_manifest(data, tmp_path):
    out = tmp_path / "m.csv"
    result = call("dataset", "split", data, "-o", out, "--test", "0", "--valid", "0.5")
    assert result.returncode == 0, result.stderr
    assert [line.split(",")[0] for line in result.stdout.splitlines()[1:]] == [
        "  train  1 recording",
        "  valid  1 recording",
    ]
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["split"] for row in rows) == ["train", "valid"]
    assert sorted(row["audio"] for row in rows) == ["data/frere_jacques.flac", "data/ode_to_joy.ogg"]
    again = call("dataset", "split", data, "-o", out)
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    assert "--overwrite" in again.stderr
    for wrong in (["--by", "singer"], ["--valid", "0.6", "--test", "0.5"], []):
        result = call("dataset", "split", data, "-o", tmp_path / "n.csv", *wrong)
        assert (result.returncode, result.stderr.count("\n")) == (2, 1), result.stderr
    assert not (tmp_path / "n.csv").exists()
