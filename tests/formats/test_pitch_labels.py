"""Labels of pitch over time: valid ones are read, and invalid ones are refused."""

import numpy as np
import pytest
import soundfile

from singtrans import SingtransError, formats
from singtrans.scoring.metrics import score_pitch
from singtrans.scoring.reference_files import find_references
from singtrans.scoring.scores import evaluate
from singtrans.scoring.systems import EstimateFile
from singtrans.training.recordings import read_f0
from tests.helpers.label_files import hz, written

F0_TIME = np.arange(1, 9) * 0.02
F0_MIDI = np.array([np.nan, 60, 60.5, 61, np.nan, 62, 62.25, 63])


def f0_rows(value, mark=",", head=(), time=True):
    values = [(t, 0 if np.isnan(m) else value(m)) for t, m in zip(F0_TIME, F0_MIDI, strict=True)]
    return "\n".join([*head, *(f"{t:.2f}{mark}{v:.4f}" if time else f"{v:.4f}" for t, v in values)]) + "\n"


@pytest.mark.parametrize(
    "text",
    [
        f0_rows(float, time=False),
        f0_rows(hz, time=False),
        f0_rows(hz),
        f0_rows(hz, "\t"),
        f0_rows(float, " "),
        f0_rows(float, head=["time,midi"]),
        f0_rows(hz, "\t", head=["Time (s)\tFrequency (Hz)"]),
        f0_rows(hz, head=["time,f0"]),
        f0_rows(hz).replace("0.0000", "-180.5", 1),
        f0_rows(hz).replace("0.0000", "nan", 1),
    ],
)
def test_pitch_tracks(tmp_path, text):
    path = written(tmp_path / "a.csv", text)
    track = formats.load_pitch(path)
    np.testing.assert_allclose(track.time, F0_TIME, atol=1e-9)
    np.testing.assert_allclose(track.midi, F0_MIDI, atol=1e-3)
    np.testing.assert_array_equal(track.voicing, ~np.isnan(F0_MIDI))
    np.testing.assert_allclose(read_f0(path), np.nan_to_num([0, *F0_MIDI]), atol=1e-3)


def test_pitch_tracks_with_gaps_and_confidence(tmp_path):
    text = "".join(f"{t:.4f}\t220\n" for t in (0.1, 0.11, 0.12, 0.5, 0.51, 0.52))
    track = formats.load_pitch(written(tmp_path / "a.txt", text))
    np.testing.assert_allclose(track.time, [0.1, 0.11, 0.12, 0.13, 0.49, 0.5, 0.51, 0.52])
    np.testing.assert_array_equal(np.isnan(track.midi), [0, 0, 0, 1, 1, 0, 0, 0])
    midi = read_f0(tmp_path / "a.txt")
    np.testing.assert_array_equal(np.flatnonzero(midi), [5, 6, 25, 26])
    text = "time,frequency,confidence\n0.00,220,0.9\n0.01,220,0.2\n"
    track = formats.load_pitch(written(tmp_path / "b.csv", text))
    np.testing.assert_array_equal(track.voicing, [0.9, 0.2])
    np.testing.assert_array_equal(np.isnan(track.midi), [0, 1])


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "line 1"),
        ("60\nx\n", "line 2"),
        ("60 60\n", None),
        ("0,220\n0.1,220\n0.1,220\n", "line 3.*later"),
        ("0,220\n-1,220\n", "line 2"),
        ("0,220\n0.1,1e9\n", "line 2"),
        ("0,100\n0.1,110\n", "line 2.*MIDI or Hz"),
        ("time,midi\n0,60\n0.1,600\n", "line 3"),
        ("onset,offset,pitch\n0,1,60\n", "line 1"),
        ("time,hz,confidence\n0,220,7\n", "line 2"),
    ],
)
def test_wrong_pitch_tracks_name_the_line(tmp_path, text, match):
    path = written(tmp_path / "a.f0.csv", text)
    if match is None:
        assert len(formats.load_pitch(path)) == 1
        return
    with pytest.raises(SingtransError, match=match) as caught:
        formats.load_pitch(path)
    assert str(path) in str(caught.value)


def test_negative_frequencies_are_guesses_as_in_mir_eval(tmp_path):
    mir_eval = pytest.importorskip("mir_eval")
    reference = written(tmp_path / "true.f0.txt", "0.00 220\n0.01 220\n0.02 220\n0.03 0\n")
    estimate = written(tmp_path / "est.f0.txt", "0.00 220\n0.01 -220\n0.02 -440\n0.03 -220\n")
    track = formats.load_pitch(estimate)
    np.testing.assert_array_equal(np.isnan(track.midi), [0, 1, 1, 1])
    track = formats.load_pitch(estimate, guesses=True)
    np.testing.assert_allclose(track.midi, [57, 57, 69, 57])
    np.testing.assert_array_equal(track.voicing, [1, 0, 0, 0])
    scores = score_pitch(formats.load_pitch(reference), track)
    expected = mir_eval.melody.evaluate(
        *mir_eval.io.load_time_series(reference), *mir_eval.io.load_time_series(estimate)
    )
    assert scores.raw_pitch_accuracy == pytest.approx(expected["Raw Pitch Accuracy"]) == pytest.approx(2 / 3)
    assert scores.raw_chroma_accuracy == pytest.approx(expected["Raw Chroma Accuracy"]) == 1
    assert scores.voicing_recall == pytest.approx(expected["Voicing Recall"])
    single = find_references(reference, estimate)
    assert evaluate(single, EstimateFile(estimate)).values("RPA") == [pytest.approx(2 / 3)]


def test_a_third_column_without_a_header_is_a_confidence_if_its_values_allow_it(tmp_path):
    track = formats.load_pitch(written(tmp_path / "a.f0.csv", "0.0,220,0.9\n0.01,220,0.1\n0.02,220,0.8\n"))
    np.testing.assert_array_equal(np.isnan(track.midi), [0, 1, 0])
    track = formats.load_pitch(written(tmp_path / "a.f0.csv", "0.0,220,-9.5,x\n0.01,220,3,y\n"))
    np.testing.assert_allclose(track.midi, [57, 57])


@pytest.mark.parametrize(
    ("seconds", "hop", "first"), [(30.0, 0.032, 0.016), (18.76, 0.02, 0.02), (7.0, 0.02, 0.02), (None, 0.02, 0.02)]
)
def test_the_spacing_of_values_without_times_fits_the_recording(tmp_path, seconds, hop, first):
    path = written(tmp_path / "a.pv", "0\n" + "60\n" * 937)
    if seconds is None:
        track = formats.load_pitch(path)
    else:
        soundfile.write(tmp_path / "a.wav", np.zeros(round(seconds * 8000)), 8000)
        track = formats.load_pitch(path, audio=tmp_path / "a.wav")
    np.testing.assert_allclose(track.time[:3], first + hop * np.arange(3))
