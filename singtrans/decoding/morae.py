"""Division of notes into morae, for Japanese songs.

In Japanese, each mora has a note of its own. These include a second vowel, as in "ka-i", and a moraic n, as in "ho-n".
In other languages, these sounds belong to the note of their syllable, and the costs of the search were tuned for them.
The output for syllables has peaks at these sounds, too, so notes can be divided there.
"""

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.note_pitch import best_bin
from singtrans.decoding.posteriors import Posteriors
from singtrans.decoding.search import Segment

_FIRST, _LAST = 0.1, 0.08  # lengths in seconds of the shortest first part and the shortest last part of a note
_REACH = 4  # number of frames on each side of a peak in which no probability is higher


def divide_morae(segment: Segment, posteriors: Posteriors, config: DecoderConfig) -> list[Segment]:
    """Divide a segment at the peaks of the probability of a new syllable.

    Args:
        segment: segment to divide.
        posteriors: posteriors of the frames of the segment.
        config: configuration of the decoder. The segment is divided at peaks of more than ``mora``; if it is 0, or if
            the model has no output for syllables, nothing is divided.
    """
    if not config.mora or posteriors.syllable is None:
        return [segment]
    shortest = round(_FIRST / posteriors.hop), round(_LAST / posteriors.hop)
    cuts = _peaks(posteriors.syllable, config.mora, shortest)
    return segment.divided(cuts, lambda start, end: best_bin(posteriors, config, start, end))


def _peaks(probability: np.ndarray, least: float, shortest: tuple[int, int]) -> list[int]:
    """Find the frames of the peaks of more than ``least``, with enough frames before and after each of them."""
    found: list[int] = []
    for frame in np.flatnonzero(probability > least).tolist():
        near = probability[max(frame - _REACH, 0) : frame + _REACH + 1]
        before = frame - (found[-1] if found else 0)
        if probability[frame] == near.max() and before >= shortest[0] and len(probability) - frame >= shortest[1]:
            found.append(frame)
    return found
