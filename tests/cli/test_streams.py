"""Signals, broken pipes and full disks cause no incomplete files and no tracebacks; lines on terminals are complete."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from multiprocessing import util
from pathlib import Path

import pytest

from tests.helpers.command import COMMAND, GOOD, SAMPLES, files, posix, unsung
from tests.helpers.forks import Fork, command, on_terminal


@posix
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "stopped by SIGTERM")],
)
def test_a_signal_keeps_finished_outputs(tmp_path, number, code, said):
    for i in range(12):
        shutil.copy(GOOD, tmp_path / f"{i:02}.mp3")
    process = Fork("transcribe", tmp_path)
    first = process.stderr.readline()
    time.sleep(0.05)
    process.send(number)
    returned, rest = process.end()
    assert first.startswith("[1/12]")
    assert returned == code
    stopped = re.fullmatch(rf"{said}; recordings finished: (\d+) of 12; add --skip-existing to continue", rest[-1])
    assert stopped
    assert "Traceback" not in "\n".join(rest)
    done = {name for name in files(tmp_path) if not name.endswith(".mp3")}
    assert done == {f"{i:02}.mid" for i in range(len(done))}
    # There is one line per output, unless the signal arrived just before the line was printed.
    assert len(done) - len(rest) in (0, 1)
    assert int(stopped[1]) - len(rest) in (0, 1)
    assert 1 <= len(done) < 12


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_signal_stops_all_processes(tmp_path, number, code):
    for i in range(30):
        shutil.copy(GOOD, tmp_path / f"{i:02}.mp3")
    process = Fork("transcribe", tmp_path, "--jobs", "2")
    first = process.stderr.readline()
    process.send(number)
    returned, rest = process.end()  # the pipe is closed when the last process ends
    assert first.startswith("[1/30]")
    assert returned == code
    assert "Traceback" not in "\n".join(rest)
    done = {name for name in files(tmp_path) if not name.endswith(".mp3")}
    assert 1 <= len(done) < 30 and not [name for name in done if "tmp" in name]


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_a_process_starts_causes_one_line(tmp_path, monkeypatch, number, code):
    """The new process has not received all data about its work yet when the signal arrives."""
    for i in range(3):
        shutil.copy(GOOD, tmp_path / f"{i}.mp3")
    spawn = util.spawnv_passfds

    def spawn_and_send(path, arguments, descriptors):
        process = spawn(path, arguments, descriptors)
        if "--multiprocessing-fork" in arguments:
            os.kill(os.getpid(), number)
        return process

    monkeypatch.setattr(util, "spawnv_passfds", spawn_and_send)
    returned, lines = Fork("transcribe", tmp_path, "--jobs", "2").end()
    assert (returned, len(lines)) == (code, 1), lines
    assert files(tmp_path) == {f"{i}.mp3" for i in range(3)}


@posix
def test_a_signal_after_the_command_causes_one_line(monkeypatch):
    end = util._exit_function

    def send_and_end(*arguments):
        os.kill(os.getpid(), signal.SIGTERM)
        end(*arguments)

    monkeypatch.setattr(util, "_exit_function", send_and_end)
    assert Fork("info").end() == (143, ["stopped by SIGTERM"])


@posix
def test_a_signal_during_a_callback_of_soundfile_is_raised_later():
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
@pytest.mark.parametrize("words", ["info", "--help", "evaluate {0} {0}"])
def test_a_broken_pipe_causes_no_message(words):
    if words.startswith("evaluate"):
        pytest.importorskip("mir_eval")
    line = f"{sys.executable} -m singtrans {words.format(SAMPLES / 'ode_to_joy.notes.csv')} | head -0"
    result = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)
    assert result.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has this device")
def test_a_full_disk_behind_stdout_is_reported_in_one_line():
    with Path("/dev/full").open("w") as full:
        result = subprocess.run([*COMMAND, "info"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "No space left" in result.stderr


@posix
def test_lines_on_a_terminal_are_complete(tmp_path):
    names = unsung(tmp_path)
    text = on_terminal(command, "transcribe", *names, cwd=tmp_path)
    lines = [line.strip() for line in re.split(r"[\r\n]+", text)]
    for number, name in enumerate(names, start=1):
        assert any(line.startswith(f"[{number}/3] {name}: 0 notes (no singing found)") for line in lines), text
    assert lines.count(next(line for line in lines if line.startswith("3 transcribed"))) == 1
