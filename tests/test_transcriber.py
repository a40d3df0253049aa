"""Chunks, seams, levels and lengths, with a network of random weights: its output must not depend on them."""

import numpy as np
import pytest
import torch

import singtrans
from singtrans import transcriber as module
from singtrans.errors import UsageError
from singtrans.transcriber import Transcriber, choose_device

RATE = 16_000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE)).astype(np.float32) * 0.1


def test_chunks_join_without_a_seam(small_model, monkeypatch):
    samples = noise(23.0)
    whole = Transcriber(small_model, "cpu").posteriors(samples)
    monkeypatch.setattr(module, "_CORE_SECONDS", 3.0)
    parts = Transcriber(small_model, "cpu").posteriors(samples)
    # An LSTM's cells may remember longer than a chunk's context: the seams are inaudible, not absent.
    for name in ("onset", "offset", "activity", "voicing"):
        assert np.allclose(getattr(whole, name), getattr(parts, name), atol=0.005), name
    assert np.allclose(whole.pitch, parts.pitch, atol=1e-3)


@pytest.mark.parametrize("n", [1, 100, 319, 320, 16_000])
def test_any_length(small_model, n):
    transcription = Transcriber(small_model, "cpu").transcribe(noise(n / RATE), "x.wav")
    assert transcription.duration == n / RATE
    assert len(transcription.pitch) == n // 320 + 1
    assert all(0 <= note.onset < note.offset <= n / RATE for note in transcription.notes)


def test_silence_has_no_notes(small_model):
    transcription = Transcriber(small_model, "cpu").transcribe(np.zeros(RATE, np.float32))
    assert transcription.notes == ()
    assert np.isnan(transcription.pitch.midi).all()


@pytest.mark.parametrize("gain", [0.01, 2.0])
def test_gain_changes_nothing(small_model, gain):
    transcriber = Transcriber(small_model, "cpu")
    a, b = transcriber.posteriors(noise(2.0)), transcriber.posteriors(noise(2.0) * np.float32(gain))
    assert np.allclose(a.onset, b.onset, atol=1e-4)


def test_more_silence_in_front_shifts_everything(small_model):
    transcriber = Transcriber(small_model, "cpu")
    plain = transcriber.posteriors(np.concatenate([np.zeros(RATE, np.float32), noise(2.0)]))
    later = transcriber.posteriors(np.concatenate([np.zeros(2 * RATE, np.float32), noise(2.0)]))
    assert np.allclose(plain.onset[60:], later.onset[110:], atol=0.01)


def test_devices():
    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(UsageError, match="unknown"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="cannot use"):
            choose_device("cuda")


def test_the_function_is_not_hidden_by_its_module():
    assert callable(singtrans.transcribe)
    assert singtrans.Transcriber is Transcriber
    with pytest.raises(AttributeError):
        _ = singtrans.nothing
