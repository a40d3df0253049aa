"""Display and navigation of the report page."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from singtrans import Note, formats
from singtrans.formats import Options
from tests.helpers.browser import chosen, painted, point, saved, state, wait_for
from tests.helpers.page_tunes import EVIL, sung, sung_tune, tune

SIZES = [(1280, 800), (390, 844)]


def test_clicks_select_the_right_notes_after_changes_of_layout(opened, tmp_path):
    """Notices, other parts of the page and long status lines resize the canvas, but clicks select the right notes."""
    tab = opened(sung_tune(), size=(390, 844))
    changes = (
        "document.getElementById('notice').hidden = false",
        "document.getElementById('status').textContent = 'A long sentence that wraps. '.repeat(8)",
        "document.querySelector('aside').hidden = true",
        "document.querySelector('.toolbar').style.paddingBottom = '60px'",
    )
    for change in changes:
        tab.evaluate(change)
        painted(tab)
        ratio, height = tab.evaluate(
            "(() => { const c = document.getElementById('canvas'), box = c.getBoundingClientRect();"
            " return [c.height / box.height, box.height] })()"
        )
        assert (ratio, height > 150) == (pytest.approx(1, abs=0.01), True)
        tab.mouse.click(*point(tab, 0.25, 62.6))
        tab.mouse.click(*point(tab, 1.2, 61))
        assert state(tab)["chosen"] == "1"


def test_a_note_is_in_the_row_of_its_name_in_the_key(opened, tmp_path):
    """A pitch of 67.6 is nearest to G♯4. In C major, it is written as G4, and the box is in the row of G4."""
    notes = (*tune().notes[:3], Note(2.0, 2.45, 67.6, moved=-1))
    tab = opened(replace(tune(), notes=notes))
    tab.mouse.click(*point(tab, 2.2, 67.0))
    assert chosen(tab).startswith("G4 +60 cents")
    # The options are replaced some time after the selection has changed.
    wait_for(tab, "document.querySelector('#options [aria-selected=true]')?.getAttribute('aria-posinset') === '4'")
    box = tab.locator("#options [role=option]").nth(3).bounding_box()
    assert box["y"] + box["height"] / 2 == pytest.approx(point(tab, 2.2, 67.0)[1], abs=1)
    assert [n.moved for n in formats.load_notes(saved(tab, "save-csv", tmp_path / "a.csv"))] == [0, 0, 0, -1]


def test_rows_and_files_follow_the_singers_tuning(opened, tmp_path):
    made = tune()  # 60.1 to 64.1; the singer's A4 is 70 cents sharp, so names are a semitone lower
    tab = opened(replace(made, notes=tuple(replace(n, tuning=0.7) for n in made.notes)))
    tab.mouse.click(*point(tab, 1.2, 60.0))
    assert chosen(tab).startswith("C4 +40 cents")
    tab.mouse.dblclick(*point(tab, 4.8, 65.0))
    path = saved(tab, "save-csv", tmp_path / "a.csv")
    assert [n.note for n in formats.load_notes(path)] == [59, 60, 61, 62, 63, 59, 60, 61, 65]
    rows = [line.split(",") for line in path.read_text().splitlines()]
    assert [rows[0][-1], rows[1][2:4], rows[1][-1]] == ["tuning", ["60.100", "59"], "0.700"]
    assert [rows[-1][2:4], rows[-1][-1]] == [["65.700", "65"], "0.700"]


def test_one_wrong_note_does_not_change_the_visible_range(opened):
    notes = tuple(Note(0.5 * i, 0.5 * i + 0.45, 60.1 + i % 5) for i in range(40))
    tab = opened(replace(tune(40), notes=(*notes[:20], replace(notes[20], pitch=110.0), *notes[21:])))
    first = state(tab)
    assert float(first["tall"]) > 25 and float(first["top"]) < 75
    tab.evaluate("location.hash")
    tab.keyboard.press("9")
    taller = state(tab)
    assert float(taller["tall"]) == pytest.approx(1.25 * float(first["tall"]), rel=0.01)
    for _ in range(3):
        tab.keyboard.press("PageUp")
    assert float(state(tab)["top"]) == pytest.approx(float(taller["top"]) + 18, abs=0.1)
    tab.mouse.move(600, 400)
    tab.keyboard.down("Shift")
    tab.mouse.wheel(0, 300)
    tab.keyboard.up("Shift")
    wait_for(tab, f"Number(document.body.dataset.top) < {float(taller['top']) + 17}")
    tab.keyboard.press("0")
    assert state(tab)["start"] == "0.000"


def test_a_click_on_the_map_scrolls_there(opened):
    tab = opened(tune(400))
    box = tab.locator("#map").bounding_box()
    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    shown = state(tab)
    middle = float(shown["start"]) + (box["width"] - 46) / float(shown["scale"]) / 2
    assert middle == pytest.approx(100, abs=5)


def test_playing_and_seeking_on_the_page(opened, tmp_path):
    tab = opened(tune(20), Options(audio=sung(tmp_path / "a.wav", 11)))
    tab.click("#play")
    wait_for(tab, "Number(document.body.dataset.position) > 0.3")
    tab.keyboard.press("Space")
    assert state(tab)["playing"] == "false"
    box = tab.locator("#canvas").bounding_box()
    tab.mouse.click(point(tab, 6.0, 60)[0], box["y"] + 10)  # the ruler
    wait_for(tab, "Math.abs(Number(document.body.dataset.position) - 6) < 0.05")
    tab.keyboard.press("ArrowLeft")
    wait_for(tab, "Math.abs(Number(document.body.dataset.position) - 4) < 0.05")
    tab.keyboard.press("3")  # the notes alone
    tab.keyboard.press("Space")
    wait_for(tab, "Number(document.body.dataset.position) > 4.2")


@pytest.mark.parametrize("size", SIZES)
def test_every_doubtful_note_is_listed_until_it_is_checked(opened, tmp_path, size):
    tab = opened(sung_tune(), size=size)
    assert tab.inner_text("#about") == "8 notes, C4 to E4"
    assert tab.inner_text("#check-count") == "2 left"
    listed = [row.locator("> *").all_inner_texts() for row in tab.locator("#check-list .row").all()]
    assert listed == [["0:02.0", "D♯4", "its pitch"], ["0:03.0", "C4", "its start"]]
    tab.keyboard.press("n")
    assert state(tab)["chosen"] == "3"
    tab.keyboard.press("n")
    assert (state(tab)["chosen"], tab.evaluate("scrollY")) == ("5", 0)  # the notes stay where they are
    tab.keyboard.press("Shift+N")
    assert "Unsure: its pitch" in chosen(tab)
    tab.keyboard.press("c")  # marks the note as right and selects the next doubtful note
    assert (tab.inner_text("#check-count"), state(tab)["chosen"]) == ("1 left", "5")
    tab.keyboard.press("ArrowUp")  # a corrected note is checked, too
    assert tab.inner_text("#check-count") == "all done"
    tab.keyboard.press("Control+z")
    tab.keyboard.press("Control+z")
    assert tab.inner_text("#check-count") == "2 left"
    tab.locator("#check-list .plain").first.click()
    assert tab.inner_text("#check-count") == "1 left"


@pytest.mark.parametrize("size", SIZES)
def test_all_controls_can_be_focused_and_have_names(opened, size):
    tab = opened(sung_tune(), size=size)
    notes = tab.locator("#options [role=option]")
    assert notes.count() == 8
    assert notes.nth(3).get_attribute("aria-label").startswith("D♯4 +10 cents, 2.000 to 2.450 s (0.450 s). Unsure")
    tab.locator("#roll").focus()
    tab.keyboard.press(".")
    wait_for(tab, "document.getElementById('roll').getAttribute('aria-activedescendant') === 'note-1'")
    tab.keyboard.press("ArrowUp")
    wait_for(tab, "document.getElementById('saved').textContent === 'Saved in this browser'")
    for control in tab.locator("button:visible, select:visible, input:visible").all():
        box = control.bounding_box()
        name = control.get_attribute("id") or control.get_attribute("class")
        assert box["height"] >= (18 if name == "snap-pitch" else 24), name
        assert box["x"] >= 0 and box["x"] + box["width"] <= size[0], name
    assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert tab.locator("#canvas").bounding_box()["height"] > 200
    tab.keyboard.press("?")
    assert tab.locator("#help").is_visible()
    assert tab.locator("#help dt").count() > 30
    tab.keyboard.press("Escape")
    tab.locator("#save").focus()
    tab.keyboard.press("Enter")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.id") == "save-midi"
    tab.keyboard.press("Escape")
    assert tab.evaluate("document.activeElement.id") == "save"
    if folder := os.environ.get("SINGTRANS_SCREENSHOTS"):
        tab.screenshot(path=Path(folder) / f"page-{size[0]}.png")


def test_light_and_dark_are_remembered(opened):
    tab = opened(tune(), color_scheme="dark")
    wait_for(tab, "document.documentElement.dataset.theme === 'dark'")
    tab.click("#theme")
    wait_for(tab, "localStorage.getItem('singtrans:theme') === 'light'")
    tab.reload()
    wait_for(tab, "document.documentElement.dataset.theme === 'light'")


def test_teaching_and_sheet_music_show_commands(opened, tmp_path):
    tab = opened(sung_tune())
    tab.click("#save")
    tab.click("#teach")
    commands = tab.locator("#commands code").all_inner_texts()
    assert (len(commands), "tune.session.json" in commands[0]) == (2, True)
    with tab.expect_download() as download:
        tab.click("#commands .primary")
    assert download.value.suggested_filename == "tune.session.json"
    tab.keyboard.press("Escape")
    tab.click("#save")
    tab.click("#save-musicxml")
    assert tab.inner_text("#commands code") == "singtrans convert tune.session.json tune.musicxml"


def test_markup_in_names_is_not_executed(opened):
    tab = opened(tune(audio=EVIL + ".wav"))
    assert "script" in tab.inner_text("#title")
    assert tab.locator("img").count() == 0


def test_a_long_song_scrolls_without_freezing(opened):
    tab = opened(tune(2400))
    drawn = tab.evaluate(
        """async () => {
            const canvas = document.getElementById("canvas"), counts = [];
            const proto = CanvasRenderingContext2D.prototype, { roundRect, lineTo } = proto;
            let count = 0;
            proto.roundRect = function (...a) { count++; return roundRect.apply(this, a); };
            proto.lineTo = function (...a) { count++; return lineTo.apply(this, a); };
            for (let i = 0; i < 30; i++) {
                count = 0;
                canvas.dispatchEvent(new WheelEvent("wheel", { deltaX: 400, cancelable: true }));
                await new Promise(requestAnimationFrame);
                await new Promise((done) => setTimeout(done, 0));
                counts.push(count);
            }
            return counts;
        }"""
    )
    assert float(state(tab)["start"]) > 50
    assert min(drawn) > 30  # every turn of the wheel draws the canvas
    assert max(drawn) < 4000  # only the visible part is drawn, not the whole song


def test_a_page_without_notes_works(opened, tmp_path):
    empty = replace(tune(), notes=())
    tab = opened(empty, Options(audio=sung(tmp_path / "a.wav", 5)))
    assert tab.inner_text("#about") == "no notes"
    for key in (".", "n", "p", "l", "c", "s", "m", "t", "ArrowUp", "0", "9", "Delete", "Control+a"):
        tab.keyboard.press(key)
    tab.keyboard.press("a")
    assert state(tab)["notes"] == "1"
    assert tab.inner_text("#about") == "1 note, C4 to C4"


def test_fingers_select_pan_and_zoom(opened):
    tab = opened(tune(40), size=(390, 844), has_touch=True)
    touch = tab.context.new_cdp_session(tab)

    def fingers(kind, *places):
        points = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(places)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    for seconds, pitch in ((0.7, 60), (1.2, 61)):
        fingers("touchStart", point(tab, seconds, pitch))
        tab.wait_for_timeout(600)  # longer than a tap
        fingers("touchEnd")
    assert state(tab)["count"] == "2"
    x, y = point(tab, 2.0, 66)
    fingers("touchStart", (x, y))
    for step in range(1, 5):
        fingers("touchMove", (x - 30 * step, y + 5 * step))
    fingers("touchEnd")
    after = state(tab)
    assert (float(after["start"]) > 1, after["count"]) == (True, "2")
    fingers("touchStart", (150, 400), (200, 400))
    for step in range(1, 5):
        fingers("touchMove", (150 - 10 * step, 400), (200 + 10 * step, 400))
    fingers("touchEnd")
    assert float(state(tab)["scale"]) > 1.5 * float(after["scale"])


@pytest.mark.skipif("SINGTRANS_AXE" not in os.environ, reason="SINGTRANS_AXE is not the path of axe.min.js (axe-core)")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_serious_accessibility_problem(opened, size, theme):
    tab = opened(sung_tune(), size=size, color_scheme=theme, bypass_csp=True)
    tab.evaluate(Path(os.environ["SINGTRANS_AXE"]).read_text(encoding="utf-8"))
    steps = ("check-next", "save", "teach", "commands .tool", "show-help", "help .tool", "tab-summary")
    for step in steps:
        tab.evaluate(f"document.querySelector('#{step}').click()")
        painted(tab)
        found = tab.evaluate(
            "axe.run().then((result) => result.violations.filter(({ impact }) => /serious|critical/.test(impact))"
            ".map(({ id, nodes }) => `${id}: ${nodes[0].html}`))"
        )
        assert found == [], step
