"""Outcomes of transcribing hostile recordings, which are damaged, absurd or deceptive files.

    python -m benchmarks.torture [PLACES] [--long]

PLACES is the number of positions at which a file of each container format is cut off. One row per recording is written
to ``benchmarks/hostile_recordings.csv``, and a summary to ``docs/reliability.md``. The exit code is 1 if any outcome
differs from the expected one.
"""

import csv
import io
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.robustness import torture
from tests.robustness.hostile_audio import cases
from tests.robustness.hostile_cases import ANY, PART, SILENT, TUNE

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "reliability.md"
TABLE = ROOT / "benchmarks" / "hostile_recordings.csv"
_MARKS = ("<!-- torture -->", "<!-- /torture -->")


def rows(run: torture.Run, folder: Path) -> list[tuple[str, str, str]]:
    """Return rows of recording, expected outcome and result; cut-off copies of a recording share a row."""
    results: dict[tuple[str, str], list[str]] = {}
    for verdict in run.verdicts:
        found = re.sub(rf"{re.escape(str(folder))}/\d+/", "", verdict.found)
        found = "".join(c for c in found if c.isprintable())
        if verdict.case.outcome in (ANY, PART) and not verdict.found.endswith("notes"):
            found = "a message"
        name = re.sub(r"cut off at [\d.]+ %", "cut off", verdict.case.name)
        expected = _expected(verdict.case.outcome)
        results.setdefault((name, expected), []).append(found if len(found) < 160 else f"{found[:60]} … {found[-80:]}")
    return [
        (name, expected, ", ".join(sorted(set(found))) + (f" ({len(found)} places)" if len(found) > 1 else ""))
        for (name, expected), found in results.items()
    ]


def as_csv(table: Sequence[tuple[str, str, str]]) -> str:
    """Format the rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["recording", "expected", "result"])
    writer.writerows(table)
    return text.getvalue()


def summary(run: torture.Run) -> str:
    """Count, for each expected outcome, the recordings for which it is expected and those that had it."""
    total = Counter(_expected(verdict.case.outcome) for verdict in run.verdicts)
    wrong = Counter(_expected(verdict.case.outcome) for verdict in run.verdicts if verdict.wrong)
    slowest = max(run.verdicts[1:], key=lambda verdict: verdict.seconds)
    lines = [
        "| expected outcome | recordings | as expected |",
        "|---|---|---|",
        *(f"| {name} | {count} | {count - wrong[name]} |" for name, count in total.most_common()),
        "",
        f"{len(run.verdicts)} recordings in one process, at most {run.megabytes:.0f} MB of memory, no traceback. The",
        f"slowest took {slowest.seconds:.1f} s ({slowest.case.name}).",
    ]
    return "\n".join(lines)


def _expected(outcome: str) -> str:
    return outcome if outcome in (TUNE, PART, SILENT, ANY) else "a message"


def main() -> None:
    """Run, and write the table and the summary."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    hostile = [case for case in cases(*numbers[:1]) if "--long" in sys.argv or not case.long]
    with tempfile.TemporaryDirectory() as name:
        run = torture.run(hostile, Path(name), limit=3600.0)
        TABLE.write_text(as_csv(rows(run, Path(name))), encoding="utf-8")
    content = summary(run)
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.partition(_MARKS[0])[0], text.partition(_MARKS[1])[2]
    DOCUMENT.write_text(f"{before}{_MARKS[0]}\n{content}\n{_MARKS[1]}{after}", encoding="utf-8")
    for verdict in run.verdicts:
        if verdict.wrong:
            print(f"{verdict.case.name}: {verdict.found}: {verdict.wrong}")
    print(content)
    sys.exit(any(verdict.wrong for verdict in run.verdicts))


if __name__ == "__main__":
    main()
