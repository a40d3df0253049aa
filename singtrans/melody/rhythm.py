"""The rhythm of a melody: metre, tempo, and the note values as a score writes them."""

from dataclasses import dataclass
from fractions import Fraction

from singtrans.melody.beats import Beats
from singtrans.melody.metre import Metre


@dataclass(frozen=True, slots=True, eq=False)
class Rhythm:
    """Rhythm of a melody.

    Positions and lengths are in quarter notes, and positions count from the first bar line of the beats. A position
    is a multiple of 1/8 (straight) or of 1/3 and 1/6 (triplets).

    Attributes:
        beats: the beats; they contain the metre.
        tempo: beats of the metre per minute, rounded as it is written.
        starts: start of each note.
        ends: end of each note, not later than the start of the next.
        confidence: probability that tempo, metre and downbeat are right; 1 for what the user stated.
        tempo_confidence, metre_confidence, downbeat_confidence: that of each.
    """

    beats: Beats
    tempo: float
    starts: tuple[Fraction, ...]
    ends: tuple[Fraction, ...]
    confidence: float = 1.0
    tempo_confidence: float = 1.0
    metre_confidence: float = 1.0
    downbeat_confidence: float = 1.0

    @property
    def metre(self) -> Metre:
        """Metre of all bars."""
        return self.beats.metre

    @property
    def first_bar(self) -> int:
        """Number of the bar in which the first note starts, counted from 0."""
        return int(self.starts[0] // self.metre.bar) if self.starts else 0

    @property
    def pickup(self) -> Fraction:
        """Length of the pickup: from the first note to the next bar line; 0 if it starts on one."""
        return -self.starts[0] % self.metre.bar if self.starts else Fraction(0)


def rounded_tempo(tempo: float) -> float:
    """Round a tempo to a whole number of beats per minute, as scores state it."""
    return float(max(1, round(tempo)))
