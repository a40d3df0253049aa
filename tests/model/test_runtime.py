"""Comparison of the engines of onnxruntime and torch for many configurations, samples and slices."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans import audio
from singtrans.model.config import Config, FeatureConfig
from singtrans.model.filters import spectrum_kernels
from singtrans.model.heads import HEADS
from singtrans.model.model_file import OLD_HEADS, StoredModel, read_model
from singtrans.model.runtime.engine import OnnxEngine, pitch_motion
from singtrans.model.runtime.onnx_file import Graph
from singtrans.model.runtime.spectrum import bands, margin
from singtrans.model.shapes import network_shapes
from singtrans.model.shipped import find_model
from singtrans.transcriber import Transcriber
from tests.helpers.models import SAMPLES, small_config, small_stored_model

RATE = 16_000


def torch_engine(stored: StoredModel):
    pytest.importorskip("torch")
    from singtrans.model.torch_engine import TorchEngine, choose_device
    from singtrans.model.weights import to_torch

    return TorchEngine(to_torch(stored), choose_device("cpu"))


@st.composite
def configs(draw) -> Config:
    """Draw small configurations, including untypical ones."""
    features = FeatureConfig(
        hop=draw(st.sampled_from([160, 320, 100, 256])),
        lowest_midi=draw(st.sampled_from([33.0, 40.0])),
        bins_per_octave=draw(st.sampled_from([24, 36])),
        spectrum_bins=draw(st.integers(20, 150)),
        longest_window=draw(st.sampled_from([1024, 2048])),
        bands=draw(st.integers(8, 40)),
        band_steps=draw(st.sampled_from([1, 2])),
    )
    network = replace(
        small_config().network,
        pitch_bins=draw(st.integers(10, 60)),
        harmonics=draw(st.sampled_from([(1.0,), (0.5, 1.0, 2.0, 3.0)])),
        motion_lags=draw(st.integers(1, 5)),
        motion_spans=draw(st.sampled_from([(1,), (2, 1), (1, 3)])),
        layers=draw(st.integers(1, 3)),
    )
    return replace(Config(), features=features, network=network)


@settings(max_examples=25, deadline=None)
@given(config=configs(), heads=st.integers(1, 9), frames=st.integers(1, 30), seed=st.integers(0, 99))
def test_the_engines_agree_for_any_configuration(config, heads, frames, seed):
    stored = small_stored_model(config, heads, seed)
    onnx, reference = OnnxEngine(stored), torch_engine(stored)
    assert (onnx.layers, onnx.heads, onnx.reach) == (reference.layers, reference.heads, reference.reach)
    samples = np.random.default_rng(seed).standard_normal(2 * onnx.margin + (frames - 1) * config.features.hop)
    samples = samples.astype(np.float32)
    excess = onnx.margin - reference.margin
    a, b = onnx.embed(samples), reference.embed(samples[excess : len(samples) - excess])
    assert a.features.shape == b.features.shape and a.pitch.dtype == b.pitch.dtype == np.float16
    assert np.allclose(a.features, b.features, atol=2e-3)
    assert np.allclose(a.pitch, b.pitch, atol=1e-3)
    for backward in (False, True):
        one, other = onnx.direction(0, backward=backward), reference.direction(0, backward=backward)
        for features in (b.features, b.features[::-1].copy()):  # the second run starts from the state after the first
            assert np.allclose(one(features), other(features), atol=1e-5)
    context = np.random.default_rng(seed).standard_normal((7, 2 * config.network.hidden)).astype(np.float32)
    assert np.allclose(onnx.probabilities(context), reference.probabilities(context), atol=1e-5)


def test_shapes_are_equal_to_those_of_torch():
    pytest.importorskip("torch")
    from singtrans.model.network import Network

    for config, heads in ((Config(), len(HEADS)), (Config(), OLD_HEADS), (small_config(), 3)):
        wanted = {name: tuple(tensor.shape) for name, tensor in Network(config, heads).state_dict().items()}
        assert network_shapes(config, heads) == wanted


@pytest.mark.parametrize("hop", [320, 160, 100])
def test_decimated_kernels_equal_the_original_kernels(hop):
    """The convolution of a decimated kernel with the low-pass filter gives the original kernel."""
    config = FeatureConfig(hop=hop)
    kernels = spectrum_kernels(config).astype(np.float64)
    found = bands(config)
    assert [band.first for band in found][1:] == [band.last for band in found][:-1]
    assert (found[0].first, found[-1].last) == (0, config.spectrum_bins)
    for band in found:
        own = kernels[:, 2 * band.first : 2 * band.last]
        spread = np.zeros((len(own) + 2 * band.half, own.shape[1]))
        spread[band.half : band.half + len(own) : band.factor] = own[:: band.factor] * band.factor
        rebuilt = np.apply_along_axis(np.convolve, 0, spread, band.taps, "same")
        rebuilt[band.half : band.half + len(own)] -= own
        assert np.abs(rebuilt).sum(axis=0).max() < 2e-5 * np.abs(own).sum(axis=0).max()


def test_frames_do_not_depend_on_their_neighbours(small_stored):
    """The features of a frame are the same if they are computed from only a part of the recording."""
    engine, hop = OnnxEngine(small_stored), small_stored.config.features.hop
    samples = np.random.default_rng(0).standard_normal(2 * engine.margin + 99 * hop).astype(np.float32)
    whole = engine.embed(samples)
    for first, last in ((0, 12), (30, 31 + 2 * engine.reach), (50, 100)):
        part = engine.embed(samples[first * hop : (last - 1) * hop + 2 * engine.margin])
        inside = slice(engine.reach, last - first - engine.reach)
        assert np.allclose(part.features[inside], whole.features[first:last][inside], atol=1e-4)


def test_the_motion_of_a_step_has_its_peak_at_the_lag():
    config = small_config().network
    pitch = np.full((10, 40), 1e-9, np.float32)
    pitch[:5, 20] = 1.0
    pitch[5:, 23] = 1.0
    motion = pitch_motion(pitch, config).reshape(10, len(config.motion_spans), -1)
    assert motion[2, 0].argmax() == config.motion_lags
    assert motion[4, 0].argmax() == motion[5, 0].argmax() == config.motion_lags + 3
    assert motion.max() == pytest.approx(1.0, abs=1e-3)


def same_notes(a, b) -> None:
    assert len(a.notes) == len(b.notes)
    for one, other in zip(a.notes, b.notes, strict=True):
        assert (one.onset, one.offset) == pytest.approx((other.onset, other.offset), abs=1e-3)
        assert one.pitch == pytest.approx(other.pitch, abs=0.01)


def torch_transcriber(stored: StoredModel) -> Transcriber:
    pytest.importorskip("torch")
    from singtrans.model.weights import to_torch

    return Transcriber(to_torch(stored), "cpu")


@pytest.mark.parametrize("name", ["amazing_grace.wav", "frere_jacques.flac", "ode_to_joy.ogg", "twinkle_phone.mp3"])
def test_the_notes_equal_those_of_torch(name):
    stored = read_model(find_model("default"))
    samples = audio.load(SAMPLES / name)
    same_notes(Transcriber(stored, threads=2).transcribe(samples), torch_transcriber(stored).transcribe(samples))


@settings(max_examples=8, deadline=None)
@given(seconds=st.floats(0.01, 8), decibels=st.floats(-80, 0), seed=st.integers(0, 99))
def test_the_notes_in_noise_equal_those_of_torch(seconds, decibels, seed):
    stored = read_model(find_model("default"))
    noise = np.random.default_rng(seed).standard_normal(max(1, round(seconds * RATE)))
    samples = (noise * 10 ** (decibels / 20)).astype(np.float32)
    same_notes(Transcriber(stored).transcribe(samples), torch_transcriber(stored).transcribe(samples))


def test_margins_are_as_long_as_the_low_pass_filters():
    config = FeatureConfig()
    assert margin(config) == config.longest_window // 2 + max(band.half for band in bands(config))


def test_graphs_have_all_kinds_of_attributes():
    """onnxruntime can read a graph with every kind of attribute, and compute with its constants."""
    import onnxruntime

    graph = Graph("test")
    x = graph.input("x", ["rows", 3])
    weights = np.arange(300, dtype=np.float32).reshape(3, 100)
    y = graph.node("Gemm", x, graph.constant(weights), alpha=0.5, transB=0)
    y = graph.slice(graph.reshape(y, 1, -1, 100), 2, 2, -2)
    graph.output(graph.node("Transpose", y, perm=[0, 2, 1]), "y", [1, 96, "rows"])
    session = onnxruntime.InferenceSession(graph.serialised(), providers=["CPUExecutionProvider"])
    values = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
    (found,) = session.run(None, {"x": values})
    assert np.allclose(found[0].T, 0.5 * (values @ weights)[:, 2:-2], rtol=1e-5)
