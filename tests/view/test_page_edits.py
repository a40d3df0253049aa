"""Edits on the report page, with the screen sizes of a desktop and a phone."""

from pathlib import Path

import numpy as np
import pytest

from singtrans import formats
from singtrans.formats import Options
from singtrans.formats.session import read_session
from singtrans.melody.beats import constant_beats
from tests.helpers.browser import chosen, drag, painted, point, ready, saved, state, wait_for
from tests.helpers.page_tunes import sung, sung_tune

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
NUMBERS = [60, 61, 62, 63, 64, 60, 61, 62]


@pytest.fixture(scope="module", params=SIZES)
def shared(request, chromium, tmp_path_factory):
    """Open one page for all tests of a screen size."""
    folder = tmp_path_factory.mktemp("edits")
    options = Options(audio=sung(folder / "tune.wav", 5.0), beats=constant_beats(120.0, 0.5))
    path = formats.save(sung_tune(), folder / "a.report.html", options=options)
    width, height = SIZES[request.param]
    context = chromium.new_context(viewport={"width": width, "height": height}, accept_downloads=True)
    tab, faults = context.new_page(), []
    tab.on("console", lambda message: faults.append(message.text))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.goto(path.as_uri())
    ready(tab)
    yield tab
    context.close()
    assert faults == []


@pytest.fixture
def tab(shared):
    """Return the page in its initial state."""
    shared.evaluate("scrollTo(0, 0)")
    for key in ("Escape", "Escape", "0"):
        shared.keyboard.press(key)
    while shared.locator("#undo").is_enabled():
        shared.keyboard.press("Control+z")
    shared.keyboard.press("Escape")
    shared.select_option("#snap", "0")
    shared.uncheck("#snap-pitch")
    shared.locator("#roll").focus()
    painted(shared)
    return shared


def notes_of(tab, tmp_path):
    return formats.load_notes(saved(tab, "save-csv", tmp_path / "a.csv"))


def test_a_drag_moves_a_note_in_pitch_or_in_time_only(tab, tmp_path):
    drag(tab, point(tab, 1.2, 61), point(tab, 1.3, 63))  # mostly upwards
    assert chosen(tab).startswith("D♯4 +10 cents, 1.000 to 1.450 s")
    tab.keyboard.press("Control+z")
    drag(tab, point(tab, 4.2, 62), point(tab, 4.5, 62.4))  # mostly to the right
    notes = notes_of(tab, tmp_path)
    assert [note.note for note in notes] == NUMBERS
    assert notes[7].onset == pytest.approx(4.3, abs=0.02)
    assert notes[7].duration == pytest.approx(0.45, abs=0.001)


def test_shift_makes_fine_steps(tab):
    drag(tab, point(tab, 1.2, 61), point(tab, 1.2, 61.3), shift=True)
    assert chosen(tab).startswith("C♯4 +40 cents, 1.000")
    tab.keyboard.press("Control+z")
    drag(tab, point(tab, 4.2, 62), point(tab, 4.5, 62), shift=True)
    assert "4.030 to" in chosen(tab) or "4.029 to" in chosen(tab) or "4.031 to" in chosen(tab)


def test_dragging_an_end_within_24_pixels_measures_the_pitch_again(tab, tmp_path):
    tab.mouse.click(*point(tab, 4.2, 62))
    (x, y), per_second = point(tab, 4.45, 62), float(state(tab)["scale"])
    for side in (11, -9):
        drag(tab, (x + side, y), (x + side - 0.1 * per_second, y))
        assert "4.000 to 4.35" in chosen(tab)
        tab.keyboard.press("Control+z")
    tab.mouse.click(*point(tab, 1.2, 61))
    tab.keyboard.press("Delete")  # the third note is then extended to where the second note was
    tab.mouse.click(*point(tab, 1.7, 62))
    x, y = point(tab, 1.5, 62)
    drag(tab, (x, y), (x - 0.52 * per_second, y))
    notes = notes_of(tab, tmp_path)
    assert notes[1].onset == pytest.approx(0.98, abs=0.01)
    assert notes[1].pitch == pytest.approx(61.6, abs=0.51)  # between the two sung pitches in the note
    assert notes[1].pitch != 62.1


def test_notes_never_overlap(tab, tmp_path):
    tab.mouse.click(*point(tab, 1.2, 61))
    x, y = point(tab, 1.45, 61)
    drag(tab, (x, y), (point(tab, 3.0, 61)[0], y))
    notes = notes_of(tab, tmp_path)
    assert (notes[1].onset, notes[1].offset) == (1.0, pytest.approx(1.5, abs=0.001))  # the next note's start
    for _ in range(8):
        tab.keyboard.press("ArrowLeft")
    notes = notes_of(tab, tmp_path)
    assert notes[1].onset == pytest.approx(notes[0].offset, abs=0.001)


def test_notes_snap_to_the_grid_and_to_semitones(tab, tmp_path):
    tab.select_option("#snap", "2")  # eighth notes: 0.25 s
    tab.check("#snap-pitch")
    drag(tab, point(tab, 4.2, 62), point(tab, 4.41, 62))
    assert "4.250 to 4.700" in chosen(tab)
    drag(tab, point(tab, 4.5, 62), point(tab, 4.5, 63))
    assert chosen(tab).startswith("D♯4 +0 cents")
    tab.keyboard.press("ArrowRight")
    assert "4.500 to 4.950" in chosen(tab)
    tab.uncheck("#snap-pitch")
    tab.mouse.click(*point(tab, 1.2, 61))
    tab.keyboard.press("e")
    assert chosen(tab).startswith("C♯4 +0 cents")
    tab.keyboard.press("r")
    assert chosen(tab).startswith("C♯4 +10 cents")


def test_several_notes_are_edited_together(tab, tmp_path):
    tab.mouse.click(*point(tab, 1.2, 61))
    tab.keyboard.down("Shift")
    tab.mouse.click(*point(tab, 2.2, 63))
    tab.keyboard.up("Shift")
    assert state(tab)["count"] == "3"
    tab.keyboard.press("PageUp")
    tab.keyboard.press("ArrowUp")
    assert [note.note for note in notes_of(tab, tmp_path)] == [60, 74, 75, 76, 64, 60, 61, 62]
    tab.keyboard.press("Control+z")
    tab.keyboard.press("PageDown")
    assert state(tab)["count"] == "3"
    tab.keyboard.press("Control+z")
    tab.keyboard.down("Control")
    tab.mouse.click(*point(tab, 4.2, 62))
    tab.keyboard.up("Control")
    assert state(tab)["count"] == "4"
    tab.keyboard.press("Control+a")
    tab.keyboard.press("Delete")
    assert state(tab)["notes"] == "0"


def test_a_rectangle_selects_notes(tab):
    drag(tab, point(tab, 1.97, 64.8), point(tab, 3.1, 62.2))
    assert state(tab)["count"] == "2"
    tab.mouse.click(*point(tab, 0.2, 63.5))
    assert state(tab)["count"] == "0"
    tab.mouse.click(*point(tab, 1.2, 61))
    tab.keyboard.press("p")
    assert state(tab)["count"] == "8"  # all notes of the phrase


def test_a_double_click_splits_a_note_or_adds_one(tab, tmp_path):
    tab.mouse.dblclick(*point(tab, 1.15, 61))
    assert state(tab)["notes"] == "9"
    tab.mouse.dblclick(*point(tab, 4.6, 64))
    notes = notes_of(tab, tmp_path)
    assert (notes[1].offset, notes[2].onset) == (pytest.approx(1.15, abs=0.02), pytest.approx(1.15, abs=0.02))
    assert (notes[-1].note, notes[-1].onset) == (64, pytest.approx(4.6, abs=0.02))


def test_split_merge_add_and_delete_by_keys(tab, tmp_path):
    tab.mouse.click(*point(tab, 1.2, 61))
    tab.keyboard.press("s")  # the cursor is outside the note, so the note is split in the middle
    tab.keyboard.press("Escape")
    assert state(tab)["notes"] == "9"
    tab.mouse.click(*point(tab, 3.2, 60))
    tab.keyboard.press("m")
    assert state(tab)["notes"] == "8"
    tab.keyboard.press("Delete")
    tab.mouse.click(*point(tab, 3.3, 65))  # a click on the background moves the cursor
    tab.keyboard.press("a")
    notes = notes_of(tab, tmp_path)
    assert notes[2].onset == pytest.approx(1.225, abs=0.001)
    assert notes[-2].onset == pytest.approx(3.3, abs=0.02)
    assert notes[-2].pitch == pytest.approx(60.1, abs=1.01)  # the pitch that is sung there
    for _ in range(4):
        tab.keyboard.press("Control+z")
    assert [note.note for note in notes_of(tab, tmp_path)] == NUMBERS


def test_words_are_typed_onto_notes(tab, tmp_path):
    tab.mouse.click(*point(tab, 1.2, 61))
    tab.keyboard.press("t")
    tab.keyboard.type("Twin-")
    tab.keyboard.press("Tab")
    tab.keyboard.type("kle ")  # a space also moves on to the next note
    tab.keyboard.type("star")
    tab.keyboard.press("Escape")
    session = read_session(saved(tab, "save-session", tmp_path / "a.json"))
    assert [syllable.text for syllable in session.lyrics] == ["~", "Twin", "kle", "star"]
    midi = formats.midi.read_words(saved(tab, "save-midi", tmp_path / "a.mid"), notes_of(tab, tmp_path))
    assert [syllable.text for syllable in midi[1:4]] == ["Twin", "kle", "star"]
    song = saved(tab, "save-ultrastar", tmp_path / "a.txt").read_text()
    assert [line.split(" ", 4)[4] for line in song.splitlines() if line.startswith(":")][1:4] == [
        " Twin",
        "kle",
        " star",
    ]
    tab.mouse.click(*point(tab, 0.7, 60))
    tab.keyboard.press("Enter")
    tab.evaluate(
        """() => {
            const clipboardData = new DataTransfer();
            clipboardData.setData("text", "Lit-tle star\\nhow I");
            document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
        }"""
    )
    tab.keyboard.press("Escape")
    session = read_session(saved(tab, "save-session", tmp_path / "a.json"))
    assert [syllable.text for syllable in session.lyrics[:5]] == ["Lit", "tle", "star", "how", "I"]
    assert [syllable.ends_line for syllable in session.lyrics[:5]] == [False, False, True, False, False]


def test_a_region_and_a_phrase_are_looped(tab):
    box = tab.locator("#canvas").bounding_box()
    drag(tab, (point(tab, 1.0, 60)[0], box["y"] + 12), (point(tab, 1.4, 60)[0], box["y"] + 12))
    assert tab.get_attribute("#loop", "aria-pressed") == "true"
    tab.keyboard.press("]")
    tab.keyboard.press("]")
    tab.keyboard.press("Space")
    wait_for(tab, "Number(document.body.dataset.position) > 1.2")
    wait_for(tab, "Number(document.body.dataset.position) < 1.1")  # the loop has begun again
    tab.keyboard.press("Space")
    tab.keyboard.press("l")
    assert tab.get_attribute("#loop", "aria-pressed") == "false"
    tab.keyboard.press("[")
    tab.keyboard.press("[")


def test_the_speed_changes_without_the_pitch(tab):
    tab.evaluate("""() => {
        const { play } = HTMLMediaElement.prototype;
        window.Rates = [];
        HTMLMediaElement.prototype.play = function () {
            window.Rates.push([this.playbackRate, this.preservesPitch]);
            return play.call(this);
        };
    }""")
    tab.keyboard.press("Home")
    tab.select_option("#speed", "0.5")
    tab.locator("#roll").focus()
    tab.keyboard.press("Space")
    wait_for(tab, "document.body.dataset.playing === 'true'")
    tab.keyboard.press("Space")
    assert tab.evaluate("window.Rates[0]") == [0.5, True]
    tab.select_option("#speed", "1")
    tab.locator("#balance").fill("0.2")
    tab.keyboard.press("Tab")
    tab.locator("#roll").focus()
    tab.keyboard.press("3")
    assert tab.input_value("#balance") == "1"
    tab.keyboard.press("1")


def test_a_second_finger_ends_a_drag_that_can_be_undone(tab):
    tab.mouse.move(*point(tab, 1.2, 61))
    tab.mouse.down()
    tab.mouse.move(*point(tab, 1.2, 63), steps=4)
    finger = 'document.getElementById("canvas").dispatchEvent(new PointerEvent("{}", {{ pointerId: 99 }}))'
    tab.evaluate(finger.format("pointerdown"))
    tab.evaluate(finger.format("pointerup"))
    tab.mouse.up()
    assert chosen(tab).startswith("D♯4 +10 cents")
    tab.keyboard.press("Control+z")
    tab.keyboard.press("Escape")
    wait_for(tab, "document.getElementById('status').textContent.startsWith('8 notes')")
    tab.mouse.click(*point(tab, 1.2, 61))
    assert chosen(tab).startswith("C♯4 +10 cents")


def test_all_files_have_the_same_notes(tab, tmp_path):
    tab.mouse.click(*point(tab, 1.2, 61))
    tab.keyboard.press("ArrowUp")
    names = {"save-midi": "a.mid", "save-csv": "a.csv", "save-ultrastar": "a.txt", "save-labels": "a.labels.txt"}
    for item, name in {**names, "save-session": "a.json"}.items():
        read = formats.load_notes(saved(tab, item, tmp_path / name))
        assert [note.note for note in read] == [60, 62, 62, 63, 64, 60, 61, 62], name
        np.testing.assert_allclose([note.onset for note in read], 0.5 + 0.5 * np.arange(8), atol=0.0101)
        np.testing.assert_allclose([note.offset for note in read], 0.95 + 0.5 * np.arange(8), atol=0.0101)
    assert formats.midi.read_beats(tmp_path / "a.mid").tempo == pytest.approx(120, abs=0.1)


def test_tempo_metre_and_key_can_be_set(tab, tmp_path):
    opened = Path(saved(tab, "save-session", tmp_path / "a.json"))
    assert read_session(opened).beats.tempo == pytest.approx(120)
    tab.evaluate("document.querySelectorAll('details').forEach((part) => { part.open = true })")
    tab.fill("#tempo", "96")
    tab.locator("#tempo").blur()
    tab.select_option("#metre", "6/8")
    tab.select_option("#key", "Eb")
    session = read_session(saved(tab, "save-session", tmp_path / "a.json"))
    assert (session.key.name, str(session.beats.metre)) == ("Eb", "6/8")
    assert session.beats.quarter == pytest.approx(60 / 96, abs=0.001)
    tab.locator("#roll").focus()
    tab.mouse.click(*point(tab, 2.2, 63))
    assert chosen(tab).startswith("E♭4")
    tab.select_option("#key", "F#")
    tab.mouse.click(*point(tab, 2.7, 64))
    assert chosen(tab).startswith("E4")
    tab.mouse.click(*point(tab, 0.7, 60))
    assert chosen(tab).startswith("B♯3")


def test_a_drag_to_the_border_scrolls_the_song(tab, tmp_path):
    for _ in range(5):
        tab.keyboard.press("+")
    tab.evaluate("document.getElementById('canvas').dispatchEvent(new WheelEvent('wheel', { deltaX: 9e4 }))")
    x, y = point(tab, 4.2, 62)
    box = tab.locator("#canvas").bounding_box()
    tab.mouse.move(x, y)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 2, y, steps=2)
    tab.mouse.move(box["x"] + 50, y, steps=2)
    before = float(state(tab)["start"])
    wait_for(tab, f"Number(document.body.dataset.start) < {before} - 0.01")
    tab.mouse.up()
    assert notes_of(tab, tmp_path)[7].onset == pytest.approx(3.95, abs=0.001)  # at the end of the note before it
