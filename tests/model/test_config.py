"""Saving and loading of configurations as JSON, and refusal of invalid ones."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from singtrans.errors import SingtransError
from singtrans.model.config import Config


def test_a_configuration_is_saved_and_loaded():
    assert Config.from_json(Config().to_json()) == Config()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda c: c.pop("decoder"), "lacks decoder"),
        (lambda c: c.update(extra={}), "unknown configuration extra"),
        (lambda c: c["network"].pop("hidden"), "lacks hidden"),
        (lambda c: c["network"].update(heads=4), "unknown configuration heads"),
        (lambda c: c["network"].update(hidden="128"), "network.hidden is '128'"),
        (lambda c: c["network"].update(hidden=-1), "network.hidden is -1"),
        (lambda c: c["network"].update(harmonics=[]), "network.harmonics is"),
        (lambda c: c["decoder"].update(note_cost=float("nan")), "note_cost is nan"),
        (lambda c: c["decoder"].update(pitch_tolerance=0.0), "pitch_tolerance.* out of range"),
        (lambda c: c["decoder"].update(edge=0.5), "edge or shortest_note is out of range"),
        (lambda c: c["features"].update(hop=321), "band_steps"),
        (lambda c: c.update(features=[]), "not an object"),
    ],
)
def test_errors_name_the_invalid_value(change, says):
    values = json.loads(Config().to_json())
    change(values)
    with pytest.raises(SingtransError, match=says) as error:
        Config.from_json(json.dumps(values), "m.safetensors")
    assert str(error.value).startswith("m.safetensors: ")


@given(st.text() | st.from_type(dict).map(str))
def test_arbitrary_text_is_refused_in_one_line(text):
    with pytest.raises(SingtransError) as error:
        Config.from_json(text)
    assert "\n" not in str(error.value)


def test_values_that_older_models_lack_have_defaults():
    values = json.loads(Config().to_json())
    del values["confidence"], values["decoder"]["longest_ornament"]
    assert Config.from_json(json.dumps(values)) == Config()


def test_a_calibration_has_a_number_for_each_measurement():
    values = json.loads(Config().to_json())
    values["confidence"]["pitch"] = [1.0, 2.0]
    with pytest.raises(SingtransError, match="the confidence needs 19 numbers"):
        Config.from_json(json.dumps(values))
