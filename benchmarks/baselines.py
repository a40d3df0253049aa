"""Accuracy of pYIN with the plainest notes, and of Basic Pitch, on the recordings that `accuracy` scores a model on.

    pip install --no-deps basic-pitch; pip install librosa onnxruntime resampy pretty_midi
    python benchmarks/baselines.py manifest.csv [--split test] [--most 20] [SOURCE=HZ ...]

The same table by the same code, for the first ``--most`` recordings of each source. Basic Pitch gives whole
semitones. What is not installed is left out.
"""

import argparse
import sys
from pathlib import Path

from accuracy import interval, score
from results import table
from systems import basic_pitch, pyin

from singtrans.training.manifest import Entry, read_entries

SYSTEMS = {"pYIN, segmented": pyin, "Basic Pitch": basic_pitch}


def first_of_each(entries: list[Entry], split: str, most: int) -> list[Entry]:
    """The first ``most`` of each source in a split."""
    chosen = [entry for entry in entries if entry.split == split]
    sources = dict.fromkeys(entry.source for entry in chosen)
    return [entry for source in sources for entry in [e for e in chosen if e.source == source][:most]]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description="Accuracy of pYIN with plain notes, and of Basic Pitch.")
    parser.add_argument("manifest", type=Path)
    parser.add_argument("shifts", nargs="*", metavar="SOURCE=HZ", help="score again with this added to pitch labels")
    parser.add_argument("--split", default="test")
    parser.add_argument("--most", type=int, default=20, help="recordings of a source")
    options = parser.parse_intermixed_args()
    shifts = {source: float(hz) for source, hz in (word.split("=") for word in options.shifts)}
    entries = first_of_each(read_entries(options.manifest), options.split, options.most)
    for title, load in SYSTEMS.items():
        try:
            system = load()
        except ImportError as missing:
            print(f"{title} is left out: {missing}", file=sys.stderr)
            continue
        print(f"\n{title}")
        found = score(entries, system, shifts)
        for metrics in dict.fromkeys(tuple(values) for values in found.values()):  # of notes, and of pitch
            these = {name: values for name, values in found.items() if tuple(values) == metrics}
            rows = [[n, len(v[metrics[0]]), *(interval(v[m]) for m in metrics)] for n, v in these.items()]
            print()
            for line in table([f"{options.split} part", "files", *metrics], rows):
                print(line, flush=True)


if __name__ == "__main__":
    main()
