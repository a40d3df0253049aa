"""Rows, pages, labels and content of plots."""

import json
import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from singtrans import Note, PitchTrack, Transcription
from singtrans.errors import UsageError
from singtrans.view.labels import Box, TextSize, place_labels
from singtrans.view.pages import PAGE_ROWS, divide
from singtrans.view.plot import Picture, lay_out, plot
from tests.helpers.command import SAMPLES, call

NOTHING = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))


def song(seconds: float, step: float = 0.5, **values) -> Transcription:
    notes = [
        Note(t, t + step * 0.9, 60.0 + k % 7, **values) for k, t in enumerate(np.arange(0, seconds, step).tolist())
    ]
    return Transcription(tuple(notes), NOTHING, seconds, "song.wav")


@pytest.mark.parametrize(
    ("duration", "rows", "row_seconds", "pages"),
    [
        *((0.3, 1, 2, 1), (4, 1, 4, 1), (15, 1, 15, 1), (16, 2, 8, 1), (30, 2, 15, 1), (60, 4, 15, 1)),
        *((61, 5, 15, 2), (240, 16, 15, 4), (480, 16, 30, 4), (3600, 120, 30, 30)),
    ],
)
def test_rows_and_pages_by_length(duration, rows, row_seconds, pages):
    made = divide(duration)
    assert (made.rows, made.row_seconds, made.count) == (rows, pytest.approx(row_seconds), pages)
    spans = [span for page in range(made.count) for span in made.on_page(page)]
    assert len(spans) == rows and spans[-1][1] >= duration
    assert all(len(made.on_page(page)) <= PAGE_ROWS for page in range(pages))
    assert all(a[1] == b[0] for a, b in pairwise(spans))


def test_the_last_row_is_as_long_as_its_sound():
    assert divide(70).on_page(1) == [(60, 70)]
    assert divide(60.5).on_page(1) == [(60, 63)]  # the row is wide enough for the numbers of its axis
    assert divide(10, row_seconds=4).on_page(0) == [(0, 4), (4, 8), (8, 10)]


def test_names_never_overlap_names_or_notes():
    rng = np.random.default_rng(0)
    onsets = np.sort(rng.uniform(0, 15, 60))
    pitches = rng.integers(55, 70, 60)
    boxes = [Box(float(t), float(t) + 0.2, p - 0.5, p + 0.5) for t, p in zip(onsets, pitches, strict=True)]
    size, frame = TextSize(0.13, 1.2), Box(0, 15, 52, 73)
    places = place_labels(["A#4"] * 60, boxes, size, frame)
    placed = [place for place in places if place]
    assert 25 < len(placed) < 60
    for number, place in enumerate(placed):
        assert frame.left <= place.left and place.right <= frame.right + 1e-9
        assert not any(place.overlaps(other) for other in placed[:number])
        assert not any(place.overlaps(box) for box in boxes)
    alone = place_labels(["C4"], [Box(3.0, 4.0, 59.5, 60.5)], size, frame)
    assert alone == [Box(3.0, 3.26, 60.5, 61.7)]


def test_a_box_is_in_the_row_of_its_name():
    moved = Note(0.0, 1.0, 67.6, moved=-1)
    found = Transcription((moved, Note(1.0, 2.0, 59.6, tuning=-0.45)), NOTHING, 2.0)
    row = lay_out(Picture(found)).row(0.0, 2.0)
    assert [(row.shown(note).pitch, note.name) for note in found.notes] == [(67.0, "G4"), (60.0, "C4")]


def test_each_row_shows_its_own_pitches():
    notes = (*song(15).notes, Note(20.0, 21.0, 90.0))
    layout = lay_out(Picture(replace(song(30), notes=notes)))
    low, high = layout.row(0.0, 15.0).pitches()
    assert high < 72 and high - low >= 12
    assert layout.row(15.0, 30.0).pitches()[1] > 90


def test_pages_are_separate_pictures_or_one_pdf(tmp_path):
    pytest.importorskip("matplotlib")
    picture = Picture(song(130, 5.0))
    names = [f"s-{number}.png" for number in (1, 2, 3)]
    assert [path.name for path in plot(picture, tmp_path / "s.png")] == names
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    with pytest.raises(UsageError, match=r"s-1\.png already exists"):
        plot(picture, tmp_path / "s.png", overwrite=False)
    assert plot(picture, tmp_path / "s.pdf") == [tmp_path / "s.pdf"]
    assert len(re.findall(rb"/Type /Page\b", (tmp_path / "s.pdf").read_bytes())) == 3


def test_times_of_long_recordings_are_in_minutes(tmp_path):
    pytest.importorskip("matplotlib")
    (path,) = plot(Picture(song(59, 5.0)), tmp_path / "a.svg")
    assert ":" not in "".join(line for line in path.read_text().splitlines() if ">0:" in line)
    first, second = plot(Picture(song(70, 5.0)), tmp_path / "b.svg")
    assert ">0:30<" in first.read_text() and ">1:05<" in second.read_text()


@pytest.mark.parametrize("arguments", [["ode.ogg", "--notes", "n.csv"], ["n.csv", "--audio", "ode.ogg"]])
def test_given_notes_keep_the_sung_pitch(tmp_path, arguments):
    pytest.importorskip("matplotlib")
    (tmp_path / "ode.ogg").write_bytes((SAMPLES / "ode_to_joy.ogg").read_bytes())
    (tmp_path / "n.csv").write_bytes((SAMPLES / "ode_to_joy.notes.csv").read_bytes())
    done = call("plot", *arguments, "-o", "a.svg", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert ">sung pitch<" in (tmp_path / "a.svg").read_text()


def test_a_page_of_given_notes_has_the_sung_pitch(tmp_path):
    call("report", SAMPLES / "ode_to_joy.ogg", "--notes", SAMPLES / "ode_to_joy.notes.csv", "-o", tmp_path)
    text = (tmp_path / "ode_to_joy.report.html").read_text(encoding="utf-8")
    content = json.loads(re.search(r'id="data">(.*?)</script>', text)[1])
    assert len(content["notes"]) == 30
    assert sum(value is not None for value in content["pitch"]["midi"]) > 300


def test_pages_that_exist_are_refused_before_transcribing(tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "a-1.png").touch()
    arguments = ["plot", SAMPLES / "ode_to_joy.ogg", "-o", "a.png", "--row-seconds", "2", "--debug"]
    done = call(*arguments, cwd=tmp_path)
    assert (done.returncode, "a-1.png already exists" in done.stderr, "model" in done.stderr) == (2, True, False)
    assert call(*arguments, "--overwrite", cwd=tmp_path).returncode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"a-1.png", "a-2.png"}
