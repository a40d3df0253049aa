"""Written files contain the tempo of the instruments."""

import json
from dataclasses import replace

import mido
import numpy as np
import pytest

from singtrans import PitchTrack, Transcription
from singtrans.formats import Options, read_content, save
from singtrans.formats.format import ReadOptions
from singtrans.notes import Separation
from tests.helpers.songs import song


def transcription():
    made = song(np.random.default_rng(4), 96, jitter=0.03)
    nothing = np.zeros(0)
    return Transcription(made.notes, PitchTrack(nothing, nothing, nothing), 60.0, "song.wav")


def written(path, options, tempo=None):
    found = replace(transcription(), separation=Separation(True, "spleeter", tempo=tempo))
    save(found, path / "song.mid", options=options)
    changes = [m.tempo for m in mido.MidiFile(path / "song.mid").tracks[0] if m.type == "set_tempo"]
    return 60e6 / changes[-1]


@pytest.mark.parametrize("tempo", [96.02, 192.05, 48.0])
def test_the_tempo_of_the_band_is_written(tmp_path, tempo):
    assert written(tmp_path, Options(tempo="auto"), tempo) == pytest.approx(96.0, abs=0.03)


def test_json_keeps_the_tempo(tmp_path):
    separation = Separation(True, "spleeter", 0.7, 0.8, 96.02)
    save(replace(transcription(), separation=separation), tmp_path / "song.json")
    assert read_content(tmp_path / "song.json", ReadOptions()).separation == separation


@pytest.mark.parametrize("tempo", ["fast", -96, 1e9, None])
def test_an_impossible_tempo_in_json_is_ignored(tmp_path, tempo):
    save(replace(transcription(), separation=Separation(True)), tmp_path / "song.json")
    content = json.loads((tmp_path / "song.json").read_text())
    content["separation"]["tempo"] = tempo
    (tmp_path / "song.json").write_text(json.dumps(content))
    assert read_content(tmp_path / "song.json", ReadOptions()).separation.tempo is None


def test_a_stated_tempo_is_kept(tmp_path):
    assert written(tmp_path, Options(tempo=90.0), 96.0) == pytest.approx(90.0, abs=1e-3)


def test_a_multiple_of_a_tempo_that_does_not_fit_is_written(tmp_path):
    found = written(tmp_path, Options(tempo="auto"), 110.0)
    assert min(abs(found / 110.0 - ratio) for ratio in (0.5, 1.0, 2.0, 3.0, 1 / 3)) < 0.2
