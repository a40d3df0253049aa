"""The network's shapes and invariances, and weight files."""

import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from singtrans.errors import SingtransError
from singtrans.model.heads import HEADS
from singtrans.model.network import Model, Network, blended
from singtrans.model.weights import load_model, read_metadata, save_model
from tests.helpers.models import small_config


def test_shapes_of_the_outputs(small_model):
    config = small_model.config
    for frames in (1, 2, 7, 50):
        samples = torch.randn(3, 2 * small_model.front_end.margin + (frames - 1) * config.features.hop)
        logits = small_model(samples)
        assert logits.heads.shape == (3, frames, len(HEADS))
        assert logits.pitch.shape == (3, frames, config.network.pitch_bins)


def test_the_lstm_is_bidirectional_and_stacked():
    network = Network(small_config())
    assert network.lstm.bidirectional
    assert network.lstm.num_layers == 2


@pytest.mark.parametrize(("changed", "observed"), [(0, -1), (-1, 0)], ids=["earlier", "later"])
@pytest.mark.parametrize("layers", [1, 2])
def test_boundaries_depend_on_earlier_and_later_frames(changed, observed, layers):
    """Change the embedding at one end of an excerpt, and compare the heads at the other end."""
    torch.manual_seed(0)
    config = small_config()
    network = Network(replace(config, network=replace(config.network, layers=layers))).eval()
    embedded = torch.randn(1, 8, network.normalise.normalized_shape[0])
    other = embedded.clone()
    other[:, changed] = torch.randn(embedded.shape[-1])
    difference = network.boundaries(embedded) - network.boundaries(other)
    assert difference[0, observed].abs().max() > 1e-6


def test_pitch_is_shift_equivariant(small_model):
    """If the spectrum is shifted by n bins, the pitch logits are shifted by n bins."""
    head = small_model.network.pitch_head
    bins = small_model.config.features.spectrum_bins
    spectrum = torch.zeros(1, 5, bins)
    spectrum[..., 80:140] = torch.rand(60)
    moved = spectrum.roll(7, dims=-1)
    a, b = head(spectrum), head(moved)
    assert torch.allclose(a[..., 20:-30], b[..., 27:-23], atol=1e-5)


def test_weights_are_saved_and_loaded(small_model, tmp_path):
    path = tmp_path / "m.safetensors"
    save_model(small_model, path, {"seed": "3"})
    loaded = load_model(path)
    assert loaded.config == small_model.config
    assert loaded.name == "m"
    assert read_metadata(path)["seed"] == "3"
    samples = torch.randn(1, 10_000)
    assert torch.equal(loaded(samples).heads, small_model(samples).heads)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.safetensors"]


def refused(path: Path, says: str = "") -> None:
    with pytest.raises(SingtransError, match=says) as error:
        load_model(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_other_files_are_refused(small_model, tmp_path):
    from safetensors.torch import save_file

    refused(tmp_path / "missing.safetensors", "no such model")
    text = tmp_path / "text.safetensors"
    text.write_text("hello")
    refused(text, "not a readable safetensors")
    pickled = tmp_path / "pickle.safetensors"
    pickled.write_bytes(pickle.dumps({"a": 1}))
    refused(pickled, "not a readable safetensors")
    foreign = tmp_path / "foreign.safetensors"
    save_file({"a": torch.zeros(2)}, foreign)
    refused(foreign, "not a model of this version")


def test_weights_of_another_size_are_refused(small_model, tmp_path):
    path = tmp_path / "m.safetensors"
    other = Model(replace(small_config(), network=replace(small_config().network, hidden=12)))
    other.config = small_model.config
    save_model(other, path)
    refused(path, "disagree")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_is_detected(small_model_file, data):
    """If a byte is changed, either the file is refused in one line, or the weights are the same."""
    good = small_model_file.read_bytes()
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    damaged = small_model_file.with_name("damaged.safetensors")
    damaged.write_bytes(bad)
    try:
        loaded = load_model(damaged)
    except SingtransError as error:
        assert "\n" not in str(error)
    else:
        wanted = load_model(small_model_file).network.state_dict()
        assert all(torch.equal(v, wanted[k]) for k, v in loaded.network.state_dict().items())


def test_a_blend_is_between_the_initial_and_the_trained_weights():
    first, second = Model(small_config()), Model(small_config())
    made = blended(second, first, 0.25)
    names = dict(made.network.named_parameters())
    for name, weight in second.network.named_parameters():
        expected = 0.75 * first.network.state_dict()[name] + 0.25 * weight
        assert torch.allclose(names[name], expected, atol=1e-6)
    assert blended(second, None, 0.25) is second and blended(second, first, 1.0) is second
    samples = torch.randn(1, 2 * made.front_end.margin + 4 * made.config.features.hop)
    assert torch.isfinite(made(samples).heads).all()
