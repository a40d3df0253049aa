"""Features of hypotheses about metre and tempo."""

import numpy as np

from singtrans.melody.rhythm_features import Melody, figure_starts, repeat_starts


def starts(pitches, lengths):
    positions = np.append(0, np.cumsum(lengths))[:-1]
    return np.flatnonzero(repeat_starts(np.array(pitches), positions)).tolist()


def test_passages_that_are_sung_twice_in_succession():
    jacques = [60, 62, 64, 60] * 2 + [64, 65, 67] * 2
    lengths = [1, 1, 1, 1] * 2 + [1, 1, 2] * 2
    assert starts(jacques, lengths) == [0, 4, 8, 11]
    assert starts([55, *jacques], [1, *lengths]) == [1, 5, 9, 12]
    # Only the last note of a passage may be longer the second time.
    assert starts([60, 62, 64, 60, 62, 64], [1, 1, 1, 1, 1, 3]) == [0, 3]
    assert starts([60, 62, 64, 60, 62, 64], [1, 1, 1, 2, 1, 1]) == []
    assert starts([60, 62, 64, 62, 64, 65], [1] * 6) == []  # a transposed passage is not a repetition
    assert starts([60] * 8, [1] * 8) == []
    assert starts([60, 62, 60, 62], [1] * 4) == []  # too short
    assert starts([60], [1]) == []


def test_figures_can_recur_anywhere_and_on_other_pitches():
    pitches = np.array([60, 62, 64, 65, 55, 57, 59, 60, 62, 64, 65, 67])
    found = figure_starts(pitches, np.arange(12.0))
    assert found[0]
    assert found[6:8].any()


def ends(onsets, offsets):
    return Melody(np.array(onsets, float), np.array(offsets, float), np.full(len(onsets), 60), 0, False).ends


def test_phrases_end_at_silences_that_are_long_for_the_singer():
    onsets = np.arange(10) * 0.5
    legato = onsets + 0.5
    legato[4] -= 0.2
    np.testing.assert_allclose(ends(onsets, legato), [0, 0, 0, 0, 2 / 3, 0, 0, 0, 0, 1], atol=1e-9)
    separate = onsets + 0.38
    separate[4] -= 0.08
    np.testing.assert_allclose(ends(onsets, separate)[:-1], np.zeros(9), atol=1e-9)
    separate[4] = onsets[4] + 0.1
    np.testing.assert_allclose(ends(onsets, separate)[4], 1)
    assert ends([0.0], [0.4]).tolist() == [1.0]
