"""The accuracy table over all validation sets."""

import sys

import pytest

from benchmarks import accuracy
from recipe.validation_sets import recordings
from tests.helpers.validation_folder import write_sets


@pytest.fixture
def data(tmp_path):
    return write_sets(tmp_path)


def test_the_table_has_every_set_and_model(data, monkeypatch, capsys):
    words = [
        str(data),
        "--cache",
        str(data / "cache"),
        "--processes",
        "1",
        "--ornaments",
        "fold",
        "--ornaments",
        "keep",
    ]
    monkeypatch.setattr(sys, "argv", ["accuracy.py", *words])
    accuracy.main()
    head, _, *rows = ([c.strip() for c in line.split("|")[1:-1]] for line in capsys.readouterr().out.splitlines())
    assert head == ["set", "figure", "files", "solo", "solo, ornaments kept"]
    figures = {(group, figure): float(cell.split()[0]) for group, figure, _, cell, _ in rows}
    files = {(group, figure): int(count) for group, figure, count, *_ in rows}
    assert {group for group, _ in figures} == {
        "ssvd valid",
        "ssvd valid, -4.1 Hz",
        "ssvd test",
        "ssvd test, -4.1 Hz",
        "pjs valid",
        "utau alys",
        "utau scott",
        accuracy.VOICES,
        "words",
        "ravdess",
    }
    assert figures["words", "COn"] > 0.9
    assert figures["ssvd valid, -4.1 Hz", "COnP"] <= figures["ssvd valid", "COnP"]
    assert figures[accuracy.VOICES, "COn"] == figures["utau alys", "COn"]
    assert files[accuracy.VOICES, "COn"] == 2
    assert figures["ravdess", "error rate"] < 0.1


def test_a_folder_without_the_set_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["accuracy.py", str(tmp_path), "--set", "words"])
    with pytest.raises(SystemExit, match="has no recordings of words"):
        accuracy.main()


def test_paired_tests_find_a_difference_in_most_files():
    row, quiet = ("set", "COn"), ("set", "COff")
    first = {row: [(0.9, 1.0)] * 8, quiet: [(0.5, 1.0)] * 8}
    other = {row: [(0.8, 1.0)] * 8, quiet: [(0.5, 1.0)] * 7 + [(0.6, 1.0)]}
    head, _, *found, count = accuracy.lines(["a", "b"], [first, other], paired=True)
    assert head.endswith("| a | b | p (b) |")
    assert [line.split("|")[-2].strip() for line in found] == ["0.01", "1.00"]
    assert count == "\n1 of 2 p-values are below 0.05."


def test_the_mean_of_voices_is_tested_with_the_files_of_all_voices():
    first = {("utau a", "COn"): [(1.0, 1.0)] * 3, ("utau b", "COn"): [(1.0, 1.0)] * 3}
    other = {("utau a", "COn"): [(0.5, 1.0)] * 3, ("utau b", "COn"): [(0.5, 1.0)] * 3}
    assert accuracy.difference(first, other, (accuracy.VOICES, "COn")) == pytest.approx(2 / 2**6)


def test_the_mean_of_voices_has_equal_weights():
    mean = accuracy.mean_of_groups([[1.0] * 10, [0.0, 0.5]])
    assert mean.mean == pytest.approx((1.0 + 0.25) / 2)
    assert mean.low == 0.5
    assert mean.high == 0.75


def test_parts_are_read_from_the_manifest(data):
    groups = list(dict.fromkeys(recording.group for recording in recordings(data)))
    assert groups == ["ssvd valid", "ssvd test", "pjs valid", "utau alys", "utau scott", "words", "ravdess"]
