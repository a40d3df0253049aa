"""The commands `plot` and `report`."""

import shutil
from pathlib import Path

import pytest

from singtrans import formats
from tests.helpers.command import GOOD, NOTES, SAMPLES, call, files, unsung, write_flat_notes


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plot_draws_pictures_of_all_kinds(tmp_path, ending):
    pytest.importorskip("matplotlib")
    target = tmp_path / f"p.{ending}"
    result = call("plot", NOTES, "--audio", SAMPLES / "ode_to_joy.ogg", "-o", target, "--row-seconds", "5")
    assert result.returncode == 0, result.stderr
    if ending == "png":
        from matplotlib.image import imread

        picture = imread(target)
        assert picture.shape[1] > 1200
        assert picture.shape[0] > 3 * 200  # the picture has three rows
        blue = (picture[..., 2] > 0.6) & (picture[..., 0] < 0.5)
        assert blue.mean() > 0.01
    if ending == "svg":
        text = target.read_text(encoding="utf-8")
        assert all(name in text for name in ("F#3", "G3", "seconds"))


def test_plot_compares_with_reference_notes(tmp_path):
    pytest.importorskip("mir_eval")
    from singtrans.view.plot import Picture, lay_out

    true = formats.load_notes(NOTES)
    from singtrans.formats.conversion import load_transcription

    found = load_transcription(NOTES)
    found = type(found)((*found.notes[:3], *found.notes[4:]), found.pitch, found.duration)
    layout = lay_out(Picture(found, None, true[1:]))
    assert layout.missed == (true[3],)
    assert layout.extra == {0}
    shutil.copy(NOTES, tmp_path / "a.csv")
    result = call("plot", "a.csv", "--reference", NOTES, "-o", "x.gif", cwd=tmp_path)
    assert (result.returncode, "pictures are" in result.stderr) == (2, True)


def test_report_writes_pages_and_an_index_for_a_folder(tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    shutil.copy(GOOD, tmp_path / "in" / "sub" / "a <b>.mp3")
    unsung(tmp_path / "in")
    (tmp_path / "in" / "bad.wav").write_text("no sound")
    result = call("report", tmp_path / "in", "-o", tmp_path / "out")
    assert result.returncode == 1
    assert "bad.wav" in result.stderr
    made = files(tmp_path / "out")
    assert {"index.html", "silence.report.html", str(Path("sub") / "a <b>.report.html")} <= made
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "a &lt;b&gt;.mp3" in text
    assert "./sub/a%20%3Cb%3E.report.html" in text
    again = call("report", tmp_path / "in", "-o", tmp_path / "out", "--jobs", "2")  # existing pages are refused
    assert (again.returncode, again.stderr.count("already exists")) == (1, 4)
    assert (tmp_path / "out" / "index.html").read_text(encoding="utf-8") == text
    (tmp_path / "out" / "index.html").write_text("mine")
    kept = call("report", tmp_path / "in", "-o", tmp_path / "out", "--overwrite", cwd=tmp_path)
    assert (kept.returncode, kept.stderr.count("\n")) == (2, 1)  # refused before any transcription
    assert "is not an index of report pages" in kept.stderr
    assert (tmp_path / "out" / "index.html").read_text() == "mine"


def test_report_shows_given_notes(tmp_path):
    result = call("report", SAMPLES / "ode_to_joy.ogg", "--notes", NOTES, "-o", tmp_path)
    assert result.returncode == 0, result.stderr
    assert files(tmp_path) == {"ode_to_joy.report.html"}
    assert "30 notes" in result.stderr


def test_tuning_changes_pages_and_pictures(tmp_path):
    pytest.importorskip("matplotlib")
    from singtrans.formats.page.content import read_page

    meant = [note.note for note in formats.load_notes(NOTES)]
    write_flat_notes(tmp_path / "flat.csv")
    arguments = ["--notes", "flat.csv", "-o", ".", "--tuning", "427.5"]
    assert call("report", SAMPLES / "ode_to_joy.ogg", *arguments, cwd=tmp_path).returncode == 0
    assert [note.note for note in read_page(tmp_path / "ode_to_joy.report.html").notes] == meant
    assert call("convert", "flat.csv", "a.report.html", "--tuning", "427.5", cwd=tmp_path).returncode == 0
    assert [note.note for note in read_page(tmp_path / "a.report.html").notes] == meant
    assert call("plot", "flat.csv", "-o", "a.svg", "--tuning", "427.5", cwd=tmp_path).returncode == 0
    assert (tmp_path / "a.svg").read_text(encoding="utf-8").count(">F#3<") == meant.count(
        54
    )  # F# is not among the labels of the axis
    assert "tuning: A4 = " in call("plot", "flat.csv", "-o", "b.svg", "--tuning", "auto", cwd=tmp_path).stderr
