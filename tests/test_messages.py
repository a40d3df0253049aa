"""Counts, lists and lengths in messages."""

import doctest

import pytest

from singtrans import messages
from singtrans.messages import braced, listed


def test_counts_and_lengths():
    assert doctest.testmod(messages).attempted >= 6
    assert doctest.testmod(messages).failed == 0


@pytest.mark.parametrize(
    ("paths", "text"),
    [
        ([], ""),
        (["a.mid", "b.mid"], "a.mid, b.mid"),
        (["x.y.mid", "x.y.csv"], "x.y.{mid,csv}"),
        (["out/a.mid", "out/a.musicxml"], "out/a.{mid,musicxml}"),
        (["./a.mid", "./b.mid"], "./a.mid, ./b.mid"),
        (["in/.a", "in/.b"], "in/.a, in/.b"),
        (["s3://x.org/a.mid", "s3://x.org/b.mid"], "s3://x.org/a.mid, s3://x.org/b.mid"),
    ],
)
def test_paths_with_the_same_stem_are_combined(paths, text):
    assert braced(paths) == text


def test_long_lists_are_shortened():
    assert listed(range(5)) == "0, 1, 2, 3, 4"
    assert listed(range(400)) == "0, 1, 2, 3, 4 and 395 more"
