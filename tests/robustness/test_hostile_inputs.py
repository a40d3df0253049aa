"""Hostile recordings give correct notes or one clear line, without traceback, hang or high memory use."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from singtrans import SingtransError, audio
from singtrans.model.chunking import Chunking
from singtrans.transcriber import Transcriber
from tests.robustness import torture
from tests.robustness.hostile_audio import cases

LONG = bool(os.environ.get("SINGTRANS_LONG"))


@pytest.mark.skipif(os.name != "posix", reason="pipes, devices and names of POSIX")
def test_hostile_recordings_have_the_expected_outcomes(tmp_path):
    hostile = [case for case in cases(20 if LONG else 2) if LONG or not case.long]
    run = torture.run(hostile, tmp_path, limit=3600.0 if LONG else 240.0)
    assert len(run.verdicts) > 150
    wrong = [f"{v.case.name}: {v.found}: {v.wrong}" for v in run.verdicts if v.wrong]
    assert not wrong, "\n".join(wrong)
    assert run.code == 1  # some recordings cannot be read
    assert run.megabytes < 1000, run.megabytes
    assert not list(tmp_path.rglob("owned*")) and not list(Path().glob("owned*"))


def test_a_recording_deleted_between_two_readings_is_reported(small_model, tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 3 * 16_000), 16_000)

    class Once(audio.Reading):
        def __iter__(self):
            yield from super().__iter__()
            path.unlink()

    monkeypatch.setattr(audio, "Reading", Once)
    with pytest.raises(SingtransError, match="does not exist"):
        Transcriber(small_model, chunking=Chunking(kept_seconds=1.0))(path)


def test_a_recording_without_permission_is_reported(tmp_path, monkeypatch):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(100), 16_000)

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SingtransError, match=r"cannot be read \(Permission denied\)"):
        audio.load(path)


def test_a_growing_recording_keeps_its_first_length(small_model, tmp_path, monkeypatch):
    """While a recorder is still writing a file, the second reading returns more samples than the first."""
    path = tmp_path / "a.wav"
    sound = np.random.default_rng(0).normal(0, 0.1, 6 * 16_000).astype(np.float32)
    soundfile.write(path, sound[: 3 * 16_000], 16_000)

    class Growing(audio.Reading):
        def __iter__(self):
            yield from super().__iter__()
            soundfile.write(path, sound, 16_000)

    monkeypatch.setattr(audio, "Reading", Growing)
    transcription = Transcriber(small_model, chunking=Chunking(kept_seconds=1.0))(path)
    assert all(note.offset <= transcription.duration for note in transcription.notes)
