"""Run the command on hostile recordings in one process, and compare each outcome with the expected one."""

import csv
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from singtrans.batch.locations import is_folder
from tests.robustness.hostile_cases import ANY, PART, SILENT, TUNE, Case, room_for, wav

COMMAND = (sys.executable, "-m", "singtrans")


@dataclass(frozen=True)
class Verdict:
    """Result of a case.

    Attributes:
        case: the case.
        found: number of notes that were found, or message.
        seconds: duration of the transcription.
        wrong: difference from the expected outcome; empty if there is none.
    """

    case: Case
    found: str
    seconds: float
    wrong: str


@dataclass(frozen=True)
class Run:
    """All verdicts, and the peak memory in MB and the exit code of the process."""

    verdicts: tuple[Verdict, ...]
    megabytes: float
    code: int


def run(cases: Sequence[Case], folder: Path, limit: float = 300.0) -> Run:
    """Transcribe all recordings to CSV with one command, in at most ``limit`` seconds."""
    paths = [wav(room_for(folder, 0) / "tune.wav")]
    paths += [case.make(room_for(folder, number)) for number, case in enumerate(cases, 1)]
    before = [_names(path.parent) for path in paths]
    command = [os.fsencode(word) for word in (*COMMAND, "transcribe", "-f", "csv", "--", *paths)]
    shown = os.environ | {"PYTHONFAULTHANDLER": "1"}  # prints a traceback if a library crashes
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=shown)
    watch = threading.Timer(limit, process.kill)
    watch.start()
    said, began, peak = [], time.monotonic(), 0.0
    clock = began
    for line in process.stdout:
        now = time.monotonic()
        peak = _megabytes(process.pid) or peak
        said.append((line.decode("utf-8", "replace").rstrip("\n"), now - clock))
        clock = now
    code = process.wait()
    watch.cancel()
    if code < 0:  # the process was killed; the last lines show which recording it was reading
        last = "\n".join(line for line, _ in said[-40:])
        after, silent = (time.monotonic() - t for t in (began, clock))
        raise AssertionError(f"killed by signal {-code} after {after:.0f} s, silent for {silent:.0f} s after:\n{last}")
    # Empty folders are reported first, without a number.
    lines = _by_number(said, [number for number, path in enumerate(paths) if not is_folder(path)])
    wanted = _notes(paths[0].with_suffix(".csv"))
    verdicts = []
    for number, (case, path) in enumerate(zip(cases, paths[1:], strict=True), 1):
        line, seconds = lines.get(number) or _unnumbered(said, path)
        made = _names(path.parent) - before[number]
        verdicts.append(_judge(case, line, seconds, path.parent, made, wanted))
    loose = [line for line, _ in said if "Traceback" in line or line.startswith("  File ")]
    if loose:
        raise AssertionError("\n".join(line for line, _ in said))
    return Run(tuple(verdicts), peak, code)


def _megabytes(process: int) -> float:
    """Return the peak memory of a process so far, in MB; 0 if it is unknown.

    The value of `os.wait4` is not used, because it includes the memory of the parent process.
    """
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(found[1]) / 1000 if found else 0.0


def _names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def _by_number(said: list[tuple[str, float]], numbers: list[int]) -> dict[int, tuple[str, float]]:
    found = {}
    for line, seconds in said:
        if match := re.match(r"\[(\d+)/\d+\] (.*)", line):
            found[numbers[int(match[1]) - 1]] = (match[2], seconds)
    return found


def _unnumbered(said: list[tuple[str, float]], path: Path) -> tuple[str, float]:
    return next((entry for entry in said if entry[0].startswith(f"failed: {path}:")), ("there was no message", 0.0))


def _notes(path: Path) -> list[tuple[float, float, float]]:
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return [(float(row["onset"]), float(row["offset"]), float(row["pitch"])) for row in rows]


def _judge(case: Case, line: str, seconds: float, folder: Path, made: set[str], wanted: list) -> Verdict:
    if line.startswith("failed: "):
        wrong = "something was written" if made else "a fault" if "fault in singtrans" in line else ""
        if case.outcome in (TUNE, SILENT):
            wrong = wrong or f"should give {case.outcome}"
        elif case.outcome not in (ANY, PART) and case.outcome not in line:
            wrong = wrong or f"should say {case.outcome!r}"
        return Verdict(case, line.removeprefix("failed: "), seconds, wrong)
    if len(made) != 1 or not next(iter(made)).endswith(".csv"):
        return Verdict(case, line, seconds, f"wrote {sorted(made)}")
    notes = _notes(folder / made.pop())
    wrong = "" if case.outcome == ANY else _compared(case.outcome, notes, wanted)
    return Verdict(case, f"{len(notes)} notes", seconds, wrong)


def _compared(outcome: str, notes: list, wanted: list) -> str:
    """Describe how the notes differ. One note may differ, because a codec or a cut can change a close decision."""
    if outcome == SILENT:
        return "should have no notes" if notes else ""
    if outcome not in (TUNE, PART):
        return f"should say {outcome!r}"
    if outcome == PART:
        strange = sum(not _has(wanted, note) for note in notes[:-1])
    else:
        strange = max(sum(not _has(notes, note) for note in wanted), abs(len(notes) - len(wanted)))
    return f"notes that are not in the tune: {notes}" if strange > 1 else ""


def _has(notes: list, wanted: tuple[float, float, float]) -> bool:
    return any(abs(note[0] - wanted[0]) < 0.06 and abs(note[2] - wanted[2]) < 0.3 for note in notes)
