"""Nasals at the ends of syllables: parts of the notes of these syllables.

In "singing", the voice moves from the vowel to ng, and the search often finds a separate note for ng. In Japanese
songs, a moraic n is a note in the score, and it lasts as long as the notes around it. Therefore, only short nasals are
joined.
"""

from collections.abc import Sequence
from dataclasses import replace

from singtrans.decoding.refinement import Found

_NASAL = 0.97  # median probability above which a note is a nasal
_GAP = 0.011  # seconds; less than the gap for any other consonant

Timed = tuple[Found, float, float]
"""A note that was found, with its onset and offset in seconds."""


def join_nasals(notes: Sequence[Timed], longest: float) -> list[Timed]:
    """Join each short nasal to the note before it, if there is almost no gap between them.

    Args:
        notes: notes in time order.
        longest: length in seconds below which nasals are joined; 0 to join none.

    Returns:
        The notes in time order. A note to which a nasal was joined ends where the nasal ends, and keeps its own pitch.
    """
    joined: list[Timed] = []
    end = float("-inf")
    for found, onset, offset in notes:
        short = offset - onset < longest
        if joined and short and found.nasal > _NASAL and onset - end < _GAP:
            vowel, start, _ = joined[-1]
            release = vowel.release and found.release and (vowel.release[0], found.release[1])
            joined[-1] = replace(vowel, end=found.end, offset=found.offset, release=release), start, offset
        else:
            joined.append((found, onset, offset))
        end = offset
    return joined
