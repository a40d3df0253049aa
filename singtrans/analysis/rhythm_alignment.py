"""Alignment of two melodies by pitch and rhythm, before the tempo is known.

A pair consists of a sung note and the written note that it matches. For two consecutive pairs, the time between the
sung onsets is divided by the time between the written onsets. This ratio should be close to the ratio of the median
times between onsets in the two melodies. Therefore, if the singer misses one of several repeated notes, the ratios show
which one.
"""

from itertools import product

import numpy as np

_SKIP = 1.0  # cost of an extra or a missed note
_PITCH, _FARTHEST = 0.9, 1.5  # cost per semitone, and highest cost
_RHYTHM, _ODDEST = 0.4, 0.4  # cost per octave of the ratio of times, and highest cost
_REACH = 3  # number of previous notes, in both melodies, to which times are compared
_JUMPS = tuple(product(range(1, _REACH + 1), repeat=2))  # sung and written notes from a pair to the next
_AFRESH = len(_JUMPS)  # a pair whose times are not compared with times of another pair
_PAIR, _EXTRA, _MISSED = 0, 1, 2


def align_by_rhythm(
    sung: tuple[np.ndarray, np.ndarray], written: tuple[np.ndarray, np.ndarray]
) -> list[tuple[int, int]]:
    """Find the alignment with the lowest cost, and return the indices of the sung and the written note of each pair.

    Args:
        sung: (n,) pitches as fractional MIDI and (n,) onsets in seconds, ascending; not empty.
        written: (m,) pitches, transposed to the key of the sung notes, and (m,) onsets, ascending; not empty.
    """
    (pitches, onsets), (meant, times) = sung, written
    count, many = len(meant), len(pitches)
    stretch = _median_step(onsets) / _median_step(times)
    back = [np.log2(np.maximum(times[b:] - times[:-b], 0.01) * stretch) for b in range(1, _REACH + 1)]
    skips = _SKIP * np.arange(count + 1)
    closed, paired = [skips], [np.full(count + 1, np.inf)]  # costs of prefixes, by number of sung notes
    steps, jumps = np.full((2, many + 1, count + 1), _MISSED, np.uint8)
    for i in range(1, many + 1):
        best = np.append(np.inf, closed[-1][:-1] + _ODDEST)
        jump = np.full(count + 1, _AFRESH, np.uint8)
        for number, (a, b) in enumerate(_JUMPS):
            if a >= i or b >= count:
                continue
            odd = np.abs(np.log2(max(onsets[i - 1] - onsets[i - 1 - a], 0.01)) - back[b - 1])
            way = paired[-a][1:-b] + np.minimum(_RHYTHM * odd, _ODDEST) + _SKIP * (a + b - 2)
            better = way < best[1 + b :]
            best[1 + b :][better] = way[better]
            jump[1 + b :][better] = number
        best[1:] += np.minimum(_PITCH * np.abs(pitches[i - 1] - meant), _FARTHEST)
        through = np.minimum(best, closed[-1] + _SKIP)
        ending = np.minimum.accumulate(through - skips) + skips
        steps[i] = np.where(ending < through - 1e-9, _MISSED, np.where(best <= through, _PAIR, _EXTRA))
        jumps[i] = jump
        closed, paired = [ending], [*paired[1 - _REACH :], best]
    return _pairs(steps, jumps)


def _median_step(onsets: np.ndarray) -> float:
    return max(float(np.median(np.diff(onsets))), 0.01) if len(onsets) > 1 else 1.0


def _pairs(steps: np.ndarray, jumps: np.ndarray) -> list[tuple[int, int]]:
    """Follow the cheapest path from its end to its start, and return its pairs in time order."""
    i, j = (size - 1 for size in steps.shape)
    pairs: list[tuple[int, int]] = []
    while i and j:
        step = steps[i, j]
        if step != _PAIR:
            i, j = i - int(step == _EXTRA), j - int(step == _MISSED)
            continue
        pairs.append((i - 1, j - 1))
        while jumps[i, j] != _AFRESH:
            a, b = _JUMPS[jumps[i, j]]
            i, j = i - a, j - b
            pairs.append((i - 1, j - 1))
        i, j = i - 1, j - 1
    return pairs[::-1]
