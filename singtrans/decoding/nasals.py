"""Nasals at the ends of syllables: parts of the notes of these syllables.

In "singing", the voice moves from the vowel to ng, and the search often finds a separate note for ng. In Japanese
songs, a moraic n is a note in the score, and it lasts as long as the notes around it. Therefore, only short nasals are
joined.
"""

from collections.abc import Sequence

from singtrans.decoding.refinement import Timed, joined

_NASAL = 0.97  # median probability above which a note is a nasal
_GAP = 0.011  # seconds; less than the gap for any other consonant


def join_nasals(notes: Sequence[Timed], longest: float) -> list[Timed]:
    """Join each short nasal to the note before it, if there is almost no gap between them.

    Args:
        notes: notes in time order.
        longest: length in seconds below which nasals are joined; 0 to join none.

    Returns:
        The notes in time order. A note to which a nasal was joined ends where the nasal ends, and keeps its own pitch.
    """
    result: list[Timed] = []
    end = float("-inf")
    for found, onset, offset in notes:
        short = offset - onset < longest
        if result and short and found.nasal > _NASAL and onset - end < _GAP:
            vowel, start, _ = result[-1]
            result[-1] = joined(vowel, found), start, offset
        else:
            result.append((found, onset, offset))
        end = offset
    return result
