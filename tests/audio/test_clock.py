"""Frames with presentation times become one even stream."""

import numpy as np
import pytest

from singtrans.audio.clock import ClockRules, PresentationClock

RATE = 1000


def place(times, frame=20, rules=None, start=0.0):
    """Place frames of ones at the given times; the result as one array."""
    clock = PresentationClock(RATE, start, rules)
    parts = [part for time in times for part in clock.place(np.ones((frame, 2), np.float32), time)]
    parts += clock.finish()
    joined = np.concatenate(parts)
    assert joined.shape == (clock.position, 2)
    return joined[:, 0]


def even(count, start=0.0, step=0.02):
    return [start + step * i for i in range(count)]


def test_even_frames_stay_as_they_are():
    assert place(even(100)).tolist() == [1.0] * 2000


def test_no_times_at_all():
    assert place([None] * 10).tolist() == [1.0] * 200


def test_jitter_is_ignored():
    rng = np.random.default_rng(0)
    times = [time + jitter for time, jitter in zip(even(500), rng.uniform(-0.009, 0.009, 500), strict=True)]
    assert place(times).tolist() == [1.0] * 10_000


def test_a_gap_becomes_silence():
    found = place(even(10) + even(10, 3.2))
    assert len(found) == 3400
    assert found[:200].all() and not found[200:3200].any() and found[3200:].all()


def test_the_sound_may_start_late():
    found = place(even(10, 1.5))
    assert not found[:1500].any() and found[1500:].all() and len(found) == 1700


def test_an_overlap_is_cut():
    assert len(place(even(10) + even(10, 0.1))) == 300


def test_a_small_difference_that_lasts_is_corrected():
    found = place(even(10) + even(100, 0.22))
    assert len(found) == 2220
    assert found.sum() == 2200


def test_single_losses_do_not_add_up():
    times = [time for i, time in enumerate(even(1000)) if i % 40]
    assert abs(len(place(times)) - 20_000) <= 40


def test_one_damaged_time_changes_nothing():
    times = even(100)
    for wrong in (1e9, -1e9, 50.0):
        assert place([*times[:50], wrong, *times[51:]]).tolist() == [1.0] * 2000


def test_a_jump_at_the_very_end_is_not_believed():
    assert len(place([*even(10), 1000.0])) == 220


def test_time_that_starts_again_goes_on():
    assert place(even(100) + even(100)).tolist() == [1.0] * 4000
    joined = ClockRules(restarts=True)
    assert place(even(20) + even(20), rules=joined).tolist() == [1.0] * 800


def test_a_gap_longer_than_the_rules_allow_is_a_new_start():
    assert len(place(even(10) + even(10, 100.0), rules=ClockRules(longest_gap=10.0))) == 400
    assert len(place(even(10) + even(10, 5.0), rules=ClockRules(longest_gap=10.0))) == 5200


def test_silence_has_an_end():
    clock = PresentationClock(RATE, 0.0)
    total = 0
    for i in range(40):
        for time in even(3, 3000.0 * i):
            total += sum(map(len, clock.place(np.ones((20, 1), np.float32), time)))
    assert total == 3600 * RATE + 40 * 60


@pytest.mark.parametrize("time", [float("inf"), -1e300])
def test_absurd_times(time):
    assert len(place([*even(5), time, *even(5, 0.12)])) == 220
