"""Alignment of sung notes with written notes by dynamic time warping, in any key and at any tempo.

An alignment is a path through both melodies. Each step of the path matches a sung note with a written one, or skips a
sung note (extra) or a written note (missed), and each step has a cost. For each transposition, the path with the lowest
cost is found. Then these costs are compared, and the transposition with the lowest cost is chosen.
"""

from dataclasses import dataclass

import numpy as np

TRANSPOSITIONS = np.arange(-36, 37)
"""Transpositions to try, in semitones."""

_SKIP = 1.0  # cost of an extra or a missed note
_ANOTHER, _SURELY = 0.9, 1.8  # before times are known: cost per semitone, and highest cost
_WRONG, _WORST = 0.35, 1.3  # when times are known: cost per semitone of a wrong note, and highest cost
_TIME, _LATEST = 2.0, 1.6  # cost per second, and highest cost
_MATCH, _EXTRA, _MISSED = 0, 1, 2  # steps of a path
_FAR = 1e-3  # cost per semitone of transposition, which decides between transpositions that fit equally well
_MANY = 200_000  # with more pairs of notes than this, only the likeliest transpositions are tried
_LIKELY = 5


@dataclass(frozen=True, slots=True, eq=False)
class Melody:
    """Pitches and times of the notes of a melody, as needed for the alignment.

    Attributes:
        pitch: (notes,) fractional MIDI.
        time: (notes,) seconds.
    """

    pitch: np.ndarray
    time: np.ndarray


def transposition(sung: np.ndarray, written: np.ndarray) -> int:
    """Return the transposition with the lowest cost, in semitones from the written to the sung pitch.

    Args:
        sung: (n,) fractional MIDI; not empty.
        written: (m,) MIDI; not empty.
    """
    tried = TRANSPOSITIONS
    if len(sung) * len(written) > _MANY:
        tried = _likeliest(sung, written)
    totals = _totals(sung, written, tried) + _FAR * np.abs(tried)
    return int(tried[np.argmin(totals)])


def _likeliest(sung: np.ndarray, written: np.ndarray) -> np.ndarray:
    """Return the transpositions for which the pitch histograms of the two melodies are most similar."""
    numbers = np.arange(-40, 170)
    sung_counts, written_counts = (np.histogram(p, np.append(numbers, 170) - 0.5)[0] for p in (np.round(sung), written))
    alike = [
        np.minimum(np.roll(written_counts, int(t)) / len(written), sung_counts / len(sung)).sum()
        for t in TRANSPOSITIONS
    ]
    return np.sort(TRANSPOSITIONS[np.argsort(alike)[-_LIKELY:]])


def _totals(sung: np.ndarray, written: np.ndarray, tried: np.ndarray) -> np.ndarray:
    """Compute the cost of the cheapest path for each transposition, (transpositions,)."""
    shifted = written + tried[:, None]
    skips = _SKIP * np.arange(len(written) + 1)
    row = np.tile(skips, (len(tried), 1))
    for pitch in sung:
        match = row[:, :-1] + np.minimum(_ANOTHER * np.abs(pitch - shifted), _SURELY)
        row = _next_row(row, match, skips)
    return row[:, -1]


def _next_row(row: np.ndarray, match: np.ndarray, skips: np.ndarray) -> np.ndarray:
    """Compute the costs, (…, m + 1), of the cheapest paths after one more sung note.

    The sung note is matched or extra, and written notes may be missed after it.
    """
    best = row + _SKIP
    best[..., 1:] = np.minimum(best[..., 1:], match)
    return np.minimum.accumulate(best - skips, axis=-1) + skips


def align(sung: Melody, written: Melody) -> list[tuple[int, int]]:
    """Return the pairs of matched notes along the cheapest path, as indices of sung and written notes.

    Args:
        sung, written: melodies in the same key and on the same time scale.
    """
    count, skips = len(written.pitch), _SKIP * np.arange(len(written.pitch) + 1)
    row, steps = skips, np.zeros((len(sung.pitch) + 1, count + 1), np.uint8)
    steps[0] = _MISSED
    for number, (pitch, time) in enumerate(zip(sung.pitch, sung.time, strict=True), 1):
        match = np.minimum(_WRONG * np.abs(pitch - written.pitch), _WORST)
        match += np.minimum(_TIME * np.abs(time - written.time), _LATEST)
        following = _next_row(row, row[:-1] + match, skips)
        step = np.full(count + 1, _MISSED, np.uint8)
        step[following >= row + _SKIP - 1e-9] = _EXTRA
        step[1:][following[1:] >= row[:-1] + match - 1e-9] = _MATCH
        row, steps[number] = following, step
    return _pairs(steps)


def _pairs(steps: np.ndarray) -> list[tuple[int, int]]:
    """Follow the path backwards from its end, and return the matched pairs."""
    sung, written = (size - 1 for size in steps.shape)
    pairs = []
    while sung or written:
        step = steps[sung, written]
        if step == _MATCH:
            pairs.append((sung - 1, written - 1))
        sung -= int(step != _MISSED)
        written -= int(step != _EXTRA)
    return pairs[::-1]
