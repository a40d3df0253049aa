"""Random written melodies in any metre, with triplets and pickups; starts and ends are in quarter notes."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from hypothesis import strategies as st

from singtrans.melody.metre import Metre

METRES = [
    *(Metre(beats, 4) for beats in (1, 2, 3, 4, 5, 6)),
    *(Metre(beats, 8) for beats in (3, 5, 6, 7, 9, 12)),
    *(Metre(2, 2), Metre(3, 2), Metre(6, 16)),
]
_STRAIGHT, _THIRDS, _SIXTHS = Fraction(1, 8), Fraction(1, 3), Fraction(1, 6)


@dataclass(frozen=True)
class WrittenMelody:
    """A melody.

    Attributes:
        starts, ends: start and end of each note, in quarter notes since a bar line.
        pitches: pitch of each note.
        metre: metre of all bars.
    """

    starts: tuple[Fraction, ...]
    ends: tuple[Fraction, ...]
    pitches: tuple[int, ...]
    metre: Metre


@st.composite
def written_melodies(draw, metres=METRES, finest=_STRAIGHT):
    """Draw melodies in which each span of a half note has straight notes, or triplets of one length."""
    metre = draw(st.sampled_from(metres))
    can_divide = metre.denominator <= 4 and metre.bar % 2 == 0
    places = {Fraction(0)}
    for half in range(draw(st.integers(1, 8))):
        steps = [finest, Fraction(1, 4), Fraction(1, 2), Fraction(1), *([_THIRDS, _SIXTHS, 2 * _THIRDS] * can_divide)]
        step = draw(st.sampled_from(steps))
        inside = [2 * half + number * step for number in range(int(2 / step))]
        places |= set(draw(st.lists(st.sampled_from(inside), max_size=6)))
    ordered = sorted(places)
    spans = [*pairwise(ordered), (ordered[-1], Fraction(2 * half + 2))]
    sung = draw(st.lists(st.booleans(), min_size=len(spans), max_size=len(spans)))
    kept = [span for span, is_sung in zip(spans, sung, strict=True) if is_sung] or spans[:1]
    pitches = draw(st.lists(st.integers(48, 76), min_size=len(kept), max_size=len(kept)))
    # A note ends at the next position of the rhythm, or lasts until the next note.
    following = [start for start, _ in kept[1:]] + [kept[-1][1]]
    held = draw(st.lists(st.booleans(), min_size=len(kept), max_size=len(kept)))
    ends = [after if is_held else end for (_, end), after, is_held in zip(kept, following, held, strict=True)]
    return WrittenMelody(tuple(start for start, _ in kept), tuple(ends), tuple(pitches), metre)
