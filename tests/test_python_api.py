"""The Python interface: arrays as recordings, and transcriptions in Python code and notebooks."""

import sys
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

import singtrans
from singtrans import audio
from singtrans.errors import UsageError
from singtrans.notes import Note, PitchTrack, Transcription
from singtrans.transcriber import Transcriber
from tests.helpers.models import SAMPLES

SONG = SAMPLES / "frere_jacques.flac"


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return Transcriber()


@pytest.fixture(scope="module")
def expected(transcriber) -> Transcription:
    return transcriber(SONG)


def same_notes(found: Transcription, expected: Transcription) -> None:
    assert len(found.notes) == len(expected.notes)
    for one, other in zip(found, expected, strict=True):
        assert (one.onset, one.offset, one.pitch) == pytest.approx((other.onset, other.offset, other.pitch), abs=1e-3)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int16", "int32"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_an_array_and_its_file_give_the_same_notes(transcriber, expected, dtype, channels):
    samples, rate = soundfile.read(SONG, dtype=dtype)
    if channels > 1:
        samples = np.repeat(samples[:, None], channels, axis=1)
    same_notes(transcriber(samples, rate), expected)


def test_transcribe_accepts_arrays_and_paths(expected):
    samples, rate = soundfile.read(SONG)
    same_notes(singtrans.transcribe(samples, sample_rate=rate), expected)
    same_notes(singtrans.transcribe(str(SONG)), expected)
    with pytest.raises(ValueError, match="sample_rate is only for arrays"):
        singtrans.transcribe(SONG, sample_rate=rate)


def test_channels_in_anti_phase_do_not_cancel(transcriber, expected):
    samples, rate = soundfile.read(SONG)
    same_notes(transcriber(np.stack([samples, -samples], axis=1), rate), expected)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0), np.zeros((2, 44_100)), np.zeros((5, 2, 2)), np.array([0.0, np.nan]), np.array([1j]), np.float32(1.0)],
)
def test_unusable_arrays_are_refused(samples):
    with pytest.raises(ValueError, match="samples must"):
        audio.from_array(samples, 44_100, 16_000)


def test_sample_rates_must_be_positive():
    with pytest.raises(ValueError, match="must be positive"):
        audio.from_array(np.zeros(10), 0, 16_000)


def test_iterating_over_a_transcription_gives_its_notes(expected):
    assert list(expected) == list(expected.notes)
    assert [note.name for note in expected] == [note.name for note in expected.notes]


def test_the_data_frame_has_one_row_per_note(expected):
    pytest.importorskip("pandas")
    frame = expected.to_dataframe()
    assert len(frame) == len(expected.notes)
    assert frame.onset.tolist() == [note.onset for note in expected]
    assert frame.name.tolist() == [note.name for note in expected]
    assert frame.loc[0, "duration"] == pytest.approx(expected.notes[0].duration)


def test_the_error_without_pandas_names_the_package(expected, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="needs the package pandas"):
        expected.to_dataframe()


def test_the_picture_shows_all_notes_and_the_curve(expected):
    html = expected._repr_html_()
    root = ElementTree.fromstring(f"<html>{html}</html>")
    name = "{http://www.w3.org/2000/svg}"
    boxes = list(root.iter(f"{name}rect"))
    assert len(boxes) == len(expected.notes)
    assert float(boxes[0].get("x")) == pytest.approx(40 + 60 * expected.notes[0].onset, abs=0.1)
    assert len(list(root.iter(f"{name}polyline"))) > 5


def test_pictures_of_empty_long_and_hostile_transcriptions():
    empty = PitchTrack(*(np.zeros(0) for _ in range(3)))
    assert "<script" not in Transcription((), empty, 0.0, "<script>alert(1)</script>")._repr_html_()
    long = Transcription((Note(1.0, 2.0, 60.0), Note(4000.0, 4001.0, 60.0)), empty, 7200.0)
    assert long._repr_html_().count("<rect") == 1
    assert "the first 300 s are drawn" in long._repr_html_()
