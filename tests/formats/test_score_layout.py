"""Bars, note values, ties, triplets, rests and beams."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings

from singtrans.errors import InputError
from singtrans.formats.score.beams import beam_groups, beams
from singtrans.formats.score.layout import MOST_BARS, REST, lay_out
from singtrans.formats.score.systems import choose_breaks
from singtrans.formats.score.values import QUARTER, split, split_triplet
from singtrans.melody.metre import Metre
from tests.helpers.written_melodies import written_melodies


def written(melody):
    return lay_out(melody.starts, melody.ends, melody.metre)


def names(values):
    return " ".join(value.type + "." * value.dots for value in values)


@given(written_melodies())
def test_bars_are_full_and_notes_keep_their_times(melody):
    bars = written(melody)
    length = melody.metre.bar * QUARTER
    assert [bar.length for bar in bars[1:-1]] == [length] * len(bars[1:-1])
    assert bars[-1].length == length or bars[-1].length == length - bars[0].length or len(bars) == 1
    assert (bars[0].length < length) == (bars[0].number == 0)
    assert [bar.number for bar in bars] == list(range(bars[0].number, bars[0].number + len(bars)))
    found = {}
    for bar in bars:
        now = bar.start
        for symbol in bar.symbols:
            assert symbol.start == now
            now = symbol.end
            if symbol.note != REST:
                found.setdefault(symbol.note, []).append(symbol)
        assert now == bar.start + bar.length or not bar.symbols
    origin = melody.starts[0] // melody.metre.bar * melody.metre.bar + (melody.metre.bar if bars[0].number == 0 else 0)
    for number, (start, end) in enumerate(zip(melody.starts, melody.ends, strict=True)):
        symbols = found[number]
        assert symbols[0].start == (start - origin) * QUARTER
        assert symbols[-1].end == (end - origin) * QUARTER
        assert [symbol.first for symbol in symbols] == [True] + [False] * (len(symbols) - 1)
        assert [symbol.tied for symbol in symbols] == [True] * (len(symbols) - 1) + [False]


@given(written_melodies())
def test_triplets_are_complete(melody):
    for bar in written(melody):
        for triplet in {symbol.triplet for symbol in bar.symbols if symbol.triplet}:
            inside = [symbol for symbol in bar.symbols if symbol.triplet == triplet]
            assert (inside[0].start, inside[-1].end) == (triplet.start, triplet.end)
            assert sum(symbol.value.length for symbol in inside) == triplet.length
            assert len(inside) > 1


@given(written_melodies())
def test_beams_do_not_cross_groups_of_the_metre(melody):
    edges, total = {0}, 0
    for group in beam_groups(melody.metre):
        total += group
        edges.add(total)
    assert total == melody.metre.bar * QUARTER
    for bar in written(melody):
        line = bar.start // total * total
        is_open = False
        for symbol, levels in zip(bar.symbols, beams(bar, melody.metre), strict=True):
            if is_open:
                assert symbol.start - line not in edges  # no beam crosses the edge of a group
                assert levels
            if levels:
                assert symbol.note != REST
                assert levels[0] in (("continue", "end") if is_open else ("begin",))
                is_open = levels[0] != "end"
        assert not is_open


@given(written_melodies())
def test_every_beam_that_begins_also_ends(melody):
    for bar in written(melody):
        open_levels = set()
        for levels in beams(bar, melody.metre):
            assert open_levels <= set(range(len(levels)))
            for level, name in enumerate(levels):
                assert (level in open_levels) == (name in ("continue", "end"))
                if name == "begin":
                    open_levels.add(level)
                elif name == "end":
                    open_levels.remove(level)
        assert not open_levels


@pytest.mark.parametrize(
    ("metre", "start", "end", "expected"),
    [
        ("4/4", 0, 3, "half."),
        ("4/4", 1, 4, "half."),
        ("4/4", 1, 3, "half"),
        ("4/4", 0.5, 1.5, "quarter"),
        ("4/4", 1.5, 2.5, "eighth eighth"),
        ("4/4", 1, 2.5, "quarter eighth"),
        ("4/4", 0, 2.5, "half eighth"),
        ("4/4", 0.25, 0.75, "eighth"),
        ("4/4", 0.75, 1.25, "16th 16th"),
        ("3/4", 1, 2.5, "quarter."),
        ("3/4", 0.5, 3, "eighth half"),
        ("6/8", 0, 2, "quarter. eighth"),
        ("6/8", 1, 2, "eighth eighth"),
        ("6/8", 0.5, 1.5, "quarter"),
        ("6/8", 0, 3, "half."),
        ("9/8", 0, 4.5, "half. quarter."),
        ("12/8", 0, 6, "whole."),
        ("2/2", 0, 4, "whole"),
    ],
)
def test_notes_are_divided_where_they_would_hide_beats(metre, start, end, expected):
    numerator, denominator = map(int, metre.split("/"))
    metre = Metre(numerator, denominator)
    assert names(split(round(start * QUARTER), round(end * QUARTER), metre)) == expected


@pytest.mark.parametrize(
    ("metre", "start", "end", "expected"),
    [
        ("4/4", 0, 2, "half"),
        ("4/4", 1, 3, "quarter quarter"),
        ("4/4", 1, 4, "quarter half"),
        ("4/4", 0, 1.5, "quarter eighth"),
        ("4/4", 0.25, 1, "16th eighth"),
        ("3/4", 0, 2, "quarter quarter"),
        ("6/8", 0, 1.5, "quarter."),
        ("6/8", 0.5, 1.5, "eighth eighth"),
        ("6/8", 0, 1, "quarter"),
    ],
)
def test_rests_show_every_beat(metre, start, end, expected):
    numerator, denominator = map(int, metre.split("/"))
    values = split(round(start * QUARTER), round(end * QUARTER), Metre(numerator, denominator), rest=True)
    assert names(values) == expected


def test_note_values_in_triplets():
    assert names(split_triplet(0, 16, 24)) == "quarter"
    assert names(split_triplet(4, 24, 24)) == "16th quarter"
    assert names(split_triplet(8, 24, 24, rest=True)) == "eighth eighth"
    assert names(split_triplet(16, 48, 48)) == "half"


def test_a_pickup_is_a_separate_bar():
    bars = lay_out([Fraction(3), Fraction(4)], [Fraction(4), Fraction(8)], Metre(4, 4))
    assert [(bar.number, bar.length) for bar in bars] == [(0, QUARTER), (1, 4 * QUARTER)]
    late = lay_out(
        [Fraction(1, 2)], [Fraction(4)], Metre(4, 4)
    )  # half a beat after the bar line, with a rest before it
    assert [(bar.number, bar.symbols[0].note) for bar in late] == [(1, REST)]


def test_the_last_bar_is_shortened_by_the_pickup():
    spans = [(3, 4), (4, 8), (8, 11)]
    bars = lay_out([Fraction(a) for a, _ in spans], [Fraction(b) for _, b in spans], Metre(4, 4))
    assert [bar.length / QUARTER for bar in bars] == [1, 4, 3]
    longer = lay_out([Fraction(a) for a, _ in spans], [Fraction(4), Fraction(8), Fraction(12)], Metre(4, 4))
    assert [bar.length / QUARTER for bar in longer] == [1, 4, 4]


def test_silent_bars():
    bars = lay_out([Fraction(0), Fraction(12)], [Fraction(4), Fraction(16)], Metre(4, 4))
    assert [bool(bar.symbols) for bar in bars] == [True, False, False, True]
    (nothing,) = lay_out([], [], Metre(3, 4))
    assert (nothing.number, nothing.length, nothing.symbols) == (1, 3 * QUARTER, ())


def test_notes_between_grid_positions_are_moved_to_the_nearest_position():
    starts = [Fraction(0), Fraction(1, 8), Fraction(1, 3), Fraction(5, 12), Fraction(11, 24)]
    bars = lay_out(starts, [*starts[1:], Fraction(1)], Metre(4, 4))
    heads = [symbol for bar in bars for symbol in bar.symbols if symbol.first and symbol.note != REST]
    assert [head.note for head in heads] == [0, 1, 2, 3, 4]
    assert all(abs(head.start - starts[head.note] * QUARTER) <= 2 for head in heads)


def test_a_score_that_lasts_for_days_is_refused():
    with pytest.raises(InputError, match="bars, too many for sheet music"):
        lay_out([Fraction(0), Fraction(4 * MOST_BARS)], [Fraction(1), Fraction(4 * MOST_BARS + 1)], Metre(4, 4))


@settings(max_examples=30)
@given(written_melodies(finest=Fraction(1, 4)))
def test_notes_have_few_symbols(melody):
    """A note has at most two symbols, plus one for each beat that it lasts."""
    counts = {}
    for bar in written(melody):
        for symbol in bar.symbols:
            if symbol.note != REST:
                counts[symbol.note] = counts.get(symbol.note, 0) + 1
    for number, count in counts.items():
        beats = (melody.ends[number] - melody.starts[number]) / min(melody.metre.beat, 1)
        assert count <= 2 + beats


def quarters(count):
    starts = [Fraction(number) for number in range(count)]
    return lay_out(starts, [start + 1 for start in starts], Metre(4, 4))


def test_systems_end_with_phrases_and_are_even():
    bars = quarters(64)
    plain = sorted(choose_breaks(bars, [False] * 64, [0] * 64))
    widths = [after - before for before, after in pairwise([0, *plain, 16])]
    assert max(widths[:-1]) - min(widths[:-1]) <= 1
    breaths = [number % 16 == 15 for number in range(64)]  # a breath after every fourth bar
    assert all(place % 4 == 0 for place in choose_breaks(bars, breaths, [0] * 64))


def test_words_make_systems_shorter():
    bars = quarters(64)
    assert len(choose_breaks(bars, [False] * 64, [9] * 64)) > len(choose_breaks(bars, [False] * 64, [2] * 64))


def test_a_phrase_that_begins_with_a_pickup_begins_a_system_with_its_first_bar():
    breaths = [number % 16 == 14 for number in range(64)]  # the last quarter of every fourth bar is a pickup
    assert all(place % 4 == 0 for place in choose_breaks(quarters(64), breaths, [0] * 64))
