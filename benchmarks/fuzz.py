"""Fuzzing of the readers, the decoder and the configuration.

    python -m benchmarks.fuzz [--minutes N] [--seed N] [--log FILE] [TARGET ...]

Each target is fuzzed in rounds of a minute, and each round has a different seed. With ``--log``, a line is added to the
file after each round, and rounds that the file already contains are skipped, so that an interrupted run can be
continued. A finding is an input that is not handled properly, as defined in `tests.robustness.fuzzing`. Each finding is
printed with the name of a file that contains the input. The exit code is 1 if there are findings.
"""

import argparse
import csv
import logging
import sys
import tempfile
import time
import warnings
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.robustness.fuzzing import fuzz, targets

_ROUND_SECONDS = 60.0


@dataclass(frozen=True)
class Round:
    """One round: the target, the seed, and the numbers of inputs and findings."""

    target: str
    seed: int
    inputs: int
    findings: int


def run_round(target: str, seed: int, seconds: float) -> Round:
    """Fuzz a target for a number of seconds, and keep one input for each finding."""
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        count, found = fuzz(target, lambda: time.monotonic() < end, seed, Path(folder))
    for number, (line, content) in enumerate(found.items()):
        kept = Path(tempfile.gettempdir()) / f"finding-{target}-{seed}-{number}"
        kept.write_bytes(content)
        print(f"{kept}: {line}", file=sys.stderr, flush=True)
    return Round(target, seed, count, len(found))


def read_log(log: Path | None) -> list[Round]:
    """Return the rounds of earlier runs."""
    if log is None or not log.exists():
        return []
    with log.open(newline="", encoding="utf-8") as file:
        return [Round(target, int(seed), int(inputs), int(found)) for target, seed, inputs, found in csv.reader(file)]


def main() -> None:
    """Fuzz, and print one line per target."""
    known = list(targets())
    parser = argparse.ArgumentParser(description="Fuzz the readers, the decoder and the configuration.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(known))
    parser.add_argument("--minutes", type=float, default=1.0, help="minutes per target")
    parser.add_argument("--seed", type=int, default=0, help="seed of the first round")
    parser.add_argument("--log", type=Path, help="file with one line per round, for continuing an interrupted run")
    given = parser.parse_args()
    if unknown := set(given.targets) - set(known):
        parser.error(f"unknown target {', '.join(unknown)}; there are {', '.join(known)}")
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    rounds = read_log(given.log)
    print("| target | minutes | inputs | findings |\n|---|---|---|---|")
    for name in given.targets or known:
        done = Counter(round.seed for round in rounds if round.target == name)
        seed, left = given.seed, given.minutes
        while left > 0:
            if not done[seed]:
                rounds.append(run_round(name, seed, _ROUND_SECONDS * min(left, 1.0)))
                if given.log:
                    with given.log.open("a", newline="", encoding="utf-8") as file:
                        csv.writer(file).writerow([name, seed, rounds[-1].inputs, rounds[-1].findings])
            seed, left = seed + 1, left - 1
        own = [round for round in rounds if round.target == name]
        count, findings = sum(round.inputs for round in own), sum(round.findings for round in own)
        print(f"| {name} | {given.minutes:g} | {count:,} | {findings} |", flush=True)
    sys.exit(any(round.findings for round in rounds))


if __name__ == "__main__":
    main()
