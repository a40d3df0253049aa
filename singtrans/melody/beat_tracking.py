"""Beat tracking with the Viterbi algorithm. A state consists of a tempo and of a note's position in the beat."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from singtrans.melody.tempo_curve import (
    BREATH_TIMING,
    CHANGE,
    FAR,
    OFFSETS,
    SLOTS,
    TEMPO_RANGE,
    TICKS,
    TIMING,
    TempoCurve,
    gaps_of,
    nearest_slots,
    smoothed,
    ticks_of,
)

_REACH, _STEP = 6, 0.022  # number of steps of the log tempo above and below the tempo of a track, and size of a step
_NEAR = np.array([-1, 0, 1])  # positions around the end of a gap that are tried
_BLOCK = 128  # gaps whose costs are computed together


def track_beats(
    onsets: np.ndarray, offsets: np.ndarray, tracks: Sequence[tuple[float, int]], steps: np.ndarray
) -> list[TempoCurve]:
    """Track the beats of a melody near each of several tempi.

    For each tempo, the algorithm finds the path with the lowest total cost. There are costs for differences between
    onsets and their positions in the beat, for steps between positions that are rare in songs, and for changes of the
    tempo.

    Args:
        onsets: (notes,) onsets in seconds, ascending; at least two.
        offsets: (notes,) offsets in seconds.
        tracks: pairs of a beat length in seconds and the kind of the beat: 1 if a beat has three parts, else 0.
        steps: (2, positions in a beat, distances to the next note) log probabilities of steps between the positions of
            successive notes, in simple and in compound metres.

    Returns:
        One curve for each of ``tracks``.
    """
    gaps, silent = gaps_of(onsets, offsets)
    bins = np.arange(-_REACH, _REACH + 1) * _STEP
    lengths = np.array([period for period, _ in tracks])[:, None] * np.exp(bins)  # (tracks, bins)
    change = 0.5 * ((bins[:, None] - bins) / CHANGE) ** 2
    total = np.zeros((*lengths.shape, SLOTS)) + 0.5 * (bins[:, None] / TEMPO_RANGE) ** 2
    compound = np.array([kind for _, kind in tracks])
    tempi, sources, reached = [], [], []
    for gap, costs, ends in _step_costs(gaps, silent, lengths, compound, steps):
        scores = (total[..., None] + costs).reshape(*lengths.shape, 1, -1)
        places = ends.reshape(*lengths.shape, -1)
        landed = (places % SLOTS)[:, :, None] == np.arange(SLOTS)[:, None]
        by_phase = np.where(landed, scores, np.inf)  # (tracks, bins, phases, steps)
        source = by_phase.argmin(axis=3)
        best = np.take_along_axis(by_phase, source[..., None], 3)[..., 0]
        moved = best[:, None] + change[:, :, None] / min(max(gap, 0.2), 2.0)  # (tracks, to, from, phases)
        tempo = moved.argmin(axis=2)
        total = np.take_along_axis(moved, tempo[:, :, None], 2)[:, :, 0]
        tempi.append(tempo.astype(np.int8))
        sources.append(source.astype(np.int8))
        reached.append(places.astype(np.int32))
    slots = _slots(total, tempi, sources, reached)
    costs_ = total.min(axis=(1, 2)).tolist()
    return [
        replace(smoothed(onsets, offsets, ticks_of(slot, kind) / TICKS, period), compound=kind, cost=cost)
        for slot, (period, kind), cost in zip(slots.T, tracks, costs_, strict=True)
    ]


def _slots(
    total: np.ndarray, tempi: Sequence[np.ndarray], sources: Sequence[np.ndarray], reached: Sequence[np.ndarray]
) -> np.ndarray:
    """Return (notes, tracks) positions on the best path of each track, counted from the beat of the first note."""
    every, count = np.arange(len(total)), len(_NEAR)
    bins, phases = np.divmod(total.reshape(len(total), -1).argmin(axis=1), SLOTS)
    distances = np.zeros((len(tempi) + 1, len(total)), int)
    for number in range(len(tempi) - 1, -1, -1):
        bins = tempi[number][every, bins, phases]
        step = sources[number][every, bins, phases]
        phases = step // count
        distances[number + 1] = reached[number][every, bins, step] - phases
    distances[0] = phases
    return np.cumsum(distances, axis=0)


def _step_costs(
    gaps: np.ndarray, silent: np.ndarray, lengths: np.ndarray, compound: np.ndarray, steps: np.ndarray
) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    """Yield the gap, the costs and the positions of the possible steps from each note to the next.

    The gap is the time in seconds between the onsets of the two notes. From each position of the earlier note, a step
    can lead to one of the three positions that are nearest to the onset of the later note. The costs of these steps
    and the three positions are arrays of the shape (tracks, bins, positions in a beat, 3). The three positions are
    counted from the beat in which the earlier note starts.
    """
    starts = OFFSETS[compound][:, None, :]  # (tracks, 1, positions)
    kind, own = compound[:, None, None], np.arange(SLOTS)[:, None]
    longest = steps.shape[2] - 1
    for first in range(0, len(gaps), _BLOCK):
        block = gaps[first : first + _BLOCK]
        ends = starts + TICKS * block[:, None, None, None] / lengths[:, :, None]
        sigma = np.sqrt(2) * TIMING + BREATH_TIMING * silent[first : first + _BLOCK]
        places = nearest_slots(ends, kind)[..., None] + _NEAR
        away = (ticks_of(places, kind[..., None]) - ends[..., None]) * (lengths[:, :, None, None] / TICKS)
        chance = steps[kind[..., None], own, np.clip(places - own, 0, longest)]
        costs = np.minimum(0.5 * (away / sigma[:, None, None, None, None]) ** 2, FAR) - chance
        yield from zip(block.tolist(), costs, places, strict=True)
