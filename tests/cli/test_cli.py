"""The command as its users meet it: help, wrong usage, and every command but `transcribe`."""

import subprocess
import sys

import numpy as np
import pytest

import singtrans
from tests.helpers.command import GOOD, SAMPLES, files, run, sound


def test_version():
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"singtrans {singtrans.__version__}\n")


@pytest.mark.parametrize("command", [[], ["transcribe"], ["info"], ["train"], ["evaluate"]])
def test_help(command):
    result = run(*command, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith("Usage: singtrans ")
    assert result.stderr == ""


def test_no_arguments_is_help():
    result = run()
    assert result.returncode in (0, 2)  # 2 with click 8.2 and later
    assert "transcribe" in result.stdout + result.stderr


def test_help_imports_nothing_heavy():
    code = """
import sys
from singtrans.cli import main
for argv in (["--help"], ["transcribe", "--help"], ["evaluate", "--help"], ["train", "--help"], ["--version"]):
    sys.argv = ["singtrans", *argv]
    try:
        main()
    except SystemExit as stop:
        assert stop.code == 0
heavy = ("torch", "librosa", "mir_eval", "scipy", "soundfile", "av", "mido", "matplotlib", "safetensors")
sys.exit(",".join(name for name in heavy if name in sys.modules) or None)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["transcribe"], "INPUT"),
        (["transcribe", GOOD, "--loud"], "--loud"),
        (["transcribe", GOOD, "-f", "mp3"], "'mid', 'csv', 'json'"),
        (["transcribe", GOOD, "--device", "abacus"], "'auto', 'cpu', 'cuda', 'mps'"),
        (["transcribe", GOOD, "--model", "caruso"], "caruso: there is no model of this name; shipped: "),
        (["transcribe", GOOD, "--model", "no/model.safetensors"], "no such model file"),
        (["transcribe", GOOD, "--overwrite", "--skip-existing"], "contradict each other"),
        (["transcribe", SAMPLES, "-o", "one.mid"], "one recording in one format; give a folder"),
        (["transcribe", GOOD, "-o", "tune.flac"], ".flac is not written; use mid, csv, json"),
        (["transcribe", GOOD, GOOD, GOOD.with_suffix(".wav"), "-o", "x"], "would both write"),
        (["info", "caruso"], "caruso: there is no model"),
        (["sing"], "sing"),
        (["train", "x"], "--output"),
        (["evaluate", "x"], "ESTIMATE"),
    ],
)
def test_wrong_usage(tmp_path, args, said):
    result = run(*args, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert said.lower() in result.stderr.splitlines()[-1].lower()
    assert result.stderr.count("\n") == 1 or result.stderr.startswith("Usage:")
    assert files(tmp_path) == set()


def test_a_device_that_is_not_there_is_wrong_usage(tmp_path):
    import torch

    if torch.backends.mps.is_available():
        pytest.skip("this machine has it")
    result = run("transcribe", GOOD, GOOD.parent / "ode_to_joy.ogg", "-o", tmp_path, "--device", "mps")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "--device mps: this machine's torch cannot use it" in result.stderr


def test_a_damaged_model_is_one_line(tmp_path):
    (tmp_path / "m.safetensors").write_bytes(b"not weights" * 100)
    result = run("transcribe", GOOD, SAMPLES / "ode_to_joy.ogg", "-o", "out", "--model", "m.safetensors", cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "m.safetensors" in result.stderr
    assert run("info", "m.safetensors", cwd=tmp_path).returncode == 2


def test_info():
    result = run("info")
    assert result.returncode == 0
    assert "solo (default): " in result.stdout
    one = run("info", "solo")
    assert one.returncode == 0
    assert "parameters" in one.stdout and "sha256 " in one.stdout
    assert (result.stderr, one.stderr) == ("", "")


def test_train_without_data_is_one_line(tmp_path):
    result = run("train", "missing", "-o", "out", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith("singtrans: ") and "missing" in result.stderr
    assert result.stderr.count("\n") == 1


# The same from Python


@pytest.mark.parametrize("first", ["import singtrans", "import singtrans, singtrans.transcriber"])
def test_from_python(tmp_path, first):
    sound(tmp_path / "silence.wav", np.zeros(16_000))
    code = f"""
{first}
transcription = singtrans.transcribe("silence.wav")
assert isinstance(transcription, singtrans.Transcription)
assert transcription.notes == () and len(transcription.pitch.time) == len(transcription.pitch.midi) == 51
transcription.save("silence.mid")
assert callable(singtrans.transcribe)
"""
    result = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert "silence.mid" in files(tmp_path)
