"""Content of report pages, reading them, and the index."""

import base64
import io
import json
import re
import tracemalloc
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
import soundfile

from singtrans import Transcription, formats
from singtrans.errors import UsageError
from singtrans.formats.page.page import page, read_page
from singtrans.view.index import IndexEntry, index, index_in, passages, write_index
from tests.helpers.page_tunes import EVIL, sung, tune


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
    entries = [IndexEntry(name, Path(f"{name}.report.html"), tune())]
    parsed = Scripts()
    parsed.feed(index(entries))
    assert parsed.scripts == []
    assert not any(tag == "img" for tag, _ in parsed.tags)


def sound_in(html):
    """Stated duration of the page, and length and rate of its sound."""
    parsed = Scripts()
    parsed.feed(html)
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(parsed.scripts[1][1])))
    return json.loads(parsed.scripts[0][1])["duration"], len(samples) / rate, rate


def test_a_page_contains_the_whole_sound(tmp_path):
    assert sound_in(page(tune(4), sung(tmp_path / "a.wav", 3.0))) == (3.0, pytest.approx(3.0), 24_000)


def test_a_page_of_given_notes_lasts_as_long_as_the_recording(tmp_path):
    last = tune(4).notes[-1].offset  # where a file of notes ends
    html = page(replace(tune(4), duration=last), sung(tmp_path / "a.wav", 5.0))
    assert sound_in(html) == (5.0, pytest.approx(5.0), 24_000)
    html = page(replace(tune(4), duration=last), tmp_path / "a.wav", long_seconds=4.0)
    assert sound_in(html) == (5.0, pytest.approx(5.0), 16_000)


def test_the_notes_of_a_page_can_be_read(tmp_path):
    made = tune(audio=EVIL)
    read = read_page(formats.save(made, tmp_path / "a.report.html"))
    assert [n.onset for n in read.notes] == pytest.approx([n.onset for n in made.notes])
    assert (read.duration, read.audio) == (made.duration, EVIL)
    (tmp_path / "b.html").write_text("<p>mine")
    assert read_page(tmp_path / "b.html") is None


def test_a_page_keeps_moved_notes(tmp_path):
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


def test_reading_a_page_skips_its_sound(tmp_path):
    path = tmp_path / "a.report.html"
    path.write_text(page(tune(), None).replace('id="sound">', 'id="sound">' + "A" * 8_000_000), encoding="utf-8")
    tracemalloc.start()
    try:
        assert len(read_page(path).notes) == 8
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_an_index_lists_every_existing_page(tmp_path):
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
    with pytest.raises(UsageError, match="is not an index of report pages"):
        index_in(tmp_path)


def test_the_index_lists_uncertain_recordings_first():
    sure, unsure = tune(), tune(confidence=0.2)
    some = Transcription((*tune().notes[:4], *tune(confidence=0.3).notes[4:]), tune().pitch, 5.0)
    html = index([IndexEntry(f"{n}.wav", Path(f"{n}.html"), t) for n, t in
                  [("a", sure), ("b", unsure), ("c", some), ("d", None)]])  # fmt: skip
    assert re.findall(r">(\w)\.wav<", html) == ["b", "c", "a", "d"]
    assert "c.html#t=2.0" in html  # where its doubtful notes begin
    assert passages(some.notes) == [(2.5, pytest.approx(4.45))]
    assert "C4 to E4" in unescape(html)
