"""Label conventions, labels of syllables and ornaments, and several models that share batches."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from singtrans.dataset.manifest import Entry
from singtrans.errors import InputError
from singtrans.model.config import FeatureConfig
from singtrans.model.network import HEADS, Model, fold
from singtrans.model.weights import load_model, save_model
from singtrans.training.augment import AugmentConfig
from singtrans.training.batches import BatchConfig, Excerpts, conventions_of
from singtrans.training.config import TrainConfig, learning_rate
from singtrans.training.loop import Data, train
from singtrans.training.recordings import Recording, read_times
from singtrans.training.state import begin
from singtrans.training.targets import ORNAMENT, RELEASE, SYLLABLE, make_targets, score_ends
from tests.helpers.models import ROOT, small_config

RATE = 16_000


def tone(name: str, convention: str = "", **labels) -> Recording:
    """Make a recording of a tone of 3 s, which is labelled as two notes."""
    samples = np.round(8000 * np.sin(2 * np.pi * 220 * np.arange(3 * RATE) / RATE)).astype(np.int16)
    notes = np.array([[0.5, 1.0, 57.0], [1.5, 2.5, 57.0]])
    frames = np.full(151, 57.0, np.float32)
    return Recording(name, samples, notes, frames, np.ones(151), None, RATE, convention=convention, **labels)


def inputs(model: Model, batch: int = 3, frames: int = 20) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(batch, 2 * model.front_end.margin + (frames - 1) * model.config.features.hop)


def corrected(conventions: int = 2) -> Model:
    """Make a small model with a different correction for each convention."""
    torch.manual_seed(0)
    model = Model(small_config(), conventions=conventions).eval()
    torch.nn.init.normal_(model.network.corrections.weight)
    torch.nn.init.normal_(model.network.corrections.bias)
    return model


def test_corrections_are_0_at_first_and_apply_only_to_their_convention():
    plain = Model(small_config(), conventions=2).eval()
    heard = plain.front_end(inputs(plain))
    which = torch.tensor([0, 1, -1])
    assert torch.equal(plain.network(*heard, convention=which).heads, plain.network(*heard).heads)
    model = corrected()
    with_corrections, without = model.network(*heard, convention=which).heads, model.network(*heard).heads
    differs = (with_corrections != without).flatten(1).any(dim=1)
    assert differs.tolist() == [True, True, False]


@pytest.mark.parametrize("convention", [None, 0, 1])
def test_a_folded_model_gives_the_outputs_of_its_convention(convention):
    model = corrected()
    folded, heard = fold(model, convention), model.front_end(inputs(model))
    assert folded.network.corrections is None
    which = torch.full((3,), -1 if convention is None else convention)
    wanted = model.network(*heard, convention=which)
    said = folded.network(*heard)
    assert torch.allclose(said.heads, wanted.heads, atol=1e-5)
    assert torch.equal(said.pitch, wanted.pitch)


def test_saving_a_model_with_corrections_is_refused(tmp_path):
    with pytest.raises(ValueError, match="fold"):
        save_model(corrected(), tmp_path / "a.safetensors")
    save_model(fold(corrected(), 1), tmp_path / "b.safetensors")
    assert load_model(tmp_path / "b.safetensors").network.corrections is None


def test_new_heads_predict_low_probabilities_at_first():
    torch.manual_seed(0)
    old = Model(small_config(), heads=4).eval()
    state = begin(small_config(), TrainConfig(), old, ["a", "b"])
    heard = old.front_end(inputs(old))
    said, before = state.model.eval().network(*heard).heads, old.network(*heard).heads
    assert torch.allclose(said[..., :4], before, atol=1e-6)
    assert (said[..., 4:] == -3.0).all()
    assert state.model.network.corrections.weight.shape[0] == 2


def test_excerpts_have_the_number_of_their_convention_or_minus_one():
    recordings = [tone("a", "one"), tone("b", "two"), replace(tone("c", "three"), notes=None)]
    assert conventions_of(recordings) == ["one", "two"]
    assert conventions_of(recordings[:1]) == []
    for unnamed, wanted in ((0.0, {-1, 0, 1}), (1.0, {-1})):
        config = BatchConfig(size=40, seconds=1.0, unnamed=unnamed)
        excerpts = Excerpts(recordings, FeatureConfig(), config, AugmentConfig(codec_probability=0.0), 0)
        assert set(excerpts[0].convention.tolist()) == wanted


def test_syllables_and_ornaments_have_targets_where_they_are_labelled():
    time = np.arange(150) * 0.02
    notes = np.array([[0.5, 1.0, 57.0], [1.5, 2.5, 57.0]])
    f0 = np.full(150, 57.0)
    targets = make_targets(notes, f0, f0, time, 0.05, syllables=np.array([0.5, 2.0]), ornaments=np.zeros(0))
    assert np.flatnonzero(targets.heads[:, SYLLABLE] == 1.0).tolist() == [25, 100]
    assert targets.head_known[:, [SYLLABLE, ORNAMENT]].all() and not targets.heads[:, ORNAMENT].any()
    unknown = make_targets(notes, f0, f0, time, 0.05)
    assert not unknown.head_known[:, [SYLLABLE, ORNAMENT]].any()
    assert unknown.head_known[:, RELEASE].all()


def test_labels_agree_with_the_sound_at_any_speed():
    recording = tone("a", syllables=np.array([0.5, 1.5]), ornaments=np.array([2.0]))
    faster = replace(AugmentConfig(codec_probability=0.0, silence_probability=0.0), speed=5.0, speed_probability=1.0)
    batch = Excerpts([recording], FeatureConfig(), BatchConfig(size=8, seconds=3.0), faster, 2)[0]
    onset, syllable = batch.heads[..., HEADS.index("onset")], batch.heads[..., SYLLABLE]
    assert onset.max() > 0.5 and torch.allclose(onset, syllable)
    assert (batch.heads[..., ORNAMENT].amax(dim=1) > 0.5).sum() >= 6


def test_a_score_extends_a_note_over_a_short_gap():
    notes = np.array([[0.0, 0.9, 60], [1.0, 1.5, 60], [1.81, 2.0, 60], [2.0, 3.0, 62]])
    assert score_ends(notes) == pytest.approx([1.0, 1.5, 2.0, 3.0])
    assert score_ends(np.zeros((0, 3))).shape == (0,)


@pytest.mark.parametrize("text", ["0.5\nx\n", "0.5\n-1\n", "nan\n"])
def test_lines_that_are_not_times_are_refused(tmp_path, text):
    path = tmp_path / "a.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=rf"a\.txt:{len(text.split())}: .* is not a time"):
        read_times(path)
    path.write_text("2.0\n\n0.5\n")
    assert read_times(path).tolist() == [0.5, 2.0]


def test_models_that_share_batches_equal_separately_trained_ones(tmp_path):
    torch.set_num_threads(1)
    recordings = [tone("a", "one"), tone("b", "two")]
    data = Data([Entry(r.id, Path(f"{r.id}.wav")) for r in recordings], recordings)
    config = TrainConfig(steps=3, warmup=1, seed=5, bf16=False, batch=BatchConfig(size=2, seconds=1.0))
    both = train(data, tmp_path / "both", (small_config(), config), seeds=(5, 6))
    alone = train(data, tmp_path / "alone", (small_config(), config))
    first, second = (load_model(tmp_path / "both" / f"seed-{seed}" / "last.safetensors") for seed in (5, 6))
    single = load_model(alone.with_name("last.safetensors")).network.state_dict()
    assert both.parent.name == "seed-5"
    assert all(torch.equal(weight, single[name]) for name, weight in first.network.state_dict().items())
    assert any(not torch.equal(weight, single[name]) for name, weight in second.network.state_dict().items())


def test_the_learning_rate_falls_with_steps_or_elapsed_time():
    config = TrainConfig(steps=1000, warmup=100, rate=1.0)
    assert learning_rate(550, config) == pytest.approx(learning_rate(100, config, 0.5))
    assert learning_rate(550, config, 0.2) == learning_rate(550, config)
    assert learning_rate(999, config) < 0.03


def test_the_shipped_model_has_all_heads_and_filters():
    model = load_model(ROOT / "models" / "solo.safetensors")
    assert model.network.heads.out_features == len(HEADS)
    fresh = Model(model.config)
    for name, filters in fresh.front_end.state_dict().items():
        assert torch.allclose(filters, model.front_end.state_dict()[name], atol=1e-6), name
