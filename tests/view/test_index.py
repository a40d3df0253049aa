"""The index of report pages."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from singtrans import Transcription, formats
from singtrans.errors import UsageError
from singtrans.view.index import IndexEntry, index, index_in, passages, write_index
from tests.helpers.page_tunes import tune


def test_an_index_lists_every_existing_page(tmp_path):
    pages = {tmp_path / "pages" / f"{name}.report.html": f"{name}.wav" for name in "abc"}
    (tmp_path / "pages").mkdir()
    target = index_in(tmp_path)
    assert not write_index(target, pages) and not target.exists()
    for path in list(pages)[:2]:
        formats.save(tune(), path)
    for _ in range(2):  # an index that singtrans wrote is replaced
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
    assert "c.html#t=2.0" in html  # the time of its first doubtful note
    assert passages(some.notes) == [(2.5, pytest.approx(4.45))]
    assert "C4 to E4" in unescape(html)


def test_a_passage_within_one_second_has_a_single_time():
    notes = tune().notes
    one = Transcription((*notes[:2], replace(notes[2], confidence=0.2, certainty=None), *notes[3:]), tune().pitch, 5.0)
    (passage,) = passages(one.notes)
    assert round(passage[0]) == round(passage[1])
    assert re.findall(r"#t=[\d.]+\">([^<]+)<", index([IndexEntry("a.wav", Path("a.html"), one)])) == [
        f"0:{round(passage[0]):02}"
    ]


def test_the_index_fits_on_a_phone(chromium, tmp_path):
    name = "a recording with quite a long name, as they have.wav"
    entries = [IndexEntry(name, Path("a.html"), tune(40, confidence=0.2)), IndexEntry("b.wav", Path("b.html"), None)]
    (tmp_path / "index.html").write_text(index(entries), encoding="utf-8")
    tab = chromium.new_page(viewport={"width": 390, "height": 844})
    tab.goto((tmp_path / "index.html").as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    tab.close()
