"""Choice of the clef of a staff, and of the accidentals that notes need in their key and bar."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from singtrans.melody.key import Key

Spelling = tuple[str, int, int]
"""Step, alteration and octave of a note."""

_STEPS = "CDEFGAB"
_SHARPS, _FLATS = "FCGDAEB", "BEADGCF"


@dataclass(frozen=True, slots=True)
class Clef:
    """A clef.

    Attributes:
        sign: ``G`` or ``F``.
        line: line of the staff that the sign marks, counted from the bottom.
        octave: number of octaves by which notes sound higher than with the plain sign; negative if they sound lower.
        bottom: diatonic position of the lowest line, counted from C0.
    """

    sign: str
    line: int
    octave: int
    bottom: int


_TREBLE, _TENOR, _BASS = Clef("G", 2, 0, 30), Clef("G", 2, -1, 23), Clef("F", 4, 0, 18)
_PRICES = {_TREBLE: 0.0, _TENOR: 0.3, _BASS: 0.6}
"""Cost of each clef, in ledger lines per note. Singers read the treble clef best, so another clef is chosen only if it
saves more ledger lines than it costs.
"""


def choose_clef(spelling: Sequence[Spelling]) -> Clef:
    """Choose a clef with which notes need few ledger lines: treble, treble an octave lower, or bass."""
    places = [_STEPS.index(step) + 7 * octave for step, _, octave in spelling]

    def cost(clef: Clef) -> float:
        return sum(_ledger_lines(place - clef.bottom) for place in places) / max(len(places), 1) + _PRICES[clef]

    return min(_PRICES, key=cost)


def _ledger_lines(place: int) -> int:
    """Return the number of ledger lines of a note that is ``place`` steps above the lowest line."""
    return max(0, -place // 2, (place - 8) // 2)


class Accidental(Enum):
    """Kind of accidental that is written before a note."""

    NONE = "none"
    NEEDED = "needed"
    COURTESY = "courtesy"
    """The accidental is a reminder that an accidental of the previous bar no longer holds."""


class Accidentals:
    """Choice of the accidentals that notes need, one bar after the other.

    Args:
        key: key, whose signature applies to every bar.
    """

    def __init__(self, key: Key) -> None:
        self._signature = dict.fromkeys(_SHARPS[: max(key.fifths, 0)], 1)
        self._signature |= dict.fromkeys(_FLATS[: max(-key.fifths, 0)], -1)
        self._altered: dict[tuple[str, int], int] = {}
        self._before: dict[tuple[str, int], int] = {}

    def begin_bar(self) -> None:
        """Begin a bar. Accidentals of the previous bar no longer hold, but the affected notes may need reminders."""
        self._before, self._altered = self._altered, {}

    def of(self, spelling: Spelling) -> Accidental:
        """Return the kind of accidental that a note needs. An accidental holds for the rest of the bar."""
        step, alter, octave = spelling
        place = step, octave
        known = self._altered.get(place, self._signature.get(step, 0))
        is_reminder = place not in self._altered and self._before.get(place, alter) != alter
        self._altered[place] = alter
        if known != alter:
            return Accidental.NEEDED
        return Accidental.COURTESY if is_reminder else Accidental.NONE
