"""Conversion of frames with presentation times to a continuous stream."""

import numpy as np
import pytest

from singtrans.audio.clock import ClockRules, PresentationClock

RATE = 1000


def place(times, frame=20, rules=None, start=0.0):
    """Place frames, whose samples are all 1, at the given times, and return the stream as one array."""
    clock = PresentationClock(RATE, start, rules)
    parts = [part for time in times for part in clock.place(np.ones((frame, 2), np.float32), time)]
    parts += clock.finish()
    joined = np.concatenate(parts)
    assert joined.shape == (clock.position, 2)
    return joined[:, 0]


def even(count, start=0.0, step=0.02):
    return [start + step * i for i in range(count)]


def test_even_frames_are_not_changed():
    assert place(even(100)).tolist() == [1.0] * 2000


def test_frames_without_times_are_joined():
    assert place([None] * 10).tolist() == [1.0] * 200


def test_jitter_is_ignored():
    rng = np.random.default_rng(0)
    times = [time + jitter for time, jitter in zip(even(500), rng.uniform(-0.009, 0.009, 500), strict=True)]
    assert place(times).tolist() == [1.0] * 10_000


def test_a_gap_becomes_silence():
    found = place(even(10) + even(10, 3.2))
    assert len(found) == 3400
    assert found[:200].all() and not found[200:3200].any() and found[3200:].all()


def test_silence_is_added_before_a_late_start():
    found = place(even(10, 1.5))
    assert not found[:1500].any() and found[1500:].all() and len(found) == 1700


def test_an_overlap_is_cut():
    assert len(place(even(10) + even(10, 0.1))) == 300


def test_a_small_permanent_difference_is_corrected():
    found = place(even(10) + even(100, 0.22))
    assert len(found) == 2220
    assert found.sum() == 2200


def test_the_times_after_many_losses_are_right():
    times = [time for i, time in enumerate(even(1000)) if i % 40]
    assert abs(len(place(times)) - 20_000) <= 40


def test_a_single_damaged_time_is_ignored():
    times = even(100)
    for wrong in (1e9, -1e9, 50.0):
        assert place([*times[:50], wrong, *times[51:]]).tolist() == [1.0] * 2000


def test_a_jump_at_the_end_is_ignored():
    assert len(place([*even(10), 1000.0])) == 220


def test_frames_are_joined_if_times_start_again():
    assert place(even(100) + even(100)).tolist() == [1.0] * 4000
    joined = ClockRules(restarts=True)
    assert place(even(20) + even(20), rules=joined).tolist() == [1.0] * 800


def test_frames_are_joined_over_a_gap_that_is_too_long():
    assert len(place(even(10) + even(10, 100.0), rules=ClockRules(longest_gap=10.0))) == 400
    assert len(place(even(10) + even(10, 5.0), rules=ClockRules(longest_gap=10.0))) == 5200


def test_the_total_silence_is_limited():
    clock = PresentationClock(RATE, 0.0)
    total = 0
    for i in range(40):
        for time in even(3, 3000.0 * i):
            total += sum(map(len, clock.place(np.ones((20, 1), np.float32), time)))
    assert total == 3600 * RATE + 40 * 60


@pytest.mark.parametrize("time", [float("inf"), -1e300])
def test_impossible_times_are_ignored(time):
    assert len(place([*even(5), time, *even(5, 0.12)])) == 220
