"""Report pages in a real browser."""

import os
import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import pytest

from singtrans import Note, Transcription, formats
from singtrans.formats import Options
from tests.helpers.page_tunes import EVIL, sung, tune

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed: apt-get install chromium")


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=BROWSER, args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required", "--mute-audio"]
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium, tmp_path):
    """How to open a page; it must ask for nothing and complain of nothing."""
    contexts, faults, asked = [], [], []

    def open_page(transcription, recording=None, width=1280, height=800):
        path = formats.save(transcription, tmp_path / "a.report.html", options=Options(audio=recording))
        context = chromium.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
        contexts.append(context)
        tab = context.new_page()
        tab.on("console", lambda message: faults.append(message.text))
        tab.on("pageerror", lambda error: faults.append(str(error)))
        tab.on("request", lambda request: asked.append(request.url))
        tab.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.accept()))
        tab.goto(path.as_uri())
        until(tab, "document.body.dataset.notes !== undefined")
        return tab

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []


def state(tab):
    return tab.evaluate("({...document.body.dataset})")


def until(tab, condition):
    """Wait for something; not playwright's own way, which the page's policy forbids."""
    for _ in range(300):
        if tab.evaluate(condition):
            return
        tab.wait_for_timeout(50)
    raise AssertionError(f"never: {condition}; {state(tab)}")


def point(tab, seconds, pitch, low, high):
    """Where a time and a pitch are on the screen."""
    box = tab.locator("#canvas").bounding_box()
    found = state(tab)
    x = 40 + (seconds - float(found["start"])) * float(found["scale"])
    y = 24 + (high - pitch) * (box["height"] - 24) / (high - low)
    return box["x"] + x, box["y"] + y


RANGE = (60.1 - 2.5 - 3, 64.1 + 2.5 + 3)  # the notes' range, widened to ten semitones, and a margin


def downloaded(tab, button, path):
    with tab.expect_download() as download:
        tab.click(button)
    download.value.save_as(path)
    return formats.load_notes(path)


def test_it_plays_seeks_and_zooms(opened, tmp_path):
    tab = opened(tune(20), sung(tmp_path / "a.wav", 11))
    tab.click("#play")
    until(tab, "Number(document.body.dataset.position) > 0.3")
    assert state(tab)["playing"] == "true"
    tab.keyboard.press("Space")
    assert state(tab)["playing"] == "false"
    tab.mouse.click(*point(tab, 6.0, 70, 54, 70))  # the ruler
    until(tab, "Math.abs(Number(document.body.dataset.position) - 6) < 0.05")
    tab.keyboard.press("ArrowLeft")
    until(tab, "Math.abs(Number(document.body.dataset.position) - 4) < 0.05")
    before = float(state(tab)["scale"])
    tab.click("#in")
    assert float(state(tab)["scale"]) == pytest.approx(1.4 * before, rel=0.01)
    tab.click("#fit")
    until(tab, "document.body.dataset.start === '0.000'")
    tab.keyboard.press("3")
    assert tab.get_attribute("#notes", "aria-pressed") == "true"
    tab.keyboard.press("Space")
    until(tab, "Number(document.body.dataset.position) > 4.2")


def test_downloads_contain_the_corrections(opened, tmp_path):
    tab = opened(tune())
    assert tab.locator("#recording").is_disabled()  # there is none
    tab.mouse.move(*point(tab, 1.2, 61.1, *RANGE))
    tab.mouse.down()
    tab.mouse.move(*point(tab, 1.2, 63.1, *RANGE), steps=5)
    tab.mouse.up()
    assert state(tab)["chosen"] == "1"
    assert tab.inner_text("#status").startswith("D♯4 +10 cents, 1.000 to 1.450 s")
    notes = downloaded(tab, "#midi", tmp_path / "a.mid")
    assert [n.note for n in notes] == [60, 63, 62, 63, 64, 60, 61, 62]
    np.testing.assert_allclose([n.onset for n in notes], [n.onset for n in tune().notes], atol=0.001)
    assert mido.MidiFile(tmp_path / "a.mid").tracks[1].name == "tune"
    tab.keyboard.press("s")  # split: the cursor is elsewhere, so in the middle
    tab.keyboard.press("Escape")
    assert state(tab)["notes"] == "9"
    tab.mouse.click(*point(tab, 3.2, 60.1, *RANGE))
    tab.keyboard.press("m")
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("Delete")
    assert state(tab)["notes"] == "7"
    tab.keyboard.press("Control+z")
    assert state(tab)["notes"] == "8"
    tab.keyboard.press("Control+y")
    assert state(tab)["notes"] == "7"
    tab.mouse.dblclick(*point(tab, 4.8, 66, *RANGE))
    notes = downloaded(tab, "#csv", tmp_path / "a.csv")
    assert len(notes) == 8
    assert notes[2].onset == pytest.approx(1.225, abs=0.001)
    assert notes[-1].note == 66
    assert notes[-1].onset == pytest.approx(4.8, abs=0.05)
    read = downloaded(tab, "#ultrastar", tmp_path / "a.txt")
    assert [n.note for n in read] == [n.note for n in notes]
    np.testing.assert_allclose([n.onset for n in read], [n.onset for n in notes], atol=0.011)


def test_a_song_is_within_ten_milliseconds(opened, tmp_path):
    notes = tuple(Note(start, start + 0.3, 60.0) for start in (0.509, 1.0301, 2.4711))
    read = downloaded(opened(Transcription(notes, tune().pitch, 5.0, "a.wav")), "#ultrastar", tmp_path / "a.txt")
    np.testing.assert_allclose([n.onset for n in read], [n.onset for n in notes], atol=0.0101)
    np.testing.assert_allclose([n.offset for n in read], [n.offset for n in notes], atol=0.0101)


def test_a_page_shows_and_saves_moved_notes(opened, tmp_path):
    made = tune()
    tab = opened(replace(made, notes=tuple(replace(n, moved=1) for n in made.notes)))
    tab.mouse.click(*point(tab, 1.2, 61.1, *RANGE))
    assert tab.inner_text("#status").startswith("D4 −90 cents")
    assert [n.note for n in downloaded(tab, "#midi", tmp_path / "a.mid")] == [61, 62, 63, 64, 65, 61, 62, 63]
    assert [n.moved for n in downloaded(tab, "#csv", tmp_path / "a.csv")] == [1] * 8


def test_a_page_names_and_saves_notes_by_their_tuning(opened, tmp_path):
    made = tune()  # 60.1 to 64.1: by a singer whose A4 is 70 cents high, a semitone lower
    tab = opened(replace(made, notes=tuple(replace(n, tuning=0.7) for n in made.notes)))
    tab.mouse.click(*point(tab, 1.2, 61.1, *RANGE))
    assert tab.inner_text("#status").startswith("C4 +40 cents")
    assert [n.note for n in downloaded(tab, "#midi", tmp_path / "a.mid")] == [59, 60, 61, 62, 63, 59, 60, 61]
    assert [n.note for n in downloaded(tab, "#ultrastar", tmp_path / "a.txt")] == [59, 60, 61, 62, 63, 59, 60, 61]
    tab.mouse.dblclick(*point(tab, 4.8, 66, *RANGE))  # where 66.0 is 65 and 30 cents: the new note is 65 as sung
    downloaded(tab, "#csv", tmp_path / "a.csv")
    rows = [line.split(",") for line in (tmp_path / "a.csv").read_text().splitlines()]
    assert [rows[0][-1], rows[1][2:4], rows[1][-1]] == ["tuning", ["60.100", "59"], "0.700"]
    assert [rows[-1][2:4], rows[-1][-1]] == [["65.700", "65"], "0.700"]


def test_ends_are_dragged_and_notes_never_overlap(opened, tmp_path):
    tab = opened(tune())
    tab.mouse.move(*point(tab, 1.445, 61.1, *RANGE))
    tab.mouse.down()
    tab.mouse.move(*point(tab, 3.0, 61.1, *RANGE), steps=5)
    tab.mouse.up()
    notes = downloaded(tab, "#csv", tmp_path / "a.csv")
    assert (notes[1].onset, notes[1].offset) == (1.0, pytest.approx(1.5, abs=0.001))  # the next note's start
    for key in ["ArrowLeft"] * 30:
        tab.keyboard.press(key)
    notes = downloaded(tab, "#csv", tmp_path / "b.csv")
    assert notes[1].onset == pytest.approx(notes[0].offset, abs=0.001)
    assert all(a.offset <= b.onset + 1e-9 for a, b in pairwise(notes))


def test_a_partial_download_does_not_count_as_saved(opened, tmp_path):
    tab = opened(tune())
    tab.mouse.click(*point(tab, 1.2, 61.1, *RANGE))
    tab.keyboard.press("ArrowUp")
    unsaved = "8 notes, corrected"
    for button, name, said in [
        ("#midi", "a.mid", unsaved),
        ("#ultrastar", "a.txt", unsaved),
        ("#csv", "a.csv", "8 notes"),
    ]:
        downloaded(tab, button, tmp_path / name)
        tab.keyboard.press("Escape")
        assert tab.inner_text("#status") == said


def test_a_second_finger_ends_a_drag_that_can_be_undone(opened):
    tab = opened(tune())
    tab.mouse.move(*point(tab, 1.2, 61.1, *RANGE))
    tab.mouse.down()
    tab.mouse.move(*point(tab, 1.2, 63.1, *RANGE), steps=5)
    finger = 'document.getElementById("canvas").dispatchEvent(new PointerEvent("{}", {{ pointerId: 99 }}))'
    tab.evaluate(finger.format("pointerdown"))
    assert tab.locator("#undo").is_enabled()
    tab.evaluate(finger.format("pointerup"))
    tab.mouse.up()
    assert tab.inner_text("#status").startswith("D♯4 +10 cents")
    tab.keyboard.press("Control+z")
    tab.mouse.click(*point(tab, 1.2, 61.1, *RANGE))
    assert tab.inner_text("#status").startswith("C♯4 +10 cents")


def test_evil_names_do_nothing(opened):
    tab = opened(tune(audio=EVIL + ".wav"))
    assert tab.inner_text("#title").startswith("</script>") or "script" in tab.inner_text("#title")
    assert tab.locator("img").count() == 0


def test_ten_minutes_scroll_without_freezing(opened):
    tab = opened(tune(1200))
    drawn = tab.evaluate(
        """async () => {
            const canvas = document.getElementById("canvas"), counts = [];
            const proto = CanvasRenderingContext2D.prototype, fill = proto.fillRect, line = proto.lineTo;
            let count = 0;
            proto.fillRect = function (...a) { count++; return fill.apply(this, a); };
            proto.lineTo = function (...a) { count++; return line.apply(this, a); };
            for (let i = 0; i < 60; i++) {
                count = 0;
                canvas.dispatchEvent(new WheelEvent("wheel", { deltaX: 400, cancelable: true }));
                await new Promise(requestAnimationFrame);
                await new Promise((done) => setTimeout(done, 0));
                counts.push(count);
            }
            return counts;
        }"""
    )
    assert float(state(tab)["start"]) > 100
    assert min(drawn) > 50  # every turn of the wheel is drawn
    assert max(drawn) < 3500  # and what is drawn is what is seen, not ten minutes
    tab.click("#fit")
    until(tab, "document.body.dataset.start === '0.000'")


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_overflows_the_window(opened, width):
    tab = opened(tune(), width=width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    for button in tab.locator("button").all():
        box = button.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert tab.locator("#canvas").bounding_box()["height"] > 200
    if folder := os.environ.get("SINGTRANS_SCREENSHOTS"):
        tab.screenshot(path=Path(folder) / f"page-{width}.png")
