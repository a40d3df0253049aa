"""The lazy transcriber that the commands use."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from singtrans.batch.lazy_transcriber import LazyTranscriber
from singtrans.errors import SingtransError, UsageError
from singtrans.view.source import load

SAMPLES = Path(__file__).parents[2] / "sample_audio"


def test_unreadable_recordings_are_reported_without_loading_torch(tmp_path):
    (tmp_path / "text.wav").write_text("la la la\n" * 50)
    (tmp_path / "none.mp3").write_bytes(b"")
    code = """
import sys
from pathlib import Path
from singtrans.errors import SingtransError
from singtrans.batch.lazy_transcriber import LazyTranscriber
lazy = LazyTranscriber("default")
for name in sys.argv[1:]:
    try:
        lazy(Path(name))
    except SingtransError as error:
        print(error)
print("torch" in sys.modules)
"""
    names = [str(tmp_path / name) for name in ("missing.wav", "text.wav", "none.mp3")]
    said = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True).stdout
    lines = said.splitlines()
    assert [line.split(" ", 1)[0] for line in lines[:-1]] == names
    assert ["does not exist" in lines[0], "not a recording" in lines[1], "is empty" in lines[2]] == [True] * 3
    assert lines[-1] == "False"


def test_the_model_is_loaded_once_for_all_readable_recordings(tmp_path, small_model_file):
    soundfile.write(tmp_path / "a.wav", 0.1 * np.sin(np.arange(16_000) * 0.1), 16_000)
    lazy = LazyTranscriber(str(small_model_file), "cpu")
    with pytest.raises(SingtransError, match="does not exist"):
        lazy(tmp_path / "missing.wav")
    assert lazy.transcriber is None
    lazy(tmp_path / "a.wav")
    kept = lazy.transcriber
    assert lazy(tmp_path / "a.wav").duration == 1.0 and lazy.transcriber is kept
    shutil.copy(SAMPLES / "ode_to_joy.notes.csv", tmp_path / "bad.safetensors")
    with pytest.raises(UsageError, match=r"bad\.safetensors"):
        LazyTranscriber(str(tmp_path / "bad.safetensors"), "cpu")(tmp_path / "a.wav")


def test_plot_transcribes_with_the_lazy_transcriber(tmp_path, small_model_file):
    soundfile.write(tmp_path / "a.wav", 0.1 * np.sin(np.arange(16_000) * 0.1), 16_000)
    found = load(tmp_path / "a.wav", model=str(small_model_file))
    assert (found.transcription.duration, found.audio) == (1.0, tmp_path / "a.wav")
    with pytest.raises(SingtransError, match=r"missing\.wav does not exist"):
        load(tmp_path / "missing.wav", SAMPLES / "ode_to_joy.notes.csv")
    with pytest.raises(UsageError, match="nothing"):
        load(tmp_path / "a.wav", model="nothing")
