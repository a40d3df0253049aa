"""The engine demucs, with a stub of ``demucs.api.Separator``."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from singtrans.errors import UsageError
from singtrans.extras import install_command
from singtrans.separation import demucs
from singtrans.separation.demucs import DemucsSeparator


class Stub:
    """Stub that halves the sound, and stores the lengths of its inputs."""

    samplerate = 8000
    model = SimpleNamespace(sources=["drums", "vocals"])

    def __init__(self):
        self.lengths = []

    def separate_tensor(self, wav, sr=None):
        assert wav.dtype == torch.float32
        assert wav.shape[0] == 2
        self.lengths.append(wav.shape[1])
        return wav, {"drums": 0 * wav, "vocals": 0.5 * wav}


def joined(separator, samples, cut):
    return np.concatenate(list(separator(samples[i : i + cut] for i in range(0, len(samples), cut))))


@pytest.mark.parametrize("seconds", [0.01, 1.0, 26.0, 61.7])
def test_the_voice_is_aligned_for_any_block_size(seconds):
    samples = np.random.default_rng(0).standard_normal((round(8000 * seconds), 2)).astype(np.float32)
    stub = Stub()
    voice = joined(DemucsSeparator(separator=stub), samples, 8000)
    np.testing.assert_array_equal(voice, 0.5 * samples)
    assert set(stub.lengths) == {8000 * 30}  # memory does not depend on the length of the recording
    np.testing.assert_array_equal(voice, joined(DemucsSeparator(separator=Stub()), samples, 12_345))


def test_silence_is_not_passed_to_demucs():
    stub = Stub()
    assert not joined(DemucsSeparator(separator=stub), np.zeros((8000, 2), np.float32), 8000).any()
    assert not stub.lengths


def test_a_model_without_vocals_is_refused():
    stub = Stub()
    stub.model = SimpleNamespace(sources=["drums"])
    with pytest.raises(UsageError, match="does not separate the voice"):
        DemucsSeparator("drums_only", stub)


def test_the_error_for_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "demucs", None)
    with pytest.raises(UsageError, match=re.escape(install_command("demucs"))):
        DemucsSeparator()


def test_an_untrained_model_of_the_package_runs():
    pytest.importorskip("demucs.api")
    separator = DemucsSeparator("demucs_unittest")
    samples = (0.1 * np.random.default_rng(0).standard_normal((2000, 2))).astype(np.float32)
    assert joined(separator, samples, 700).shape == samples.shape
    assert demucs.MODEL == "htdemucs"
