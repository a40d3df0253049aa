"""Beams, which join eighth notes and shorter notes according to the metre."""

from collections.abc import Sequence
from itertools import groupby

from singtrans.formats.score.layout import REST, Bar, ScoreSymbol
from singtrans.formats.score.values import QUARTER
from singtrans.melody.metre import Metre

_FLAGS = {"eighth": 1, "16th": 2, "32nd": 3}
BEGIN, CONTINUE, END, FORWARD, BACKWARD = "begin", "continue", "end", "forward hook", "backward hook"
"""The values of MusicXML's element ``beam``."""

_IRREGULAR = {5: (2, 3), 7: (2, 2, 3), 8: (3, 3, 2), 10: (3, 3, 2, 2), 11: (3, 3, 3, 2)}
"""Sizes of beamed groups, by the numerator of the metre. Multiples of three need no entry."""


def beam_groups(metre: Metre) -> tuple[int, ...]:
    """Return the lengths, in divisions, of the parts of a bar. No beam crosses the boundary between two parts."""
    unit = int(metre.unit * QUARTER)
    if metre.is_compound or metre.denominator < 8:
        return (int(metre.beat * QUARTER),) * metre.beats
    parts = _IRREGULAR.get(metre.numerator, (metre.numerator,) if metre.numerator <= 4 else (1,) * metre.numerator)
    return tuple(unit * part for part in parts)


def beams(bar: Bar, metre: Metre) -> list[tuple[str, ...]]:
    """Return MusicXML's beam values for each symbol of a bar, the eighth-note beam first; empty without beams."""
    whole = int(metre.bar * QUARTER)
    line = bar.start // whole * whole
    groups: list[int] = []
    for number, length in enumerate(beam_groups(metre)):
        groups += [number] * length
    keys = [
        (groups[symbol.start - line], symbol.note != REST and symbol.value.type in _FLAGS) for symbol in bar.symbols
    ]
    found: list[tuple[str, ...]] = []
    for (_, is_short), run in groupby(zip(bar.symbols, keys, strict=True), key=lambda pair: pair[1]):
        symbols = [symbol for symbol, _ in run]
        found += _join(symbols) if is_short and len(symbols) > 1 else [()] * len(symbols)
    return found


def _join(symbols: Sequence[ScoreSymbol]) -> list[tuple[str, ...]]:
    """Return the beam values of notes that are joined by a beam."""
    flags = [_FLAGS[symbol.value.type] for symbol in symbols]
    found: list[list[str]] = [[] for _ in symbols]
    for level in range(1, max(flags) + 1):
        for number, count in enumerate(flags):
            if count < level:
                continue
            before = number > 0 and flags[number - 1] >= level
            after = number + 1 < len(flags) and flags[number + 1] >= level
            name = CONTINUE if before and after else END if before else BEGIN if after else _hook(symbols, number)
            found[number].append(name)
    return [tuple(names) for names in found]


def _hook(symbols: Sequence[ScoreSymbol], number: int) -> str:
    """Return the direction of a partial beam, which belongs to only one note.

    The beam points to the neighbour that, together with this note, completes a longer note value.
    """
    if number in (0, len(symbols) - 1):
        return FORWARD if number == 0 else BACKWARD
    symbol = symbols[number]
    return FORWARD if symbol.start % (2 * symbol.value.length) == 0 else BACKWARD
