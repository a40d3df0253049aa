"""Calibrate the confidence of a model on validation recordings, and write a model with the calibration.

    python -m recipe.calibrate DATA MODEL OUT.safetensors [--cache FOLDER] [--processes N]

Each value of `Certainty` is computed by a logistic regression with a quadratic penalty. The regressions are fitted on
three sets with equal weights: the validation splits of SSVD and PJS, and the sung words. The penalty is chosen by
cross-validated likelihood.

The figures for these three sets are cross-validated (`FOLDS` folds). The figures for the test splits are computed with
the final calibration. The figures are:

- ECE: expected calibration error over ten bins of equal width (Guo et al., "On calibration of modern neural networks",
  ICML 2017).
- least sure tenth: fraction of the wrong notes that are among the tenth of all notes with the lowest probabilities.
  This fraction cannot exceed 0.1 divided by the share of wrong notes.
- AUC: fraction of the pairs of a right and a wrong note in which the right one has the higher probability.
"""

import argparse
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.tables import table
from recipe.posterior_cache import Kept, PosteriorCache, default_processes
from recipe.tune_decoder import EVERY
from recipe.validation_sets import SSVD_SHARP, Recording, recordings
from singtrans.decoding.confidence import logistic
from singtrans.decoding.config import ConfidenceConfig, DecoderConfig
from singtrans.decoding.decoder import Decoder
from singtrans.formats import load_notes
from singtrans.model.config import Config
from singtrans.model.model_file import change_config, read_metadata
from singtrans.notes import Certainty, Note
from singtrans.scoring.metrics import note_arrays, shift_hz

FITTED = ("ssvd valid", "pjs valid", "words")
REPORTED = ("ssvd test", "pjs test")
SOLO = (*FITTED, "mir1k valid", "ravdess")
"""Solo recordings, from which the threshold between solos and other recordings is computed."""
CLEARER = 0.05
"""Largest share of the solo recordings of a set that may be below the threshold."""
FOLDS = 10
PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
BINS = 10


@dataclass(frozen=True, eq=False)
class Measured:
    """The notes found in a recording.

    Attributes:
        group: name of the set and the split.
        features: (notes, features) features of the notes.
        clarity: mean clarity of all notes.
        right: map from names in `Certainty` to (notes,) values: 1 if right, 0 if wrong, NaN if unknown.
    """

    group: str
    features: np.ndarray
    clarity: float
    right: dict[str, np.ndarray]


def measure(recording: Recording, kept: Kept, config: DecoderConfig) -> Measured:
    """Find the notes in a recording, and compare them with the labels."""
    decoder = Decoder(config)
    decoder.add(kept.posteriors)
    notes, features = decoder.measured(kept.duration)
    true = load_notes(recording.notes, name=recording.id) if recording.notes else ()
    if recording.source == "ssvd":
        true = shift_hz(true, -SSVD_SHARP)
    return Measured(recording.group, features, decoder.clarity, judged(true, notes))


def judged(true: Sequence[Note], found: Sequence[Note]) -> dict[str, np.ndarray]:
    """Compare each found note with the labels, for all names in `Certainty`.

    Pitch, octave and offset are only compared if the onset is right.
    """
    from mir_eval import transcription

    right = {name: np.full(len(found), np.nan) for name in Certainty.NAMES}
    right["onset"][:] = right["right"][:] = 0.0
    if not true or not found:
        return right
    true_spans, true_hz = note_arrays(true)
    spans, hz = note_arrays(found)
    for _, j in transcription.match_notes(true_spans, true_hz, spans, hz, offset_ratio=None):
        right["right"][j] = 1.0
    for i, j in transcription.match_note_onsets(true_spans, spans):
        right["onset"][j] = 1.0
        error = abs(true[i].pitch - found[j].pitch)
        right["pitch"][j] = error < 0.5
        right["octave"][j] = error < 6.0
        right["offset"][j] = abs(true[i].offset - found[j].offset) <= max(0.05, 0.2 * true[i].duration)
    return right


def fit(features: np.ndarray, right: np.ndarray, weights: np.ndarray, penalty: float) -> np.ndarray:
    """Fit a logistic regression, with a constant and one weight per feature, by Newton's method; return the weights.

    Args:
        features: (notes, features) features of the notes.
        right: (notes,) 0 or 1.
        weights: (notes,) weights of the notes.
        penalty: penalty of the squared weights of the standardised features; the constant has no penalty.
    """
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread[spread < 1e-9] = np.inf  # a constant feature gets no weight
    columns = np.column_stack([np.ones(len(features)), (features - mean) / spread])
    ridge = np.diag([1e-6, *[penalty] * features.shape[1]])
    found = np.zeros(columns.shape[1])
    for _ in range(100):
        p = logistic(columns[:, 1:], found)
        gradient = columns.T @ (weights * (right - p)) - ridge @ found
        curvature = (columns * (weights * p * (1 - p))[:, None]).T @ columns + ridge
        step = np.linalg.solve(curvature, gradient)
        found += step
        if np.abs(step).max() < 1e-9:
            break
    scaled = found[1:] / spread
    return np.append(found[0] - (scaled * mean).sum(), scaled)


def fit_all(measured: Sequence[Measured], name: str, penalty: float) -> np.ndarray:
    """Fit a logistic regression to the notes whose value is known; all sets have the same weight."""
    features, right, weights = [], [], []
    known = {m.group: 0 for m in measured}
    for m in measured:
        known[m.group] += int(np.isfinite(m.right[name]).sum())
    share = sum(known.values()) / len(known)
    for m in measured:
        inside = np.isfinite(m.right[name])
        features.append(m.features[inside])
        right.append(m.right[name][inside])
        weights.append(np.full(int(inside.sum()), share / max(known[m.group], 1)))
    return fit(np.concatenate(features), np.concatenate(right), np.concatenate(weights), penalty)


def left_out(measured: Sequence[Measured], name: str, penalty: float) -> list[np.ndarray]:
    """Compute (notes,) probabilities for each recording by a regression that was fitted on the other folds."""
    fold = np.random.default_rng(0).permutation(len(measured)) % FOLDS
    found: list[np.ndarray] = [np.zeros(0)] * len(measured)
    for number in range(min(FOLDS, len(measured))):
        weights = fit_all([m for m, f in zip(measured, fold, strict=True) if f != number], name, penalty)
        for i in np.flatnonzero(fold == number):
            found[i] = logistic(measured[i].features, weights)
    return found


def likelihood(measured: Sequence[Measured], name: str, penalty: float) -> float:
    """Compute the cross-validated log likelihood per note, as a mean over sets."""
    values: dict[str, list[np.ndarray]] = {}
    for m, p in zip(measured, left_out(measured, name, penalty), strict=True):
        inside, right = np.isfinite(m.right[name]), m.right[name]
        logs = np.log(np.clip(np.where(right > 0.5, p, 1.0 - p), 1e-6, 1.0))
        values.setdefault(m.group, []).append(logs[inside])
    return float(np.mean([np.concatenate(v).mean() for v in values.values()]))


def calibration_error(probability: np.ndarray, right: np.ndarray) -> float:
    """Compute the expected calibration error: the mean over bins of the gap between probability and frequency."""
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    gaps = [abs((probability - right)[bins == b].sum()) for b in range(BINS)]
    return float(sum(gaps) / len(probability))


def least_sure(probability: np.ndarray, right: np.ndarray, share: float = 0.1) -> float:
    """Compute the fraction of the wrong notes that are among the least sure notes; 0 if no note is wrong.

    The least sure notes are the ``share`` of all notes with the lowest probabilities.
    """
    order = np.argsort(probability, kind="stable")
    wrong = right < 0.5
    return float(wrong[order[: max(1, round(share * len(order)))]].sum() / max(wrong.sum(), 1))


def area(probability: np.ndarray, right: np.ndarray) -> float:
    """Compute the area under the ROC curve; NaN if there are no right or no wrong notes."""
    good, bad = probability[right > 0.5], probability[right < 0.5]
    if not len(good) or not len(bad):
        return float("nan")
    pairs = (good[:, None] > bad).mean() + 0.5 * (good[:, None] == bad).mean()
    return float(pairs)


def report(measured: Sequence[Measured], found: Sequence[np.ndarray], name: str) -> list[list[object]]:
    """Make the rows for one value of `Certainty`: one per set, and one for all sets together."""
    rows: list[list[object]] = []
    groups = list(dict.fromkeys(m.group for m in measured))
    for group in [*groups, *(["together"] if len(groups) > 1 else [])]:
        pairs = [(p, m.right[name]) for m, p in zip(measured, found, strict=True) if group in (m.group, "together")]
        p, right = (np.concatenate(column) for column in zip(*pairs, strict=True))
        p, right = p[np.isfinite(right)], right[np.isfinite(right)]
        figures = right.mean(), calibration_error(p, right), least_sure(p, right), area(p, right)
        rows.append([name, group, len(p), *(f"{figure:.3f}" for figure in figures)])
    return rows


def least_clarity(measured: Sequence[Measured]) -> float:
    """Compute the threshold of clarity between solos and other recordings.

    In every set of solo recordings, at most the share `CLEARER` of the recordings is below this threshold.
    """
    groups: dict[str, list[float]] = {}
    for m in measured:
        groups.setdefault(m.group, []).append(m.clarity)
    return float(min(np.percentile(values, 100 * CLEARER) for values in groups.values()))


def calibrate(measured: Sequence[Measured]) -> tuple[ConfidenceConfig, list[list[object]]]:
    """Compute the calibration, and the rows of the cross-validated report."""
    weights, rows = {}, []
    for name in Certainty.NAMES:
        penalty = max(PENALTIES, key=lambda value, name=name: likelihood(measured, name, value))
        weights[name] = tuple(float(f"{value:.6g}") for value in fit_all(measured, name, penalty))
        rows += report(measured, left_out(measured, name, penalty), name)
    return ConfidenceConfig(**weights), rows


def arguments() -> argparse.Namespace:
    """Parse the options of the command line."""
    parser = argparse.ArgumentParser(description="Calibrate the confidence of a model.")
    parser.add_argument("data", type=Path, help="folder of the sets")
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("cache/posteriors"), help="folder for posteriors")
    parser.add_argument("--processes", type=int, default=default_processes())
    return parser.parse_args()


def main() -> None:
    """Calibrate the model, print the report, and write the model."""
    options = arguments()
    config = Config.from_json(read_metadata(options.model)["config"], str(options.model))
    cache = PosteriorCache(options.cache, options.model)
    found = [r for r in recordings(options.data) if r.group in {*FITTED, *REPORTED, *SOLO}]
    clips = [r for r in found if r.source == "ravdess"]
    found = [r for r in found if r.source != "ravdess"] + clips[::EVERY]
    cache.fill(found, options.processes)
    measured = [measure(recording, cache(recording), config.decoder) for recording in found]
    fitted, rows = calibrate([m for m in measured if m.group in FITTED])
    tested = [m for m in measured if m.group in REPORTED]
    for name in Certainty.NAMES if tested else ():
        rows += report(tested, [logistic(m.features, getattr(fitted, name)) for m in tested], name)
    for line in table(["right", "set", "notes", "share", "ECE", "least sure tenth", "AUC"], rows):
        print(line)
    least = round(least_clarity([m for m in measured if m.group in SOLO]), 3)
    print(f"least clarity of solo recordings: {least}")
    fitted = dataclasses.replace(fitted, least_clarity=least)
    change_config(options.model, options.out, dataclasses.replace(config, confidence=fitted))


if __name__ == "__main__":
    main()
