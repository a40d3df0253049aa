"""Estimation of the key of a melody: its tonic and its mode.

When pitches are rounded, `singtrans.melody.key` takes all likely keys into account. A score, however, needs a single
key. This module estimates it from the frequency of each scale degree, from the steps between degrees, from the degrees
of the first and the last notes, and from the degrees with which phrases end. The probabilities of degrees and
steps are their relative frequencies in folk songs.
"""

from collections.abc import Sequence

import numpy as np

from singtrans.melody.key import Key, key_of
from singtrans.melody.rhythm_config import KeyTables, default_config


def estimate_key(pitches: Sequence[int], lengths: Sequence[float], breaths: Sequence[bool] = ()) -> Key:
    """Estimate the key of a melody; the result is C major if there are no notes.

    Args:
        pitches: integer MIDI number of each note.
        lengths: length of each note, in any unit.
        breaths: whether a phrase ends with each note; empty if unknown.
    """
    if len(pitches) < 2:
        return key_of(int(pitches[0]) % 12 if pitches else 0, False)
    ends = np.array(breaths, float) if breaths else np.zeros(len(pitches))
    likely = key_probabilities(np.array(pitches), np.array(lengths, float), ends, default_config().keys)
    best = int(likely.argmax())
    return key_of(best % 12, best >= 12)


def key_features(pitches: np.ndarray, weights: np.ndarray, ends: np.ndarray, tables: KeyTables) -> np.ndarray:
    """Compute the features of each key.

    Args:
        pitches: (notes,) integer MIDI numbers; at least two.
        weights: (notes,) weight of each note, such as its length.
        ends: (notes,) evidence from 0 to 1 that a phrase ends with each note.
        tables: log probabilities that were counted in songs.

    Returns:
        (24, features) features of the major keys from C to B, then of the minor keys.
    """
    degrees = (pitches[:, None] - np.arange(12)) % 12  # (notes, tonics)
    weights = weights / max(weights.sum(), 1e-9) * np.sqrt(len(pitches))
    ends = ends / np.sqrt(max(ends.sum(), 1.0))
    before, after = degrees[:-1], degrees[1:]
    rows = []
    for mode in (0, 1):
        columns = [
            weights @ tables.degrees[mode][degrees],
            tables.last[mode][degrees[-1]],
            tables.first[mode][degrees[0]],
            ends @ tables.phrase_end[mode][degrees],
            tables.steps[mode][before, after].sum(axis=0) / np.sqrt(len(pitches)),
            tables.ending[mode][degrees[-2], degrees[-1]],
            np.full(12, float(mode)),
        ]
        rows.append(np.stack(columns, axis=1))
    return np.concatenate(rows)


def key_probabilities(pitches: np.ndarray, weights: np.ndarray, ends: np.ndarray, tables: KeyTables) -> np.ndarray:
    """Compute (24,) probabilities of the major keys from C to B, then of the minor keys."""
    scores = key_features(pitches, weights, ends, tables) @ tables.weights
    likely = np.exp(scores - scores.max())
    return np.asarray(likely / likely.sum())
