"""Log with the outcome of each recording, in the JSON Lines format.

Each line is a JSON object. It is written as soon as the recording is finished, so that other programs can follow the
progress of the run.

    {"audio": "a.wav", "status": "done", "seconds": 12.3, "notes": 31, "separated": false, "written": ["a.mid"]}
    {"audio": "b.wav", "status": "skipped"}
    {"audio": "d.wav", "status": "incomplete", "error": "only 0.2 of 15.1 s could be decoded", "seconds": 0.2, ...}
    {"audio": "c.wav", "status": "failed", "error": "c.wav does not exist: check the path."}

For an input without a recording, ``audio`` is null. If there are remarks about a recording, ``remarks`` lists them. New
entries are appended to an existing log.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from singtrans.batch import Outcome, Plan
from singtrans.errors import InputError, UsageError

_Line = dict[str, object]


def logged(plan: Plan, outcomes: Iterator[Outcome], path: Path) -> Iterator[Outcome]:
    """Write each outcome to the log, and then yield it.

    Raises:
        UsageError: before any work, if the log cannot be written.
        InputError: if writing to the log fails during the run.
    """
    try:
        file = path.open("a", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"--log {path}: cannot be written ({error.strerror}); choose another place") from None
    return _follow(plan, outcomes, path, file)


def _follow(plan: Plan, outcomes: Iterator[Outcome], path: Path, file: TextIO) -> Iterator[Outcome]:
    with file:
        lines: list[_Line] = [{"audio": None, "status": "failed", "error": line} for line in plan.failures]
        _write(lines, path, file)
        for outcome in outcomes:
            _write([_entry(outcome)], path, file)
            yield outcome


def _write(entries: Sequence[_Line], path: Path, file: TextIO) -> None:
    try:
        file.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
        file.flush()  # so that finished entries are kept after a crash
    except OSError as error:
        raise InputError(
            f"--log {path}: cannot be written ({error.strerror}); the outputs written so far are kept"
        ) from None


def _entry(outcome: Outcome) -> _Line:
    entry: _Line = {"audio": str(outcome.job.audio)}
    if outcome.error:
        return entry | {"status": "failed", "error": outcome.error}
    if outcome.result is None:
        return entry | {"status": "skipped"}
    entry |= {"status": "done", "seconds": round(outcome.result.seconds, 3), "notes": outcome.result.notes}
    entry["separated"] = outcome.result.separated
    if outcome.incomplete:
        entry |= {"status": "incomplete", "error": outcome.incomplete}
    if outcome.remarks:
        entry |= {"remarks": list(outcome.remarks)}
    return entry | {"written": [str(output) for output in outcome.written]}
