"""The notes do not depend on level, slices, blocks, threads or channels, and depend little on leading silence.

Measurements are in docs/reliability.md.
"""

from functools import cache

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans import audio
from singtrans.model.chunking import Chunking
from singtrans.transcriber import Transcriber
from tests.helpers.models import SAMPLES

RATE = 16_000
NAMES = ("amazing_grace.wav", "frere_jacques.flac", "ode_to_joy.ogg", "twinkle_phone.mp3")


@cache
def transcriber(threads: int = 1) -> Transcriber:
    return Transcriber(transcriber().model if threads > 1 else "default", "cpu", threads)


@cache
def sound(name: str) -> np.ndarray:
    return audio.load(SAMPLES / name)[: 6 * RATE]


@cache
def plain(name: str):
    return transcriber().transcribe(sound(name))


def assert_same_notes(found, wanted, later: float = 0.0, seconds: float = 0.001, semitones: float = 0.01) -> None:
    assert len(found.notes) == len(wanted.notes)
    for note, true in zip(found.notes, wanted.notes, strict=True):
        assert note.onset == pytest.approx(true.onset + later, abs=seconds)
        assert note.offset == pytest.approx(true.offset + later, abs=seconds)
        assert note.pitch == pytest.approx(true.pitch, abs=semitones)


@settings(max_examples=8, deadline=None)
@given(decibels=st.floats(-40, 6), name=st.sampled_from(NAMES))
def test_gain_has_no_effect(decibels, name):
    assert_same_notes(transcriber().transcribe(sound(name) * np.float32(10 ** (decibels / 20))), plain(name))


@settings(max_examples=6, deadline=None)
@given(seconds=st.floats(0.3, 30), threads=st.sampled_from([1, 2, 5]), name=st.sampled_from(NAMES))
def test_slices_and_threads_have_no_effect(seconds, threads, name):
    chunking = Chunking(slice_seconds=seconds, short_seconds=0.0)
    cut = Transcriber(transcriber().model, "cpu", threads, chunking=chunking)
    assert_same_notes(cut.transcribe(sound(name)), plain(name))


@settings(max_examples=6, deadline=None)
@given(block=st.floats(0.05, 20), name=st.sampled_from(NAMES))
def test_block_length_has_no_effect(block, name):
    samples, size = sound(name), round(block * RATE)

    class Blocks(audio.Reading):
        def __iter__(self):
            yield from (samples[i : i + size] for i in range(0, len(samples), size))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audio, "Reading", Blocks)
        assert_same_notes(transcriber()(SAMPLES / name), plain(name))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["left", "right", "both", "against each other"])
def test_the_channel_has_no_effect(tmp_path, name, kind):
    mono, silence = sound(name), np.zeros_like(sound(name))
    pair = {
        "left": (mono, silence),
        "right": (silence, mono),
        "both": (mono, mono),
        "against each other": (mono, -mono),
    }
    soundfile.write(tmp_path / "a.wav", np.stack(pair[kind], 1), RATE, subtype="FLOAT")
    assert_same_notes(transcriber()(tmp_path / "a.wav"), plain(name))


@pytest.mark.parametrize("name", NAMES)
def test_a_second_of_leading_silence_has_little_effect(name):
    """The state of the LSTM differs, so boundaries may move by up to 12 ms, but only a few by more than 1.5 ms."""
    whole = audio.load(SAMPLES / name)
    later = transcriber().transcribe(np.concatenate([np.zeros(RATE, np.float32), whole]))
    plainly = transcriber().transcribe(whole)
    assert_same_notes(later, plainly, later=1.0, seconds=0.012, semitones=0.03)
    moved = [
        max(abs(note.onset - 1.0 - true.onset), abs(note.offset - 1.0 - true.offset))
        for note, true in zip(later.notes, plainly.notes, strict=True)
    ]
    assert sum(seconds > 0.0015 for seconds in moved) <= 4
