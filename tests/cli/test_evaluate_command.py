"""``singtrans evaluate``: tables, JSON, CSV, pictures, comparisons, models, and errors."""

import csv
import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from singtrans import formats
from singtrans.extras import install_command
from singtrans.notes import Note, PitchTrack, Transcription
from tests.helpers.command import SAMPLES, call, files

TRUE = SAMPLES / "ode_to_joy.notes.csv"
NAMES = ("a", "b", "c", "d", "e", "f")


def table(path, notes):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{note.onset},{note.offset},{note.pitch}\n" for note in notes)
    path.write_text(f"onset,offset,pitch\n{lines}")


@pytest.fixture
def folders(tmp_path):
    """Write six songs and two sets of estimates: ``good`` lacks one note per song; ``bad`` has many octave errors."""
    for number, name in enumerate(NAMES):
        true = [Note(float(n), n + 0.8, 60 + n % 5) for n in range(10)]
        octave = 12 if number else 0
        table(tmp_path / "true" / f"{name}.csv", true)
        table(tmp_path / "good" / f"{name}.csv", true[1:])
        table(tmp_path / "bad" / f"{name}.csv", [Note(n.onset, n.offset, n.pitch + octave) for n in true])
    return tmp_path


def test_tables_of_scores_and_errors(folders):
    result = call("evaluate", "true", "good", cwd=folders)
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for name in NAMES:
        assert any(line.split() == [name, "10", "9", *["0.947"] * 4] for line in lines)
    wanted = "COnPOff 1.000 (1.000 to 1.000) 0.900 (0.900 to 0.900) 0.947 (0.947 to 0.947)"
    assert any(" ".join(line.split()) == wanted for line in lines)
    assert any(" ".join(line.split()) == "missed 6 0.100 (0.100 to 0.100)" for line in lines)
    text = " ".join(result.stdout.split())
    for word in ("50 ms", "50 cents", "20%", "2000 resamples", "mean of 6 files"):
        assert word in text
    short = call("evaluate", "true", "good", "--no-files", cwd=folders).stdout
    assert "Files:" not in short
    assert len(short) < len(result.stdout)


def test_labels_of_times_without_pitch_are_scored_in_folders_and_files(folders):
    for number, name in enumerate(NAMES[:3]):
        rows = [f"{n},{n + 0.8}" for n in range(10)]
        (folders / "times" / f"sub{number}").mkdir(parents=True)
        (folders / "times" / f"sub{number}" / f"{name}.times.csv").write_text("\n".join(["onset,offset", *rows]) + "\n")
        shutil.copytree(folders / "good", folders / "found" / f"sub{number}")
    result = call("evaluate", "times", "found", "--json", "--csv", "a.csv", cwd=folders)
    assert result.returncode == 0, result.stderr
    scores = json.loads(result.stdout)
    assert list(scores["files"]) == ["sub0/a", "sub1/b", "sub2/c"]
    assert list(scores["mean"]) == ["COn", "COff"]
    assert scores["mean"]["COn"] == pytest.approx({"precision": 1.0, "recall": 0.9, "f_measure": 18 / 19})
    printed = call("evaluate", "times/sub0/a.times.csv", "good/a.csv", cwd=folders)
    assert printed.returncode == 0, printed.stderr
    assert any(line.split() == ["a", "10", "9", "0.947", "0.947", "-", "-"] for line in printed.stdout.splitlines())
    assert "Notes: mean of 1 file; their labels have no pitch\n" in printed.stdout


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", "0,0.5,60\n0.5,oops,62\n1.2,2,64\n", "line 2, does not begin with three numbers"),
        ("a.csv", "0,0.5,60\n0.5,1,62\n1.2,two,64\n", "line 3, does not begin with three numbers"),
        ("a.lab", "0 0.5 60\n0.5 1 62\n1.2 2 64\n2 -1 65\n", "line 4, is not a note"),
        ("a.txt", "0\t0.5\tC4\nx\t1\tC4\n1.2\t2\tD4\n", "line 2, does not begin with two numbers"),
        ("a.txt", "la la\nla la\n", "line 1, is not in a known format"),
    ],
)
@pytest.mark.parametrize("folder", ["true", "good"])
def test_a_table_with_a_wrong_line_is_named_with_the_line(folders, name, content, says, folder):
    """The other files of the folder are scored, and the wrong file is not said to be missing."""
    (folders / folder / "a.csv").unlink()
    (folders / folder / name).write_text(content)
    result = call("evaluate", "true", "good", "--json", cwd=folders)
    assert (result.returncode, list(json.loads(result.stdout)["files"])) == (1, list(NAMES[1:]))
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"failed: {Path(folder) / name}, {says}")


def test_a_text_without_notes_is_ignored_unless_it_has_the_name_of_an_estimate(folders):
    (folders / "true" / "readme.txt").write_text("how the notes were made\n")
    (folders / "true" / "a.txt").write_text("words of the song a\n")  # its notes are in a.csv
    assert call("evaluate", "true", "good", cwd=folders).stderr == ""


def test_a_table_without_pitch_is_refused_with_the_name_that_labels_of_times_need(tmp_path):
    (tmp_path / "a.csv").write_text("onset,offset\n0,1\n")
    result = call("evaluate", "a.csv", TRUE, cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "a.csv, line 1, lacks pitch" in result.stderr and "in labels named like song.times.csv" in result.stderr


def test_one_file_has_no_intervals(tmp_path):
    shutil.copy(TRUE, tmp_path / "found.csv")
    result = call("evaluate", TRUE, "found.csv", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert "1 file: too few for intervals, which need 5" in " ".join(result.stdout.split())
    assert "(" not in result.stdout.split("A note is correct")[0]


def test_json_and_csv_have_the_same_scores(folders):
    report = call("evaluate", "true", "good", "--against", "bad", "--json", "--csv", "scores.csv", cwd=folders)
    assert (report.returncode, report.stderr) == (0, "")
    content = json.loads(report.stdout)
    rows = list(csv.DictReader(io.StringIO((folders / "scores.csv").read_text())))
    assert [row["file"] for row in rows] == list(content["files"]) == list(NAMES)
    for row in rows:
        mine, theirs = content["files"][row["file"]], content["against"]["files"][row["file"]]
        for name in ("COn", "COff", "COnP", "COnPOff"):
            for kind, column in (("precision", "precision"), ("recall", "recall"), ("f_measure", "F")):
                assert float(row[f"{name}_{column}"]) == mine[name][kind]
                assert float(row[f"against_{name}_{column}"]) == theirs[name][kind]
        assert int(row["missed"]) == mine["errors"]["missed"] == 1
        assert int(row["against_octave"]) == theirs["errors"]["octave"]
        assert row["RPA"] == ""
    assert content["mean"]["COnPOff"] == {"precision": 1.0, "recall": 0.9, "f_measure": pytest.approx(18 / 19)}
    assert content["interval"]["COnPOff"]["recall"] == [pytest.approx(0.9)] * 2
    assert content["errors"]["missed"]["per_true_note"] == pytest.approx(0.1)
    assert content["bootstrap"]["resamples"] == 2000
    assert (content["system"], content["against"]["system"]) == ("good", "bad")
    gap = content["differences"]["COnP"]["f_measure"]
    # five differences are +18/19 and one is 18/19 - 1
    assert gap["difference"] == pytest.approx((5 * 18 / 19 - 1 / 19) / 6)
    assert (gap["p"], gap["exact"], gap["flips"]) == (4 / 64, True, 64)
    assert content["differences"]["COn"]["f_measure"]["p"] == 2 / 64


def test_the_comparison_is_printed(folders):
    result = call("evaluate", "true", "good", "--against", "bad", cwd=folders)
    assert result.returncode == 0
    assert max(map(len, result.stdout.splitlines())) <= 80
    assert "A: good\nB: bad\n" in result.stdout
    row = next(line for line in result.stdout.splitlines() if line.startswith("COnP F-measure"))
    assert row.split()[2:5] == ["0.947", "0.167", "+0.781"]
    assert row.split()[-1] == "0.062"


def test_missing_and_extra_estimates_are_named(folders):
    (folders / "good" / "b.csv").rename(folders / "good" / "x.csv")
    result = call("evaluate", "true", "good", "--json", cwd=folders)
    assert result.returncode == 0
    assert result.stderr.splitlines() == [
        "good: 1 file without an estimate, scored as if no notes had been found: b",
        "good: 1 file ignored, because there are no true notes of this name: x",
    ]
    content = json.loads(result.stdout)
    assert content["files"]["b"]["COn"]["f_measure"] == 0
    assert (content["missing_estimates"], content["extra_estimates"]) == (["b"], ["x"])
    assert content["errors"]["missed"]["count"] == 5 + 10


def test_an_unreadable_estimate_does_not_stop_the_others(folders):
    (folders / "good" / "c.csv").write_text("onset,offset,midi\n0,1,440\n")
    result = call("evaluate", "true", "good", cwd=folders)
    assert result.returncode == 1
    assert "mean of 5 files" in result.stdout
    assert result.stderr.count("\n") == 1
    assert "failed: good/c.csv, line 2, is not a note" in result.stderr.replace("\\", "/")


def test_pitch_tracks_are_scored(tmp_path):
    import numpy as np

    time = np.arange(100) / 50
    for name, cents in (("true", 0), ("near", 30), ("far", 70)):
        (tmp_path / name).mkdir()
        track = PitchTrack(time, np.full(100, 60 + cents / 100), np.ones(100))
        formats.save(Transcription((Note(0, 2, 60),), track, 2.0), tmp_path / name / "a.f0.csv")
        formats.save(Transcription((Note(0, 2, 60),), track, 2.0), tmp_path / name / "a.csv")
    near = json.loads(call("evaluate", "true", "near", "--json", cwd=tmp_path).stdout)
    assert [near["mean"][name] for name in ("RPA", "RCA", "VR", "VFA", "OA")] == [1, 1, 1, 0, 1]
    far = call("evaluate", "true/a.f0.csv", "far/a.f0.csv", cwd=tmp_path)
    rows = [line.split()[:2] for line in far.stdout.splitlines()]
    assert ["RPA", "0.000"] in rows
    assert ["VR", "1.000"] in rows
    assert "COnPOff" not in far.stdout


def test_a_model_is_scored_on_a_manifest(tmp_path):
    shutil.copy(SAMPLES / "twinkle_phone.mp3", tmp_path / "song.mp3")
    shutil.copy(SAMPLES / "twinkle_phone.notes.csv", tmp_path / "song.notes.csv")
    (tmp_path / "bad.wav").write_text("no sound")
    lines = ["id,audio,notes,split", "one,song.mp3,song.notes.csv,test", "two,song.mp3,song.notes.csv,train"]
    (tmp_path / "m.csv").write_text("\n".join(lines))
    result = call("evaluate", "m.csv", "--model", "default", "--against", "solo", "--json", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    content = json.loads(result.stdout)
    assert list(content["files"]) == ["one"]
    assert content["mean"]["COn"]["f_measure"] >= 0.5
    assert content["differences"]["COn"]["f_measure"]["difference"] == 0
    (tmp_path / "m.csv").write_text("\n".join([*lines, "three,bad.wav,song.notes.csv,test"]))
    broken = call("evaluate", "m.csv", "--model", "default", cwd=tmp_path)
    assert broken.returncode == 1
    assert "mean of 1 file" in broken.stdout
    assert broken.stderr.startswith("failed: ")
    assert "bad.wav" in broken.stderr
    (tmp_path / "m.csv").write_text("\n".join([*lines, "three,gone.wav,song.notes.csv,test"]))
    lost = call("evaluate", "m.csv", "--model", "default", cwd=tmp_path)
    assert (lost.returncode, lost.stdout) == (1, broken.stdout)
    assert lost.stderr == "failed: m.csv:4: audio gone.wav does not exist; check the path\n"


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_the_worst_files_are_drawn(folders, ending):
    target = folders / f"worst.{ending}"
    result = call("evaluate", "true", "bad", "--plot", target.name, cwd=folders)
    assert (result.returncode, result.stderr) == (0, "")
    if ending == "png":
        from matplotlib.image import imread

        picture = imread(target)
        assert picture.shape[1] > 1200
        assert picture.shape[0] > 4 * 200
        orange = (picture[..., 0] > 0.8) & (picture[..., 2] < 0.4)
        assert orange.mean() > 0.01
    elif ending == "svg":
        text = target.read_text(encoding="utf-8")
        # The first song has no errors. The others have equal scores, so the first four by name are drawn.
        assert [f">{name}:" in text for name in NAMES] == [False, True, True, True, True, False]
        assert "without a match: 10 of 10 true notes, 10 of 10 found notes" in text
    else:
        assert target.read_bytes().startswith(b"%PDF")


def test_estimates_of_pitch_are_scored_but_cannot_be_drawn(folders):
    (folders / "tracks").mkdir()
    (folders / "true" / "a.f0.csv").write_text("time,midi\n0,60\n0.1,60\n")
    shutil.copy(folders / "true" / "a.f0.csv", folders / "tracks" / "a.f0.csv")
    result = call("evaluate", "true", "tracks", "--plot", "x.png", "--csv", "x.csv", cwd=folders)
    assert result.returncode == 1
    assert "RPA  1.000" in result.stdout
    assert (folders / "x.csv").exists()
    assert "x.png: no recording has notes to draw" in result.stderr
    assert not (folders / "x.png").exists()


def test_the_picture_shows_the_part_with_most_errors():
    from singtrans.view.worst_files import worst_start

    wrong = [Note(float(n), n + 0.5, 60) for n in (3, 40, 44, 47, 53)]
    start = worst_start(wrong, 60.0)
    assert 38 < start <= 40
    assert worst_start([], 60.0) == 0


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (["true"], 2, "give notes to score as ESTIMATE, or a model"),
        (["true", "good", "--model", "solo"], 2, "not both"),
        (["true", "good", "--split", "test"], 2, "use it with --model"),
        (["true", "good", "--plot", "x.gif"], 2, "pictures are .png, .svg or .pdf"),
        (["true", "good", "--csv", "there.csv"], 2, "there.csv already exists; use --overwrite"),
        (["true", "good", "--against", "nothing"], 1, "nothing does not exist"),
        (["true", "good", "--against", "true/a.csv"], 1, "a folder but"),
        (["true", "missing"], 1, "missing does not exist: check the path."),
        (["true", "other"], 1, "other has no estimate of any of the 6 references (such as a)"),
        (["true", "--model", "caruso"], 2, "caruso: there is no model of this name"),
        (["true", "--model", "solo", "--against", "caruso"], 2, "caruso: there is no model of this name"),
        (["true", "--model", "solo"], 1, "no labelled recordings found"),
        (["true", "good", "--reference-shift-hz", "-5000"], 2, "--reference-shift-hz"),
    ],
)
def test_wrong_arguments_are_refused(folders, args, code, said):
    (folders / "other").mkdir()
    (folders / "there.csv").touch()
    before = files(folders)
    result = call("evaluate", *args, cwd=folders)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (code, "", 1)
    assert said in result.stderr
    assert files(folders) == before


def test_the_error_without_matplotlib_names_the_extra(folders, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = call("evaluate", "true", "good", "--plot", "x.png", cwd=folders)
    assert result.returncode == 2
    assert install_command("plot") in result.stderr
