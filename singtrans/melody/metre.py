"""Metres: the number and the length of the beats in a bar."""

import re
from dataclasses import dataclass
from fractions import Fraction

_METRE = re.compile(r"(\d{1,2})(?:/(2|4|8|16))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Metre:
    """A metre, given by its time signature.

    In 6/8, 9/8 and 12/8, a beat has the length of three eighth notes. All lengths are in quarter notes.

    Attributes:
        numerator: number of note values in a bar, 1 to 24.
        denominator: number of these note values in a whole note: 2, 4, 8 or 16.

    Raises:
        ValueError: if either number is not allowed.

    >>> metre = Metre(6, 8)
    >>> metre.bar, metre.beat, metre.beats
    (Fraction(3, 1), Fraction(3, 2), 2)
    """

    numerator: int = 4
    denominator: int = 4

    def __post_init__(self) -> None:
        if not (1 <= self.numerator <= 24 and self.denominator in (2, 4, 8, 16)):
            raise ValueError(f"there is no metre {self.numerator}/{self.denominator}")

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"

    @property
    def is_compound(self) -> bool:
        """Whether each beat has three parts."""
        return self.denominator >= 8 and self.numerator % 3 == 0 and self.numerator > 3

    @property
    def unit(self) -> Fraction:
        """Length of the note value that the denominator states."""
        return Fraction(4, self.denominator)

    @property
    def bar(self) -> Fraction:
        """Length of a bar."""
        return self.numerator * self.unit

    @property
    def beat(self) -> Fraction:
        """Length of a beat."""
        return 3 * self.unit if self.is_compound else self.unit

    @property
    def beats(self) -> int:
        """Number of beats in a bar."""
        return int(self.bar / self.beat)

    @property
    def groups(self) -> tuple[Fraction, ...]:
        """Lengths of the beats of a bar, in order."""
        return (self.beat,) * self.beats


def parse_metre(text: str) -> Metre:
    """Parse a metre such as ``6/8``; a single number such as ``3`` means ``3/4``.

    Raises:
        ValueError: if the text is not a metre.

    >>> parse_metre("12/8"), parse_metre("3")
    (Metre(numerator=12, denominator=8), Metre(numerator=3, denominator=4))
    """
    found = _METRE.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a metre: use 2/4, 3/4, 4/4, 6/8, 9/8 or 12/8")
    return Metre(int(found[1]), int(found[2] or 4))
