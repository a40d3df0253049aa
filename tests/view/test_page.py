"""Content of report pages, and reading of notes from pages."""

import base64
import io
import json
import tracemalloc
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from singtrans import formats
from singtrans.formats import Options
from singtrans.formats.page.backdrop import TILE
from singtrans.formats.page.bundle import script
from singtrans.formats.page.content import read_page
from singtrans.formats.page.doubts import doubts
from singtrans.formats.page.page import page
from singtrans.melody.beats import constant_beats
from singtrans.melody.metre import Metre
from singtrans.notes import Certainty, Note
from singtrans.view.index import IndexEntry, index
from tests.helpers.page_tunes import EVIL, sung, tune


class Scripts(HTMLParser):
    """Parser that collects the scripts of a page, as a browser would find them, and the start tags of all elements."""

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


def parts(html):
    """Return the data, the backdrop and the sound of a page."""
    parsed = Scripts()
    parsed.feed(html)
    return (json.loads(parsed.scripts[0][1]), json.loads(parsed.scripts[1][1]), parsed.scripts[2][1])


@pytest.mark.parametrize("name", [EVIL, "a\udcff.wav", "", "歌\u2028.wav", "{script}.wav"])
def test_no_name_becomes_markup(name):
    html = page(tune(audio=name))
    parsed = Scripts()
    parsed.feed(html)
    kinds = [attributes.get("type") for attributes, _ in parsed.scripts]
    assert kinds == ["application/json", "application/json", "text/plain", None]
    assert not any(tag == "img" or any(key.startswith("on") for key in attrs) for tag, attrs in parsed.tags)
    links = [attrs.get("src") or attrs.get("href") for _, attrs in parsed.tags if "src" in attrs or "href" in attrs]
    assert all(link.startswith("#i-") for link in links)
    assert len(json.loads(parsed.scripts[0][1])["notes"]) == 8
    html.encode("utf-8")
    parsed = Scripts()
    parsed.feed(index([IndexEntry(name, Path(f"{name}.report.html"), tune())]))
    assert parsed.scripts == []
    assert not any(tag == "img" for tag, _ in parsed.tags)


def sound_in(html):
    """Return the duration that a page states, and the length and the format of its sound."""
    data, _, sound = parts(html)
    with soundfile.SoundFile(io.BytesIO(base64.b64decode(sound))) as file:
        return data["duration"], file.frames / file.samplerate, file.format


def test_a_page_contains_the_whole_sound(tmp_path):
    recording = sung(tmp_path / "a.wav", 3.0)
    assert sound_in(page(tune(4), Options(audio=recording))) == (3.0, pytest.approx(3.0), "FLAC")


def test_a_page_of_given_notes_lasts_as_long_as_the_recording(tmp_path):
    short = replace(tune(4), duration=tune(4).notes[-1].offset)  # a file of notes states no other duration
    options = Options(audio=sung(tmp_path / "a.wav", 5.0))
    assert sound_in(page(short, options)) == (5.0, pytest.approx(5.0), "FLAC")
    assert sound_in(page(short, options, long_seconds=4.0)) == (5.0, pytest.approx(5.0), "OGG")


def test_a_page_is_identified_by_its_recording_and_notes(tmp_path):
    here, there = (Options(audio=sung(tmp_path / name, 2.0)) for name in ("a.wav", "b.wav"))
    soundfile.write(tmp_path / "c.wav", np.zeros(16_000), 16_000)
    one, same, other = (
        parts(page(tune(4), options))[0] for options in (here, there, Options(audio=tmp_path / "c.wav"))
    )
    assert one["recording"] == same["recording"] != other["recording"]
    assert one["base"] == same["base"] != parts(page(tune(5), here))[0]["base"]


def test_the_backdrop_has_the_pitch_and_the_outline(tmp_path):
    seconds = np.arange(3 * 16_000) / 16_000
    tone = 0.5 * np.sin(2 * np.pi * 261.63 * seconds) * (seconds > 1)  # C4 from 1 s on
    soundfile.write(tmp_path / "a.wav", tone, 16_000)
    backdrop = parts(page(tune(4), Options(audio=tmp_path / "a.wav")))[1]
    levels = np.frombuffer(zlib.decompress(base64.b64decode(backdrop["tiles"][0])), np.uint8)
    levels = levels.reshape(backdrop["rows"], -1)
    step = (backdrop["highest"] - backdrop["lowest"]) / backdrop["rows"]
    loudest = backdrop["lowest"] + (levels[:, 100].argmax() + 0.5) * step
    assert (loudest, levels[:, 20].max()) == (pytest.approx(60, abs=step), 0)
    assert levels.shape[1] == pytest.approx(3 / backdrop["hop"], abs=1) and levels.shape[1] <= TILE
    outline = np.frombuffer(zlib.decompress(base64.b64decode(backdrop["outline"])), np.uint8)
    assert (outline[50], outline[200]) == (0, pytest.approx(255, abs=4))


def test_the_notes_of_a_page_can_be_read(tmp_path):
    made = tune(audio=EVIL)
    read = read_page(formats.save(made, tmp_path / "a.report.html"))
    assert [n.onset for n in read.notes] == pytest.approx([n.onset for n in made.notes])
    assert (read.duration, read.audio) == (made.duration, EVIL)
    (tmp_path / "b.html").write_text("<p>mine")
    assert read_page(tmp_path / "b.html") is None


def test_a_page_keeps_all_known_values_of_notes(tmp_path):
    made = tune()
    sure = Certainty(0.9, 0.95, 0.5, 0.99, 0.9)
    notes = tuple(replace(n, moved=i % 3 - 1, tuning=-0.4 - 0.01 * i, certainty=sure) for i, n in enumerate(made.notes))
    read = read_page(formats.save(replace(made, notes=notes), tmp_path / "a.report.html"))
    assert [(n.note, n.tuning, n.certainty.doubts) for n in read.notes] == [
        (n.note, pytest.approx(n.tuning), ("pitch",)) for n in notes
    ]


def test_pages_of_older_versions_can_be_read(tmp_path):
    path = tmp_path / "a.report.html"
    data = {"audio": "a.wav", "duration": 2, "notes": [[0.5, 0.95, 60.1, 0.9], [1.0, 1.4, 61.2, 0.8, -0.4, 1]]}
    path.write_text(f'<html>\n<script type="application/json" id="data">{json.dumps(data)}</script>', encoding="utf-8")
    assert read_page(path).notes == (Note(0.5, 0.95, 60.1, 0.9), Note(1.0, 1.4, 61.2, 0.8, -0.4, 1))


def test_reading_a_page_skips_its_sound(tmp_path):
    path = tmp_path / "a.report.html"
    path.write_text(page(tune()).replace('id="sound">', 'id="sound">' + "A" * 8_000_000), encoding="utf-8")
    tracemalloc.start()
    try:
        assert len(read_page(path).notes) == 8
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_notes_to_check_are_those_with_a_low_probability():
    sure, unsure = Certainty(0.9, 0.95, 0.95, 0.99, 0.9), Certainty(0.5, 0.6, 0.65, 0.99, 0.9)
    notes = [Note(0, 0.5, 60.0, 0.9, certainty=sure), Note(1, 1.05, 61.45, 0.5, certainty=unsure)]
    assert doubts(notes) == [(), ("onset", "pitch", "short", "between")]


def test_without_probabilities_the_least_certain_tenth_should_be_checked():
    notes = [Note(i, i + 0.5, 60.0, 0.99 - 0.01 * (i % 7) - 0.2 * (i == 5)) for i in range(20)]
    assert [i for i, reasons in enumerate(doubts(notes)) if reasons] == [5, 6, 13]  # two have the same confidence
    assert not any(doubts([replace(note, confidence=1.0) for note in notes]))  # notes made by a person
    assert not any(doubts([replace(note, confidence=0.9) for note in notes]))  # all have the same confidence
    assert all(doubts([replace(note, confidence=0.3) for note in notes]))


def test_a_page_states_beats_and_key():
    data, *_ = parts(page(tune(16), Options(beats=constant_beats(96.0, 0.5, Metre(3)), key="Bb")))
    assert (data["key"], data["beats"]["metre"]) == ("Bb", "3/4")
    assert 0.5 in data["beats"]["times"]
    data, *_ = parts(page(tune(16), Options(tempo=60.0, metre=3)))
    assert quarters(data["beats"])[1:] == pytest.approx(1.0)
    steady, *_ = parts(page(tune(40)))
    assert quarters(steady["beats"])[1:] == pytest.approx(0.5, abs=0.01)  # found in the notes


def quarters(beats):
    """Return the lengths of a quarter note in seconds, between each pair of neighbouring points of ``beats``."""
    return np.diff(beats["times"]) / np.diff(beats["quarters"])


def test_the_scripts_are_one_valid_bundle():
    text = script()
    assert "import " not in text and "\nexport " not in text
    assert text.index("// base.js") < text.index("// main.js")
