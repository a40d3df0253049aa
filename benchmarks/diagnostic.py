"""Accuracy for single phenomena of singing, on synthetic recordings.

    python -m benchmarks.diagnostic [--model MODEL] [--melodies 10] [--only legato --only "repeated, dip on one vowel"]

The melodies are made in memory by `phenomena` and, if espeak-ng is installed, by `spoken`. They are the same in every
run, their notes are exactly known, and their seeds and voices differ from those of the training data. F-measures are
means over melodies. Tolerances are 50 ms for onsets, 50 cents for pitch, and the larger of 50 ms and 20 % of the note's
length for offsets. If one note slides to the next, the true boundary is the middle of the slide.
"""

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks import phenomena, spoken
from benchmarks.tables import table
from singtrans.scoring.metrics import mean_scores, score_notes
from singtrans.transcriber import Transcriber

METRICS = {"COn": "con", "COff": "coff", "COnP": "conp", "COnPOff": "conpoff"}
GOOD = 0.9  # COnP below which a phenomenon is listed


def generators() -> dict[str, Callable[[int], phenomena.Melody]]:
    """Map each available phenomenon to the function that makes its melodies."""
    found = {name: partial(phenomena.make, name) for name in phenomena.PHENOMENA}
    if shutil.which("espeak-ng"):
        found |= {name: partial(spoken.make, name) for name in spoken.DICTIONS}
    else:
        print(f"espeak-ng is not on the path, left out: {', '.join(spoken.DICTIONS)}", file=sys.stderr)
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Accuracy for single phenomena of singing.")
    parser.add_argument("--model", default="default", help="a shipped model's name or a weight file")
    parser.add_argument("--melodies", type=int, default=10, help="number of melodies for each phenomenon")
    parser.add_argument("--only", action="append", metavar="PHENOMENON", help="only this phenomenon; repeatable")
    options = parser.parse_args()
    transcriber = Transcriber(options.model, "cpu")
    known = generators()
    chosen = options.only or list(known)
    if unknown := set(chosen) - set(known):
        parser.error(f"unknown: {'; '.join(unknown)}; there are {'; '.join(known)}")
    weak = []

    def rows() -> Iterator[list[object]]:
        for name in chosen:
            melodies = [known[name](number) for number in range(options.melodies)]
            scores = mean_scores([score_notes(m.notes, transcriber.transcribe(m.samples).notes) for m in melodies])
            values = [getattr(scores, metric).f_measure for metric in METRICS.values()]
            if scores.conp.f_measure < GOOD:
                weak.append(name)
            yield [name, sum(len(m.notes) for m in melodies), *(f"{value:.3f}" for value in values)]

    for line in table(["phenomenon", "notes", *METRICS], rows()):
        print(line, flush=True)
    print(f"\nCOnP below {GOOD}: {', '.join(weak) or 'none'}")


if __name__ == "__main__":
    main()
