"""The transcriber's output does not depend on slices, blocks, threads or level. Most tests use random weights."""

import subprocess
import sys
import threading
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import soundfile

import singtrans
from singtrans import audio
from singtrans.decoding.posteriors import Posteriors, join
from singtrans.errors import UsageError
from singtrans.model.chunking import Chunking
from singtrans.model.heads import HEADS
from singtrans.model.level import level
from singtrans.model.model_file import StoredModel
from singtrans.model.runtime.engine import OnnxEngine
from singtrans.model.streaming import StreamingModel
from singtrans.notes import Transcription
from singtrans.transcriber import Transcriber
from tests.helpers.models import SAMPLES, small_config, small_stored_model

RATE = 16_000


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(round(seconds * RATE)).astype(np.float32) * 0.1


def whole(stored: StoredModel, samples: np.ndarray) -> Posteriors:
    """Compute posteriors with torch, in one pass over half a second of silence and the whole recording."""
    torch = pytest.importorskip("torch")
    from singtrans.model.weights import to_torch

    model = to_torch(stored)
    margin, lead = model.front_end.margin, 25
    samples = np.pad(samples / level(samples, RATE), (lead * 320, 0))
    frames = model.front_end.frames(len(samples))
    padded = np.pad(samples, (margin, (frames - 1) * 320 + margin - len(samples)))
    with torch.inference_mode():
        logits = model(torch.from_numpy(padded.astype(np.float32))[None])
    heads, pitch = (of[0, lead:].numpy() for of in (logits.heads.sigmoid(), logits.pitch.softmax(-1)))
    features = model.config.features
    grid = features.hop_seconds, features.lowest_midi, features.bins_per_semitone
    return Posteriors(*heads.T[:4], pitch, *grid, *heads.T[4:])


def runtime(stored: StoredModel, name: str):
    """Return the model in the form that the given runtime needs."""
    if name == "onnxruntime":
        return stored
    pytest.importorskip("torch")
    from singtrans.model.weights import to_torch

    return to_torch(stored)


def close(a: Posteriors, b: Posteriors, atol: float) -> None:
    for name in (*HEADS, "pitch"):
        assert np.allclose(getattr(a, name), getattr(b, name), atol=atol), name


@cache
def reference(layers: int) -> tuple[StoredModel, np.ndarray, Posteriors]:
    """Return a model with the given number of layers, a recording, and its posteriors, computed in one pass."""
    config = small_config()
    stored = small_stored_model(replace(config, network=replace(config.network, layers=layers)))
    samples = noise(6.4)
    return stored, samples, whole(stored, samples)


@pytest.mark.parametrize("name", ["onnxruntime", "torch"])
@pytest.mark.parametrize("layers", [1, 2, 3, 4])
@pytest.mark.parametrize("in_memory", [0, 100_000, 10_000_000])
def test_slices_give_the_same_posteriors_as_one_pass(name, layers, in_memory):
    stored, samples, expected = reference(layers)
    for seconds in (1000.0, 3.0, 0.5):
        chunking = Chunking(slice_seconds=seconds, memory_bytes=in_memory)
        transcriber = Transcriber(runtime(stored, name), "cpu", chunking=chunking)
        close(transcriber.posteriors(samples), expected, 2e-4)


@pytest.mark.parametrize("cut", [1, 160, 319, 3200, 4801, 16_000, 31_999])
def test_the_block_size_has_no_effect(small_stored, cut):
    model = StreamingModel(OnnxEngine(small_stored), small_stored.config, chunking=Chunking(slice_seconds=0.3))
    samples = noise(2.0 if cut > 1 else 0.2)
    blocks = [samples[i : i + cut] for i in range(0, len(samples), cut)]
    one, parts = (join(list(model(given, 1.0 / level(samples, RATE)))) for given in ([samples], blocks))
    for name in (*HEADS, "pitch"):
        assert np.array_equal(getattr(one, name), getattr(parts, name)), name


@cache
def song() -> np.ndarray:
    """Join the sample recordings, with rests between them."""
    pieces = []
    for name in ("ode_to_joy.ogg", "amazing_grace.wav", "twinkle_phone.mp3", "frere_jacques.flac"):
        pieces += [audio.load(SAMPLES / name), np.zeros(RATE // 3, np.float32)]
    return np.concatenate(pieces)


def same_notes(a, b) -> None:
    """Compare notes. Values may differ slightly, because sums of floats depend on the order of addition."""
    assert len(a.notes) == len(b.notes)
    for one, other in zip(a.notes, b.notes, strict=True):
        assert (one.onset, one.offset) == pytest.approx((other.onset, other.offset), abs=2e-3)
        assert (one.pitch, one.confidence) == pytest.approx((other.pitch, other.confidence), abs=5e-3)


def sliced(seconds: float) -> Transcriber:
    """Make a transcriber with the shipped model and slices of the given length."""
    return Transcriber(device="cpu", chunking=Chunking(slice_seconds=seconds))


@cache
def undivided_song() -> Transcription:
    return sliced(1000.0).transcribe(song())


@pytest.mark.parametrize("seconds", [7.0, 3.1, 0.5])
def test_slices_do_not_change_notes(seconds):
    """The shipped model transcribes the sample recordings, with boundaries of slices in notes and in rests."""
    undivided, found = undivided_song(), sliced(seconds).transcribe(song())
    seams = np.arange(seconds, found.duration, seconds)
    sung = [any(n.onset < seam < n.offset for n in undivided.notes) for seam in seams]
    assert len(undivided.notes) > 80 and any(sung) and not all(sung)  # there are boundaries of both kinds
    same_notes(found, undivided)


@pytest.mark.parametrize("end", [-1, 0, 1, 160, 320, 3200])
def test_recordings_that_end_near_a_slice_boundary(end):
    samples = audio.load(SAMPLES / "ode_to_joy.ogg")[: 6 * RATE + end]
    undivided, found = (sliced(seconds).transcribe(samples) for seconds in (1000.0, 2.0))
    assert len(found.pitch) == len(undivided.pitch) == len(samples) // 320 + 1
    same_notes(found, undivided)


def test_decoding_a_long_file_twice_gives_the_same_notes(small_stored, tmp_path):
    path = tmp_path / "long.wav"
    soundfile.write(path, noise(70.0), RATE, subtype="FLOAT")
    transcriber = Transcriber(small_stored)
    held = transcriber(path)
    again = Transcriber(small_stored, chunking=Chunking(kept_seconds=40.0))(path)
    assert again.notes == held.notes == transcriber.transcribe(noise(70.0)).notes
    assert np.array_equal(again.pitch.midi, held.pitch.midi, equal_nan=True)


@pytest.mark.parametrize("name", ["onnxruntime", "torch"])
def test_the_number_of_threads_has_no_effect(small_stored, name):
    samples, model = noise(20.0), runtime(small_stored, name)
    chunking = Chunking(slice_seconds=1.0)
    one, three = (Transcriber(model, "cpu", threads, chunking=chunking).posteriors(samples) for threads in (1, 3))
    for head in (*HEADS, "pitch"):
        assert np.array_equal(getattr(one, head), getattr(three, head)), head


def test_an_error_during_a_recording_ends_the_threads(small_stored):
    def blocks():
        yield noise(30.0)
        raise OSError("the disk is gone")

    before = threading.active_count()
    with pytest.raises(OSError, match="the disk is gone"):
        list(StreamingModel(OnnxEngine(small_stored), small_stored.config, threads=2)(blocks(), 1.0))
    assert threading.active_count() == before


@pytest.mark.parametrize("n", [1, 100, 319, 320, 16_000])
def test_recordings_of_any_length_are_transcribed(small_stored, n):
    transcription = Transcriber(small_stored).transcribe(noise(n / RATE), "x.wav")
    assert transcription.duration == n / RATE
    assert len(transcription.pitch) == n // 320 + 1
    assert all(0 <= note.onset < note.offset <= n / RATE for note in transcription.notes)


def test_silence_has_no_notes(small_stored):
    transcription = Transcriber(small_stored).transcribe(np.zeros(RATE, np.float32))
    assert transcription.notes == ()
    assert np.isnan(transcription.pitch.midi).all()


@pytest.mark.parametrize("gain", [0.01, 2.0])
def test_gain_has_no_effect(small_stored, gain):
    transcriber = Transcriber(small_stored)
    a, b = transcriber.posteriors(noise(2.0)), transcriber.posteriors(noise(2.0) * np.float32(gain))
    assert np.allclose(a.onset, b.onset, atol=1e-4)


def test_leading_silence_shifts_all_notes(small_stored):
    transcriber = Transcriber(small_stored)
    plain = transcriber.posteriors(np.concatenate([np.zeros(RATE, np.float32), noise(2.0)]))
    later = transcriber.posteriors(np.concatenate([np.zeros(2 * RATE, np.float32), noise(2.0)]))
    assert np.allclose(plain.onset[60:], later.onset[110:], atol=0.01)


def test_available_and_missing_devices():
    torch = pytest.importorskip("torch")
    from singtrans.model.torch_engine import choose_device

    assert choose_device("cpu") == torch.device("cpu")
    with pytest.raises(UsageError, match="unknown"):
        choose_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="cannot use"):
            choose_device("cuda")


def test_the_error_for_a_device_without_torch_names_the_extra(small_stored, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(UsageError, match=r"--device cuda needs the package torch.*\[train\]"):
        Transcriber(small_stored, "cuda")


def test_torch_is_not_imported_for_transcribing(small_model_file):
    """A separate process transcribes a recording to a MIDI file."""
    code = (
        "import sys; from singtrans import Transcriber;"
        f" Transcriber({str(small_model_file)!r})({str(SAMPLES / 'frere_jacques.flac')!r}).save(sys.argv[1]);"
        " print(*{name.partition('.')[0] for name in sys.modules})"
    )
    midi = small_model_file.with_suffix(".mid")
    done = subprocess.run([sys.executable, "-c", code, str(midi)], capture_output=True, text=True, check=True)
    assert midi.is_file()
    assert not {"torch", "librosa", "scipy", "numba", "mir_eval", "pandas", "matplotlib"} & set(done.stdout.split())


def test_the_function_transcribe_is_not_replaced_by_a_module():
    assert callable(singtrans.transcribe)
    assert singtrans.Transcriber is Transcriber
    with pytest.raises(AttributeError):
        _ = singtrans.nothing
