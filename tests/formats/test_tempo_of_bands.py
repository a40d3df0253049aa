"""The tempo of instruments in written files."""

from dataclasses import replace

import mido
import numpy as np
import pytest

from singtrans import PitchTrack, Transcription
from singtrans.formats import Options, save
from singtrans.notes import Separation
from tests.helpers.songs import song


def written(path, options, tempo=None):
    made = song(np.random.default_rng(4), 96, jitter=0.03)
    nothing = np.zeros(0)
    found = Transcription(made.notes, PitchTrack(nothing, nothing, nothing), 60.0, "song.wav")
    found = replace(found, separation=Separation(True, "spleeter", tempo=tempo))
    save(found, path / "song.mid", options=options)
    changes = [m.tempo for m in mido.MidiFile(path / "song.mid").tracks[0] if m.type == "set_tempo"]
    return 60e6 / changes[-1]


@pytest.mark.parametrize("tempo", [96.02, 192.05, 48.0])
def test_the_tempo_of_the_band_is_written(tmp_path, tempo):
    assert written(tmp_path, Options(tempo="auto"), tempo) == pytest.approx(96.0, abs=0.03)


def test_a_stated_tempo_is_kept(tmp_path):
    assert written(tmp_path, Options(tempo=90.0), 96.0) == pytest.approx(90.0, abs=1e-3)


def test_a_tempo_that_does_not_fit_gives_one_of_its_multiples(tmp_path):
    found = written(tmp_path, Options(tempo="auto"), 110.0)
    assert min(abs(found / 110.0 - ratio) for ratio in (0.5, 1.0, 2.0, 3.0, 1 / 3)) < 0.2
