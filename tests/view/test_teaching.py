"""Ten corrections are made and saved on the report page, and a model is trained with the commands on the page."""

import json
import shlex

import pytest

from singtrans import transcribe
from singtrans.dataset.manifest import read_entries
from singtrans.formats import Options
from tests.helpers.browser import state
from tests.helpers.command import call
from tests.helpers.sung import sing, write_audio

QUICKLY = ["--steps", "2", "--batch", "1", "--seconds", "2"]
KEYS = ["ArrowUp", "ArrowDown", "Shift+ArrowUp", "ArrowRight", "Alt+ArrowLeft"]


def test_corrections_made_on_the_page_are_used_for_training(opened, tmp_path):
    song = write_audio(tmp_path / "my song.wav", sing(5, 12.0).samples)
    found = transcribe(song)
    assert len(found.notes) > 10
    tab = opened(found, Options(audio=song), name="my song")
    for number in range(10):
        tab.keyboard.press(".")
        tab.keyboard.press(KEYS[number % len(KEYS)])
    assert state(tab)["notes"] == str(len(found.notes))
    tab.click("#save")
    tab.click("#teach")
    add, train = map(shlex.split, tab.locator("#commands code").all_inner_texts())
    with tab.expect_download() as download:
        tab.click("#commands .primary")
    download.value.save_as(tmp_path / download.value.suggested_filename)
    for command in (add, [*train, *QUICKLY]):
        done = call(*command[1:], cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    (entry,) = read_entries(tmp_path / "corrected.csv")
    learnt = entry.load_notes()
    changed = [
        abs(new.pitch - old.pitch) + abs(new.onset - old.onset) + abs(new.offset - old.offset)
        for new, old in zip(learnt, found.notes, strict=True)
    ]
    assert sum(change > 0.005 for change in changed) == 10
    assert learnt[0].pitch - found.notes[0].pitch == pytest.approx(1, abs=0.01)
    assert len(json.loads((tmp_path / download.value.suggested_filename).read_text())["history"]["done"]) >= 10
    assert transcribe(song, model=tmp_path / "my-model" / "best.safetensors").notes
