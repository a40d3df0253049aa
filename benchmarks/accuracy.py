"""Accuracy of a model on the recordings that were kept out of its training, in one table.

    python benchmarks/accuracy.py manifest.csv [MODEL] [--split test] [SOURCE=HZ ...]

Means over files with 95 % confidence intervals (bootstrap over files); 50 ms, 50 cents, the larger of 50 ms and
20 % of the note. SOURCE=HZ scores a data set a second time with a constant added to its pitch labels, for those
known to be sharp.
"""

import sys
from collections import defaultdict
from pathlib import Path

from singtrans.evaluate import (
    NOTE_FIGURES,
    constant_pitch_error_hz,
    f_measures,
    figures,
    score_notes,
    score_pitch,
    shift_hz,
)
from singtrans.formats import load_notes
from singtrans.scoring.statistics import mean_interval
from singtrans.training.manifest import Entry, read_entries
from singtrans.training.validate import reference_pitch
from singtrans.transcriber import Transcriber

METRICS = tuple(NOTE_FIGURES.values())
PITCH_METRICS = ("RPA", "RCA", "VR", "VFA")


def interval(values: list[float]) -> str:
    """Mean and 95 % confidence interval."""
    found = mean_interval(values)
    return f"{found.mean:.3f} ({found.low:.3f} to {found.high:.3f})"


def score(entries: list[Entry], transcriber: Transcriber, shifts: dict[str, float]) -> dict[str, dict[str, list]]:
    """Values of each metric for each file, by the table's rows."""
    rows: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    pairs = defaultdict(list)
    for entry in entries:
        found = transcriber(entry.audio)
        if entry.notes:
            true = load_notes(entry.notes, name=entry.name)
            pairs[entry.source].append((true, found.notes))
            shift = shifts.get(entry.source)
            versions = {entry.source: true} | (
                {f"{entry.source}, labels moved by {shift:+g} Hz": shift_hz(true, shift)} if shift else {}
            )
            for name, notes in versions.items():
                for metric, value in f_measures(score_notes(notes, found.notes)).items():
                    rows[name][metric].append(value)
        if entry.f0:
            for metric, value in figures(score_pitch(reference_pitch(entry), found.pitch)).items():
                rows[f"{entry.source} pitch"][metric].append(value)
    for source, both in pairs.items():
        print(f"{source}: labels are {constant_pitch_error_hz(both):+.2f} Hz off the transcription (median of notes)")
    return rows


def main() -> None:
    """Print the table."""
    words = sys.argv[1:]
    split = words.pop(words.index("--split") + 1) if "--split" in words else "test"
    shifts = {w.split("=")[0]: float(w.split("=")[1]) for w in words if "=" in w}
    paths = [w for w in words if "=" not in w and w != "--split"]
    transcriber = Transcriber(paths[1] if len(paths) > 1 else "default", "cpu")
    entries = [e for e in read_entries(Path(paths[0])) if e.split == split]
    rows = score(entries, transcriber, shifts)
    for metrics in (METRICS, PITCH_METRICS):
        print(f"\n| {split} part | files | " + " | ".join(metrics) + " |")
        print("|---|---|" + "---|" * len(metrics))
        for name, values in rows.items():
            if metrics[0] in values:
                cells = [interval(values[m]) for m in metrics]
                print(f"| {name} | {len(values[metrics[0]])} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
