"""A singer's tempo: likely pulses of a melody, and smooth curves of their tempo.

The Viterbi algorithm finds pulses whose tempo changes slowly, and whose simple multiples and fractions fit the
intervals between onsets.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SLOTS = 6  # positions in a beat where a note can start
TICKS = 12  # ticks per beat
OFFSETS = np.array([[0, 3, 4, 6, 8, 9], [0, 2, 4, 6, 8, 10]])
"""Positions in a beat in ticks, first for simple metres, then for compound ones."""

_EDGES = np.concatenate([OFFSETS, [[TICKS], [TICKS]]], axis=1)
_MIDDLES = 0.5 * (_EDGES[:, 1:] + _EDGES[:, :-1])
SLOWEST, FASTEST = 48.0, 160.0  # pulses per minute
TIMING = 0.028  # seconds, standard deviation of a singer's onset
_VALUES = {
    **{1.0: 0.32, 0.5: 0.28, 2.0: 0.11, 1.5: 0.07, 0.25: 0.04, 0.75: 0.03, 3.0: 0.03, 4.0: 0.02},
    **{1 / 3: 0.02, 2 / 3: 0.02, 4 / 3: 0.005, 2.5: 0.006, 1.25: 0.004, 1.75: 0.004, 3.5: 0.004, 5.0: 0.005},
    **{6.0: 0.006, 7.0: 0.004, 8.0: 0.005, 4.5: 0.002, 1 / 6: 0.002, 0.125: 0.001, 5 / 3: 0.002},
}
_LATE = 0.003  # probability of each longer value
_STEP = 0.016  # step of the logarithm of the tempo
_REACH, _SPACING = 9, 5  # steps of the tempo to either side of a centre, and between two centres
RATIOS = (1.0, 2.0, 1 / 2, 3 / 2, 2 / 3, 3.0, 1 / 3)
"""Beat lengths to try, as multiples of a pulse that was found in the notes."""
BAND_RATIOS = ((1.0, 2.0, 1 / 2), (1.0, 2.0, 1 / 2, 3.0, 1 / 3))
"""Beat lengths to try, as multiples of the instruments' pulse, for simple and for compound metres."""
TEMPO_RANGE = 0.08  # standard deviation of the log tempo around the tempo of a track
_SAME_PERIOD = 0.06  # difference of the logarithms of two periods that count as one
_SAME = 0.13  # octaves between two pulses that count as one
CHANGE = 0.016  # standard deviation of the change of the logarithm of the tempo in a second
FAR = 14.0  # cost of an interval that fits no value
BREATH_TIMING = 0.04  # seconds, added to the standard deviation after a silence
_BREATH = 0.12  # seconds of silence after which a phrase may begin late
_WINDOW = 20  # notes on each side of a note that a local fit uses
_SMOOTH = 3.0  # seconds, standard deviation of the local fits' weights


@dataclass(frozen=True, slots=True, eq=False)
class TempoCurve:
    """Positions of notes in pulses, and the tempo of the pulse at each note.

    Attributes:
        period: median length of a pulse in seconds.
        values: (notes,) positions of the notes in pulses, rounded to note values.
        times: (notes,) smoothed times of these positions in seconds.
        periods: (notes,) length of a pulse at each note in seconds.
        positions: (notes,) positions of the sung onsets in pulses, not rounded.
        compound: 1 if the pulse is a beat of three parts, else 0.
        cost: negative log likelihood.
    """

    period: float
    values: np.ndarray
    times: np.ndarray
    periods: np.ndarray
    positions: np.ndarray
    compound: int = 0
    cost: float = 0.0


def find_pulses(onsets: np.ndarray, offsets: np.ndarray, count: int = 2) -> list[float]:
    """Find the periods in seconds of the most likely pulses of a melody, the best one first.

    A pulse is left out if its period is the period of a better pulse times a power of two.

    Args:
        onsets: (notes,) seconds, ascending; at least two.
        offsets: (notes,) seconds.
        count: largest number of pulses.
    """
    gaps, silent = gaps_of(onsets, offsets)
    low, high = np.log(60 / FASTEST), np.log(60 / SLOWEST)
    centres = np.arange(0, round((high - low) / _STEP) + 1, _SPACING)
    windows = centres[:, None] + np.arange(2 * _REACH + 1)  # (centres, bins) indices of tempi
    periods = np.exp(low + _STEP * (np.arange(windows.max() + 1) - _REACH))
    totals, middles = _path_costs(_misfits(gaps, silent, periods), gaps, windows)
    found: list[float] = []
    for index in np.argsort(totals, kind="stable"):
        period = float(periods[windows[index, middles[index]]])
        apart = [abs(np.log2(period / known)) for known in found]
        if all(abs(ratio - round(ratio)) > _SAME for ratio in apart):
            found.append(period)
        if len(found) == count:
            break
    return found


def related(periods: Sequence[float], ratios: Sequence[float] = RATIOS) -> list[float]:
    """List the periods of pulses, and the simple multiples and fractions of these periods, without duplicates."""
    found: list[float] = []
    for period in periods:
        for ratio in ratios:
            beat = period * ratio
            if 60 / FASTEST <= beat <= 60 / SLOWEST and all(
                abs(np.log(beat / known)) > _SAME_PERIOD for known in found
            ):
                found.append(beat)
    return found


def multiple_near(tempo: float, pulse: float) -> float:
    """Return a simple multiple or fraction of ``pulse`` within 6 % of ``tempo``; if there is none, return ``tempo``.

    Args:
        tempo: tempo of the melody in beats per minute.
        pulse: tempo of the instruments in beats per minute.
    """
    nearest = min((pulse / ratio for ratio in BAND_RATIOS[1]), key=lambda multiple: abs(np.log(multiple / tempo)))
    return nearest if abs(np.log(nearest / tempo)) < _SAME_PERIOD else tempo


def ticks_of(slots: np.ndarray, compound: np.ndarray | int) -> np.ndarray:
    """Convert positions in slots (`SLOTS` per beat) to ticks."""
    return np.asarray(slots // SLOTS * TICKS + OFFSETS[compound, slots % SLOTS])


def nearest_slots(ticks: np.ndarray, compound: np.ndarray | int) -> np.ndarray:
    """Convert fractional ticks to the nearest positions in slots."""
    beat = np.floor(ticks / TICKS)
    within = ticks - beat * TICKS
    return np.asarray(beat.astype(int) * SLOTS + (within[..., None] > _MIDDLES[compound]).sum(axis=-1))


def gaps_of(onsets: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return two (notes - 1,) arrays: seconds from onset to onset, and whether a silence lies between the notes."""
    return np.maximum(np.diff(onsets), 1e-3), onsets[1:] - offsets[:-1] > _BREATH


def _misfits(gaps: np.ndarray, silent: np.ndarray, periods: np.ndarray) -> np.ndarray:
    """Return the (gaps, periods) cost of the note value that fits each gap best, for each period of the pulse."""
    longest = min(64, int(gaps.max() / periods.min() * 1.2) + 1)
    more = [float(value) for value in range(9, longest + 1)]
    values = np.array([*_VALUES, *more])
    prior = -np.log(np.array([*_VALUES.values(), *([_LATE] * len(more))]))
    sigma = np.sqrt(2) * TIMING + np.where(silent, BREATH_TIMING, 0.0)
    best = np.full((len(gaps), len(periods)), np.inf)
    for value, cost in zip(values, prior, strict=True):
        misfit = (gaps[:, None] - value * periods) / sigma[:, None]
        np.minimum(best, np.minimum(0.5 * misfit**2, FAR) + cost, out=best)
    return best


def _path_costs(costs: np.ndarray, gaps: np.ndarray, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the best path of tempi near each central tempo.

    Args:
        costs: (gaps, periods) costs from `_misfits`.
        gaps: (gaps,) intervals between onsets in seconds.
        windows: (centres, bins) indices of the periods near each centre.

    Returns:
        The cost of each path, (centres,), and the bin in which it ends, (centres,).
    """
    bins = np.arange(windows.shape[1])
    change = 0.5 * (_STEP * (bins[:, None] - bins) / CHANGE) ** 2
    seconds = np.clip(gaps, 0.2, 2.0)
    local = costs[:, windows]
    total = local[0] + 0.5 * (_STEP * (bins - _REACH) / TEMPO_RANGE) ** 2
    for number in range(1, len(gaps)):
        total = (total[:, None, :] + change / seconds[number]).min(axis=2) + local[number]
    return total.min(axis=1), total.argmin(axis=1)


def smoothed(onsets: np.ndarray, offsets: np.ndarray, places: np.ndarray, period: float) -> TempoCurve:
    """Fit the time and the period of the pulse at each note to the onsets near this note.

    Args:
        onsets: (notes,) seconds.
        offsets: (notes,) seconds.
        places: (notes,) positions of the notes in pulses.
        period: length of a pulse over the whole song, in seconds.
    """
    silent = gaps_of(onsets, offsets)[1]
    count = len(onsets)
    near = np.arange(count)[:, None] + np.arange(-_WINDOW, _WINDOW + 1)
    inside = (near >= 0) & (near < count)
    near = np.clip(near, 0, count - 1)
    phrase = np.append(0, np.cumsum(silent))
    apart = onsets[near] - onsets[:, None]
    weight = inside * np.exp(-0.5 * (apart / _SMOOTH) ** 2) * 0.6 ** np.abs(phrase[near] - phrase[:, None])
    centre = (weight * places[near]).sum(1) / weight.sum(1)
    mean = (weight * onsets[near]).sum(1) / weight.sum(1)
    x, y = places[near] - centre[:, None], onsets[near] - mean[:, None]
    # Where onsets are few, keep the song's tempo.
    slope = ((weight * x * y).sum(1) + 2 * period) / ((weight * x * x).sum(1) + 2)
    slope = np.clip(slope, 0.6 * period, 1.6 * period)
    times = mean + slope * (places - centre)
    return TempoCurve(float(np.median(slope)), places, times, slope, places + (onsets - times) / slope)
