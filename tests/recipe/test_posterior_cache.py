"""The folder in which posteriors are cached."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from recipe.posterior_cache import PosteriorCache, network_digest
from recipe.validation_sets import Recording
from singtrans.model.network import Model
from singtrans.model.weights import load_model, save_model
from tests.helpers.models import SAMPLES, small_config


@pytest.fixture
def model(tmp_path):
    save_model(Model(small_config()), tmp_path / "small.safetensors")
    return tmp_path / "small.safetensors"


@pytest.fixture
def recording(tmp_path):
    shutil.copy(SAMPLES / "ode_to_joy.ogg", tmp_path / "song.ogg")
    return Recording("songs", "valid", "song", tmp_path / "song.ogg")


def test_cached_posteriors_are_not_computed_again(model, recording, tmp_path, monkeypatch):
    cache = PosteriorCache(tmp_path / "cache", model)
    first = cache(recording)
    assert len(first.posteriors) > 100
    monkeypatch.setattr(PosteriorCache, "_compute", None)
    second = PosteriorCache(tmp_path / "cache", model)(recording)
    assert second.duration == first.duration
    assert second.posteriors.hop == first.posteriors.hop
    for name in ("onset", "offset", "activity", "voicing", "pitch", "syllable", "ornament", "release"):
        kept, computed = getattr(second.posteriors, name), getattr(first.posteriors, name)
        assert kept.dtype == computed.dtype
        assert np.array_equal(kept, computed)


def test_a_changed_recording_is_computed_again(model, recording, tmp_path):
    cache = PosteriorCache(tmp_path / "cache", model)
    first = cache(recording)
    shutil.copy(SAMPLES / "frere_jacques.flac", recording.audio)
    assert cache(recording).duration != first.duration


def test_several_processes_give_the_same_cache(model, recording, tmp_path):
    other = replace(recording, id="other", audio=SAMPLES / "frere_jacques.flac")
    one, two = PosteriorCache(tmp_path / "one", model), PosteriorCache(tmp_path / "two", model)
    one.fill([recording, other], 1)
    two.fill([recording, other], 2)
    for each in (recording, other):
        assert np.array_equal(one(each).posteriors.onset, two(each).posteriors.onset)


def test_models_that_differ_only_in_the_decoder_share_the_cache(model, tmp_path):
    tuned = load_model(model)
    tuned.config = replace(tuned.config, decoder=replace(tuned.config.decoder, note_cost=2.0))
    save_model(tuned, tmp_path / "tuned.safetensors")
    assert network_digest(tmp_path / "tuned.safetensors") == network_digest(model)
    save_model(Model(small_config()), tmp_path / "other.safetensors")
    assert network_digest(tmp_path / "other.safetensors") != network_digest(model)
