"""Splits of recordings into training, validation and test."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from singtrans import SingtransError
from singtrans.dataset.folders import split_of
from singtrans.dataset.manifest import Entry, list_entries, read_entries
from singtrans.dataset.splits import divide, split, summarise
from singtrans.errors import UsageError
from tests.helpers.labelled_folders import touch


def entries(**counts):
    """Make entries. Each argument is the number of recordings of a singer; the singer ``_`` is unknown."""
    return [
        Entry(f"{singer}{n}", Path(f"{singer}{n}.wav"), singer=singer.strip("_"))
        for singer, count in counts.items()
        for n in range(count)
    ]


def sizes(some, part):
    return sum(e.split == part for e in some)


@pytest.mark.parametrize("seed", range(5))
def test_splits_have_the_requested_shares(seed):
    done = split(entries(a=60, b=40), {"valid": 0.1, "test": 0.2}, by_singer=False, seed=seed)
    assert [sizes(done, part) for part in ("train", "valid", "test")] == [70, 10, 20]
    assert [e.id for e in done] == [e.id for e in entries(a=60, b=40)]
    assert done == split(entries(a=60, b=40), {"valid": 0.1, "test": 0.2}, by_singer=False, seed=seed)


def test_another_seed_gives_another_split():
    choices = {tuple(e.split for e in split(entries(a=20), {"valid": 0.5}, by_singer=False, seed=s)) for s in range(6)}
    assert len(choices) == 6


@pytest.mark.parametrize("seed", range(5))
def test_singers_stay_together(seed):
    done = split(entries(a=50, b=9, c=11, d=10, e=20), {"valid": 0.1, "test": 0.1}, by_singer=True, seed=seed)
    parts = {singer: {e.split for e in done if e.singer == singer} for singer in "abcde"}
    assert all(len(part) == 1 for part in parts.values())
    assert {part for (part,) in parts.values()} == {"train", "valid", "test"}
    assert parts["a"] == {"train"}  # this singer has far more than a tenth of the recordings
    assert 5 <= sizes(done, "valid") <= 20


def test_no_part_is_empty_if_possible():
    done = split(entries(a=1, b=1, c=1), {"valid": 0.5, "test": 0.1}, by_singer=True)
    assert [sizes(done, part) for part in ("train", "valid", "test")] == [1, 1, 1]
    assert sizes(split(entries(a=1), {"valid": 0.5}, by_singer=False), "train") == 1


def test_impossible_splits_are_refused():
    shares = {"valid": 0.1, "test": 0.1}
    done = divide(entries(a=3, b=3, c=3), shares)
    assert all(len({e.split for e in done if e.singer == s}) == 1 for s in "abc")
    done = divide(entries(a=9, b=9), shares)  # there are too few singers, so recordings are split
    assert len({e.split for e in done if e.singer == "a"} | {e.split for e in done if e.singer == "b"}) == 3
    for some, by, words in (
        (entries(a=5, _=1), "singer", "the singer of _0"),
        (entries(a=5, b=5), "singer", "2 singers for 3 parts"),
        (entries(a=2), None, "2 recordings for 3 parts"),
    ):
        with pytest.raises(UsageError, match=words):
            divide(some, shares, by)


def test_the_parts_are_summarised(tmp_path):
    some = []
    for name, part, rate in (("a.wav", "train", 8000), ("b.flac", "train", 44100), ("c.ogg", "test", 48000)):
        soundfile.write(tmp_path / name, 0.1 * np.random.default_rng(0).standard_normal(rate * 6), rate)
        some.append(Entry(name, tmp_path / name, split=part, singer="ann"))
    assert summarise(some) == ["train  2 recordings, 0.2 min, 1 singer", "test   1 recording, 0.1 min, 1 singer"]
    (tmp_path / "a.wav").write_bytes(b"no recording")
    (tmp_path / "c.ogg").unlink()
    with pytest.raises(SingtransError) as error:
        summarise(some)
    assert len(str(error.value).splitlines()) == 2


def test_split_folders_are_splits_and_not_singers(tmp_path):
    touch(tmp_path, *(f"{part}/{name}.{end}" for part in ("train", "test") for name in "abc" for end in ("wav", "tsv")))
    listing = list_entries(tmp_path, 0.4)
    assert listing.decided and {e.singer for e in listing.entries} == {""}
    assert {e.split for e in listing.entries if "test" in e.audio.parts} == {"test"}
    assert sorted(e.split for e in listing.entries if "train" in e.audio.parts) == ["train", "train", "valid"]
    divided = divide(read_entries(tmp_path, 0.0), {"valid": 0.2, "test": 0.3}, keep_test=True)
    assert {e.split for e in divided if "test" in e.audio.parts} == {"test"}
    assert {e.split for e in divided if "train" in e.audio.parts} == {"train", "valid"}


def test_singers_under_split_folders(tmp_path):
    touch(tmp_path, *(f"{part}/{who}/{n}.{end}" for part, who in (("Train", "ann"), ("dev", "bea")) for n in "ab"
                      for end in ("wav", "tsv")))  # fmt: skip
    assert {(e.split, e.singer) for e in list_entries(tmp_path).entries} == {("train", "ann"), ("valid", "bea")}


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("train", "train"),
        ("Train&Valid", "train"),
        ("training_set", "train"),
        ("val", "valid"),
        ("Dev", "valid"),
        ("test", "test"),
        ("Test Set", "test"),
        ("eval", "test"),
        ("testament", ""),
        ("trainer", ""),
        ("ann", ""),
    ],
)
def test_names_of_split_folders(folder, split):
    assert split_of(Path("audio") / folder / "a.wav") == split
