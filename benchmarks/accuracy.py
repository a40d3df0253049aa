"""Accuracy of models on all validation sets, in one table.

    python -m benchmarks.accuracy DATA [--model MODEL ...] [--ornaments fold --ornaments keep] [--paired]
                                  [--cache FOLDER] [--set SET ...] [--processes N]

DATA holds the sets (`recipe.validation_sets`). The table has one column for each model with each option for ornaments,
and one row for each figure of each set:

- COn, COff, COnP, COnPOff: F-measures of notes (onset within 50 ms, pitch within 50 cents, offset within the larger of
  50 ms and 20 % of the note's length), and precision and recall of COn. SSVD's pitch labels are 4.1 Hz too high. Its
  figures that depend on pitch are therefore computed twice: with the original labels, and with labels lowered by 4.1
  Hz.
- RPA, VR, VFA: raw pitch accuracy (share of the voiced frames whose pitch is within 50 cents), voicing recall, and
  voicing false-alarm rate.
- right count, error rate: figures of sets whose labels are sequences of semitones without times
  (`singtrans.scoring.sequences`).

Figures are means over files with 95 % bootstrap intervals. For utau, the mean is over voices, and the bootstrap draws
files within each voice. The error rate is computed once for all notes of a set. Posteriors are cached, so only the
first run takes minutes.

With ``--paired``, the table also has a column for each system after the first. It contains the p-value of a paired test
of the differences from the first system (`singtrans.scoring.statistics.paired_test`). A last line counts the p-values
below 0.05.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.tables import table
from recipe.posterior_cache import Kept, PosteriorCache, default_processes
from recipe.validation_sets import SETS, SSVD_SHARP, Recording, recordings
from singtrans.decoding.decoder import decode, pitch_track
from singtrans.decoding.options import DecodingOptions
from singtrans.formats import load_notes, load_pitch
from singtrans.model.config import Config
from singtrans.model.shipped import find_model
from singtrans.model.weights import read_metadata
from singtrans.notes import Note
from singtrans.scoring.metrics import figures, score_notes, score_pitch, shift_hz
from singtrans.scoring.sequences import score_sequence
from singtrans.scoring.statistics import LEVEL, RESAMPLES, SEED, Interval, paired_test, ratio_interval

NOTE_ROWS = {
    "COn": "COn.f_measure",
    "COff": "COff.f_measure",
    "COnP": "COnP.f_measure",
    "COnPOff": "COnPOff.f_measure",
    "COn precision": "COn.precision",
    "COn recall": "COn.recall",
}
PITCH_ROWS = {"RPA": "RPA", "VR": "VR", "VFA": "VFA"}
WITH_PITCH = ("COnP", "COnPOff")
VOICES = "utau, mean of voices"
SIGNIFICANT = 0.05

Row = tuple[str, str]  # set and part, figure
Values = dict[Row, list[tuple[float, float]]]  # for each file: numerator and denominator


@dataclass(frozen=True)
class System:
    """A model and its options.

    Attributes:
        name: title of the column.
        model: the weight file.
        options: options of the decoder.
    """

    name: str
    model: Path
    options: DecodingOptions


def score(recording: Recording, kept: Kept, config: Config, options: DecodingOptions) -> dict[Row, tuple[float, float]]:
    """Score one recording; return the numerator and the denominator of each figure."""
    group = recording.group
    if recording.f0 is not None:
        track = pitch_track(kept.posteriors, config.decoder)
        named = figures(score_pitch(load_pitch(recording.f0), track))
        return {(group, row): (named[name], 1.0) for row, name in PITCH_ROWS.items()}
    notes = transcribe(kept, config, options)
    if recording.semitones is not None:
        found = score_sequence(recording.semitones, [note.pitch for note in notes])
        right = (float(found.right_count), 1.0)
        return {(group, "right count"): right, (group, "error rate"): (float(found.errors), float(found.count))}
    assert recording.notes is not None
    true = load_notes(recording.notes, name=recording.id)
    named = figures(score_notes(true, notes))
    rows = {(group, row): (named[name], 1.0) for row, name in NOTE_ROWS.items()}
    if recording.source == "ssvd":
        named = figures(score_notes(shift_hz(true, -SSVD_SHARP), notes))
        rows |= {(f"{group}, -{SSVD_SHARP} Hz", row): (named[NOTE_ROWS[row]], 1.0) for row in WITH_PITCH}
    return rows


def transcribe(kept: Kept, config: Config, options: DecodingOptions) -> tuple[Note, ...]:
    """Decode posteriors into notes in the same way as `singtrans transcribe`."""
    decoder = options.config(config.decoder)
    return options.written(decode(kept.posteriors, decoder, kept.duration, config.confidence))


def evaluate(found: Sequence[Recording], cache: PosteriorCache, systems: Sequence[System]) -> list[Values]:
    """Score all recordings with the systems of one model."""
    configs = [Config.from_json(read_metadata(s.model)["config"], str(s.model)) for s in systems]
    values: list[Values] = [defaultdict(list) for _ in systems]
    for recording in found:
        kept = cache(recording)
        for system, config, rows in zip(systems, configs, values, strict=True):
            for row, pair in score(recording, kept, config, system.options).items():
                rows[row].append(pair)
    return values


def mean(values: Mapping[Row, Sequence[tuple[float, float]]], row: Row) -> Interval:
    """Compute the mean over files, or over voices, with its interval."""
    group, figure = row
    if group == VOICES:
        return mean_of_groups([[v for v, _ in pairs] for (g, f), pairs in values.items() if _voice(g) and f == figure])
    top, bottom = zip(*values[row], strict=True)
    return ratio_interval(top, bottom)


def mean_of_groups(groups: Sequence[Sequence[float]]) -> Interval:
    """Compute the mean of the means of groups; the bootstrap draws within each group."""
    rng = np.random.default_rng(SEED)
    drawn = [np.asarray(g)[rng.integers(len(g), size=(RESAMPLES, len(g)))].mean(axis=1) for g in groups]
    tail = 50.0 * (1.0 - LEVEL)
    low, high = np.percentile(np.mean(drawn, axis=0), [tail, 100.0 - tail])
    return Interval(float(np.mean([np.mean(g) for g in groups])), float(low), float(high))


def _voice(group: str) -> bool:
    return group.startswith("utau ")


def _in_mean(group: str, mean_of: str) -> bool:
    return mean_of == VOICES and _voice(group)


def rows(values: Sequence[Values]) -> list[Row]:
    """List the rows: all sets in order, with the mean over the utau voices after the last voice."""
    found = list(dict.fromkeys(row for each in values for row in each))
    voices = [i for i, (group, _) in enumerate(found) if _voice(group)]
    means = [(VOICES, figure) for figure in dict.fromkeys(found[i][1] for i in voices)]
    last = voices[-1] + 1 if voices else 0
    return [*found[:last], *means, *found[last:]]


def pairs_of(values: Values, row: Row) -> list[tuple[float, float]]:
    """Return the numerators and denominators of all files of a row."""
    group, figure = row
    return [
        pair for (g, f), found in values.items() if f == figure and (g == group or _in_mean(g, group)) for pair in found
    ]


def difference(first: Values, other: Values, row: Row) -> float:
    """Compute the p-value of the paired differences between two systems."""
    both = zip(pairs_of(other, row), pairs_of(first, row), strict=True)
    return paired_test([a / b - c / d for (a, b), (c, d) in both]).p


def lines(names: Sequence[str], values: Sequence[Values], *, paired: bool = False) -> Iterable[str]:
    """Format the lines of the table; with ``paired``, with p-values and their count."""
    first, *others = values
    small = total = 0

    def cells(row: Row) -> list[object]:
        nonlocal small, total
        shown = [f"{i.mean:.3f} ({i.low:.3f} to {i.high:.3f})" for i in (mean(each, row) for each in values)]
        found = [difference(first, other, row) for other in others] if paired else []
        small, total = small + sum(p < SIGNIFICANT for p in found), total + len(found)
        return [*row, len(pairs_of(first, row)), *shown, *(f"{p:.2f}" for p in found)]

    tests = [f"p ({name})" for name in names[1:]] if paired else []
    yield from table(["set", "figure", "files", *names, *tests], map(cells, rows(values)))
    if paired:
        yield f"\n{small} of {total} p-values are below {SIGNIFICANT}."


def arguments() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description="Accuracy of models on all validation sets.")
    parser.add_argument("data", type=Path, help="folder of the sets")
    parser.add_argument("--model", action="append", help="a shipped model's name or a weight file; repeatable")
    parser.add_argument("--ornaments", action="append", choices=("fold", "keep"), help="as in transcribe; repeatable")
    parser.add_argument("--paired", action="store_true", help="test the differences from the first column")
    parser.add_argument("--set", action="append", choices=SETS, dest="sets", help="only this set; repeatable")
    parser.add_argument("--cache", type=Path, default=Path("cache/posteriors"), help="folder for posteriors")
    parser.add_argument("--processes", type=int, default=default_processes())
    return parser.parse_args()


def main() -> None:
    """Print the table."""
    options = arguments()
    found = [r for r in recordings(options.data) if r.source in (options.sets or SETS)]
    if not found:
        sys.exit(f"{options.data} has no recordings of {', '.join(options.sets or SETS)}")
    names, values = [], []
    for model in options.model or ["default"]:
        path = find_model(model)
        ways = options.ornaments or ["fold"]
        systems = [System(path.stem, path, DecodingOptions(ornaments=way)) for way in ways]
        cache = PosteriorCache(options.cache, path)
        cache.fill(found, options.processes)
        names += [path.stem if way == "fold" else f"{path.stem}, ornaments kept" for way in ways]
        values += evaluate(found, cache, systems)
    for line in lines(names, values, paired=options.paired):
        print(line, flush=True)


if __name__ == "__main__":
    main()
