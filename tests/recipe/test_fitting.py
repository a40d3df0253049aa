"""Tuning of costs, and calibration of confidence, with cached posteriors."""

import ast
import sys
from dataclasses import replace

import numpy as np
import pytest

from recipe import calibrate, tune_decoder, validation_sets
from singtrans.decoding.confidence import logistic
from singtrans.decoding.config import CONFIDENCE_FEATURES, DecoderConfig
from singtrans.model.config import Config
from singtrans.model.model_file import change_config, read_metadata
from singtrans.model.shipped import find_model
from singtrans.notes import Certainty, Note
from singtrans.transcriber import Transcriber
from tests.helpers.models import SAMPLES
from tests.helpers.validation_folder import write_sets

SHIPPED = find_model("default")


def config_of(path):
    return Config.from_json(read_metadata(path)["config"])


def test_tuning_improves_costs_that_find_too_few_notes(tmp_path, monkeypatch, capsys):
    data, strict, tuned = write_sets(tmp_path), tmp_path / "strict.safetensors", tmp_path / "tuned.safetensors"
    before = config_of(SHIPPED)
    change_config(SHIPPED, strict, replace(before, decoder=replace(before.decoder, note_cost=12.0, syllable_peak=0.0)))
    monkeypatch.setattr(tune_decoder, "MOVES", {"note_cost": (-3.0, 3.0), "ornament_cost": (-0.5, 0.5)})
    makers = validation_sets.generators()
    monkeypatch.setattr(validation_sets, "generators", lambda: {"creak": makers["creak"]})
    monkeypatch.setattr(validation_sets, "MELODIES", 1)
    words = [str(data), str(strict), str(tuned), "--cache", str(tmp_path / "cache"), "--processes", "2"]
    monkeypatch.setattr(sys, "argv", ["tune_decoder.py", *words])
    tune_decoder.main()
    first, *_, last = (ast.literal_eval(line.partition(" ")[2]) for line in _figures(capsys.readouterr().out))
    assert set(first) == set(last) == {"ssvd", "pjs", "utau", "words", "ravdess", "synthetic"}
    assert first["words"][0] < 0.85
    assert last["words"][0] > first["words"][0] + 0.03
    after = config_of(tuned)
    assert after.decoder.note_cost < 12.0
    assert after.network == before.network
    assert {k: v for k, v in read_metadata(tuned).items() if k not in {"config", "sha256"}} == {
        k: v for k, v in read_metadata(SHIPPED).items() if k not in {"config", "sha256"}
    }


def _figures(text):
    return [line for line in text.splitlines() if line.startswith(("before", "after"))]


def test_changes_of_costs_are_limited_to_their_ranges():
    config = DecoderConfig(shortest_note=0.05)
    assert tune_decoder.moved(config, "shortest_note", -0.02) is None
    assert tune_decoder.moved(config, "shortest_note", 0.02).shortest_note == pytest.approx(0.07)
    assert tune_decoder.moved(config, "pitch_weight", 1.4).pitch_weight == pytest.approx(0.49)
    assert tune_decoder.moved(config, "decision_floor", 1e6) is None


@pytest.mark.parametrize("wrong", [0.0, 0.2])
def test_transcribing_uses_the_written_calibration(tmp_path, monkeypatch, capsys, wrong):
    data, out = write_sets(tmp_path), tmp_path / "out.safetensors"
    if wrong:  # a fifth of the labels are a semitone off, so the notes found there are wrong
        for path in [*data.glob("*/*.tsv")]:
            if path.stem != "sequences":
                head, *rows = path.read_text().splitlines()
                cells = [row.split("\t") for row in rows]
                changed = [[a, b, str(float(p) + (i % 5 == 0))] for i, (a, b, p) in enumerate(cells)]
                path.write_text("\n".join([head, *map("\t".join, changed)]) + "\n")
    words = [str(data), str(SHIPPED), str(out), "--cache", str(tmp_path / "cache"), "--processes", "1"]
    monkeypatch.setattr(sys, "argv", ["calibrate.py", *words])
    calibrate.main()
    *lines, least = capsys.readouterr().out.splitlines()
    rows = [line.split("|")[1:-1] for line in lines[2:]]
    assert {row[1].strip() for row in rows} == {"ssvd valid", "pjs valid", "words", "together", "ssvd test"}
    assert config_of(out).confidence.calibrated
    assert least == f"least clarity of solo recordings: {config_of(out).confidence.least_clarity}"
    assert 0.8 < config_of(out).confidence.least_clarity < 1.0
    notes = Transcriber(out, "cpu")(SAMPLES / "ode_to_joy.ogg").notes
    assert all(note.certainty and note.confidence == note.certainty.right for note in notes)
    assert np.mean([note.certainty.onset for note in notes]) > 0.9
    assert np.mean([note.confidence for note in notes]) == pytest.approx(1.0 - wrong, abs=0.1)


def test_the_fit_recovers_the_true_probabilities():
    rng = np.random.default_rng(0)
    features = rng.normal(2.0, 3.0, (20_000, 3))
    true = np.array([-0.5, 0.4, 0.0, -0.2])
    right = (rng.random(len(features)) < logistic(features, true)).astype(float)
    found = calibrate.fit(features, right, np.ones(len(right)), 1.0)
    assert found == pytest.approx(true, abs=0.06)
    p = logistic(features, found)
    assert calibrate.calibration_error(p, right) < 0.02
    constant = np.full(len(right), 0.5)
    assert calibrate.calibration_error(constant, right) == pytest.approx(abs(right.mean() - 0.5))


def test_the_share_of_wrong_notes_among_the_least_certain():
    right = np.array([1.0] * 18 + [0.0] * 2)
    probability = np.append(np.linspace(0.5, 0.9, 18), [0.1, 0.8])
    assert calibrate.least_sure(probability, right) == 0.5
    assert calibrate.area(probability, right) == pytest.approx((1.0 + (probability[:18] > 0.8).mean()) / 2)
    assert np.isnan(calibrate.area(probability[:5], right[:5]))


def test_each_property_of_a_note_is_compared_with_the_labels():
    true = [Note(0.0, 0.5, 60.0), Note(1.0, 1.5, 62.0), Note(2.0, 2.5, 64.0)]
    found = [Note(0.02, 0.5, 60.7), Note(1.03, 1.5, 62.2), Note(2.01, 3.0, 76.0), Note(3.0, 3.2, 60.0)]
    right = calibrate.judged(true, found)
    nan = float("nan")
    assert right["onset"].tolist() == [1, 1, 1, 0]
    assert right["right"].tolist() == [0, 1, 0, 0]
    for name, values in (("pitch", [0, 1, 0, nan]), ("octave", [1, 1, 0, nan]), ("offset", [1, 1, 0, nan])):
        assert np.array_equal(right[name], values, equal_nan=True)
    assert set(right) == set(Certainty.NAMES)
    assert calibrate.judged([], found)["onset"].tolist() == [0, 0, 0, 0]


def test_the_fit_has_one_weight_per_named_feature():
    features = calibrate.Measured("", np.zeros((2, len(CONFIDENCE_FEATURES))), 1.0, {}).features
    assert len(calibrate.fit(features, np.array([0.0, 1.0]), np.ones(2), 1.0)) == 1 + len(CONFIDENCE_FEATURES)
