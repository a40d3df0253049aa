"""Estimation of the one key whose signature a score has.

`singtrans.melody.key` weighs all keys that notes may belong to, for rounding pitches; a score needs one tonic and mode.
The key is the one with the highest likelihood of how long each degree of the scale sounds, and of the degrees of the
first and the last note. The tables were counted in half of 2200 songs of the Essen folk song collection.
"""

from collections.abc import Sequence

import numpy as np

from singtrans.melody.key import Key, key_of

_DEGREES = np.array(
    [
        [22.0, 0.0, 15.9, 0.2, 18.5, 9.6, 0.2, 20.9, 0.1, 7.3, 0.4, 4.9],
        [21.9, 0.2, 14.1, 12.8, 3.2, 13.4, 0.2, 21.0, 2.3, 2.4, 6.1, 2.3],
    ]
)
"""(2, 12) per cent of the time of each semitone above the tonic, in major and in minor keys."""

_LAST = np.array(
    [
        [82.0, 0.1, 1.6, 0.1, 12.3, 0.3, 0.1, 2.6, 0.1, 0.3, 0.1, 0.2],
        [91.2, 0.4, 0.4, 0.4, 0.4, 1.5, 0.4, 3.1, 0.4, 0.4, 1.1, 0.4],
    ]
)
_FIRST = np.array(
    [
        [36.7, 0.1, 1.5, 0.3, 7.7, 1.4, 0.1, 51.0, 0.1, 0.7, 0.2, 0.1],
        [61.7, 0.4, 2.3, 3.4, 0.4, 2.7, 0.4, 24.1, 0.4, 0.4, 3.4, 0.4],
    ]
)
"""(2, 12) per cent of the songs that end, or begin, on each semitone above the tonic."""

_RARE = 0.3  # per cent that every semitone has at least
_MINOR = 0.3  # share of minor keys
_TIME, _END, _START = 16.0, 0.3, 0.2  # weights of the log likelihoods


def estimate_key(pitches: Sequence[int], lengths: Sequence[float]) -> Key:
    """Estimate the key of a melody; C major without notes.

    Args:
        pitches: integer MIDI number of each note.
        lengths: length of each note, in any unit.
    """
    if not pitches:
        return key_of(0, False)
    classes = np.array(pitches) % 12
    time = np.bincount(classes, np.array(lengths, float), 12)
    scores = np.empty((2, 12))
    for minor, prior in enumerate((1 - _MINOR, _MINOR)):
        logs = np.log(np.stack([_DEGREES[minor] + _RARE, _LAST[minor], _FIRST[minor]]) / 100)
        for tonic in range(12):
            degrees, last, first = np.roll(logs, tonic, axis=1)
            score = _TIME * (time @ degrees) / time.sum() + _END * last[classes[-1]] + _START * first[classes[0]]
            scores[minor, tonic] = score + np.log(prior)
    best = int(scores.argmax())
    return key_of(best % 12, best >= 12)
