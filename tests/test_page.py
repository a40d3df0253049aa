"""The page: what is in it, and what it does in a real browser."""

import base64
import io
import json
import os
import re
import shutil
import tracemalloc
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from singtrans import Note, PitchTrack, Transcription, formats
from singtrans.errors import UsageError
from singtrans.formats import Options
from singtrans.view.index import Entry, index, index_in, passages, write_index
from singtrans.view.page import page, read_page

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"&{data}<!--"
BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
browser_needed = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed: apt-get install chromium")


def tune(count=8, audio="tune.wav", confidence=0.9):
    notes = tuple(Note(0.5 + i * 0.5, 0.95 + i * 0.5, 60.1 + i % 5, confidence) for i in range(count))
    time = np.arange(0, 1 + count * 0.5, 0.02)
    return Transcription(notes, PitchTrack(time, 60 + np.sin(time), np.ones(len(time))), 1 + count * 0.5, audio=audio)


def sung(path, seconds, rate=16_000):
    soundfile.write(path, (0.2 * np.sin(np.arange(int(seconds * rate)) * 0.1)).astype(np.float32), rate)
    return path


class Scripts(HTMLParser):
    """What a browser takes for scripts, and every other element."""

    def __init__(self):
        super().__init__()
        self.scripts, self.tags, self.inside = [], [], False

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag == "script"
        if self.inside:
            self.scripts.append([dict(attrs), ""])

    def handle_data(self, data):
        if self.inside:
            self.scripts[-1][1] += data

    def handle_endtag(self, tag):
        self.inside = False


@pytest.mark.parametrize("name", [EVIL, "a\udcff.wav", "", "歌\u2028.wav", "{script}.wav"])
def test_no_name_becomes_markup(name):
    html = page(tune(audio=name), None)
    parsed = Scripts()
    parsed.feed(html)
    kinds = [attributes.get("type") for attributes, _ in parsed.scripts]
    assert kinds == ["application/json", "text/plain", None]
    assert not any(tag == "img" or any(key.startswith("on") for key in attrs) for tag, attrs in parsed.tags)
    assert not any("src" in attrs or "href" in attrs for _, attrs in parsed.tags)
    content = json.loads(parsed.scripts[0][1])
    assert len(content["notes"]) == 8
    html.encode("utf-8")
    entries = [Entry(name, Path(f"{name}.report.html"), tune())]
    parsed = Scripts()
    parsed.feed(index(entries))
    assert parsed.scripts == []
    assert not any(tag == "img" for tag, _ in parsed.tags)


def sound_in(html):
    """What the page says it lasts, and the length and rate of the sound in it."""
    parsed = Scripts()
    parsed.feed(html)
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(parsed.scripts[1][1])))
    return json.loads(parsed.scripts[0][1])["duration"], len(samples) / rate, rate


def test_the_sound_is_in_the_page_whole(tmp_path):
    assert sound_in(page(tune(4), sung(tmp_path / "a.wav", 3.0))) == (3.0, pytest.approx(3.0), 24_000)


def test_a_page_of_given_notes_lasts_as_long_as_the_recording(tmp_path, monkeypatch):
    last = tune(4).notes[-1].offset  # where a file of notes ends
    html = page(replace(tune(4), duration=last), sung(tmp_path / "a.wav", 5.0))
    assert sound_in(html) == (5.0, pytest.approx(5.0), 24_000)
    monkeypatch.setattr("singtrans.view.page._LONG", 4.0)
    assert sound_in(page(replace(tune(4), duration=last), tmp_path / "a.wav")) == (5.0, pytest.approx(5.0), 16_000)


def test_the_notes_of_a_page_are_read_again(tmp_path):
    made = tune(audio=EVIL)
    read = read_page(formats.save(made, tmp_path / "a.report.html"))
    assert [n.onset for n in read.notes] == pytest.approx([n.onset for n in made.notes])
    assert (read.duration, read.audio) == (made.duration, EVIL)
    (tmp_path / "b.html").write_text("<p>mine")
    assert read_page(tmp_path / "b.html") is None


def test_a_page_keeps_what_was_meant(tmp_path):
    made = tune()
    made = replace(made, notes=tuple(replace(n, moved=i % 3 - 1) for i, n in enumerate(made.notes)))
    read = read_page(formats.save(made, tmp_path / "a.report.html"))
    assert [n.note for n in read.notes] == [n.note for n in made.notes]


def test_a_page_keeps_the_tuning(tmp_path):
    made = tune()
    made = replace(made, notes=tuple(replace(n, tuning=-0.4 - 0.01 * i) for i, n in enumerate(made.notes)))
    read = read_page(formats.save(made, tmp_path / "a.report.html"))
    assert [(n.tuning, n.note) for n in read.notes] == [(pytest.approx(n.tuning), n.note) for n in made.notes]
    older = (tmp_path / "a.report.html").read_text(encoding="utf-8").replace(",60.1,0.9,-0.4,0]", ",60.1,0.9]")
    (tmp_path / "older.report.html").write_text(older, encoding="utf-8")
    assert read_page(tmp_path / "older.report.html").notes[0] == made.notes[0].__class__(0.5, 0.95, 60.1, 0.9)


def test_a_page_is_read_without_its_sound(tmp_path):
    path = tmp_path / "a.report.html"
    path.write_text(page(tune(), None).replace('id="sound">', 'id="sound">' + "A" * 8_000_000), encoding="utf-8")
    tracemalloc.start()
    try:
        assert len(read_page(path).notes) == 8
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_an_index_lists_every_page_that_is_there(tmp_path):
    pages = {tmp_path / "pages" / f"{name}.report.html": f"{name}.wav" for name in "abc"}
    (tmp_path / "pages").mkdir()
    target = index_in(tmp_path)
    assert not write_index(target, pages) and not target.exists()
    for path in list(pages)[:2]:
        formats.save(tune(), path)
    for _ in range(2):  # an index of ours is replaced
        assert write_index(index_in(tmp_path), pages)
    assert re.findall(r'href="./(pages/\w)\.report', target.read_text(encoding="utf-8")) == ["pages/a", "pages/b"]
    target.write_text("<p>mine")
    with pytest.raises(UsageError, match="is no index of pages"):
        index_in(tmp_path)


def test_index_puts_the_doubtful_first():
    sure, unsure = tune(), tune(confidence=0.2)
    some = Transcription((*tune().notes[:4], *tune(confidence=0.3).notes[4:]), tune().pitch, 5.0)
    html = index([Entry(f"{n}.wav", Path(f"{n}.html"), t) for n, t in
                  [("a", sure), ("b", unsure), ("c", some), ("d", None)]])  # fmt: skip
    assert re.findall(r">(\w)\.wav<", html) == ["b", "c", "a", "d"]
    assert "c.html#t=2.0" in html  # where its doubtful notes begin
    assert passages(some.notes) == [(2.5, pytest.approx(4.45))]
    assert "C4 to E4" in unescape(html)


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


@browser_needed
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


@browser_needed
def test_what_is_corrected_is_what_is_downloaded(opened, tmp_path):
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


@browser_needed
def test_a_song_is_within_ten_milliseconds(opened, tmp_path):
    notes = tuple(Note(start, start + 0.3, 60.0) for start in (0.509, 1.0301, 2.4711))
    read = downloaded(opened(Transcription(notes, tune().pitch, 5.0, "a.wav")), "#ultrastar", tmp_path / "a.txt")
    np.testing.assert_allclose([n.onset for n in read], [n.onset for n in notes], atol=0.0101)
    np.testing.assert_allclose([n.offset for n in read], [n.offset for n in notes], atol=0.0101)


@browser_needed
def test_a_page_knows_notes_that_the_key_moved(opened, tmp_path):
    made = tune()
    tab = opened(replace(made, notes=tuple(replace(n, moved=1) for n in made.notes)))
    tab.mouse.click(*point(tab, 1.2, 61.1, *RANGE))
    assert tab.inner_text("#status").startswith("D4 −90 cents")
    assert [n.note for n in downloaded(tab, "#midi", tmp_path / "a.mid")] == [61, 62, 63, 64, 65, 61, 62, 63]
    assert [n.moved for n in downloaded(tab, "#csv", tmp_path / "a.csv")] == [1] * 8


@browser_needed
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


@browser_needed
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


@browser_needed
def test_what_is_not_saved_in_full_stays_unsaved(opened, tmp_path):
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


@browser_needed
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


@browser_needed
def test_evil_names_do_nothing(opened):
    tab = opened(tune(audio=EVIL + ".wav"))
    assert tab.inner_text("#title").startswith("</script>") or "script" in tab.inner_text("#title")
    assert tab.locator("img").count() == 0


@browser_needed
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


@browser_needed
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_nothing_sticks_out(opened, width):
    tab = opened(tune(), width=width)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    for button in tab.locator("button").all():
        box = button.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert tab.locator("#canvas").bounding_box()["height"] > 200
    if folder := os.environ.get("SINGTRANS_SCREENSHOTS"):
        tab.screenshot(path=Path(folder) / f"page-{width}.png")
