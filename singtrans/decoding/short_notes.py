"""Removal of very short notes whose frames are probably not sung.

Between two notes, the search sometimes finds a note in the noise of a consonant. Such a note is very short, and there
is almost no gap between it and the next note. The probability of activity is lower than in the short notes of fast
songs.
"""

from collections.abc import Sequence

import numpy as np

_SHORT = 0.1  # seconds; longer notes are not removed
_GAP = 0.035  # seconds; largest gap before the next note
_CERTAIN = 0.97  # mean probability of activity above which a short note is kept


def plausible(spans: Sequence[tuple[float, float]], activity: Sequence[float]) -> list[bool]:
    """Decide which notes are kept.

    Args:
        spans: onset and offset of each note in seconds, in time order.
        activity: mean probability that a frame of the note is inside a note, for each note.

    Returns:
        True for each note that is kept. Notes without a length are never kept.
    """
    if not spans:
        return []
    onset, offset = np.array(spans).T
    followed = np.append(onset[1:] - offset[:-1] < _GAP, False)
    removed = followed & (offset - onset < _SHORT) & (np.array(activity) < _CERTAIN)
    return ((offset > onset) & ~removed).tolist()
