"""Division of notes at the starts of syllables.

The costs of the search suit sounds that have no note of their own, such as the nasal in "sitting". With these costs,
the search sometimes finds one long note for two syllables on the same pitch. The output for syllables has a peak at the
start of the second one. Its peaks inside short notes are often wrong, so both parts must be long.

In Japanese songs, each mora has a note of its own: also a second vowel, as in "ka-i", and a moraic n, as in "ho-n".
Such notes can be shorter. Therefore, shorter parts are allowed if the user asks for morae
(`singtrans.decoding.options.DecodingOptions.note_per`).
"""

import numpy as np

from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.note_pitch import best_bin
from singtrans.decoding.posteriors import Posteriors
from singtrans.decoding.search import Segment

_REACH = 4  # number of frames on each side of a peak in which no probability is higher


def divide_syllables(segment: Segment, posteriors: Posteriors, config: DecoderConfig) -> list[Segment]:
    """Divide a segment at the peaks of the probability of a new syllable.

    Args:
        segment: segment to divide.
        posteriors: posteriors of the frames of the segment.
        config: configuration of the decoder. The segment is divided at peaks of more than ``syllable_peak``; if it is
            0, or if the model has no output for syllables, nothing is divided.
    """
    if not config.syllable_peak or posteriors.syllable is None:
        return [segment]
    shortest = max(1, round(max(config.shortest_syllable, config.shortest_note) / posteriors.hop))
    cuts = _peaks(posteriors.syllable, config.syllable_peak, shortest)
    return segment.divided(cuts, lambda start, end: best_bin(posteriors, config, start, end))


def _peaks(probability: np.ndarray, least: float, shortest: int) -> list[int]:
    """Find the frames of the peaks of more than ``least``, with at least ``shortest`` frames before and after each."""
    found: list[int] = []
    for frame in np.flatnonzero(probability > least).tolist():
        near = probability[max(frame - _REACH, 0) : frame + _REACH + 1]
        before = frame - (found[-1] if found else 0)
        if probability[frame] == near.max() and before >= shortest and len(probability) - frame >= shortest:
            found.append(frame)
    return found
