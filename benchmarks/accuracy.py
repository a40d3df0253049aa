"""Accuracy of a model on the recordings that were kept out of its training, in one table.

    python benchmarks/accuracy.py manifest.csv [MODEL] [--split test] [SOURCE=HZ ...]

Means over files with 95 % confidence intervals (bootstrap over files); 50 ms, 50 cents, the larger of 50 ms and
20 % of the note. SOURCE=HZ scores a data set a second time with a constant added to its pitch labels, for those
known to be sharp.
"""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from singtrans.evaluate import constant_pitch_error_hz, score_notes, score_pitch, shift_hz
from singtrans.formats import load_notes
from singtrans.training.manifest import Entry, read_entries
from singtrans.training.validate import reference_pitch
from singtrans.transcriber import Transcriber

METRICS = ("con", "coff", "conp", "conpoff")
PITCH_METRICS = ("raw_pitch_accuracy", "raw_chroma_accuracy", "voicing_recall", "voicing_false_alarm")


def interval(values: list[float]) -> str:
    """Mean and 95 % confidence interval."""
    array = np.array(values)
    rng = np.random.default_rng(0)
    means = array[rng.integers(len(array), size=(2000, len(array)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{array.mean():.3f} ({low:.3f} to {high:.3f})"


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
                scores = score_notes(notes, found.notes)
                for metric in METRICS:
                    rows[name][metric].append(getattr(scores, metric).f_measure)
        if entry.f0:
            scores = score_pitch(reference_pitch(entry), found.pitch)
            for metric in PITCH_METRICS:
                rows[f"{entry.source} pitch"][metric].append(getattr(scores, metric))
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
    for metrics, heads in ((METRICS, "COn COff COnP COnPOff"), (PITCH_METRICS, "RPA RCA VR VFA")):
        print(f"\n| {split} part | files | " + " | ".join(heads.split()) + " |")
        print("|---|---|" + "---|" * len(metrics))
        for name, values in rows.items():
            if metrics[0] in values:
                cells = [interval(values[m]) for m in metrics]
                print(f"| {name} | {len(values[metrics[0]])} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
