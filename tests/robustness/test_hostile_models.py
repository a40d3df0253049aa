"""Weight files and training states from strangers: damaged at random, made to deceive, or able to run code."""

import json
import os
import pickle
import resource
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from singtrans.errors import SingtransError, UsageError
from singtrans.model.config import Config
from singtrans.model.shipped import find_model, shipped_models
from singtrans.model.weights import FORMAT, _checksum, load_model, save_model
from singtrans.training.config import TrainConfig
from singtrans.training.state import FILE, begin, restore, save_state
from tests.helpers.models import small_config

LONG = bool(os.environ.get("SINGTRANS_LONG"))


def refused(path: Path, says: str = ".") -> None:
    with pytest.raises(SingtransError, match=says) as error:
        load_model(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value) and len(str(error.value)) < 400 + len(str(path))


def corrupted(good: bytes, rng: np.random.Generator) -> bytes:
    """A copy with one kind of damage; half of it in the header, where it can do most."""
    header = 8 + int.from_bytes(good[:8], "little")
    end = header if rng.random() < 0.5 else len(good)
    at, length = int(rng.integers(end)), int(rng.integers(1, 200))
    kind, bad = rng.integers(7), bytearray(good)
    if kind == 0:
        bad[at] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        bad[at : at + length] = rng.bytes(length)
    elif kind == 2:
        del bad[at:]
    elif kind == 3:
        del bad[at : at + length]
    elif kind == 4:
        bad[at:at] = rng.bytes(length)
    elif kind == 5:
        other = int(rng.integers(end))
        bad[at : at + length], bad[other : other + length] = bad[other : other + length], bad[at : at + length]
    else:
        bad[:8] = int(rng.integers(2**62) >> int(rng.integers(62))).to_bytes(8, "little")
    return bytes(bad)


def test_random_damage_is_one_line_or_has_no_effect(small_model_file, tmp_path):
    good, wanted = small_model_file.read_bytes(), load_model(small_model_file).network.state_dict()
    rng, path = np.random.default_rng(0), tmp_path / "damaged.safetensors"
    loaded = 0
    for _ in range(10_000 if LONG else 300):
        path.write_bytes(corrupted(good, rng))
        try:
            found = load_model(path).network.state_dict()
        except SingtransError as error:
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
        else:
            loaded += 1
            assert all(torch.equal(value, wanted[name]) for name, value in found.items())
    assert loaded < (1000 if LONG else 60)


@pytest.mark.parametrize("ending", [".pt", ".pth", ".ckpt", ".PKL", ".bin", ".npz"])
def test_a_pickle_is_refused_by_its_name_and_never_opened(tmp_path, ending):
    class Deadly:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path}/owned",))

    path = tmp_path / f"model{ending}"
    path.write_bytes(pickle.dumps({"weights": Deadly()}))
    refused(path, r"are pickles, which can run code, and are never opened; use a \.safetensors file")
    assert not (tmp_path / "owned").exists()


class _Code:
    """Runs a shell command when it is unpickled."""

    def __init__(self, command: str) -> None:
        self._command = command

    def __reduce__(self):
        return (os.system, (self._command,))


@pytest.mark.parametrize("save", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
def test_a_training_state_cannot_run_code(tmp_path, save):
    state = begin(small_config(), TrainConfig())
    save({"description": "settings", "model": _Code(f"touch {tmp_path}/owned")}, tmp_path / FILE)
    with pytest.raises(SingtransError, match="damaged"):
        restore(state, tmp_path, "settings")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"model": {"heads.bias": torch.zeros(5)}},
        {"average": {}},
        {"optimiser": {"state": {}, "param_groups": []}},
        {"step": None},
        {"figures": "high"},
    ],
)
def test_a_training_state_with_unfit_content_is_refused(tmp_path, content):
    """The description agrees; what it describes is missing or of another kind."""
    state = begin(small_config(), TrainConfig())
    save_state(state, tmp_path, "settings")
    saved = torch.load(tmp_path / FILE, weights_only=True)
    torch.save(saved | content if content else {"description": "settings"}, tmp_path / FILE)
    with pytest.raises(SingtransError, match="damaged") as error:
        restore(state, tmp_path, "settings")
    assert "\n" not in str(error.value)


def test_a_pickle_named_safetensors_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    torch.save({"a": torch.zeros(3)}, path)
    refused(path, "not a readable safetensors file")


def made(path: Path, model, change=None, weights=None, sign: bool = True) -> Path:
    """A weight file of which the configuration or the weights are changed, with a checksum that fits."""
    values = json.loads(model.config.to_json())
    config = (change(values) or json.dumps(values)) if change else model.config.to_json()
    tensors = {k: v.clone() for k, v in model.network.state_dict().items()}
    tensors |= weights or {}
    metadata = {"format": FORMAT, "config": config, "sha256": _checksum(tensors, config) if sign else "0" * 64}
    save_file(tensors, path, metadata)
    return path


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("network", "hidden", 999_999),
        ("network", "layers", 999_999),
        ("network", "embedding", 999_999),
        ("network", "pitch_bins", 999_999),
        ("network", "motion_lags", 999_999),
        ("network", "motion_spans", [1] * 100_000),
        ("network", "motion_spans", [999_999]),
        ("network", "harmonics", [-1.0]),
        ("network", "harmonics", [1e300]),
        ("network", "harmonics", [0.0]),
        ("network", "channels", [1, 2]),
        ("network", "channels", [1, 2, 3, 4]),
        ("network", "dropout", 7.0),
        ("features", "longest_window", 999_999),
        ("features", "spectrum_bins", 999_999),
        ("features", "bands", 999_999),
        ("features", "sample_rate", 1),
        ("features", "hop", 1),
        ("features", "hop", 2**80),
        ("features", "lowest_midi", 1e308),
        ("features", "lowest_midi", "33"),
        ("features", "knee_hz", 0),
        ("features", "compression", -5),
        ("decoder", "pitch_weight", 1e308),
        ("decoder", "pitch_weight", True),
        ("decoder", "shortest_note", -1),
        ("decoder", "edge", 0.5),
    ],
)
def test_a_hostile_configuration_takes_no_memory(small_model, tmp_path, section, key, value):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = made(tmp_path / "m.safetensors", small_model, lambda values: values[section].update({key: value}))
    refused(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 10_000, "null", "[]", '"x"', "{}", "", "{", '{"features": 1}'])
def test_invalid_configurations_are_refused(small_model, tmp_path, text):
    refused(made(tmp_path / "m.safetensors", small_model, lambda _: text or " "), "configuration")


def test_weights_of_wrong_type_shape_or_value_are_refused(small_model, tmp_path):
    path = tmp_path / "m.safetensors"
    name = "heads.bias"
    refused(made(path, small_model, weights={name: torch.zeros(4, dtype=torch.float16)}), "float16")
    refused(made(path, small_model, weights={name: torch.zeros(4, dtype=torch.float64)}), "float64")
    refused(made(path, small_model, weights={name: torch.zeros(5)}), r"float32 \(5,\) instead of float32 \(4,\)")
    refused(made(path, small_model, weights={name: torch.full((4,), float("nan"))}), "no finite number")
    refused(made(path, small_model, weights={"__class__": torch.zeros(1)}), "__class__ is too much")
    refused(made(path, small_model, sign=False), "checksum")
    assert load_model(made(path, small_model)).config == small_model.config


def test_an_unknown_version_is_refused(small_model, tmp_path):
    path = tmp_path / "m.safetensors"
    tensors = dict(small_model.network.state_dict())
    save_file(tensors, path, {"format": "singtrans-2", "config": small_model.config.to_json(), "sha256": "0"})
    refused(path, "not a model of this version")


def test_metadata_are_only_shown(small_model, tmp_path):
    """What a model file says of itself is text, whatever is in it."""
    path = tmp_path / "m.safetensors"
    save_model(small_model, path, {"note": "$(touch owned)\n\x1b[2J", "../../x": "{0.__class__}"})
    assert load_model(path).name == "m"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.safetensors"]


@pytest.mark.parametrize("name", ["../models/solo", "/etc/passwd\0", "solo\n", "", ".", "no such", "a" * 5000])
def test_model_names_cannot_be_paths(name):
    with pytest.raises(UsageError):
        find_model(name)


def test_shipped_models_carry_their_checksum():
    for path in shipped_models().values():
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata()
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
        assert metadata["sha256"] == _checksum(weights, metadata["config"])
        Config.from_json(metadata["config"])
