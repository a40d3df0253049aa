"""Functions that process the frames of several notes together give the same values as for single notes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from singtrans.decoding.note_pitch import weighted_medians
from singtrans.decoding.spans import Spans, around


@st.composite
def any_spans(draw):
    """Draw spans of random lengths, with a value and a weight for each frame."""
    lengths = np.array(draw(st.lists(st.integers(1, 12), min_size=1, max_size=6)))
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    start = np.cumsum(lengths + 2)
    weights = rng.choice([0.0, 0.25, 1.0], lengths.sum()) + 1e-3 * (rng.random(lengths.sum()) < 0.5)
    return Spans(start, start + lengths), rng.choice([50.0, 60.5, 61.0, 72.0], lengths.sum()), weights


@given(any_spans())
def test_frames_sums_and_maxima_of_each_span(drawn):
    spans, values, _ = drawn
    parts = np.split(values, spans.first[1:])
    frames = [np.arange(s, s + n) for s, n in zip(spans.start, spans.length, strict=True)]
    assert np.array_equal(spans.frames, np.concatenate(frames))
    assert np.array_equal(spans.sums(values), [part.sum() for part in parts])
    assert np.array_equal(spans.means(values), [part.mean() for part in parts])
    assert np.array_equal(spans.maxima(values), [part.max() for part in parts])
    assert np.array_equal(spans.running_sums(values), np.concatenate([part.cumsum() for part in parts]))
    some = spans.of(np.arange(len(spans)) % 2 == 0)
    assert np.array_equal(some.start, spans.start[::2])
    assert np.array_equal(some.length, spans.length[::2])


@given(any_spans())
def test_the_weighted_median_is_interpolated(drawn):
    spans, values, weights = drawn
    medians = weighted_medians(spans, values, weights)
    for median, v, w in zip(
        medians, np.split(values, spans.first[1:]), np.split(weights, spans.first[1:]), strict=True
    ):
        order = np.argsort(v, kind="stable")
        middle = np.cumsum(w[order]) - 0.5 * w[order]
        assert median == pytest.approx(np.interp(0.5 * w.sum(), middle, v[order]), abs=1e-9)


def test_missing_frames_are_replaced_by_the_nearest():
    near = around(np.array([1.0, 2.0, 3.0]), np.array([0, 1, 3]), 1)
    assert near.tolist() == [[1.0, 1.0, 2.0], [1.0, 2.0, 3.0], [3.0, 3.0, 3.0]]
