"""Comparison of labels with a transcription: lag, notes and pitch."""

from dataclasses import replace

import numpy as np
import pytest

from recipe.synthesis.voices import HOP_SECONDS
from singtrans import Note
from singtrans.dataset.check.alignment import (
    Fit,
    best_fit,
    measured_pitches,
    moved_back,
    note_frames,
    onset_lag,
    onsets_confirm,
    track_frames,
)
from singtrans.notes import PitchTrack
from tests.helpers.sung import sing


@pytest.fixture(scope="module")
def songs():
    return [sing(0)]


def moved(notes, seconds=0.0):
    return [replace(n, onset=n.onset + seconds, offset=n.offset + seconds) for n in notes]


def test_the_onset_lag_has_the_standard_error_of_a_median():
    rng = np.random.default_rng(0)
    heard = [Note(t, t + 0.4, 60.0) for t in np.arange(0.5, 40.5)]
    found = [
        onset_lag([replace(n, onset=n.onset + d) for n, d in zip(heard, rng.normal(0, 0.02, 40), strict=True)], heard)
        for _ in range(300)
    ]
    assert np.std([lag.seconds for lag in found]) == pytest.approx(np.mean([lag.error for lag in found]), rel=0.15)


def test_the_onset_lag_needs_enough_matched_notes():
    heard = [Note(t, t + 0.4, 60.0) for t in np.arange(0.5, 10.5)]
    assert onset_lag(moved(heard, seconds=0.03), heard).seconds == pytest.approx(0.03)
    assert onset_lag(moved(heard, seconds=-0.06)[::-1], heard).seconds == pytest.approx(-0.06)
    assert onset_lag(heard * 1000, heard[:1]).seconds == 0.0
    assert onset_lag(heard[:9], heard) is None
    assert onset_lag(moved(heard, seconds=0.3), heard) is None
    assert onset_lag([], heard) is None
    assert onset_lag(heard, []) is None


def test_a_large_lag_with_little_gain_is_ignored():
    assert [Fit(lag, 0.5, best).likely for lag, best in ((0.04, 0.51), (1.0, 0.51), (1.0, 0.6))] == [0.04, 0.0, 1.0]
    assert [Fit(lag, 0.5, best).late for lag, best in ((0.04, 0.51), (1.0, 0.51), (1.0, 0.6))] == [0.0, 0.0, 1.0]


def test_shifted_labels_are_cut_off_at_the_end():
    labels = np.arange(5.0)
    np.testing.assert_equal(moved_back(labels, 2), [2, 3, 4, np.nan, np.nan])
    np.testing.assert_equal(moved_back(labels, -2), [np.nan, np.nan, 0, 1, 2])
    np.testing.assert_equal(moved_back(labels, 0), labels)


def track(midi):
    midi = np.asarray(midi, float)
    return PitchTrack(np.arange(len(midi)) * 0.02, midi, np.isfinite(midi).astype(float))


@pytest.mark.parametrize("shift", [0, 7, -12, 50])
@pytest.mark.parametrize("interval", [0.0, 12.0, -0.7])
def test_the_lag_is_found_for_any_frame_interval(songs, shift, interval):
    curve = songs[0].curve[:: round(0.02 / HOP_SECONDS)]
    notes = note_frames(songs[0].notes, len(curve) + 100)
    measured = track_frames(track(curve), len(curve) + 100)
    fit = best_fit(np.roll(notes, shift) + interval, measured)
    assert fit.lag == pytest.approx(shift * 0.02, abs=0.021)
    assert fit.best >= fit.here


def test_pitches_of_notes_are_measured(songs):
    curve = songs[0].curve
    whole = PitchTrack(np.arange(len(curve)) * HOP_SECONDS, curve, np.isfinite(curve).astype(float))
    pitches = measured_pitches(songs[0].notes, whole)
    assert np.abs(pitches - [n.pitch for n in songs[0].notes]).max() < 0.7
    assert np.isnan(measured_pitches([Note(100, 101, 60)], whole)).all()


EVEN = [Note(2 + 0.48 * k, 2.42 + 0.48 * k, 68) for k in range(7)]


@pytest.mark.parametrize(
    ("pitches", "labelled", "heard", "lag", "confirmed"),
    [
        # The labels are right, but because there is a single pitch, they fit with a lag of any number of beats.
        ([68] * 7, 0.0, 0.0, -0.96, False),
        ([68] * 7, 0.3, 0.0, 0.3, True),
        ([60, 62, 64, 65, 67, 65, 64], 0.3, 0.0, 0.3, True),
        ([60, 62, 64, 65, 67, 65, 64], 0.0, 0.0, 0.3, False),
        ([60, 62, 64, 65, 67, 65, 64], 0.3, None, 0.3, True),  # legato without transcribed onsets, so the pitch decides
        ([68] * 7, 0.3, None, 0.3, False),
    ],
)
def test_a_lag_is_confirmed_by_onsets_or_by_a_melody_of_several_pitches(pitches, labelled, heard, lag, confirmed):
    notes = [Note(n.onset, n.offset, p) for n, p in zip(EVEN, pitches, strict=True)]
    labels = [Note(n.onset + labelled, n.offset + labelled, n.pitch) for n in notes]
    transcribed = [] if heard is None else notes
    assert onsets_confirm(labels, transcribed, lag) is confirmed
    assert bool(Fit(lag, 0.5, 0.9, confirmed).late) is confirmed
