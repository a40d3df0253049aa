"""Classes of note errors, confidence intervals and paired tests."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans import Note
from singtrans.scoring import statistics
from singtrans.scoring.metrics import score_notes
from singtrans.scoring.note_errors import CLASSES, classify

ONE = [Note(1.0, 2.0, 60)]
TWO = [Note(1.0, 2.0, 60), Note(2.0, 3.0, 60)]


@pytest.mark.parametrize(
    ("name", "reference", "estimate", "extra"),
    [
        ("correct", ONE, [Note(1.05, 2.2, 60.5)], 0),
        ("missed", ONE, [], 0),
        ("missed", ONE, [Note(3.0, 4.0, 60)], 1),
        ("missed", ONE, [Note(1.2, 2.0, 62)], 1),  # neither onset nor pitch
        ("wrong_offset", ONE, [Note(1.0, 1.7, 60)], 0),
        ("wrong_offset", ONE, [Note(1.0, 2.3, 60)], 0),
        ("wrong_pitch", ONE, [Note(1.0, 2.0, 60.6)], 0),
        ("wrong_pitch", ONE, [Note(1.0, 1.2, 67)], 0),  # the offset does not matter
        ("octave", ONE, [Note(1.0, 2.0, 72.4)], 0),
        ("octave", ONE, [Note(1.0, 1.2, 36)], 0),
        ("octave", ONE, [Note(1.0, 2.0, 24)], 0),
        ("wrong_pitch", ONE, [Note(1.0, 2.0, 72.6)], 0),
        ("late_onset", ONE, [Note(1.1, 2.0, 60)], 0),
        ("late_onset", ONE, [Note(1.6, 2.0, 60)], 0),  # covers 40 % of the note
        ("missed", ONE, [Note(1.7, 2.0, 60)], 1),
        ("early_onset", ONE, [Note(0.8, 2.0, 60.4)], 0),
        ("early_onset", ONE, [Note(0.8, 1.9, 60)], 0),
        ("split", ONE, [Note(1.0, 1.5, 60), Note(1.5, 2.0, 60)], 0),
        ("split", ONE, [Note(1.1, 1.4, 55), Note(1.4, 1.8, 67)], 0),  # pitch is ignored
        ("split", ONE, [Note(1.0, 1.3, 60), Note(1.3, 1.6, 60), Note(1.6, 2.0, 60)], 0),
        ("missed", ONE, [Note(1.1, 1.2, 60), Note(1.5, 1.6, 60)], 2),  # together, they cover only 20 % of the note
        ("correct", ONE, [Note(1.0, 1.9, 60), Note(1.9, 2.0, 60)], 1),  # this class has priority over split
        ("merged", TWO, [Note(1.0, 3.0, 60)], 0),
        ("merged", TWO, [Note(1.3, 2.9, 50)], 0),
        ("merged", [Note(1.0, 1.4, 60), Note(1.4, 1.8, 62), Note(1.8, 2.2, 60)], [Note(1.0, 2.2, 60)], 0),
    ],
)
def test_each_class_of_errors(name, reference, estimate, extra):
    errors = classify(reference, estimate)
    assert errors.reference == (name,) * len(reference)
    assert len(errors.extra) == extra


def test_a_part_of_a_split_note_is_assigned_to_the_note_that_it_overlaps_most():
    estimate = [Note(1.0, 1.5, 60), Note(1.5, 2.4, 60), Note(2.45, 3.0, 60)]
    errors = classify([Note(1.0, 2.0, 60), Note(2.45, 3.0, 60)], estimate)
    assert errors.reference == ("split", "correct")


def test_merged_needs_two_reference_notes():
    """If a long estimate overlaps only one unmatched reference note, the class is wrong offset, not merged."""
    assert classify(TWO, [Note(1.0, 1.95, 60), Note(2.0, 3.5, 60)]).reference == ("correct", "wrong_offset")


def test_classes_of_several_notes():
    reference = [Note(float(n), n + 0.9, 60 + n % 3) for n in range(6)]
    estimate = [
        reference[0],
        Note(1.0, 1.4, reference[1].pitch),
        Note(2.0, 2.9, reference[2].pitch - 12),
        Note(3.2, 3.9, reference[3].pitch),
        Note(5.0, 5.9, reference[5].pitch + 3),
        Note(8.0, 9.0, 60),
    ]
    errors = classify(reference, estimate)
    assert errors.reference == ("correct", "wrong_offset", "octave", "late_onset", "missed", "wrong_pitch")
    assert errors.extra == (5,)
    assert list(errors.counts) == list(CLASSES)


notes = st.lists(
    st.builds(
        lambda onset, length, pitch: Note(onset / 20, (onset + length) / 20, 60 + pitch / 4),
        *(st.integers(0, 100), st.integers(1, 40), st.integers(-60, 60)),
    ),
    max_size=12,
)


@settings(max_examples=80, deadline=None)
@given(notes, notes)
def test_every_note_has_exactly_one_class(reference, estimate):
    errors = classify(reference, estimate)
    assert len(errors.reference) == len(reference)
    assert sum(errors.counts.values()) == len(reference) + len(errors.extra)
    assert set(errors.extra) <= set(range(len(estimate)))
    correct = score_notes(reference, estimate).conpoff.recall * len(reference)
    assert errors.counts["correct"] == pytest.approx(correct)
    if reference:
        assert set(classify(reference, reference).reference) == {"correct"}
    mine = sum(errors.counts[name] for name in ("correct", "wrong_offset", "octave", "wrong_pitch"))
    assert mine <= len(estimate)


def test_intervals_equal_percentiles_of_numpy():
    """The resamples of 1500 values are drawn in two batches, but the result equals that of a single draw."""
    values = np.random.default_rng(1).uniform(0, 1, 1500)
    drawn = np.random.default_rng(0).integers(len(values), size=(statistics.RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    found = statistics.mean_interval(values)
    assert (found.mean, found.low, found.high) == pytest.approx((values.mean(), low, high), abs=1e-12)


def test_intervals_have_their_nominal_coverage():
    rng, covered = np.random.default_rng(5), 0
    for _ in range(300):
        found = statistics.mean_interval(rng.beta(4, 2, 25))
        covered += found.low <= 4 / 6 <= found.high
    assert 0.90 <= covered / 300 <= 0.98  # percentile intervals of 25 files are slightly too narrow


def test_intervals_of_constants_and_of_ratios():
    assert statistics.mean_interval([0.5] * 7) == statistics.Interval(0.5, 0.5, 0.5)
    errors, counted = [1, 0, 5, 2], [10, 20, 10, 0]
    found = statistics.ratio_interval(errors, counted)
    assert found.mean == pytest.approx(8 / 40)
    assert found.low < found.mean < found.high
    for wrong in (([], []), ([1, 2], [0, 0])):
        with pytest.raises(ValueError, match="at least one"):
            statistics.ratio_interval(*wrong)


@pytest.mark.parametrize(
    ("differences", "p"),
    [
        ([1.0], 1.0),
        ([0.1, 0.2, 0.3], 2 / 8),  # only the observed and the opposite signs give sums as far from 0
        ([0.1, 0.2, 0.3, 0.4, 0.5], 2 / 32),
        ([3.0, -1.0], 1.0),  # the sums are 2, 4, -4 and -2, all at least as far from 0 as the observed one
        ([1.0, 2.0, -0.5], 4 / 8),  # the sums 2.5, 3.5, -2.5 and -3.5 are at least as far from 0
        ([0.1] * 3 + [-0.1], 10 / 16),  # 2 (1 + 4) of the 16 flips
        ([0.0] * 6, 1.0),
    ],
)
def test_paired_test_gives_known_p_values(differences, p):
    found = statistics.paired_test(differences)
    assert (found.p, found.exact, found.flips) == (pytest.approx(p), True, 2 ** len(differences))


def test_paired_test_equals_brute_force_and_random_flips():
    rng = np.random.default_rng(2)
    few = rng.normal(0.5, 1.0, 8)
    sums = [abs(np.dot(signs, few)) for signs in itertools.product((-1, 1), repeat=8)]
    assert statistics.paired_test(few).p == np.mean([one >= abs(few.sum()) - 1e-9 for one in sums])
    values = rng.normal(0.3, 1.0, statistics.MAX_EXACT_FILES)
    exact = statistics.paired_test(values)
    more = statistics.paired_test([*values, 0.0])  # one more difference, even of 0, makes the test use random flips
    assert (exact.exact, more.exact, more.flips) == (True, False, statistics.FLIPS)
    assert more.p == pytest.approx(exact.p, abs=0.015)
    assert statistics.paired_test(rng.normal(2.0, 0.1, 50)).p == pytest.approx(1 / (statistics.FLIPS + 1))


def test_p_values_are_uniform_without_a_difference():
    rng = np.random.default_rng(3)
    p = np.array([statistics.paired_test(rng.normal(0, 1, 10)).p for _ in range(300)])
    assert 0.02 <= (p <= 0.05).mean() <= 0.09
    assert 0.4 <= p.mean() <= 0.6
    with pytest.raises(ValueError, match="at least one"):
        statistics.paired_test([])
