"""The command line: help, wrong usage, `info`, and errors of several commands."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import singtrans
from singtrans.cli.options import parse_formats
from singtrans.errors import UsageError
from singtrans.extras import install_command
from tests.helpers.command import GOOD, SAMPLES, call, files, run, sound


def test_version():
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"singtrans {singtrans.__version__}\n")


COMMANDS = (
    "transcribe",
    "convert",
    "plot",
    "report",
    "analyse",
    "evaluate",
    "train",
    "info",
    "dataset add",
    "dataset check",
    "dataset split",
)


@pytest.mark.parametrize("command", ["", "dataset", *COMMANDS])
def test_help(command):
    result = call(*command.split(), "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Usage: singtrans ")
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_options_are_shown_in_panels():
    from singtrans.cli.commands import PANELS
    from singtrans.formats import WRITERS

    for command in COMMANDS:
        text = call(*command.split(), "--help").stdout
        titles = [title for title in re.findall(r"^(\S[\w ]*):$", text, flags=re.MULTILINE) if title != "Examples"]
        assert titles == [title for title in PANELS if title in titles]  # only known panels, in order
        assert not re.search(r"x<=|x>=|RANGE|INTEGER|TEXT\b.*\[", text)
    text = call("transcribe", "--help").stdout
    assert ", ".join(WRITERS) in " ".join(text.split())
    assert "Output:\n  -o, --output PATH " in text


def test_a_recording_in_place_of_a_command_is_transcribed(tmp_path):
    sound(tmp_path / "song.wav", np.zeros(16_000))
    result = call("song.wav", "-f", "csv", cwd=tmp_path)
    assert (result.returncode, "song.csv" in files(tmp_path)) == (0, True), result.stderr
    assert call("--debug", "song.wav", "-f", "MIDI", cwd=tmp_path).returncode == 0
    assert call("-f", ".json", "song.wav", cwd=tmp_path).returncode == 0
    assert files(tmp_path) == {"song.wav", "song.csv", "song.mid", "song.json"}
    assert call("missing.wav", cwd=tmp_path).stderr.startswith("failed: missing.wav does not exist")


def test_an_argument_that_is_neither_a_command_nor_a_path_is_explained(tmp_path):
    unknown = call("recordings", cwd=tmp_path)
    assert unknown.returncode == 2
    assert unknown.stderr == (
        "singtrans: recordings is not a command, and there is no file or folder with this name;"
        " singtrans --help lists the commands\n"
    )
    assert call("repot", "song.wav", cwd=tmp_path).stderr.endswith("; did you mean report?\n")


@pytest.mark.parametrize(
    ("given", "formats"),
    [
        (["mid,csv"], ["mid", "csv"]),
        (["csv", "mid , json"], ["csv", "mid", "json"]),
        (["midi", "mid"], ["mid"]),
        (["xml,txt"], ["musicxml", "ustar"]),
        ([".MusicXML"], ["musicxml"]),
        ([], []),
    ],
)
def test_lists_of_formats_are_parsed(given, formats):
    assert parse_formats(given) == formats


def test_the_closest_format_is_suggested():
    with pytest.raises(UsageError, match=r"-f jsn: unknown format; did you mean json\?"):
        parse_formats(["mid,jsn"])


def test_debugging_shows_tracebacks_and_logs(tmp_path, monkeypatch):
    (tmp_path / "a.wav").write_text("no sound")
    plain = call("transcribe", "a.wav", cwd=tmp_path)
    assert (plain.returncode, plain.stderr.count("\n")) == (1, 1)
    for arguments, variable in [(["--debug"], ""), ([], "1")]:
        monkeypatch.setenv("SINGTRANS_DEBUG", variable)
        result = call("transcribe", "a.wav", *arguments, cwd=tmp_path)
        assert result.returncode == 1
        assert "Traceback" in result.stderr and "singtrans.batch.jobs: a.wav failed" in result.stderr
        assert result.stderr.splitlines()[-1] == plain.stderr.strip()
    monkeypatch.delenv("SINGTRANS_DEBUG")
    result = call("--debug", "info", "caruso")
    assert (result.returncode, "Traceback" in result.stderr) == (2, True)


def test_help_is_shown_without_arguments():
    result = call()
    assert result.returncode in (0, 2)  # 2 with click 8.2 and later
    assert "transcribe" in result.stdout + result.stderr


def test_help_imports_nothing_heavy():
    """Only the help of `transcribe` may import numpy, because it lists the formats, whose modules import it."""
    code = """
import sys
from singtrans.cli import main
for argv in (["--version"], ["--help"], ["train", "--help"], ["transcribe", "--help"], ["evaluate", "--help"]):
    if argv[0] == "transcribe":
        assert "numpy" not in sys.modules
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
        (["transcribe", GOOD, "-f", "xyz"], "unknown format; use one of mid, csv, json"),
        (["transcribe", GOOD, "--device", "abacus"], "--device abacus: give auto, cpu, cuda or mps"),
        (["transcribe", GOOD, "--sensitivity", "2"], "--sensitivity 2: give a number from -1 to 1"),
        (["transcribe", GOOD, "-j", "x"], "--jobs x: give a whole number of at least 1"),
        (["transcribe", GOOD, "--downbeat", "x"], "--downbeat x: give a number"),
        (["transcribe", GOOD, "--model", "caruso"], "caruso: there is no model of this name; shipped: "),
        (["transcribe", GOOD, "--model", "no/model.safetensors"], "no such model file"),
        (["transcribe", GOOD, "--overwrite", "--skip-existing"], "contradict each other"),
        (["transcribe", SAMPLES, "-o", "one.mid"], "one recording in one format; give a folder"),
        (["transcribe", GOOD, "-o", "tune.mdi"], ".mdi is not an output format; did you mean .mid?"),
        (["transcribe", GOOD, "-o", "tune.flac"], ".flac is not an output format; use mid, csv, json"),
        (["transcribe", GOOD, GOOD, GOOD.with_suffix(".wav"), "-o", "x"], "would both write"),
        (["info", "caruso"], "caruso: there is no model"),
        (["sing"], "sing"),
        (["train", "x"], "--output"),
        (["evaluate", "x"], "ESTIMATE"),
    ],
)
def test_wrong_usage_is_reported_in_one_line(tmp_path, args, said):
    result = call(*args, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert said.lower() in result.stderr.splitlines()[-1].lower()
    assert result.stderr.count("\n") == 1 or result.stderr.startswith("Usage:")
    assert files(tmp_path) == set()


def test_a_missing_device_is_wrong_usage(tmp_path):
    torch = pytest.importorskip("torch")
    if torch.backends.mps.is_available():
        pytest.skip("this machine has such a device")
    result = call("transcribe", GOOD, GOOD.parent / "ode_to_joy.ogg", "-o", tmp_path, "--device", "mps")
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "--device mps: this machine's torch cannot use it" in result.stderr


def test_a_damaged_model_is_reported_in_one_line(tmp_path):
    (tmp_path / "m.safetensors").write_bytes(b"not weights" * 100)
    result = call("transcribe", GOOD, SAMPLES / "ode_to_joy.ogg", "-o", "out", "--model", "m.safetensors", cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert "m.safetensors" in result.stderr
    assert call("info", "m.safetensors", cwd=tmp_path).returncode == 2


def test_info():
    listed = call("info")
    assert (listed.returncode, listed.stdout.count("\n")) == (0, 10)
    assert listed.stdout.startswith(f"model       solo, the default model of singtrans {singtrans.__version__}\n")
    one = call("info", "solo")
    assert (one.returncode, one.stdout.count("\n")) == (0, 10)
    assert listed.stdout.splitlines()[1:] == one.stdout.splitlines()[1:]
    assert call("info", "--model", "solo").stdout == call("info", "solo", "--model", "solo").stdout == one.stdout
    two = call("info", "solo", "--model", "other.safetensors")
    assert (two.returncode, two.stdout, two.stderr.count("\n")) == (2, "", 1)
    assert "solo and --model other.safetensors: give only one model" in two.stderr
    assert "parameters" in one.stdout and "sha256 " in one.stdout
    assert max(map(len, one.stdout.replace(str(Path(singtrans.__file__).parents[1]), "").splitlines())) <= 90
    assert (listed.stderr, one.stderr) == ("", "")
    content = json.loads(call("info", "solo", "--json").stdout)
    assert content["sha256"] in one.stdout
    assert {"decoder", "features", "network"} <= content["config"].keys()
    assert json.loads(call("info", "--json").stdout)["models"]["solo"]["default"] is True


@pytest.mark.parametrize(
    ("command", "package", "extra"),
    [
        (["train", SAMPLES, "-o", "out"], "torch", "train"),
        (["evaluate", SAMPLES, SAMPLES], "mir_eval", "evaluate"),
        (["plot", GOOD, "-o", "a.png"], "matplotlib", "plot"),
        (["transcribe", GOOD, "--device", "cuda", "-o", "a.mid"], "torch", "train"),
    ],
)
def test_errors_name_the_extra_of_a_missing_package(tmp_path, monkeypatch, command, package, extra):
    monkeypatch.setitem(sys.modules, package, None)
    result = call(*command, cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (2, 1)
    assert f"needs the package {package}, which is not installed: {install_command(extra)}\n" in result.stderr


def test_train_without_data_is_reported_in_one_line(tmp_path):
    pytest.importorskip("torch")
    result = call("train", "missing", "-o", "out", cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith("singtrans: ") and "missing" in result.stderr
    assert result.stderr.count("\n") == 1


# Python interface


@pytest.mark.parametrize("first", ["import singtrans", "import singtrans, singtrans.transcriber"])
def test_recordings_can_be_transcribed_from_python(tmp_path, first):
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
