"""Fuzzing of the readers, the decoder and the configuration.

    python -m benchmarks.fuzz [--minutes N] [--seed N] [TARGET ...]

Each finding is printed with the name of a file that holds the input. The exit code is 1 if there are any.
"""

import argparse
import sys
import tempfile
import time
import warnings
from pathlib import Path

from tests.robustness.fuzzing import fuzz, targets


def main() -> None:
    """Fuzz, and print one line per target."""
    known = list(targets())
    parser = argparse.ArgumentParser(description="Fuzz the readers, the decoder and the configuration.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(known))
    parser.add_argument("--minutes", type=float, default=1.0, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if unknown := set(given.targets) - set(known):
        parser.error(f"unknown target {', '.join(unknown)}; there are {', '.join(known)}")
    warnings.simplefilter("ignore")
    findings = 0
    print("| target | minutes | inputs | findings |\n|---|---|---|---|")
    for name in given.targets or known:
        end = time.monotonic() + 60 * given.minutes
        with tempfile.TemporaryDirectory() as folder:
            count, found = fuzz(name, lambda end=end: time.monotonic() < end, given.seed, Path(folder))
        print(f"| {name} | {given.minutes:g} | {count:,} | {len(found)} |", flush=True)
        for number, (line, content) in enumerate(found.items()):
            kept = Path(tempfile.gettempdir()) / f"finding-{name}-{given.seed}-{number}"
            kept.write_bytes(content)
            print(f"{kept}: {line}", file=sys.stderr, flush=True)
        findings += len(found)
    sys.exit(bool(findings))


if __name__ == "__main__":
    main()
