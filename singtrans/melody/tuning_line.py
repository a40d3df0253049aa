"""Likelihood of a tuning, and the likeliest tuning that rises or falls steadily.

It is assumed that the distance of a pitch from the nearest semitone of the tuning is normally distributed for most
notes, and uniformly distributed for the others.
"""

from dataclasses import dataclass

import numpy as np

_SCATTER = 22  # cents, standard deviation of sung pitches
_STRAY = 0.3  # share of notes with a random pitch
_STARTS = np.arange(-50, 50, 4)  # cents at the first note, to be tried
_DRIFTS = np.arange(-240, 241, 8)  # cents of drift over the song, to be tried
_USUAL_DRIFT = 60.0  # cents, standard deviation


def _log_likelihood() -> np.ndarray:
    apart = (np.arange(100) + 50) % 100 - 50
    normal = sum((np.exp(-0.5 * ((apart + 100 * k) / _SCATTER) ** 2) for k in (-1, 0, 1)), np.zeros(100))
    return np.log(_STRAY + (1 - _STRAY) * normal / normal.mean())


LOG_LIKELIHOOD = _log_likelihood()
"""(100,) log likelihood of a pitch that is 0 to 99 cents above a semitone of the tuning, relative to random pitches."""


@dataclass(frozen=True, slots=True)
class TuningLine:
    """A tuning that rises or falls steadily.

    Attributes:
        start: cents above A4 = 440 Hz at the first note.
        drift: cents by which the tuning rises from the first to the last note.
    """

    start: int
    drift: int


def likeliest_line(position: np.ndarray, cents: np.ndarray, weights: np.ndarray) -> TuningLine:
    """Find the likeliest line.

    Args:
        position: (notes,) position of each note between the first note, 0, and the last note, 1.
        cents: (notes,) pitches in cents.
        weights: (notes,) weights.
    """
    best, found = -np.inf, TuningLine(0, 0)
    likelihoods = LOG_LIKELIHOOD[(np.arange(100) - _STARTS[:, None]) % 100]
    for drift in _DRIFTS.tolist():
        above = np.round(cents - drift * position).astype(np.int64) % 100
        fits = likelihoods @ np.bincount(above, weights, 100) - drift_cost(drift)
        if fits.max() > best:
            best, found = float(fits.max()), TuningLine(int(_STARTS[fits.argmax()]), drift)
    return found


def drift_cost(drift: float) -> float:
    """Return the negative log likelihood of a drift in cents, relative to no drift."""
    return 0.5 * (drift / _USUAL_DRIFT) ** 2


def positions(times: np.ndarray) -> np.ndarray:
    """Compute the positions of (n,) ascending times between the first one, 0, and the last one, 1."""
    return (times - times[0]) / max(float(times[-1] - times[0]), 1e-9)
