"""Features of hypotheses about metre and tempo."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from singtrans.melody.metre_search import METRES, Alignments, Hypotheses
from singtrans.melody.rhythm_config import RhythmTables
from singtrans.melody.tempo_curve import SLOTS, TICKS, TempoCurve, ticks_of

INTERVALS = 6  # classes of intervals: repeated note, second, third, fourth, fifth to sixth, larger
_CLASSES = np.array([0, 1, 1, 2, 2, 3, 4, 4, 4, 4, 5, 5, 5])
_BREATH = 0.1  # seconds of silence after which a phrase may end
_USUAL = 2.0  # the same limit, relative to the song's median silence
_RISE = 0.15  # seconds; after a silence that is longer than the limit by this, a phrase always ends
_FARTHEST = 40  # beats between repetitions
_LENGTHS = (0.5, 1, 2, 4, 8)  # bars between repetitions
_FIGURE = 3  # steps of the shortest figure
_REPEAT = (3, 24)  # notes of the shortest and the longest passage that is sung twice in succession
MOST_BARS = 9  # number of different lengths of phrases in bars
CENTRE = 96.0  # beats per minute


@dataclass(frozen=True, slots=True, eq=False)
class Melody:
    """Properties of a melody from which features are computed.

    Attributes:
        onsets, offsets: (notes,) seconds.
        pitches: (notes,) integer MIDI numbers.
        tonic: pitch class of the key's tonic.
        minor: whether the key is minor.
    """

    onsets: np.ndarray
    offsets: np.ndarray
    pitches: np.ndarray
    tonic: int
    minor: bool

    @property
    def ends(self) -> np.ndarray:
        """(notes,) evidence that each note ends a phrase, from 0 (no long silence follows) to 1."""
        silence = np.maximum(self.onsets[1:] - self.offsets[:-1], 0.0)
        least = max(_BREATH, _USUAL * float(np.median(silence))) if len(silence) else _BREATH
        return np.append(np.clip((silence - least) / _RISE, 0, 1), 1.0)

    @property
    def degrees(self) -> np.ndarray:
        """(notes,) distance of each note above the tonic in semitones, 0 to 11; in a minor key, 12 is added."""
        return (self.pitches - self.tonic) % 12 + 12 * self.minor

    @property
    def intervals(self) -> np.ndarray:
        """(notes,) class of the interval from the previous note; the first note is treated as a repeated note."""
        return _CLASSES[np.minimum(np.abs(np.diff(self.pitches, prepend=self.pitches[:1])), 12)]


NAMES = (
    *(
        "steps",
        "timing",
        "first",
        "last",
        "phrase_start",
        "phrase_end",
        "figure_start",
        "repeat_start",
        "degree",
        "interval",
        "phrase_length",
        "phrase_bars",
    ),
    *("tracking", "tempo", "tempo^2", "compound_tempo", "compound_tempo^2"),
    *(f"{what}_{bars}" for bars in _LENGTHS for what in ("onset", "pitch", "figure")),
    *(f"{what}_{metre}" for what in ("prior", "length", "length^2") for metre in METRES),
)


def features(
    melody: Melody, curves: Sequence[TempoCurve], found: Hypotheses, aligned: Alignments, tables: RhythmTables
) -> np.ndarray:
    """Compute the (hypotheses, features) features of all hypotheses, in the order of `NAMES`."""
    count = len(melody.onsets)
    slots, bar = aligned.slots, found.bar
    place = slots % bar
    metre = found.metre
    phrases = melody.ends
    starts = np.append(1.0, phrases[:-1])
    scale = 1 / np.sqrt(count)
    columns = [
        aligned.likelihood * scale,
        aligned.timing * scale,
        tables.first[metre, place[0]],
        tables.last[metre, place[-1]],
        (tables.phrase_start[metre, place[1:]] * starts[1:, None]).sum(0) * scale,
        (tables.phrase_end[metre, place[:-1]] * phrases[:-1, None]).sum(0) * scale,
        *(column * scale for column in _recurring(melody, curves, found, place, tables)),
        tables.degree[metre, place, melody.degrees[:, None]].sum(0) * scale,
        tables.interval[metre, place[1:], melody.intervals[1:, None]].sum(0) * scale,
        *_phrase_lengths(slots, found, starts, tables),
        np.array([curve.cost for curve in curves])[found.curve] * scale,
    ]
    period = np.array([curve.period for curve in curves])[found.curve]
    tempo = np.log(60 / period / CENTRE)
    for kind in (0, 1):
        is_kind = found.is_compound == kind
        columns += [tempo * is_kind, tempo**2 * is_kind]
    columns += _repetitions(melody, curves, found)
    ticks = ticks_of(slots[[0, -1]], found.is_compound)
    mean = np.log(np.maximum(ticks[1] - ticks[0], 1) / TICKS / max(count - 1, 1))
    for values in (np.ones(len(found)), mean, mean**2):
        columns += [values * (metre == index) for index in range(len(METRES))]
    return np.stack(columns, axis=1)


def _phrase_lengths(
    slots: np.ndarray, found: Hypotheses, starts: np.ndarray, tables: RhythmTables
) -> tuple[np.ndarray, np.ndarray]:
    """Compute how regular the phrases are.

    Returns:
        Two arrays: (hypotheses,) shares of phrases that start at the same position in the bar as the previous phrase,
        and (hypotheses,) mean log probabilities of the lengths of phrases in bars.
    """
    heads = np.flatnonzero(starts > 0.5)
    if len(heads) < 3:
        return np.full(len(found), 0.5), np.zeros(len(found))
    apart = np.diff(slots[heads], axis=0)
    bars = np.clip(np.rint(apart / found.bar), 0, MOST_BARS - 1).astype(int)
    return (apart % found.bar == 0).mean(axis=0), tables.phrase_bars[found.metre, bars].mean(axis=0)


def _recurring(
    melody: Melody, curves: Sequence[TempoCurve], found: Hypotheses, place: np.ndarray, tables: RhythmTables
) -> list[np.ndarray]:
    """Sum the log probabilities of the positions in the bar at which recurring figures and repeated passages start.

    Returns:
        Two arrays of (hypotheses,) sums. The first one is over the notes that start a recurring figure. The second one
        is over the notes that start a passage that is sung twice in succession, or its repetition.
    """
    columns = []
    for table, find in ((tables.figure_start, figure_starts), (tables.repeat_start, repeat_starts)):
        starts = np.stack([find(melody.pitches, curve.values) for curve in curves], axis=1)
        columns.append(np.asarray((table[found.metre, place] * starts[:, found.curve]).sum(axis=0)))
    return columns


def figure_starts(pitches: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return (notes,) booleans: whether a recurring figure starts at the note.

    A figure is a sequence of at least three steps, each with an interval and a note value, that occurs at least twice.
    The steps before two of its occurrences are different, so it cannot be extended backwards.

    Args:
        pitches: (notes,) MIDI numbers.
        positions: (notes,) positions in beats.
    """
    found = np.zeros(len(pitches), bool)
    steps, lengths = np.diff(pitches), np.rint(np.diff(positions) * TICKS)
    count = len(steps)
    if count < 2 * _FIGURE:
        return found
    same = (steps[:, None] == steps) & (lengths[:, None] == lengths)
    np.fill_diagonal(same, False)
    begins = same.copy()
    begins[1:, 1:] &= ~same[:-1, :-1]
    for reach in range(1, _FIGURE):
        begins[:-reach, :-reach] &= same[reach:, reach:]
        begins[-reach:], begins[:, -reach:] = False, False
    found[:count] = begins.any(axis=0)
    return found


def repeat_starts(pitches: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return (notes,) booleans: whether a passage that is sung twice in succession, or its repetition, starts there.

    Args:
        pitches: (notes,) MIDI numbers.
        positions: (notes,) positions in beats.
    """
    found = np.zeros(len(pitches), bool)
    lengths = np.rint(np.diff(positions) * TICKS)
    moves = np.append(0, np.cumsum(np.diff(pitches) != 0))
    for count in range(_REPEAT[0], min(_REPEAT[1], len(pitches) // 2) + 1):
        same = pitches[:-count] == pitches[count:]
        agree = same[:-1] & (lengths[:-count] == lengths[count:])
        sums = np.append(0, np.cumsum(agree))
        starts = np.arange(len(pitches) - 2 * count + 1)
        last = starts + count - 1
        # The length of the last note of the passage may differ, and passages on one pitch do not count.
        is_repeated = (sums[last] - sums[starts] == count - 1) & same[last] & (moves[last] > moves[starts])
        starts = starts[is_repeated & ~np.append(False, agree)[starts]]
        found[starts], found[starts + count] = True, True
    return found


def _repetitions(melody: Melody, curves: Sequence[TempoCurve], found: Hypotheses) -> list[np.ndarray]:
    """Return the shares of notes that recur after each number of bars in `_LENGTHS`.

    There are three shares for each number of bars; see `_recurrences`.
    """
    per_curve = [_recurrences(melody, curve) for curve in curves]
    beats = found.bar / SLOTS
    columns = []
    for bars in _LENGTHS:
        lag = np.rint(bars * beats * TICKS).astype(int)
        known = lag < per_curve[0].shape[1]
        lag = np.where(known, lag, 0)
        for kind in range(3):
            shares = np.stack([table[kind] for table in per_curve])
            columns.append(np.where(known, shares[found.curve, lag], 0.0))
    return columns


def _recurrences(melody: Melody, curve: TempoCurve) -> np.ndarray:
    """Return the (3, lags) shares of notes that recur after each lag; lags are in ticks of the curve's pulse.

    For the first share, a note recurs if any note starts exactly one lag later. For the second share, the later note
    must also have the same pitch. For the third share, it must instead have the same length, and the same interval to
    the note after it.
    """
    at = np.rint((curve.values - curve.values[0]) * TICKS).astype(int)
    step, length = np.diff(melody.pitches, append=0), np.diff(at, append=0)
    longest = _FARTHEST * TICKS
    sums = np.zeros((3, longest))
    count = len(at)
    for reach in range(1, count):
        lag = at[reach:] - at[:-reach]
        near = lag < longest
        if not near.any():
            break
        lag = lag[near]
        same = (melody.pitches[reach:] == melody.pitches[:-reach])[near]
        figure = ((step[reach:] == step[:-reach]) & (length[reach:] == length[:-reach]))[near]
        sums[0] += np.bincount(lag, minlength=longest)
        sums[1] += np.bincount(lag[same], minlength=longest)
        sums[2] += np.bincount(lag[figure], minlength=longest)
    left = np.searchsorted(at, at[-1] - np.arange(longest), side="right")  # number of notes that could recur
    return sums / np.maximum(left, 1) * np.minimum(1.0, left / (0.3 * count))
