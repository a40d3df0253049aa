"""Rate and extent of vibrato in held notes.

In each window of the pitch curve, a linear trend and a sinusoid are fitted by least squares, for many rates of the
sinusoid. The window has vibrato if the best sinusoid explains most of the variance around the trend, and if its
amplitude and rate are those of a vibrato.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from singtrans.analysis.curves import Curve

RATES = np.arange(3.6, 9.01, 0.1)
"""Rates of the fitted sinusoids in Hz."""

_LOWEST, _HIGHEST = 4.0, 8.8  # Hz; a vibrato has a rate between these
_WINDOW = 0.46  # seconds
_EXPLAINED = 0.7  # least share of the variance around the trend that a vibrato explains
_SMALLEST = 0.12  # smallest amplitude in semitones
_CYCLES = 2.5  # smallest number of cycles in a note

# A frame of the pitch track covers about 0.1 s, so the measured vibrato is too small. This is the ratio of the measured
# to the true extent by rate, for synthetic singing from A2 to A5 and the shipped model
# (`tests/analysis/test_synthetic_singing.py`).
_GAIN_RATES = (4.0, 5.0, 5.5, 6.0, 7.0, 8.0)
_GAINS = (0.981, 0.952, 0.944, 0.934, 0.900, 0.857)


@dataclass(frozen=True, slots=True)
class Vibrato:
    """The vibrato of one note.

    Attributes:
        rate: cycles per second.
        extent: half of the difference between the highest and the lowest pitch, in cents.
        share: share of the note's steady part that has vibrato, 0 to 1.
    """

    rate: float
    extent: float
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class _Fits:
    """Sinusoids fitted to windows.

    Attributes:
        rate: (windows,) Hz.
        amplitude: (windows,) semitones.
        explained: (windows,) share of the variance around the trend, 0 to 1.
    """

    rate: np.ndarray
    amplitude: np.ndarray
    explained: np.ndarray


def find_vibrato(curve: Curve) -> Vibrato | None:
    """Measure the vibrato of a note; return None if the note has no vibrato or is too short."""
    frames = len(curve.time)
    if frames < 3:
        return None
    hop = curve.seconds / (frames - 1)
    length = round(_WINDOW / hop)
    if frames < length or length < 12:
        return None
    fits = _fit(np.lib.stride_tricks.sliding_window_view(curve.midi, length), hop)
    shaking = (fits.explained > _EXPLAINED) & (fits.amplitude > _SMALLEST)
    shaking &= (fits.rate >= _LOWEST) & (fits.rate <= _HIGHEST)
    covered = np.zeros(frames, bool)
    for first in np.flatnonzero(shaking):
        covered[first : first + length] = True
    if not shaking.any():
        return None
    rate = float(np.median(fits.rate[shaking]))
    if covered.sum() * hop * rate < _CYCLES:
        return None
    gain = float(np.interp(rate, _GAIN_RATES, _GAINS))
    extent = 100 * float(np.median(fits.amplitude[shaking])) / gain
    return Vibrato(rate, extent, float(covered.mean()))


def _fit(windows: np.ndarray, hop: float) -> _Fits:
    """Fit a sinusoid to each of the (windows, frames) pitch curves, fractional MIDI."""
    trend, waves, inverses = _bases(windows.shape[1], round(hop, 6))
    flat = windows - (windows @ trend) @ trend.T
    total = (flat**2).sum(axis=1)
    parts = np.einsum("wf,rfk->wrk", flat, waves)  # (windows, rates, 2)
    explained = (parts**2).sum(axis=2)
    best = explained.argmax(axis=1)
    inner = np.clip(best, 1, len(RATES) - 2)
    each = np.arange(len(windows))
    before, peak, after = (explained[each, inner + step] for step in (-1, 0, 1))
    bend = before - 2 * peak + after
    shift = np.where(bend < 0, 0.5 * (before - after) / np.minimum(bend, -1e-12), 0.0)
    rate = RATES[inner] + np.clip(shift, -1, 1) * (RATES[1] - RATES[0])
    factors = np.einsum("wij,wj->wi", inverses[best], parts[each, best])
    amplitude = np.hypot(factors[:, 0], factors[:, 1])
    return _Fits(rate, amplitude, explained[each, best] / np.maximum(total, 1e-12))


@cache
def _bases(frames: int, hop: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Compute the basis vectors of the fits.

    Returns:
        Three arrays. The first, (frames, 2), is an orthonormal basis of the linear trends. The second,
        (rates, frames, 2), has an orthonormal basis for each rate: the cosine and the sine without their trends. The
        third, (rates, 2, 2), has matrices that convert coefficients in this basis to coefficients of cosine and sine.
    """
    time = (np.arange(frames) - (frames - 1) / 2) * hop
    trend, _ = np.linalg.qr(np.column_stack([np.ones(frames), time]))
    phases = 2 * np.pi * RATES[:, None] * time
    pairs = np.stack([np.cos(phases), np.sin(phases)], axis=2)
    waves, triangles = np.linalg.qr(pairs - trend @ (trend.T @ pairs))
    return trend, waves, np.linalg.inv(triangles)
