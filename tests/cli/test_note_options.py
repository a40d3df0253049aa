"""`--ornaments`, `--ends`, `--sensitivity`, `--shortest-note` and `--note-per`."""

import csv
import json
from itertools import pairwise

import pytest

from singtrans.decoding import options
from singtrans.decoding.ends import SHORTEST_REST
from tests.helpers.command import SAMPLES, call

SONG = SAMPLES / "amazing_grace.wav"


def notes(*words):
    result = call("transcribe", SONG, "-o", "-", "-f", "csv", *words)
    assert result.returncode == 0, result.stderr
    return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(result.stdout.splitlines())]


@pytest.fixture(scope="module")
def plain():
    return notes()


def test_no_short_gaps_remain_with_joined_ends(plain):
    joined = notes("--ends", "joined")
    assert [n["onset"] for n in joined] == [n["onset"] for n in plain]
    gaps = [b["onset"] - a["offset"] for a, b in pairwise(plain)]
    assert any(0.01 < gap < SHORTEST_REST for gap in gaps)
    assert not any(0.01 < b["onset"] - a["offset"] < SHORTEST_REST for a, b in pairwise(joined))


def test_sensitivity_and_shortest_note_change_the_number_of_notes(plain):
    assert len(notes("--sensitivity", "-1")) <= len(plain) <= len(notes("--sensitivity", "1"))
    long = notes("--shortest-note", "0.6")
    assert len(long) < len(plain)
    assert min(n["offset"] - n["onset"] for n in long) > 0.4


def test_ornaments_can_be_kept_as_notes(plain):
    result = call("transcribe", SONG, "-o", "-", "-f", "json")
    ornaments = sum(len(note.get("ornaments", [])) for note in json.loads(result.stdout)["notes"])
    assert len(notes("--ornaments", "keep")) == len(plain) + ornaments


def test_more_notes_are_found_per_mora(plain, monkeypatch):
    monkeypatch.setitem(options._MORAE, "syllable_peak", 0.001)  # no syllable of the song has two morae
    morae = notes("--note-per", "mora")
    assert len(morae) > len(plain)
    assert {n["onset"] for n in plain} <= {n["onset"] for n in morae}


@pytest.mark.parametrize(
    "words",
    [
        ("--ornaments", "trill"),
        ("--ends", "late"),
        ("--sensitivity", "2"),
        ("--shortest-note", "0"),
        ("--note-per", "word"),
    ],
)
def test_invalid_values_are_refused(words):
    result = call("transcribe", SONG, "-o", "-", *words)
    assert result.returncode == 2
    assert words[0] in result.stderr


def test_evaluate_and_report_have_these_options(tmp_path):
    pytest.importorskip("mir_eval")
    manifest = tmp_path / "m.csv"
    manifest.write_text(f"audio,notes\n{SONG},{SONG.with_suffix('.notes.csv')}\n")
    scores = [
        json.loads(call("evaluate", manifest, "--model", "default", "--json", *words).stdout)
        for words in ((), ("--shortest-note", "1.5"))
    ]
    recall = [score["figures"]["COn.recall"]["mean"] if "figures" in score else score for score in scores]
    assert recall[0] != recall[1]
    assert call("report", SONG, "-o", tmp_path, "--sensitivity", "0.5", "--note-per", "mora").returncode == 0
