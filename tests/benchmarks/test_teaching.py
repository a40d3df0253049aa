"""The synthetic voice of `benchmarks.teaching`, with which the shipped model makes many mistakes."""

import numpy as np

from benchmarks.singer import RATE
from benchmarks.teaching import CORRECTIONS, SECONDS, TAUGHT, recording
from singtrans import Transcriber
from tests.helpers.corrections import correct, right_notes


def test_the_model_makes_enough_mistakes_with_the_voice():
    true, samples = recording(TAUGHT)
    again = recording(TAUGHT)[1]
    assert np.array_equal(samples, again)
    assert SECONDS - 3 < len(samples) / RATE < SECONDS + 3
    found = Transcriber().transcribe(samples, sample_rate=RATE).notes
    right = len(right_notes(true, found))
    assert len(true) - right > CORRECTIONS
    fixed, count = correct(true, found, CORRECTIONS)
    assert count == CORRECTIONS
    assert right + CORRECTIONS - 2 <= len(right_notes(true, fixed))
