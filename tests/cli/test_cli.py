"""The command as its users meet it: a process with arguments, output, an exit code and files left behind."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

import singtrans

SAMPLES = Path(__file__).parents[2] / "sample_audio"
GOOD = SAMPLES / "twinkle_phone.mp3"
COMMAND = [sys.executable, "-m", "singtrans"]
posix = pytest.mark.skipif(os.name != "posix", reason="signals, pipes and terminals of POSIX")


def run(*args: object, cwd: Path | None = None, **options) -> subprocess.CompletedProcess:
    result = subprocess.run(
        [*COMMAND, *map(str, args)], cwd=cwd, capture_output=True, timeout=300, check=False, **options
    )
    result.stdout, result.stderr = (
        stream.decode("utf-8", "replace").replace("\r\n", "\n") for stream in (result.stdout, result.stderr)
    )
    assert "Traceback" not in result.stderr, result.stderr
    return result


def sound(path: Path, samples: np.ndarray) -> Path:
    soundfile.write(path, samples.astype(np.float32), 16_000)
    return path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def troubles(folder: Path) -> dict[str, str]:
    """Make files that hold nothing to read; name -> what is said of it."""
    (folder / "bytes0.wav").write_bytes(b"")
    sound(folder / "header.wav", np.zeros(0))
    (folder / "text.wav").write_text("la la la\n" * 50)
    (folder / "stump.mp3").write_bytes(GOOD.read_bytes()[:60])
    (folder / "random.flac").write_bytes(np.random.default_rng(0).bytes(5000))
    return {
        "bytes0.wav": "empty (0 bytes): copy or record it again",
        "header.wav": "export it again",
        "text.wav": "convert it to WAV or FLAC",
        "stump.mp3": "",
        "random.flac": "",
    }


def unsung(folder: Path) -> list[str]:
    """Make recordings without singing."""
    sound(folder / "silence.wav", np.zeros(32_000))
    sound(folder / "noise.wav", 0.1 * np.random.default_rng(0).standard_normal(48_000))
    sound(folder / "short.wav", 0.1 * np.sin(np.arange(160) * 0.2))
    return ["noise.wav", "short.wav", "silence.wav"]


# Wrong usage and help


def test_version():
    result = run("--version")
    assert (result.returncode, result.stdout) == (0, f"singtrans {singtrans.__version__}\n")


@pytest.mark.parametrize("command", [[], ["transcribe"], ["info"], ["train"], ["evaluate"]])
def test_help(command):
    result = run(*command, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith("Usage:")
    assert result.stderr == ""


def test_no_arguments_is_help():
    result = run()
    assert result.returncode == 2
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
        (["transcribe", GOOD, "-o", "tune.wav"], ".wav is not written; use mid, csv, json"),
        (["transcribe", GOOD, GOOD, GOOD.with_suffix(".wav"), "-o", "x"], "would both write"),
        (["info", "caruso"], "caruso: there is no model"),
        (["sing"], "sing"),
        (["train", "x"], "--output"),
        (["evaluate", "x"], "estimate"),
    ],
)
def test_wrong_usage(tmp_path, args, said):
    result = run(*args, cwd=tmp_path)
    assert (result.returncode, result.stdout) == (2, "")
    assert said in result.stderr.splitlines()[-1]
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
    assert run("info", "m.safetensors", cwd=tmp_path).returncode == 1


# Transcribing


def test_three_formats_named_after_the_input(tmp_path):
    result = run("transcribe", GOOD, "-o", tmp_path / "new" / "out", *["-f", "mid", "-f", "csv", "-f", "json"])
    assert (result.returncode, result.stdout) == (0, "")
    out = tmp_path / "new" / "out"
    assert files(out) == {f"twinkle_phone.{ending}" for ending in ("mid", "csv", "json")}
    assert re.fullmatch(rf"{re.escape(str(GOOD))}: \d+ notes, \S+ to \S+, 12.3 s -> .+\n", result.stderr)
    rows = list(csv.DictReader((out / "twinkle_phone.csv").read_text(encoding="utf-8").splitlines()))
    content = json.loads((out / "twinkle_phone.json").read_text(encoding="utf-8"))
    assert list(rows[0]) == ["onset", "offset", "pitch", "note", "confidence"]
    assert len(rows) == len(content["notes"]) > 10
    assert (out / "twinkle_phone.mid").read_bytes().startswith(b"MThd")


def test_beside_the_input_then_refused_skipped_overwritten(tmp_path):
    audio, output = tmp_path / "silence.wav", tmp_path / "silence.mid"
    unsung(tmp_path)
    silent = run("transcribe", audio, "-q")
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")
    made = output.read_bytes()
    output.write_bytes(b"mine")
    refused = run("transcribe", audio, "-q")
    assert refused.returncode == 1
    assert refused.stderr == f"failed: {audio}: {output} exists already; use --overwrite or --skip-existing\n"
    skipped = run("transcribe", audio, "--skip-existing")
    assert (skipped.returncode, skipped.stderr) == (0, f"{audio}: done before\n")
    assert output.read_bytes() == b"mine"
    assert run("transcribe", audio, "--overwrite").returncode == 0
    assert output.read_bytes() == made


def test_output_may_be_a_file(tmp_path):
    unsung(tmp_path)
    assert run("transcribe", "silence.wav", "-o", "tune.csv", cwd=tmp_path).returncode == 0
    assert "tune.csv" in files(tmp_path)


def test_without_singing_is_no_failure(tmp_path):
    names = unsung(tmp_path)
    result = run("transcribe", *names, cwd=tmp_path)
    assert result.returncode == 0
    lines = result.stderr.splitlines()
    for name, line in zip(names, lines, strict=False):
        assert f"{name}: 0 notes (no singing found)" in line
    assert lines[-1].startswith("3 transcribed") and lines[-1].endswith("3 of them without singing")
    assert files(tmp_path) == {*names, "noise.mid", "short.mid", "silence.mid"}


@pytest.mark.parametrize("name", ["bytes0.wav", "header.wav", "text.wav", "stump.mp3", "missing.wav"])
def test_what_cannot_be_read_is_one_line(tmp_path, name):
    said = troubles(tmp_path) | {"missing.wav": "does not exist: check the path"}
    before = files(tmp_path)
    result = run("transcribe", name, cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert result.stderr.startswith(f"failed: {name} ")
    assert said[name] in result.stderr
    assert files(tmp_path) == before


def test_a_folder_of_good_and_bad(tmp_path):
    recordings = tmp_path / "in"
    (recordings / "sub").mkdir(parents=True)
    said = troubles(recordings)
    plain = unsung(recordings)
    (recordings / "cut.mp3").write_bytes(GOOD.read_bytes()[:20_000])
    (recordings / "notes.txt").write_text("not a recording")
    shutil.copy(GOOD, recordings / "sub" / "good.mp3")
    (recordings / "._good.mp3").write_bytes(b"what macOS leaves beside files")
    result = run("transcribe", "in", "missing.wav", "-o", "out", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    done = {Path(name).with_suffix(".mid").name for name in plain}
    assert files(tmp_path / "out") == done | {"cut.mid", str(Path("sub") / "good.mid")}
    lines = result.stderr.splitlines()
    summary = next(i for i, line in enumerate(lines) if " transcribed (" in line)
    assert lines[summary].startswith("5 transcribed") and lines[summary].endswith("6 failed:")
    assert summary == 11
    last = lines[summary + 1 :]
    assert len(last) == 6
    for name, what in said.items():
        assert any(str(Path("in") / name) in line and what in line for line in last)


@pytest.mark.parametrize("out", ["file/x", "file/x.mid", "file"])
def test_an_output_that_cannot_be_written(tmp_path, out):
    unsung(tmp_path)
    (tmp_path / "file").write_text("in the way")
    before = files(tmp_path)
    result = run("transcribe", "silence.wav", "-o", out, cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "failed: silence.wav: nothing can be written in file" in result.stderr
    assert "choose another with -o" in result.stderr
    assert files(tmp_path) == before


def test_an_output_that_is_a_folder(tmp_path):
    unsung(tmp_path)
    (tmp_path / "silence.mid").mkdir()
    result = run("transcribe", "silence.wav", "--overwrite", cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert not [name for name in files(tmp_path) if "tmp" in name]


NAMES = [
    "two words",
    'it\'s "so"',
    "line\nbreak",
    "🎤 ålå",
    b"bad \xff utf8",
    "-v",
    "x.y",
    "[bold]",
    "%s {0}",
    "a" * 250,
]


@posix
def test_names_of_every_kind(tmp_path):
    unsung(tmp_path)
    arguments, wanted = [], set()
    for name in NAMES:
        raw = os.fsencode(name)
        try:
            shutil.copy(tmp_path / "silence.wav", os.fsencode(tmp_path) + b"/" + raw + b".wav")
        except OSError:  # this file system will not have it
            continue
        arguments.append(raw + b".wav")
        wanted.add(raw + b".mid")
    result = subprocess.run(
        [*COMMAND, "transcribe", "--", *arguments], cwd=tmp_path, capture_output=True, check=False, timeout=300
    )
    assert (result.returncode, result.stdout) == (0, b""), result.stderr
    assert result.stderr.count(b"\n") == len(arguments) + 1
    assert wanted <= {os.fsencode(path.name) for path in tmp_path.iterdir()}


@posix
def test_names_that_are_too_long(tmp_path):
    for name in ("a" * 300 + ".wav", "b" * 251 + ".wav"):
        result = run("transcribe", name, "-f", "json", cwd=tmp_path)
        assert (result.returncode, result.stderr.count("\n")) == (1, 1)


# Being stopped, and what stdout may be


@posix
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "stopped by SIGTERM")],
)
def test_a_signal_leaves_what_is_done(tmp_path, number, code, said):
    for i in range(12):
        shutil.copy(GOOD, tmp_path / f"{i:02}.mp3")
    process = subprocess.Popen([*COMMAND, "transcribe", tmp_path], stderr=subprocess.PIPE, text=True)
    first = process.stderr.readline()
    time.sleep(0.05)
    process.send_signal(number)
    rest = process.communicate(timeout=60)[1].splitlines()
    assert first.startswith("[1/12]")
    assert (process.returncode, rest[-1]) == (code, said)
    assert "Traceback" not in "\n".join(rest)
    done = {name for name in files(tmp_path) if not name.endswith(".mp3")}
    assert done == {f"{i:02}.mid" for i in range(len(done))}
    assert len(done) - len(rest) in (0, 1)  # a line for each, unless the signal came just before its line
    assert 1 <= len(done) < 12


@posix
def test_a_signal_that_soundfile_swallows_is_obeyed():
    code = """
import os, signal, sys
from singtrans import interrupt
interrupt.install()
interrupt.install()
import soundfile
class Reader:
    def __init__(self, file): self.seek, self.tell, self.file = file.seek, file.tell, file
    def readinto(self, buffer):
        os.kill(os.getpid(), signal.SIGINT)
        return self.file.readinto(buffer)
try:
    soundfile.SoundFile(Reader(open(sys.argv[1], "rb")))
except soundfile.LibsndfileError:
    pass
try:
    interrupt.check()
except interrupt.Stopped as stopped:
    print(stopped)
"""
    result = subprocess.run(
        [sys.executable, "-c", code, SAMPLES / "amazing_grace.wav"], capture_output=True, text=True, check=False
    )
    assert (result.stdout, result.stderr) == ("interrupted\n", "")


@posix
@pytest.mark.parametrize("command", ["info", "--help", "evaluate {0} {0}"])
def test_a_broken_pipe_is_quiet(command):
    line = f"{sys.executable} -m singtrans {command.format(SAMPLES / 'ode_to_joy.notes.csv')} | head -0"
    result = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    assert result.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk_behind_stdout_is_one_line():
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([*COMMAND, "info"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "No space left" in result.stderr


@posix
def test_a_terminal_gets_whole_lines(tmp_path):
    import pty

    names = unsung(tmp_path)
    main, terminal = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "transcribe", *names], cwd=tmp_path, stderr=terminal, env=os.environ | {"TERM": "xterm"}
    )
    os.close(terminal)
    shown = b""
    while True:
        try:
            piece = os.read(main, 4096)
        except OSError:  # what Linux answers at the end
            break
        if not piece:
            break
        shown += piece
    assert process.wait(timeout=60) == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
    lines = [line.strip() for line in re.split(r"[\r\n]+", text)]
    for number, name in enumerate(names, start=1):
        assert any(line.startswith(f"[{number}/3] {name}: 0 notes (no singing found)") for line in lines), text
    assert lines.count(next(line for line in lines if line.startswith("3 transcribed"))) == 1


# The other commands


def test_info():
    result = run("info")
    assert result.returncode == 0
    assert "solo (default): " in result.stdout
    one = run("info", "solo")
    assert one.returncode == 0
    assert "parameters" in one.stdout and "sha256 " in one.stdout
    assert (result.stderr, one.stderr) == ("", "")


def test_evaluate_files(tmp_path):
    true = SAMPLES / "ode_to_joy.notes.csv"
    shutil.copy(true, tmp_path / "found.csv")
    result = run("evaluate", true, tmp_path / "found.csv")
    assert result.returncode == 0
    for name in ("COn", "COff", "COnP", "COnPOff", "50 ms", "50 cents", "20%"):
        assert name in result.stdout


def test_evaluate_folders(tmp_path):
    for folder in ("true", "found"):
        (tmp_path / folder).mkdir()
        for path in SAMPLES.glob("*.csv"):
            shutil.copy(path, tmp_path / folder)
    result = run("evaluate", "true", "found", "--json", cwd=tmp_path)
    report = json.loads(result.stdout)
    assert (result.returncode, result.stderr) == (0, "")
    assert len(report["files"]) == 4
    assert report["mean"]["COnPOff"]["f_measure"] == 1.0
    (tmp_path / "found" / "ode_to_joy.notes.csv").unlink()
    lacking = run("evaluate", "true", "found", cwd=tmp_path)
    assert (lacking.returncode, lacking.stdout, lacking.stderr.count("\n")) == (1, "", 1)
    assert "ode_to_joy.notes.csv: transcribe those first" in lacking.stderr


def test_evaluate_what_is_not_there(tmp_path):
    result = run("evaluate", SAMPLES / "ode_to_joy.notes.csv", "missing.mid", cwd=tmp_path)
    assert (result.returncode, result.stderr) == (1, "singtrans: missing.mid does not exist: check the path.\n")


def test_evaluate_refuses_an_absurd_shift():
    true = SAMPLES / "ode_to_joy.notes.csv"
    for shift in ("-5000", "nan"):
        result = run("evaluate", true, true, "--reference-shift-hz", shift)
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)


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
