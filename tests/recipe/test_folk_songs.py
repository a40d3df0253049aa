"""Folk songs in ABC notation, their split, and their performances."""

from fractions import Fraction

import numpy as np
import pytest

from recipe.fit_rhythm import fit_logit, make_cases
from recipe.folk_songs import FolkSong, families, parse_song, slip_jigs, split
from recipe.performance import NOISY, Style, perform
from recipe.rhythm_tables import count_key_tables, count_tables, pickup_weights, song_slots
from singtrans.melody.metre_search import METRES
from singtrans.melody.rhythm_config import default_config
from singtrans.melody.tempo_curve import SLOTS
from tests.helpers.folk_tunes import NAMES, tune

TUNE = """X:7
T: Lied
N: E0001B
M: 3/8
L: 1/16
K: F
c2 | f2e2d2 | ^c4B2 | (3ABc d2-d2
z2f2B2 | A6"""


def test_abc_is_parsed():
    song = parse_song(TUNE, "a:7")
    assert (song.title, song.number, song.metre, song.tonic, song.minor) == ("Lied", "E0001B", "3/4", 5, False)
    # 3/8 becomes 3/4, with all note values doubled.
    assert [(note.start, note.length) for note in song.notes[:4]] == [(-1, 1), (0, 1), (1, 1), (2, 1)]
    assert [note.pitch for note in song.notes[:6]] == [72, 77, 76, 74, 73, 70]
    third = Fraction(1, 3)
    assert [note.length for note in song.notes[6:9]] == [third, third, third]
    assert song.notes[9].length == 2  # tied
    assert [index for index, note in enumerate(song.notes) if note.ends_phrase] == [9, 12]


def test_songs_that_cannot_be_used_are_left_out():
    for before, after in [("M: 3/8", "M: 5/4"), ("K: F", "K: none"), ("| ^c4B2 |", "| ^c4B4 |"), ("c2 |", "|: c2 |")]:
        assert parse_song(TUNE.replace(before, after), "a") is None
    assert parse_song("X:1\nM: 4/4\nK: C\nCDEF", "few") is None


def numbered(number, step):
    song, _, _ = tune("Twinkle, twinkle")
    notes = tuple(
        note.__class__(note.start, note.length, note.pitch + step * i, False) for i, note in enumerate(song.notes)
    )
    return FolkSong(f"f:{number}", f"Title {number}", number, song.metre, 0, False, notes)


def test_related_songs_are_in_the_same_split():
    songs = [numbered(f"E{100 + i}{letter}", i) for i in range(40) for letter in ("A", "B")]
    assert len(families(songs)) == 40
    parts = split(songs)
    assert sum(map(len, parts)) == len(songs)
    stems = [{song.number[:-1] for song in part} for part in parts]
    assert not stems[0] & stems[1]
    assert not stems[0] & stems[2]
    assert len(stems[0]) > len(stems[2]) > 0


def test_performances_have_the_stated_timing():
    rng = np.random.default_rng(0)
    for name in NAMES:
        song, _, _ = tune(name)
        performance = perform(song, rng, Style(drift=0.0, delay=0.0, timing=0.0))
        onsets = np.array([note.onset for note in performance.notes])
        starts = np.array([float(note.start) for note in song.notes])
        line = np.polyfit(starts, onsets, 1)
        np.testing.assert_allclose(onsets, np.polyval(line, starts), atol=0.01)
        beat = float(METRES[song_slots(song)[0]].beat)
        np.testing.assert_allclose(60 / line[0] / beat, performance.tempo, rtol=1e-3)
        noisy = perform(song, rng, NOISY)
        assert all(a.offset <= b.onset + 1e-9 for a, b in zip(noisy.notes, noisy.notes[1:], strict=False))
        assert len(noisy.source) == len(noisy.notes)


def test_metres_differ_in_counts_and_weights():
    pytest.importorskip("scipy")
    songs = [tune(name)[0] for name in NAMES]
    tables = count_tables(songs)
    assert tables.steps.shape[:2] == (len(METRES), 4 * SLOTS)
    np.testing.assert_allclose(np.exp(tables.beat_steps).sum(axis=2), 1.0, atol=0.01)
    keys = count_key_tables(songs)
    np.testing.assert_allclose(np.exp(keys.degrees).sum(axis=1), 1.0)
    assert keys.degrees[0].argmax() in (0, 4, 7)
    rng = np.random.default_rng(0)
    groups = []
    for _ in range(200):
        values = rng.normal(size=(5, 2))
        groups.append((values, values[:, 0] == values[:, 0].max()))
    weights = fit_logit(groups)
    assert weights[0] > 5 * abs(weights[1])
    left = [(values, np.arange(5) == values[:, 1].argmax()) for values, _ in groups]
    weights = fit_logit(groups + left, np.repeat([1.0, 0.001], 200))
    assert weights[0] > 5 * abs(weights[1])


def test_slip_jigs_are_in_nine_eight():
    jigs = slip_jigs()
    assert len(jigs) > 50
    assert {jig.metre for jig in jigs} == {"9/8"}
    assert all(jig.notes[-1].start > 30 for jig in jigs)


def test_songs_with_and_without_pickup_have_equal_weight():
    songs = [tune(name)[0] for name in NAMES]
    weights = pickup_weights(songs)
    for metre in ("4/4", "3/4", "6/8"):
        inside = [
            (song.notes[0].start < 0, weight)
            for song, weight in zip(songs, weights, strict=True)
            if song.metre == metre
        ]
        assert sum(weight for _, weight in inside) == len(inside)
        if metre == "4/4":
            assert sum(weight for pickup, weight in inside if pickup) == len(inside) / 2


def test_cases_do_not_depend_on_the_number_of_jobs():
    songs = [tune(name)[0] for name in NAMES] * 4
    one, two = (make_cases(songs, default_config(), 3, jobs) for jobs in (1, 2))
    assert len(one) == len(two) == len(songs)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.search.values, b.search.values)
        np.testing.assert_array_equal(a.right, b.right)
