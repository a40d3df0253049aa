"""Hostile model files, with random damage, invalid values or code."""

import json
import os
import pickle
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import save_file

from singtrans.errors import SingtransError, UsageError
from singtrans.model.config import Config
from singtrans.model.model_file import FORMAT, StoredModel, checksum, read_model, write_model
from singtrans.model.runtime.engine import OnnxEngine
from singtrans.model.shipped import find_model, shipped_models

LONG = bool(os.environ.get("SINGTRANS_LONG"))


def refused(path: Path, says: str = ".") -> None:
    with pytest.raises(SingtransError, match=says) as error:
        read_model(path)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value) and len(str(error.value)) < 400 + len(str(path))


def corrupted(good: bytes, rng: np.random.Generator) -> bytes:
    """Return a copy with random damage; with a probability of at least one half, the damage is in the header."""
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


def test_random_damage_is_reported_or_has_no_effect(small_model_file, tmp_path):
    good, wanted = small_model_file.read_bytes(), read_model(small_model_file)
    rng, path = np.random.default_rng(0), tmp_path / "damaged.safetensors"
    loaded = 0
    for _ in range(10_000 if LONG else 300):
        path.write_bytes(corrupted(good, rng))
        try:
            found = read_model(path)
        except SingtransError as error:
            assert str(error).startswith(f"{path}: ") and "\n" not in str(error)
        else:
            loaded += 1
            assert all(np.array_equal(value, wanted.network[name]) for name, value in found.network.items())
            assert np.array_equal(found.filters.kernels, wanted.filters.kernels)
    assert loaded < (1000 if LONG else 60)


@pytest.mark.parametrize("ending", [".pt", ".pth", ".ckpt", ".PKL", ".bin", ".npz"])
def test_pickles_are_refused_without_opening_them(tmp_path, ending):
    class Deadly:
        def __reduce__(self):
            return (os.system, (f"touch {tmp_path}/owned",))

    path = tmp_path / f"model{ending}"
    path.write_bytes(pickle.dumps({"weights": Deadly()}))
    refused(path, r"are pickles, which can run code, and are never opened; use a \.safetensors file")
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("content", [pickle.dumps({"a": np.zeros(3)}), b"PK\3\4", b"\x08\x08\x12\x04onnx:", b""])
def test_other_files_with_the_ending_safetensors_are_refused(tmp_path, content):
    """The files are a pickle, archives of torch, an ONNX graph, and an empty file."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    refused(path, "not a readable safetensors file")


def made(path: Path, model: StoredModel, change=None, weights=None, sign: bool = True) -> Path:
    """Write a model file with a changed configuration or changed weights, and a matching checksum."""
    values = json.loads(model.config.to_json())
    config = (change(values) or json.dumps(values)) if change else model.config.to_json()
    write_model(model, path)
    with safe_open(path, framework="numpy") as file:
        arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    arrays |= weights or {}
    save_file(
        arrays, path, {"format": FORMAT, "config": config, "sha256": checksum(arrays, config) if sign else "0" * 64}
    )
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
def test_a_hostile_configuration_allocates_no_memory(small_stored, tmp_path, section, key, value):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = made(tmp_path / "m.safetensors", small_stored, lambda values: values[section].update({key: value}))
    refused(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000


@pytest.mark.parametrize("text", ["[" * 100_000, "1" * 10_000, "null", "[]", '"x"', "{}", "", "{", '{"features": 1}'])
def test_invalid_configurations_are_refused(small_stored, tmp_path, text):
    refused(made(tmp_path / "m.safetensors", small_stored, lambda _: text or " "), "configuration")


def test_weights_of_wrong_type_shape_or_value_are_refused(small_stored, tmp_path):
    path = tmp_path / "m.safetensors"
    name, count = "heads.bias", small_stored.heads

    def made_with(array: np.ndarray, name: str = name) -> Path:
        return made(path, small_stored, weights={name: array})

    refused(made_with(np.zeros(count, np.float16)), "float16")
    refused(made_with(np.zeros(count, np.float64)), "float64")
    refused(
        made_with(np.zeros(9, np.float32)),
        rf"float32 \(9,\) instead of float32 \({count},\)",
    )
    refused(made_with(np.full(count, np.nan, np.float32)), "not finite numbers")
    refused(made_with(np.full(small_stored.filters.kernels.shape, np.inf, np.float32), "front_end.kernels"), "finite")
    refused(made_with(np.zeros(1, np.float32), "__class__"), "__class__ is too much")
    refused(made_with(np.zeros(1, np.float32), "graph.onnx"), "graph.onnx is too much")
    refused(made(path, small_stored, sign=False), "checksum")
    assert read_model(made(path, small_stored)).config == small_stored.config


def test_types_that_numpy_lacks_are_refused(tmp_path):
    header = json.dumps({"a": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}).encode()
    path = tmp_path / "m.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0")
    refused(path)


def test_an_unknown_version_is_refused(small_stored, tmp_path):
    path = tmp_path / "m.safetensors"
    metadata = {"format": "singtrans-3", "config": small_stored.config.to_json(), "sha256": "0"}
    save_file(dict(small_stored.network), path, metadata)
    refused(path, "not a model of this version")


def test_metadata_are_treated_as_text(small_stored, tmp_path):
    """Metadata of a model file are never run as commands or used as paths."""
    path = tmp_path / "m.safetensors"
    write_model(small_stored, path, {"note": "$(touch owned)\n\x1b[2J", "../../x": "{0.__class__}"})
    assert read_model(path).name == "m"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m.safetensors"]


@pytest.mark.parametrize("value", [0.0, 1e38, -1e38])
def test_extreme_weights_give_posteriors_without_a_crash(small_stored, value):
    weights = {name: np.full_like(array, value) for name, array in small_stored.network.items()}
    engine = OnnxEngine(replace(small_stored, network=weights))
    samples = np.random.default_rng(0).standard_normal(2 * engine.margin + 3200).astype(np.float32)
    features = engine.embed(samples).features
    context = np.concatenate([engine.direction(0, backward=b)(features) for b in (False, True)], axis=1)
    assert engine.probabilities(context).shape == (small_stored.heads, 11)


@pytest.mark.parametrize("name", ["../models/solo", "/etc/passwd\0", "solo\n", "", ".", "no such", "a" * 5000])
def test_model_names_cannot_be_paths(name):
    with pytest.raises(UsageError):
        find_model(name)


def test_shipped_models_have_the_right_checksum():
    for path in shipped_models().values():
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata()
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
        assert metadata["sha256"] == checksum(arrays, metadata["config"])
        Config.from_json(metadata["config"])
