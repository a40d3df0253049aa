"""Saving of corrections on a report page, in the browser and in sessions, and undoing of saved corrections."""

import json
import os
import signal
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from singtrans import formats
from singtrans.formats import Options
from singtrans.formats.conversion import convert_file, load_transcription
from singtrans.formats.lyrics import Syllable
from singtrans.formats.session import read_session
from singtrans.melody.beats import constant_beats
from singtrans.melody.metre import Metre
from tests.helpers.browser import ARGUMENTS, CHROMIUM, chosen, point, ready, saved, state, wait_for
from tests.helpers.page_tunes import sung, tune


def test_corrections_are_kept_when_the_browser_is_killed_during_an_edit(playwright, tmp_path):
    path = formats.save(tune(), tmp_path / "a.report.html", options=Options(audio=sung(tmp_path / "a.wav", 5.0)))
    start = playwright.chromium.launch_persistent_context
    profile = start(tmp_path / "profile", executable_path=CHROMIUM, args=ARGUMENTS)
    tab = profile.pages[0]
    tab.goto(path.as_uri())
    ready(tab)
    tab.mouse.click(*point(tab, 1.2, 61))
    tab.keyboard.press("ArrowUp")
    tab.mouse.move(*point(tab, 2.2, 63))
    tab.mouse.down()
    tab.mouse.move(*point(tab, 2.2, 66), steps=4)  # the button is still down
    wait_for(tab, "document.body.dataset.saved === 'saved'")
    _kill(tmp_path / "profile")
    profile = start(tmp_path / "profile", executable_path=CHROMIUM, args=ARGUMENTS)
    tab = profile.pages[0]
    tab.goto(path.as_uri())
    ready(tab)
    assert "are here again" in tab.inner_text("#notice")
    saved(tab, "save-csv", tmp_path / "a.csv")
    assert [note.note for note in formats.load_notes(tmp_path / "a.csv")] == [60, 62, 62, 66, 64, 60, 61, 62]
    tab.keyboard.press("Control+z")
    tab.keyboard.press("Control+z")
    tab.keyboard.press("Escape")
    wait_for(tab, "document.getElementById('status').textContent === '8 notes'")
    profile.close()


def _kill(profile):
    """Kill all processes of the browser that uses a profile, and remove the lock that the browser leaves behind."""
    listed = subprocess.run(["ps", "-eww", "-o", "pid,args"], capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        pid, _, command = line.strip().partition(" ")
        if str(profile) in command:
            os.kill(int(pid), signal.SIGKILL)
    for lock in profile.glob("Singleton*"):
        lock.unlink()


def test_a_session_keeps_everything(opened, tmp_path):
    made = tune()
    recording = sung(tmp_path / "tune.wav", 5.0)
    options = Options(audio=recording, key="F", beats=constant_beats(90.0, 0.5, Metre(3)))
    tab = opened(made, options)
    tab.mouse.click(*point(tab, 1.2, 61))
    tab.keyboard.press("ArrowUp")
    tab.keyboard.press("t")
    tab.keyboard.type("Twin-")
    tab.keyboard.press("Tab")
    tab.keyboard.type("kle")
    tab.keyboard.press("Escape")
    tab.keyboard.press("c")
    session = saved(tab, "save-session", tmp_path / "tune.session.json")
    read, extra = load_transcription(session), read_session(session)
    assert [note.note for note in read.notes] == [60, 62, 62, 63, 64, 60, 61, 62]
    voiced = np.isfinite(made.pitch.midi)
    np.testing.assert_allclose(read.pitch.midi[voiced], made.pitch.midi[voiced], atol=0.006)
    np.testing.assert_allclose(read.pitch.time, made.pitch.time, atol=1e-5)
    assert extra.lyrics[1:3] == (Syllable("Twin", ends_word=False), Syllable("kle", begins_word=False))
    assert (extra.checked, extra.key.name, extra.beats.metre) == ((2,), "F", Metre(3))
    assert extra.beats.tempo == pytest.approx(90, abs=0.1)
    convert_file(session, tmp_path / "tune.mid")
    midi = load_transcription(tmp_path / "tune.mid")
    assert [note.note for note in midi.notes] == [note.note for note in read.notes]
    assert formats.midi.read_beats(tmp_path / "tune.mid").tempo == pytest.approx(90, abs=0.1)
    again = opened(read, replace(extra.options(Options()), audio=recording), name="again")
    assert again.input_value("#tempo") == "90"
    assert again.input_value("#key") == "F"
    assert again.inner_text("#notice") == "" or "other corrections" in again.inner_text("#notice")
    for _ in range(4):
        again.keyboard.press("Control+z")  # this undoes the edits from the first page
    saved(again, "save-csv", tmp_path / "b.csv")
    assert [note.note for note in formats.load_notes(tmp_path / "b.csv")] == [note.note for note in made.notes]


def test_a_saved_session_can_be_opened_on_the_page(opened, tmp_path):
    tab = opened(tune())
    tab.mouse.click(*point(tab, 1.2, 61))
    tab.keyboard.press("Delete")
    session = saved(tab, "save-session", tmp_path / "a.session.json")
    other = opened(tune(9), name="b")
    other.set_input_files("#session-file", session)
    wait_for(other, "document.body.dataset.notes === '7'")
    assert chosen(other) == "This session belongs to another recording."
    other.keyboard.press("Control+z")
    assert state(other)["notes"] == "8"
    other.keyboard.press("Delete")
    for content in ("[]", "null", "{", '{"notes": [{"onset": 1, "offset": 0, "pitch": 60}]}'):
        (tmp_path / "c.json").write_text(content)
        other.evaluate("document.getElementById('status').textContent = ''")
        other.set_input_files("#session-file", tmp_path / "c.json")
        wait_for(other, "document.getElementById('status').textContent.includes('not a session')")
        assert state(other)["notes"] == "7"
    notes = [{"onset": i, "offset": i + 0.5, "pitch": 60} for i in (2, 1)]
    damaged = {"notes": notes, "beats": {"times": [0]}, "key": "H", "history": {"done": [5]}}
    (tmp_path / "c.json").write_text(json.dumps(damaged))
    other.set_input_files("#session-file", tmp_path / "c.json")
    wait_for(other, "document.body.dataset.notes === '2' && document.body.dataset.saved === 'saved'")
    other.reload()
    ready(other)
    other.click("#notice button:has-text('Use')")  # the corrections that the session replaced
    assert state(other)["notes"] == "7"


def test_undoing_everything_leaves_nothing_to_save(opened):
    tab = opened(tune())
    tab.mouse.click(*point(tab, 1.2, 61))
    for key in ("ArrowUp", "ArrowRight", "s", "Delete"):
        tab.keyboard.press(key)
    assert state(tab)["notes"] == "8"
    tab.keyboard.press("Escape")
    wait_for(tab, "document.getElementById('status').textContent.endsWith('corrected')")
    for _ in range(4):
        tab.keyboard.press("Control+z")
    assert state(tab)["chosen"] == "1"  # as it was before the first edit
    tab.keyboard.press("Escape")
    wait_for(tab, "document.getElementById('status').textContent === '8 notes'")
    assert tab.inner_text("#saved") == ""
    tab.close(run_before_unload=True)  # the fixture fails if the page asks whether to leave


def test_corrections_of_other_notes_are_offered(chromium, tmp_path):
    recording = sung(tmp_path / "a.wav", 5.0)
    for name, count in (("a", 8), ("b", 9)):
        formats.save(tune(count), tmp_path / f"{name}.html", options=Options(audio=recording))
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    tab = context.new_page()
    tab.goto((tmp_path / "a.html").as_uri())
    ready(tab)
    tab.mouse.click(*point(tab, 1.2, 61))
    tab.keyboard.press("Delete")
    wait_for(tab, "document.body.dataset.saved === 'saved'")
    tab.goto((tmp_path / "b.html").as_uri())
    ready(tab)
    assert state(tab)["notes"] == "9"
    tab.click("#notice button:has-text('Use them')")
    assert state(tab)["notes"] == "7"
    tab.keyboard.press("Control+z")
    assert state(tab)["notes"] == "9"
    wait_for(tab, "document.body.dataset.saved === 'saved'")
    tab.reload()
    ready(tab)
    assert tab.locator("#notice").is_hidden()  # the page does not ask for the decision again
    context.close()


def test_two_tabs_do_not_overwrite_each_other(chromium, tmp_path):
    path = formats.save(tune(), tmp_path / "a.html")
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:
        tab.goto(path.as_uri())
        ready(tab)
    for tab, keys in zip(tabs, (["Delete"], ["Delete", "Delete"]), strict=True):
        tab.bring_to_front()
        tab.mouse.click(*point(tab, 1.2, 61))
        for key in keys:
            tab.keyboard.press(key)
        wait_for(tab, "document.body.dataset.saved === 'saved'")
    tabs[0].bring_to_front()
    tabs[0].reload()
    ready(tabs[0])
    assert state(tabs[0])["notes"] == "7"
    tabs[0].click("#notice button:has-text('Use those of')")
    assert state(tabs[0])["notes"] == "6"
    context.close()


def test_the_undamaged_part_of_a_session_is_read(tmp_path):
    notes = [{"onset": 0, "offset": 1, "pitch": 60, "lyric": 5, "checked": "yes"}]
    for extra in ({"beats": {"times": [0]}, "key": "H"}, {"beats": 3, "key": 7, "history": [1]}):
        (tmp_path / "a.json").write_text(json.dumps({"notes": notes, **extra}))
        found = read_session(tmp_path / "a.json")
        assert (found.beats, found.key, found.history, found.checked) == (None, None, None, ())
    (tmp_path / "b.json").write_text('{"notes": [], "history": {"done": [NaN]}}')
    assert read_session(tmp_path / "b.json").history is None
