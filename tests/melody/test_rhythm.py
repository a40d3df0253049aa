"""Estimation of beats, and quantisation of notes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans import Note
from singtrans.melody.beats import Beats, beats_from_times, constant_beats
from singtrans.melody.metre import Metre, parse_metre
from singtrans.melody.quantize import parse_grid, quantize
from singtrans.melody.tempo import align_beats
from tests.helpers.songs import song

METRES = [Metre(2, 4), Metre(3, 4), Metre(4, 4), Metre(6, 8), Metre(9, 8), Metre(12, 8), Metre(2, 2)]


@settings(max_examples=300, deadline=None)
@given(
    tempo=st.floats(20, 400),
    phase=st.floats(-50, 50),
    quiet=st.floats(0, 20),
    metre=st.sampled_from(METRES),
    downbeat=st.integers(0, 3),
    at=st.floats(0, 1000),
)
def test_beats_have_the_stated_tempo_and_bars_are_complete(tempo, phase, quiet, metre, downbeat, at):
    beats = constant_beats(tempo, phase, metre, downbeat, quiet=quiet)
    assert beats.times[0] == beats.quarters[0] == 0
    assert beats.tempo == pytest.approx(tempo)
    assert float(beats.seconds(beats.position(at))) == pytest.approx(at, abs=1e-6)
    # From the first note on, bar lines are at the stated times.
    period = 60 / tempo
    bars = beats.seconds(float(metre.bar) * np.arange(1, 200))
    bars = bars[bars > quiet + 2 * period][:20]
    away = (bars - phase) / period - downbeat
    # The first note may be rounded to a tick, and a bar line near the start may be moved to the start.
    np.testing.assert_allclose(away / metre.beats, np.round(away / metre.beats), atol=0.2 / metre.beats)


def test_the_recording_begins_with_a_bar_near_the_stated_tempo():
    for metre in METRES:
        for quiet in (0.5, 1.0, 3.0, 7.3, 20.0):
            beats = constant_beats(100, quiet, metre, 0, quiet=quiet)
            bar = float(metre.bar)
            number = float(beats.position(quiet)) / bar
            assert number == pytest.approx(round(number), abs=1e-6)
            assert round(number) >= 1
            ratio = round(number) * bar * beats.quarter / quiet
            assert ratio < 1.5 or round(number) == 1


def test_invalid_beats_are_refused():
    for times in ([0.0], [0.1, 1.0], [0.0, 1.0, 0.5]):
        with pytest.raises(ValueError, match="ascending"):
            Beats(np.array(times), np.arange(len(times), dtype=float))
    with pytest.raises(ValueError, match="as many"):
        Beats(np.arange(3.0), np.arange(4.0))
    with pytest.raises(ValueError, match="above 0"):
        constant_beats(0)


@pytest.mark.parametrize(
    ("text", "bar", "beat", "beats"),
    [("2/4", 2, 1, 2), ("3", 3, 1, 3), ("6/8", 3, 1.5, 2), ("9/8", 4.5, 1.5, 3), ("12/8", 6, 1.5, 4), ("2/2", 4, 2, 2)],
)
def test_metres(text, bar, beat, beats):
    metre = parse_metre(text)
    assert (metre.bar, metre.beat, metre.beats, sum(metre.groups)) == (bar, beat, beats, bar)
    assert parse_metre(str(metre)) == metre


@pytest.mark.parametrize("text", ["", "0/4", "4/5", "25/4", "3/4/5", "x", "-3/4", "٣/٤"])
def test_invalid_metres_are_refused(text):
    with pytest.raises(ValueError, match="metre"):
        parse_metre(text)


@pytest.mark.parametrize(("grid", "bars"), [("1/16", 4), ("1/8", 3), ("1/8t", "t")])
def test_nine_of_ten_notes_are_quantised_correctly(grid, bars):
    rng, starts, both, total = np.random.default_rng(3), 0, 0, 0
    places = parse_grid(grid)
    for _ in range(30):
        tempo = rng.uniform(60, 140)
        made = song(rng, tempo, metre=bars, jitter=0.03)
        beats = align_beats(tempo, made.notes)
        placed = quantize(made.notes, beats, places)
        origin = np.round(beats.position(made.beats[0]))
        right = np.abs(places.positions(np.array(placed.spans)) - origin - np.array(made.spans)) < 0.01
        starts, both, total = starts + right[:, 0].sum(), both + right.all(1).sum(), total + len(right)
    assert starts >= 0.95 * total
    assert both >= 0.9 * total


@settings(max_examples=100, deadline=None)
@given(
    steps=st.lists(st.tuples(st.floats(0, 2), st.floats(0.01, 2)), min_size=1, max_size=25),
    name=st.sampled_from(["1/4", "1/8", "1/16", "1/32", "1/8t", "1/16t", "1/8s", "1/16s58", "swing"]),
    tempo=st.floats(40, 240),
)
def test_quantised_notes_keep_their_order_and_a_positive_length(steps, name, tempo):
    notes, now = [], 0.0
    for gap, length in steps:
        notes.append(Note(now + gap, now + gap + length, 60.4, 0.5))
        now += gap + length
    grid, beats = parse_grid(name), align_beats(tempo, notes)
    placed = quantize(notes, beats, grid)
    assert [(n.pitch, n.confidence) for n in placed.notes] == [(60.4, 0.5)] * len(notes)
    for note, span in zip(placed.notes, placed.spans, strict=True):
        assert span[0] < span[1]
        np.testing.assert_allclose(beats.position([note.onset, note.offset]), grid.positions(np.array(span)), atol=1e-6)
    assert all(a[1] <= b[0] for a, b in zip(placed.spans, placed.spans[1:], strict=False))
    moved = [after.onset - before.onset for before, after in zip(notes, placed.notes, strict=True)]
    np.testing.assert_allclose(placed.moved, moved, atol=1e-9)


def test_swing_is_written_straight():
    grid = parse_grid("1/8s")
    np.testing.assert_allclose(grid.positions(np.arange(4)), [0, 2 / 3, 1, 5 / 3])
    np.testing.assert_allclose(grid.positions(np.arange(4), scored=True), [0, 0.5, 1, 1.5])
    assert parse_grid("swing").steps == grid.steps
    assert parse_grid("1/16s60").steps == pytest.approx((0, 0.3))


@pytest.mark.parametrize("name", ["", "1/5", "16", "1/16x", "1/8s90", "1/4t", "1/8s5", "٤/٨"])
def test_invalid_grids_are_refused(name):
    with pytest.raises(ValueError, match=r"grid|swing"):
        parse_grid(name)


def test_tracked_beats_before_the_recording_are_dropped():
    beats = beats_from_times(np.array([-1.0, -0.5, 0.0, 0.5, 1.0]), Metre(4, 4), 2)
    assert beats.times[:3].tolist() == [0.0, 0.5, 1.0]
    assert beats.quarters[:3].tolist() == [0.0, 1.0, 2.0]
