"""Statistics over files: how sure a mean is, and whether one system is better than another.

Files, and not notes, are what is drawn: the notes of one recording share a singer, a room and a microphone, so they
err together. Intervals are bootstrap percentiles (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993,
chapter 13); the paired test flips the signs of differences at random (Fisher's randomisation test: Good, "Permutation,
Parametric and Bootstrap Tests of Hypotheses", 2005, chapter 3). Both are seeded: the same scores give the same
numbers.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
"""Of the intervals."""

RESAMPLES = 2000
"""Sets of files that are drawn, with replacement, for an interval."""

FEWEST = 5
"""Files below which an interval says more than it knows: three files have but ten different resamples."""

EXACT = 14
"""Files up to which the paired test goes through all flips of signs, 2 ** 14 at most."""

FLIPS = 20_000
"""Random flips where there are more files."""

SEED = 0
"""Of all that is drawn."""

_AT_ONCE = 2_000_000  # numbers in memory


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over files and its 95 % confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Of whether differences of paired values are but chance.

    Attributes:
        p: two-sided: how often a mean difference this far from 0 comes about if each file's difference might as well
            have had the other sign.
        flips: how many flips of signs were looked at.
        exact: whether these were all there are.
    """

    p: float
    flips: int
    exact: bool


def mean_interval(values: Sequence[float]) -> Interval:
    """Mean of one value a file, with its interval.

    Args:
        values: (files,) any numbers.

    Raises:
        ValueError: if there are none.
    """
    return ratio_interval(values, [1.0] * len(values))


def ratio_interval(numerators: Sequence[float], denominators: Sequence[float]) -> Interval:
    """Sum over files of one number by that of another, such as errors by notes, with its interval.

    Args:
        numerators: (files,).
        denominators: (files,) not negative, and not all 0. Resamples in which all are 0 count for nothing.

    Raises:
        ValueError: if there are no files, or all denominators are 0.
    """
    above, below = np.asarray(numerators, float), np.asarray(denominators, float)
    if not len(above) or not below.any():
        raise ValueError("an interval needs at least one file with something in it")
    rng, ratios = np.random.default_rng(SEED), []
    for count in _portions(RESAMPLES, len(above)):
        drawn = rng.integers(len(above), size=(count, len(above)))
        # Means, not sums, so that of values over 1 these are the very numbers that a mean gives.
        top, bottom = above[drawn].mean(axis=1), below[drawn].mean(axis=1)
        ratios.append(top[bottom > 0] / bottom[bottom > 0])
    edges = 50 * (1 - LEVEL), 50 * (1 + LEVEL)
    low, high = np.percentile(np.concatenate(ratios), edges).tolist()
    return Interval(float(above.mean() / below.mean()), low, high)


def paired_test(differences: Sequence[float]) -> PairedTest:
    """Test whether the mean of paired differences is 0.

    Args:
        differences: (files,) one system's value minus the other's, of each file.

    Raises:
        ValueError: if there are none.
    """
    values = np.asarray(differences, float)
    if not len(values):
        raise ValueError("a paired test needs at least one pair")
    # As large as what was seen, to within what adding in another order changes.
    seen = abs(values.sum()) - 1e-12 * np.abs(values).sum()
    if len(values) <= EXACT:
        everything = np.arange(2 ** len(values))[:, None] >> np.arange(len(values)) & 1
        as_far = np.abs((1 - 2 * everything) @ values) >= seen
        return PairedTest(float(as_far.mean()), len(everything), True)
    rng, count = np.random.default_rng(SEED), 0
    for flips in _portions(FLIPS, len(values)):
        signs = 1.0 - 2.0 * rng.integers(2, size=(flips, len(values)))
        count += int((np.abs(signs @ values) >= seen).sum())
    # The signs as they were seen are one of the flips: p is never 0.
    return PairedTest((count + 1) / (FLIPS + 1), FLIPS, False)


def _portions(rows: int, columns: int) -> list[int]:
    """Numbers of rows that add up to ``rows`` and fit into memory one after the other."""
    most = max(1, _AT_ONCE // columns)
    return [min(most, rows - start) for start in range(0, rows, most)]
