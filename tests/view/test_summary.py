"""The tab of the report page with the summary for teachers, tested in a browser."""

import json
from dataclasses import replace

import numpy as np
import pytest

from singtrans import Note, PitchTrack, Transcription, formats
from singtrans.formats import Options
from singtrans.formats.page.page import page
from tests.helpers.command import call
from tests.helpers.known_singing import Deviations, melody, perform
from tests.helpers.sung import write_audio

WRITTEN = melody([60, 64, 62, 65, 67, 64, 62, 60], [0.5, 0.5, 0.5, 1.0] * 2)
EMPTY = np.zeros(0)


def sung(deviation: float = 0.2, miss: int = 2) -> Transcription:
    """Return the melody, sung an octave lower, sharp and without one note, and its pitch curve."""
    notes = tuple(replace(n, pitch=n.pitch - 12 + deviation) for i, n in enumerate(WRITTEN) if i != miss)
    time = np.arange(0, notes[-1].offset, 0.02)
    midi = np.full(len(time), np.nan)
    for note in notes:
        midi[(time >= note.onset) & (time < note.offset)] = note.pitch
    return Transcription(notes, PitchTrack(time, midi, np.isfinite(midi).astype(float)), 6.5, "class song.wav")


def rows(tab, table: str) -> list[list[str]]:
    cells = "[...document.querySelectorAll(name + ' tr')].map((row) => [...row.children].map((cell) => cell.innerText))"
    return tab.evaluate(f"(name) => {cells}", table)


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_summary_shows_the_figures(opened, size):
    tab = opened(sung(), size=size)
    tab.click("#tab-summary")
    found = {row[0]: row[1] for row in rows(tab, "#panel-summary .figures")}
    assert found["Range"] == "C3 to G3"
    assert found["Tuning"] == "20 cents sharp"
    assert found["Drift"] == "+0 cents"
    assert found["Vibrato"] == "none"
    assert tab.locator("#panel-summary .chart .note").count() == 7
    box = """name => { const box = document.querySelector(`.chart .${name}`).getBBox(); return box.y + box.height; }"""
    assert tab.evaluate(box, "unit") < tab.evaluate(box, "grid")  # the unit is above the highest line and all notes
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert len(rows(tab, "#panel-summary .list")) == 1 + 7
    assert not tab.is_visible("#canvas")
    tab.click("#tab-notes")
    assert tab.is_visible("#canvas")


def test_the_summary_compares_with_a_written_melody(opened):
    tab = opened(sung(), Options(reference=WRITTEN))
    tab.click("#tab-summary")
    heads, counts = rows(tab, "#panel-summary .counts")
    assert dict(zip(heads, counts, strict=True)) == dict.fromkeys(heads, "0") | {"right": "7", "missed": "1"}
    assert "sung an octave lower than written" in tab.inner_text("#panel-summary")
    assert "is this the right melody" not in tab.inner_text("#panel-summary")
    head, missed = rows(tab, "#panel-summary .list")
    assert (head[1], missed[1], missed[2], missed[-1]) == ("No.", "3", "D4", "○ missed")
    tab.click("text=All 8 notes compared")
    tab.wait_for_selector("#panel-summary details[open] .list")
    assert len(rows(tab, "#panel-summary details[open] .list")) == 1 + 8


def test_the_summary_asks_whether_the_melody_is_the_right_one(opened):
    wrong = melody([60, 71, 60, 49, 66, 50, 61, 70], [0.4] * 8)
    tab = opened(sung(), Options(reference=wrong))
    tab.click("#tab-summary")
    assert "is this the right melody?" in tab.inner_text("#panel-summary")


def test_only_the_summary_is_printed(opened):
    tab = opened(sung(), Options(reference=WRITTEN))
    tab.click("#tab-summary")
    tab.emulate_media(media="print")
    assert tab.is_visible("#panel-summary .figures")
    for hidden in ("header", "footer", "#panel-notes", "#print"):
        assert not tab.is_visible(hidden), hidden


def test_notes_without_a_curve_have_no_steadiness(opened):
    bare = Transcription(WRITTEN, PitchTrack(EMPTY, EMPTY, EMPTY), 6.5, "a.mid")
    tab = opened(bare)
    tab.click("#tab-summary")
    assert [row[0] for row in rows(tab, "#panel-summary .figures")] == [
        "Range", "Tessitura", "Tuning", "Drift", "Scatter",
    ]  # fmt: skip


def test_a_summary_of_one_note_and_of_none(opened):
    one = Transcription(WRITTEN[:1], PitchTrack(EMPTY, EMPTY, EMPTY), 1.0, "a.wav")
    tab = opened(one, name="one")
    tab.click("#tab-summary")
    assert tab.locator("#panel-summary .chart").count() == 0
    none = Transcription((), PitchTrack(EMPTY, EMPTY, EMPTY), 1.0, "a.wav")
    assert not opened(none, name="none").is_visible("#tab-summary")


def test_report_takes_one_written_melody_for_all_recordings_or_one_for_each(tmp_path):
    for name in ("anna", "ben"):
        write_audio(tmp_path / "songs" / f"{name}.wav", perform(WRITTEN, Deviations(missed=(2,)))[1])
    tune = Transcription(WRITTEN, PitchTrack(EMPTY, EMPTY, EMPTY), 6.5)
    (tmp_path / "tunes").mkdir()
    formats.save(tune, tmp_path / "tunes" / "anna.mid")
    done = call("report", "songs", "-o", "all", "--reference", "tunes/anna.mid", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("anna", "ben"):
        assert (
            analysis_of((tmp_path / "all" / f"{name}.report.html").read_text())["comparison"]["counts"]["missed"] == 1
        )
    done = call("report", "songs", "-o", "each", "--reference", "tunes", cwd=tmp_path)
    assert (done.returncode, "named ben" in done.stderr) == (1, True)
    assert "comparison" in analysis_of((tmp_path / "each" / "anna.report.html").read_text())
    assert "comparison" not in analysis_of((tmp_path / "each" / "ben.report.html").read_text())


def test_the_page_and_the_command_have_the_same_figures(tmp_path):
    formats.save(sung(), tmp_path / "song.json")
    printed = json.loads(call("analyse", tmp_path / "song.json", "--json").stdout)["recordings"][0]
    shown = analysis_of(page(sung()))
    assert {name: printed[name] for name in ("range", "tessitura", "tuning", "held", "vibrato")} == {
        name: shown[name] for name in ("range", "tessitura", "tuning", "held", "vibrato")
    }


def test_the_page_and_the_command_round_a_measured_melody(tmp_path):
    formats.save(sung(), tmp_path / "song.json")
    measured = tuple(replace(note, pitch=note.pitch - 0.35) for note in WRITTEN)
    formats.save(Transcription(measured, PitchTrack(EMPTY, EMPTY, EMPTY), 6.5), tmp_path / "tune.csv")
    done = call("analyse", tmp_path / "song.json", "--reference", tmp_path / "tune.csv", "--json")
    (printed,) = json.loads(done.stdout)["recordings"]
    shown = analysis_of(page(sung(), Options(reference=measured)))
    for found in (printed, shown):
        assert found["range"] == analysis_of(page(sung()))["range"]
        assert found["tuning"]["mean_cents"] == pytest.approx(20, abs=1)
        assert found["comparison"] == analysis_of(page(sung(), Options(reference=WRITTEN)))["comparison"]


def analysis_of(html: str) -> dict:
    line = next(line for line in html.splitlines() if 'id="data"' in line)
    return json.loads(line[line.index(">") + 1 : line.index("</script>")])["analysis"]


def test_the_summary_names_notes_as_the_page_does(opened):
    raised = [Note(0.0, 1.0, 61.0), Note(1.0, 2.0, 66.0)]
    tab = opened(Transcription(raised, PitchTrack(EMPTY, EMPTY, EMPTY), 2.0, "a.mid"))
    tab.click("#tab-summary")
    assert dict(row[:2] for row in rows(tab, "#panel-summary .figures"))["Range"] == "C♯4 to F♯4"
    assert [row[2] for row in rows(tab, "#panel-summary .list")[1:]] == ["C♯4", "F♯4"]
