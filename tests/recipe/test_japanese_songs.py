"""Japanese songs to train on: the score that the singer reads, and the labels of what she sings."""

import sys
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
import soundfile

from recipe import japanese_songs as songs
from singtrans.formats import load_notes

VOWELS = dict(zip("やゆよわでどだ", (0, 2, 4, 0, 3, 4, 0), strict=True))
VOWELS |= {text: place for row in songs.MORAE.values() for place, text in enumerate(row) if row.count(text) == 1}


@pytest.mark.parametrize("number", range(60))
def test_a_melody_is_one_that_can_be_told_apart(number):
    score, tempo = songs.melody(np.random.default_rng([1, number]))
    sung = [mora for mora in score if mora.pitch is not None]
    assert max(m.pitch for m in sung) - min(m.pitch for m in sung) <= 12
    assert min(m.beats for m in sung) * 60 / tempo >= songs.SHORTEST - 1e-9
    assert score[0].pitch is None and score[-1].pitch is None
    for before, after in pairwise(score):
        if before.pitch is None or after.pitch is None:
            continue
        assert (before.text, after.text) != (songs.MORAIC_N, songs.MORAIC_N)
        if not after.consonant:
            assert before.text != after.text
            assert before.text == songs.MORAIC_N or VOWELS[before.text] != VOWELS[after.text]


def test_bars_are_full_and_notes_are_tied_over_their_lines():
    score = [
        songs.Mora(None, 3.0),
        songs.Mora(61, 2.5, "か", "k"),
        songs.Mora(64, 0.75, "あ"),
        songs.Mora(60, 6.0, songs.MORAIC_N, songs.MORAIC_N),
    ]
    root = ET.fromstring(songs.music_xml(score, 90.0))
    bars = root.findall("part/measure")
    lengths = [[int(n.findtext("duration")) for n in bar.findall("note")] for bar in bars]
    assert [sum(bar) for bar in lengths] == [songs.BAR] * 4
    assert lengths == [[12, 4], [6, 3, 7], [16], [1, 15]]
    notes = [n for bar in bars for n in bar.findall("note") if n.find("rest") is None]
    assert [n.findtext("lyric/text") for n in notes] == ["か", None, "あ", "ん", None, None]
    ties = [[t.get("type") for t in n.findall("tie")] for n in notes]
    assert ties == [["start"], ["stop"], [], ["start"], ["stop", "start"], ["stop"]]
    pitches = [(n.findtext("pitch/step"), n.findtext("pitch/alter"), n.findtext("pitch/octave")) for n in notes]
    assert pitches[0] == pitches[1] == ("C", "1", "4")
    assert pitches[2] == ("E", None, "4")
    assert bars[0].find("direction/sound").get("tempo") == "90.0"


def mora(onset: float, offset: float, consonant: str, follows: bool, rise: float | None) -> object:
    return songs.Sung(onset, offset, 60, (consonant, not follows), follows, rise)


def test_notes_begin_with_their_vowels():
    morae = [
        mora(1.0, 1.5, "k", False, 0.06),  # as usual
        mora(1.5, 2.0, "k", True, 0.3),  # far from what is usual
        mora(2.0, 2.5, "", True, 0.2),  # a vowel after a vowel: the score
        mora(2.5, 3.0, "s", True, None),  # nothing rises, nor did it anywhere
        mora(4.0, 4.5, "", False, 0.03),  # a vowel after a rest rises
    ]
    usual = {("k", True): 0.05, ("k", False): 0.07, ("", True): 0.02}
    notes = songs.notes_of(morae, usual)
    assert [n.onset for n in notes] == pytest.approx([1.06, 1.57, 2.012, 2.52, 4.03])
    assert [n.offset for n in notes] == pytest.approx([1.57, 2.012, 2.52, 3.0, 4.5])


def test_what_is_usual_is_the_median_of_each_kind():
    song = [mora(0, 1, "k", True, rise) for rise in (0.02, 0.06, 0.03, None)]
    song.append(mora(1, 2, "k", False, 0.1))
    assert songs.usual_rises([song, [mora(0, 1, "k", True, 0.04)]]) == {("k", False): 0.035, ("k", True): 0.1}


def test_songs_played_at_another_speed_keep_their_notes_in_time(tmp_path):
    rate = songs.SOUND_RATE
    click = np.zeros(3 * rate)
    click[rate] = 0.5
    note = songs.Note(1.0, 2.0, 60.0)
    moved = 0
    for number in range(6):
        entry = songs.write(tmp_path, number, songs.SEED, click, [note])
        written = load_notes(entry.notes)[0]
        samples, at = soundfile.read(entry.audio)
        assert np.abs(samples).argmax() / at == pytest.approx(written.onset, abs=0.002)
        assert written.pitch == pytest.approx(60 - 12 * np.log2(written.onset), abs=0.01)
        assert entry.boundaries == "onsets"
        moved += written.onset != 1.0
    assert 0 < moved < 6


def test_a_singer_who_is_missing_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["japanese_songs.py", str(tmp_path / "out")])
    monkeypatch.setattr(songs.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match=r"^pysinsy is missing: pip install pysinsy$"):
        songs.main()
    assert not (tmp_path / "out").exists()
