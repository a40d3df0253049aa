"""Machine-readable scores: JSON with all scores, and CSV with one line per file. Numbers are not rounded."""

import csv
import dataclasses
import io
import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from singtrans.scoring.note_errors import CLASSES
from singtrans.scoring.scores import NAMES, Difference, Evaluation, FileScores, Scores
from singtrans.scoring.statistics import LEVEL, MIN_FILES, RESAMPLES, SEED, Interval


def json_report(
    evaluation: Evaluation, against: Evaluation | None = None, differences: Mapping[str, Difference] | None = None
) -> str:
    """Format the scores as one JSON object; unknown values are null or absent.

    Args:
        evaluation: the scores.
        against: scores of a second system to compare with.
        differences: result of `singtrans.scoring.scores.compare`.
    """
    content = {
        "tolerances": dataclasses.asdict(evaluation.tolerances),
        "reference_shift_hz": evaluation.shift_hz,
        "bootstrap": {"level": LEVEL, "resamples": RESAMPLES, "seed": SEED, "fewest_files": MIN_FILES},
        **_system(evaluation),
    }
    if against is not None:
        gaps = {name: _difference(difference) for name, difference in (differences or {}).items()}
        content["against"] = _system(against)
        content["differences"] = _nested(gaps)
    return json.dumps(content, indent=2, allow_nan=False)


def csv_report(evaluation: Evaluation, against: Evaluation | None = None) -> str:
    """Format the scores as a CSV table with one line per file; cells of unknown values are empty.

    If there are several data sets, one line for each data set follows. In these lines, ``file`` is empty, figures are
    means over the files of the data set, and numbers of notes and errors are sums.

    The columns after ``file`` and ``source`` are the numbers of notes, the figures (``COn_precision``, ``COn_recall``,
    ``COn_F`` …, ``RPA`` …) and the numbers of errors (``correct``, ``missed`` …). If there is a second system, its
    scores follow in columns whose names begin with ``against_``.
    """
    columns = [*(name.replace(".f_measure", "_F").replace(".", "_") for name in NAMES), *CLASSES]
    others = {file.name: file for file in against.files} if against else {}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    prefixed = ["found_notes", *columns]
    writer.writerow(
        ["file", "source", "true_notes", *prefixed, *(f"against_{c}" for c in prefixed if against is not None)]
    )
    for file in evaluation.files:
        row = [file.name, file.reference.source, file.true_count, *_cells(file)]
        if against is not None:
            row += _cells(others.get(file.name))
        writer.writerow(row)
    for source, scores in evaluation.sources.items():
        row = ["", source, _true_notes(scores), *_mean_cells(scores)]
        if against is not None:
            row += _mean_cells(against.sources.get(source))
        writer.writerow(row)
    return text.getvalue()


def _cells(file: FileScores | None) -> Sequence[object]:
    if file is None:
        return [""] * (1 + len(NAMES) + len(CLASSES))
    return _figure_cells(len(file.found_notes), file.figures, file.errors or {})


def _mean_cells(scores: Scores | None) -> Sequence[object]:
    if scores is None:
        return _cells(None)
    means = {name: interval.mean for name, interval in scores.means.items()}
    return _figure_cells(sum(len(file.found_notes) for file in scores.files), means, scores.error_counts)


def _figure_cells(found: int, figures: Mapping[str, float], errors: Mapping[str, int]) -> Sequence[object]:
    return [found, *(figures.get(n, "") for n in NAMES), *(errors.get(n, "") for n in CLASSES)]


def _true_notes(scores: Scores) -> int | None:
    counts = [file.true_count for file in scores.files if file.true_count is not None]
    return sum(counts) if counts else None


def _system(evaluation: Evaluation) -> dict[str, object]:
    return {
        "system": evaluation.system,
        "constant_pitch_error_hz": evaluation.constant_hz,
        **_summary(evaluation),
        "sources": {
            source: {"files": len(scores.files), "true_notes": _true_notes(scores), **_summary(scores)}
            for source, scores in evaluation.sources.items()
        },
        "files": {file.name: _file(file) for file in evaluation.files},
        "missing_estimates": evaluation.missing,
        "extra_estimates": evaluation.extra,
        "failures": evaluation.failures,
        "remarks": evaluation.warnings,
    }


def _summary(scores: Scores) -> dict[str, object]:
    means, counts, rates = scores.means, scores.error_counts, scores.error_rates
    counted = sum(file.errors is not None for file in scores.files)
    return {
        "mean": _nested({name: interval.mean for name, interval in means.items()}),
        "interval": _nested({name: _edges(means[name], len(scores.values(name))) for name in means}),
        "errors": {
            name: {
                "count": count,
                "per_true_note": rates[name].mean if rates else None,
                "interval": _edges(rates[name], counted) if rates else None,
            }
            for name, count in counts.items()
        },
    }


def _file(file: FileScores) -> dict[str, object]:
    rate = {}
    if file.errors is not None and file.true_count:
        rate = {name: count / file.true_count for name, count in file.errors.items()}
    return {
        **_nested(file.figures),
        "source": file.reference.source,
        "true_notes": file.true_count,
        "found_notes": len(file.found_notes),
        "errors": file.errors,
        "errors_per_true_note": rate or None,
    }


def _difference(difference: Difference) -> dict[str, object]:
    return {
        "difference": difference.gap.mean,
        "interval": _edges(difference.gap, difference.files),
        "p": difference.test.p,
        "flips": difference.test.flips,
        "exact": difference.test.exact,
        "files": difference.files,
    }


def _edges(interval: Interval, count: int) -> list[float] | None:
    """Return the limits of an interval; None if there are too few files."""
    known = count >= MIN_FILES and math.isfinite(interval.low)
    return [interval.low, interval.high] if known else None


def _nested(values: Mapping[str, object]) -> dict[str, object]:
    """Convert dotted names to nested maps: ``{"COn.recall": 1}`` becomes ``{"COn": {"recall": 1}}``."""
    nested: dict[str, object] = {}
    inner: dict[str, dict[str, object]] = defaultdict(dict)
    for name, value in values.items():
        figure, _, kind = name.partition(".")
        if kind:
            inner[figure][kind] = value
            nested[figure] = inner[figure]
        else:
            nested[figure] = value
    return nested
