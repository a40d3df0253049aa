"""Hostile recordings and what becomes of each, as the table in docs/reliability.md.

    python -m benchmarks.torture [PLACES] [--long]

PLACES is at how many places each container is cut off. The exit code is 1 if an outcome is not the stated one.
"""

import re
import sys
import tempfile
from pathlib import Path

from tests.robustness import torture
from tests.robustness.hostile_audio import cases
from tests.robustness.hostile_cases import ANY, PART, SILENT, TUNE

DOCUMENT = Path(__file__).parents[1] / "docs" / "reliability.md"
_MARKS = ("<!-- torture -->", "<!-- /torture -->")


def table(run: torture.Run, folder: Path) -> str:
    """A line for each case; those that end alike and are of a family share one."""
    lines: dict[str, list[str]] = {}
    for verdict in run.verdicts:
        found = re.sub(rf"{re.escape(str(folder))}/\d+/", "", verdict.found)
        found = "".join(c for c in found if c.isprintable()).replace("|", "\\|")
        if verdict.case.outcome in (ANY, PART) and not verdict.found.endswith("notes"):
            found = "one line"
        name = re.sub(r"cut off at [\d.]+ %", "cut off", verdict.case.name).replace("|", "\\|")
        lines.setdefault(name, []).append(found if len(found) < 160 else f"{found[:60]} … {found[-80:]}")
    rows = []
    for name, found in lines.items():
        wanted = next(v.case.outcome for v in run.verdicts if v.case.name.replace("|", "\\|").startswith(name))
        stated = wanted if wanted in (TUNE, PART, SILENT, ANY) else "one line"
        kinds = sorted(set(found))
        rows.append(f"| {name} | {stated} | {', '.join(kinds)}{f' ({len(found)} places)' if len(found) > 1 else ''} |")
    wrong = sum(bool(verdict.wrong) for verdict in run.verdicts)
    slowest = max(run.verdicts[1:], key=lambda verdict: verdict.seconds)
    summary = (
        f"{len(run.verdicts)} recordings in one process: {wrong} with another outcome than the stated, no traceback,"
        f" {run.megabytes:.0f} MB of memory at most, {slowest.seconds:.1f} s for the slowest ({slowest.case.name})."
    )
    return "\n".join([summary, "", "| recording | stated | became |", "|---|---|---|", *rows])


def main() -> None:
    """Run, and put the table into the document."""
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    hostile = [case for case in cases(*numbers[:1]) if "--long" in sys.argv or not case.long]
    with tempfile.TemporaryDirectory() as name:
        run = torture.run(hostile, Path(name), limit=3600.0)
        content = table(run, Path(name))
    text = DOCUMENT.read_text(encoding="utf-8")
    before, after = text.partition(_MARKS[0])[0], text.partition(_MARKS[1])[2]
    DOCUMENT.write_text(f"{before}{_MARKS[0]}\n{content}\n{_MARKS[1]}{after}", encoding="utf-8")
    for verdict in run.verdicts:
        if verdict.wrong:
            print(f"{verdict.case.name}: {verdict.found}: {verdict.wrong}")
    print(content.partition("\n")[0])
    sys.exit(any(verdict.wrong for verdict in run.verdicts))


if __name__ == "__main__":
    main()
