"""Arrays as recordings, and transcriptions in Python and notebooks."""

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
def wanted(transcriber) -> Transcription:
    return transcriber(SONG)


def same_notes(found: Transcription, wanted: Transcription) -> None:
    assert len(found.notes) == len(wanted.notes)
    for one, other in zip(found, wanted, strict=True):
        assert (one.onset, one.offset, one.pitch) == pytest.approx((other.onset, other.offset, other.pitch), abs=1e-3)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int16", "int32"])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_an_array_is_transcribed_as_its_file(transcriber, wanted, dtype, channels):
    samples, rate = soundfile.read(SONG, dtype=dtype)
    if channels > 1:
        samples = np.repeat(samples[:, None], channels, axis=1)
    same_notes(transcriber(samples, rate), wanted)


def test_the_function_takes_arrays_and_paths(wanted):
    samples, rate = soundfile.read(SONG)
    same_notes(singtrans.transcribe(samples, sample_rate=rate), wanted)
    same_notes(singtrans.transcribe(str(SONG)), wanted)
    with pytest.raises(ValueError, match="sample_rate is only for arrays"):
        singtrans.transcribe(SONG, sample_rate=rate)


def test_channels_in_anti_phase_do_not_cancel(transcriber, wanted):
    samples, rate = soundfile.read(SONG)
    same_notes(transcriber(np.stack([samples, -samples], axis=1), rate), wanted)


@pytest.mark.parametrize(
    "samples",
    [np.zeros(0), np.zeros((2, 44_100)), np.zeros((5, 2, 2)), np.array([0.0, np.nan]), np.array([1j]), np.float32(1.0)],
)
def test_unusable_arrays_are_refused(samples):
    with pytest.raises(ValueError, match="samples must"):
        audio.from_array(samples, 44_100, 16_000)


def test_rates_must_be_positive():
    with pytest.raises(ValueError, match="must be positive"):
        audio.from_array(np.zeros(10), 0, 16_000)


def test_a_transcription_iterates_over_its_notes(wanted):
    assert list(wanted) == list(wanted.notes)
    assert [note.name for note in wanted] == [note.name for note in wanted.notes]


def test_a_data_frame_has_a_row_per_note(wanted):
    pytest.importorskip("pandas")
    frame = wanted.to_dataframe()
    assert len(frame) == len(wanted.notes)
    assert frame.onset.tolist() == [note.onset for note in wanted]
    assert frame.name.tolist() == [note.name for note in wanted]
    assert frame.loc[0, "duration"] == pytest.approx(wanted.notes[0].duration)


def test_without_pandas_one_line_says_so(wanted, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(UsageError, match="needs the package pandas"):
        wanted.to_dataframe()


def test_the_picture_has_every_note_and_the_curve(wanted):
    html = wanted._repr_html_()
    root = ElementTree.fromstring(f"<html>{html}</html>")
    name = "{http://www.w3.org/2000/svg}"
    boxes = list(root.iter(f"{name}rect"))
    assert len(boxes) == len(wanted.notes)
    assert float(boxes[0].get("x")) == pytest.approx(40 + 60 * wanted.notes[0].onset, abs=0.1)
    assert len(list(root.iter(f"{name}polyline"))) > 5


def test_pictures_of_nothing_of_hours_and_of_hostile_names():
    empty = PitchTrack(*(np.zeros(0) for _ in range(3)))
    assert "<script" not in Transcription((), empty, 0.0, "<script>alert(1)</script>")._repr_html_()
    long = Transcription((Note(1.0, 2.0, 60.0), Note(4000.0, 4001.0, 60.0)), empty, 7200.0)
    assert long._repr_html_().count("<rect") == 1
    assert "the first 300 s are drawn" in long._repr_html_()
