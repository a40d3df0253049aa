"""One table over all validation sets, for any number of models."""

import shutil
import sys

import pytest

from benchmarks import accuracy
from recipe.validation_sets import recordings
from singtrans.formats import load_notes
from tests.helpers.models import SAMPLES

TUNE = load_notes(SAMPLES / "ode_to_joy.notes.csv")


@pytest.fixture
def data(tmp_path):
    """A sample recording as each of the sets, in two voices, two parts and three kinds of labels."""
    lines = ["onset\toffset\tpitch", *(f"{n.onset}\t{n.offset}\t{n.pitch}" for n in TUNE)]
    for name in ("utau/alys_01", "utau/kumi_01", "words/song", "ravdess/clip", "ssvd/1072", "ssvd/1188"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.with_suffix(".tsv").write_text("\n".join(lines) + "\n")
        shutil.copy(SAMPLES / "ode_to_joy.ogg", path.with_suffix(".flac" if name.startswith("ssvd") else ".ogg"))
    (tmp_path / "ravdess/clip.tsv").unlink()
    first = round(TUNE[0].pitch)
    semitones = " ".join(str(round(n.pitch) - first) for n in TUNE)
    (tmp_path / "ravdess/sequences.tsv").write_text(f"id\tsemitones\nclip\t{semitones}\n")
    return tmp_path


def test_every_set_and_model_has_its_place(data, monkeypatch, capsys):
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
        "utau alys",
        "utau kumi",
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


def test_the_mean_of_voices_counts_each_voice_the_same():
    mean = accuracy.mean_of_groups([[1.0] * 10, [0.0, 0.5]])
    assert mean.mean == pytest.approx((1.0 + 0.25) / 2)
    assert mean.low == 0.5
    assert mean.high == 0.75


def test_parts_are_those_of_the_manifest(data):
    assert [r.group for r in recordings(data)] == [
        "ssvd valid",
        "ssvd test",
        "utau alys",
        "utau kumi",
        "words",
        "ravdess",
    ]
