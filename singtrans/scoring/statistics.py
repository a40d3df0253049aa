"""Confidence intervals of means over files, and a test of the difference between two systems.

Files are resampled, not notes: the notes of one recording share a singer, a room and a microphone, so their errors are
not independent. Intervals are bootstrap percentile intervals (Efron and Tibshirani, "An Introduction to the Bootstrap",
1993, chapter 13). The paired test is Fisher's randomisation test, which flips the signs of the differences at random
(Good, "Permutation, Parametric and Bootstrap Tests of Hypotheses", 2005, chapter 3). Both are computed by
``scipy.stats`` with a fixed seed, so the same scores always give the same numbers.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95
"""Confidence level of the intervals."""

RESAMPLES = 2000
"""Number of bootstrap resamples for an interval."""

MIN_FILES = 5
"""Smallest number of files for which an interval is reported; three files have only ten different resamples."""

FLIPS = 20_000
"""Number of random flips in a paired test. A flip changes the signs of some of the differences.

If there are fewer possible flips, the test uses all of them.
"""

MAX_EXACT_FILES = FLIPS.bit_length() - 1
"""Largest number of files for which the paired test is exact."""

SEED = 0
"""Random seed of resamples and flips."""

_BATCH = 2_000_000  # largest number of values in memory at once


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over files with its 95 % confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Result of a test of whether the mean of paired differences is 0.

    Attributes:
        p: two-sided p-value: the share of flips after which the mean is at least as far from 0 as the observed mean.
        flips: number of flips.
        exact: whether all possible flips were used.
    """

    p: float
    flips: int
    exact: bool


def mean_interval(values: Sequence[float]) -> Interval:
    """Compute the mean of one value per file, with its confidence interval.

    Args:
        values: (files,) one value per file.

    Raises:
        ValueError: if there are no values.

    >>> mean_interval([0.5, 0.5, 0.5])
    Interval(mean=0.5, low=0.5, high=0.5)
    """
    return ratio_interval(values, [1.0] * len(values))


def ratio_interval(numerators: Sequence[float], denominators: Sequence[float]) -> Interval:
    """Compute the ratio of two sums over files, with its confidence interval.

    Args:
        numerators: (files,) terms of the sum in the numerator, such as numbers of errors.
        denominators: (files,) terms of the sum in the denominator, such as numbers of notes; none may be negative, and
            at least one must be above 0. Resamples in which all of them are 0 are ignored.

    Raises:
        ValueError: if there are no files, or all denominators are 0.
    """
    above, below = np.asarray(numerators, float), np.asarray(denominators, float)
    if not len(above) or not below.any():
        raise ValueError("an interval needs at least one file with a denominator above 0")
    mean = float(above.mean() / below.mean())
    if len(above) == 1:
        return Interval(mean, mean, mean)
    from scipy import stats

    def ratio(top: np.ndarray, bottom: np.ndarray, axis: int) -> np.ndarray:
        sums = bottom.mean(axis=axis)
        return np.divide(top.mean(axis=axis), sums, out=np.full_like(sums, np.nan), where=sums > 0)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)  # for resamples whose denominators are all 0
        resampled = stats.bootstrap(
            (above, below),
            ratio,
            paired=True,
            vectorized=True,
            n_resamples=RESAMPLES,
            batch=max(1, _BATCH // len(above)),
            method="percentile",
            rng=np.random.default_rng(SEED),
        ).bootstrap_distribution
    low, high = np.nanpercentile(resampled, [50 * (1 - LEVEL), 50 * (1 + LEVEL)]).tolist()
    return Interval(mean, low, high)


def paired_test(differences: Sequence[float]) -> PairedTest:
    """Test whether the mean of paired differences is 0.

    Args:
        differences: (files,) value of the first system minus the value of the second.

    Raises:
        ValueError: if there are no differences.

    >>> paired_test([0.1, 0.2, 0.3])  # 2 of the 8 flips give a mean as far from 0
    PairedTest(p=0.25, flips=8, exact=True)
    """
    values = np.asarray(differences, float)
    if not len(values):
        raise ValueError("a paired test needs at least one pair")
    exact = len(values) <= MAX_EXACT_FILES
    flips = 2 ** len(values) if exact else FLIPS
    if len(values) == 1:
        return PairedTest(1.0, flips, exact)
    from scipy import stats

    found = stats.permutation_test(
        (values,),
        lambda flipped, axis: np.abs(flipped.sum(axis=axis)),
        permutation_type="samples",
        alternative="greater",
        vectorized=True,
        n_resamples=flips,
        batch=max(1, _BATCH // len(values)),
        rng=np.random.default_rng(SEED),
    )
    return PairedTest(float(found.pvalue), flips, exact)
