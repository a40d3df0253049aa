"""Full disks, deleted folders and signals never leave an incomplete file under its final name."""

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from singtrans import Note, PitchTrack, SingtransError, Transcription, files
from singtrans.batch import Existing, plan, run
from singtrans.files import sweep, whole_file
from singtrans.formats import WRITERS
from singtrans.interrupt import Stopped
from tests.helpers.command import call
from tests.helpers.forks import Fork
from tests.robustness.hostile_cases import wav

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals, limits and file systems of POSIX")
LONG = bool(os.environ.get("SINGTRANS_LONG"))
FORMATS = ("mid", "csv", "json")


def transcription(seconds: float = 60.0) -> Transcription:
    notes = tuple(Note(0.1 + t, 0.5 + t, 60.0 + t % 7, 0.9) for t in range(int(seconds)))
    frames = np.arange(round(seconds * 50))
    track = PitchTrack(frames / 50, np.full(len(frames), 60.0), np.ones(len(frames)))
    return Transcription(notes, track, seconds, "a.wav", "fake")


@contextmanager
def small_disk(folder: Path, size: str):
    """Mount a small file system; skip the test if this is not allowed."""
    folder.mkdir()
    made = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
    )
    if not made or made.returncode:
        pytest.skip("only root can mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("format", WRITERS)
def test_a_full_disk_is_reported_for_every_format(tmp_path, format):
    """Some formats are written by libraries with buffers of their own, which they flush only at the end."""
    if format in ("svg", "pdf"):
        pytest.importorskip("verovio")
    audio = wav(tmp_path / "a.wav")
    with small_disk(tmp_path / "disk", "16k") as disk:
        (disk / "ballast").write_bytes(bytes(12_288))
        job = plan([audio], disk, [format]).jobs[0]
        seconds = 60.0 if format in ("musicxml", "svg", "pdf") else 1500.0  # engraving is slow
        outcome = next(run([job], lambda _: transcription(seconds), Existing.REFUSE))
        assert "the disk is full; free some space or choose another folder" in outcome.error, outcome
        assert "\n" not in outcome.error
        assert [path.name for path in disk.iterdir()] == ["ballast"]


@pytest.mark.parametrize("place", ["a file", "a read-only disk", "below a file"])
def test_unwritable_outputs_are_reported_in_one_line(tmp_path, place):
    audio = wav(tmp_path / "a.wav")
    (tmp_path / "file").write_text("mine")
    if place == "a read-only disk":
        with small_disk(tmp_path / "disk", "16k") as disk:
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            outcome = next(run(plan([audio], disk, ["mid"]).jobs, lambda _: transcription(), Existing.REFUSE))
            assert not list(disk.iterdir())
        assert "Read-only file system" in outcome.error or "no permission" in outcome.error
        return
    out = tmp_path / "file" if place == "a file" else tmp_path / "file" / "x"
    outcome = next(run(plan([audio], out, ["mid"]).jobs, lambda _: transcription(), Existing.REFUSE))
    assert "is not a folder" in outcome.error
    assert (tmp_path / "file").read_text() == "mine"


def test_a_deleted_output_folder_affects_only_its_files(tmp_path):
    for name in "abc":
        wav(tmp_path / f"{name}.wav")
    out = tmp_path / "out"

    def transcribe_slowly(path: Path) -> Transcription:
        if path.name == "b.wav":
            shutil.rmtree(out)
        return transcription()

    outcomes = list(run(plan([tmp_path], out, ["mid"]).jobs, transcribe_slowly, Existing.REFUSE))
    assert not any(outcome.error for outcome in outcomes)
    assert sorted(path.name for path in out.iterdir()) == ["b.mid", "c.mid"]


def test_a_folder_deleted_during_writing_is_reported(tmp_path):
    (tmp_path / "out").mkdir()
    with pytest.raises(SingtransError, match="there is no folder"), whole_file(tmp_path / "out" / "a.mid") as file:
        file.write(b"x")
        shutil.rmtree(tmp_path / "out")


def test_a_limit_on_file_sizes_is_reported(tmp_path):
    """If a file exceeds the limit of `ulimit -f`, the system sends a signal, which must not end the process."""
    command = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096));"
        "import sys; sys.argv = ['singtrans', *sys.argv[1:]]; from singtrans.__main__ import main; main()"
    )
    wav(tmp_path / "a.wav")
    words = ["transcribe", "a.wav", "-f", "csv", "-f", "wav"]
    # With -B, Python writes no bytecode files, which would be cut off by the limit, too.
    result = subprocess.run(
        [sys.executable, "-B", "-c", command, *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert "cannot be written: File too large" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.wav"]


def unfinished_file(folder: Path) -> Path:
    """Make the unfinished file of a process that was killed while writing."""
    path = folder / f".singtrans-{uuid.uuid4().hex}.tmp"
    path.write_bytes(b"half")
    return path


def test_only_files_of_killed_runs_are_removed(tmp_path):
    stale = unfinished_file(tmp_path)
    mine = [tmp_path / ".singtrans-mine.tmp", tmp_path / "singtrans-0.tmp", tmp_path / f"x{stale.name}"]
    for path in mine:
        path.write_text("mine")
    link = tmp_path / f".singtrans-{uuid.uuid4().hex}.tmp"
    link.symlink_to(mine[0])
    (tmp_path / f".singtrans-{uuid.uuid4().hex}.tmp").mkdir()
    with whole_file(tmp_path / "a.mid") as file:
        file.write(b"at work")
        sweep(tmp_path)
    assert not stale.exists()
    assert link.is_symlink() and all(path.read_text() == "mine" for path in mine)
    assert (tmp_path / "a.mid").read_bytes() == b"at work"
    sweep(tmp_path / "nowhere")


def test_a_file_removed_before_it_is_locked_is_created_again(tmp_path, monkeypatch):
    flock, swept = files.fcntl.flock, []

    def late(descriptor: int, operation: int) -> None:
        if not swept:
            swept.append(True)
            monkeypatch.setattr(files.fcntl, "flock", flock)
            sweep(tmp_path)
        flock(descriptor, operation)

    monkeypatch.setattr(files.fcntl, "flock", late)
    with whole_file(tmp_path / "a.mid") as file:
        file.write(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mid"]
    assert (tmp_path / "a.mid").read_bytes() == b"whole"


def test_a_signal_between_creating_and_locking_a_file_leaves_none(tmp_path, monkeypatch):
    def stop(*_):
        raise Stopped(signal.SIGTERM)

    monkeypatch.setattr(files.fcntl, "flock", stop)
    with pytest.raises(Stopped), whole_file(tmp_path / "a.mid"):
        pass
    assert not list(tmp_path.iterdir())


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def words(recordings: Path, out: Path, jobs: int) -> list[str]:
    formats = [word for name in FORMATS for word in ("-f", name)]
    return ["transcribe", str(recordings), "-o", str(out), "--jobs", str(jobs), "--skip-existing", *formats]


def stopped(command: list[str], number: int, delay: float) -> tuple[int | None, str]:
    """Send a signal to a run after ``delay`` seconds; return the exit code and the output of the run."""
    process = Fork(*command)
    time.sleep(delay)
    process.send(number, group=number == signal.SIGINT)  # a terminal sends Ctrl-C to all processes
    code, said = process.end()
    return code, "\n".join(said)


@pytest.mark.parametrize("jobs", [1, 2])
def test_after_a_signal_all_files_are_complete_and_a_rerun_adds_the_others(tmp_path, jobs):
    recordings, wanted_in = tmp_path / "in", tmp_path / "wanted"
    recordings.mkdir()
    for number in range(8):
        wav(recordings / f"{number}.wav")
    began = time.monotonic()
    assert call(*words(recordings, wanted_in, jobs)).returncode == 0
    seconds = time.monotonic() - began
    wanted = contents(wanted_in)
    assert len(wanted) == 24
    rng = np.random.default_rng(jobs)
    signals = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL] * (17 if LONG else 1)
    out = tmp_path / "out"
    for turn, number in enumerate(signals):
        if turn % 3 == 0:
            shutil.rmtree(out, ignore_errors=True)
        code, said = stopped(words(recordings, out, jobs), number, rng.uniform(0.1, seconds))
        # While Python exits, the default handlers are active, and the signal ends the process.
        assert code in (0, 128 + number, -number), said
        assert "Traceback" not in said, said
        assert code or "transcribed" in said
        made = contents(out)
        for name, content in made.items():
            if name.startswith(".singtrans-") and number == signal.SIGKILL:
                continue
            assert content == wanted[name], name
    assert call(*words(recordings, out, jobs)).returncode == 0
    assert contents(out) == wanted
