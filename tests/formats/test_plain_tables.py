"""Tables of numbers without a header: usual orders of columns, comments, and files with several plausible orders."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans import Note, formats
from singtrans.errors import InputError
from singtrans.formats.detection import holds_notes
from tests.helpers.label_files import check, hz, refused, written

NOTES = (Note(0.5, 1.25, 60), Note(1.5, 2.0, 62), Note(2.25, 4.0, 59), Note(6.0, 6.5, 67))

ORDERS = {
    "mir_eval": lambda n: (n.onset, n.offset, round(hz(n.pitch), 3)),
    "onsets in MIDI": lambda n: (n.onset, n.offset, n.pitch, 80),
    "pYIN": lambda n: (n.onset, n.duration, round(hz(n.pitch), 3)),
    "Tony": lambda n: (n.onset, round(hz(n.pitch), 3), n.duration),
    "aubionotes": lambda n: (n.pitch, n.onset, n.offset),
}


@pytest.mark.parametrize("mark", ["\t", ",", " ", ";"])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("name", ["a.txt", "a.csv", "a.lab"])
def test_columns_are_inferred(tmp_path, order, mark, name):
    text = "\n".join(mark.join(map(str, ORDERS[order](note))) for note in NOTES)
    check(formats.load_notes(written(tmp_path / name, f"# a comment\n{text}\n")), NOTES, 0.01)


@settings(max_examples=100, deadline=None)
@given(
    times=st.lists(st.floats(0.06, 3.0), min_size=13, max_size=24),
    pitches=st.lists(st.floats(48, 84), min_size=12, max_size=12),
    order=st.sampled_from(sorted(ORDERS)),
)
def test_melodies_without_a_header_are_read_correctly_or_refused(tmp_path_factory, times, pitches, order):
    edges = [sum(times[: k + 1]) for k in range(len(times))]
    notes = [Note(a, b, p) for (a, b), p in zip(list(pairwise(edges))[::2], pitches, strict=False)]
    text = "\n".join(",".join(map(repr, ORDERS[order](note))) for note in notes)
    path = written(tmp_path_factory.getbasetemp() / "melody.txt", text)
    try:
        read = formats.load_notes(path)
    except InputError as error:
        assert "could have the columns" in str(error)
    else:
        check(read, notes, 0.01)


@pytest.mark.parametrize("text", ["0.5,1,60\n", "0,1,60\n1,2,61\n"])
def test_a_table_with_two_plausible_orders_is_refused_unless_an_option_chooses(tmp_path, text):
    path = written(tmp_path / "a.txt", text)
    refused(path, r"onset,offset,pitch or onset,duration,pitch.*--columns onset,offset,hz")
    first = formats.load_notes(path, columns="onset,duration,midi")[0]
    assert (first.pitch, round(first.duration, 3)) == (60, 1.0)


def test_a_unit_that_is_not_clear_is_chosen_by_an_option(tmp_path):
    path = written(tmp_path / "a.txt", "0.5,1.0,73\n1.0,1.5,75\n1.5,2.0,130\n")
    refused(path, "line 3.*--unit")
    assert formats.load_notes(path, unit="hz")[0].pitch < 40


@pytest.mark.parametrize(
    "text",
    [
        "0.5\t1.25\t1\n1.5\t2.0\t2\n2.1\t3.0\t3\n",  # numbered labels
        "0.00\t1.06\tsil\n1.06\t1.16\t@\n1.16\t2.53\tN\n2.53\t2.65\t9\n",  # X-SAMPA
        "0.0\t0.4\tni3\n0.4\t0.9\ta1\n0.9\t1.5\thao3\n",  # pinyin
    ],
)
def test_counts_and_phonemes_are_not_notes(tmp_path, text):
    path = written(tmp_path / "a.txt", text)
    assert not holds_notes(path)
    refused(path, "not in a known format")


@pytest.mark.parametrize(
    "text",
    [
        "# notes of a tool\nonset,offset,hz\n0.5,1.25,261.6256\n1.5,2.0,293.6648\n",
        "# onset,offset,note,velocity\n0.5\t1.25\t60\t80\n1.5\t2.0\t62\t80\n",
        "#onset offset pitch\n0.5 1.25 60\n\n# in the middle\n1.5 2.0 62\n",
        "onset,offset,pitch\n0.5,1.25,C4\n1.5,2.0,D4+0\n",
    ],
)
def test_comments_commented_headers_and_named_pitches(tmp_path, text):
    for name in ("a.csv", "a.txt", "a.tsv"):
        check(formats.load_notes(written(tmp_path / name, text)), NOTES[:2], 0.01)


def test_errors_count_comments_and_blank_lines(tmp_path):
    refused(written(tmp_path / "a.csv", "# x\n\nonset,offset,midi\n0,1,60\n# y\n1,2,x\n"), "line 6")


def test_lone_times_at_the_end_are_ignored(tmp_path):
    text = "60.0\t0.5\t1.25\n62.0\t1.5\t2.0\n12.5\n"  # as aubionotes writes them
    check(formats.load_notes(written(tmp_path / "a.txt", text)), NOTES[:2])
