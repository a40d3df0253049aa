"""Division of bars into systems, which are the lines of music on a page."""

import math
from collections.abc import Sequence

from singtrans.formats.score.layout import REST, Bar
from singtrans.formats.score.values import QUARTER

_LINE = 60.0  # width of a line in the units of `_width`: about five bars of four quarter notes
_SPACE = 0.6  # exponent: a half note takes 1.5 times the room of a quarter note
_QUARTER, _BAR_LINE, _CLEF, _SIGN = 2.4, 1.2, 5.0, 0.6  # width of a quarter note, a bar line, a clef, an accidental
_LETTER = 0.42  # width of a letter of the lyrics
_PHRASE = 0.8  # cost of a line that does not end with a phrase
_UNEVEN = 3.0  # cost of an empty line; it grows with the square of the empty part
_MOST_BARS = 12  # in a line


def choose_breaks(
    bars: Sequence[Bar], phrase_ends: Sequence[bool], letters: Sequence[int], signature: int = 0
) -> frozenset[int]:
    """Choose the bars that begin a system, so that systems are similarly wide and end with phrases.

    Args:
        bars: all bars.
        phrase_ends: for each note, whether a phrase ends with it.
        letters: for each note, number of letters of its syllable, with the space or hyphen after the syllable.
        signature: number of accidentals in the key signature.

    Returns:
        Indices of bars. The index of the first bar is not included.
    """
    widths = [_width(bar, letters) for bar in bars]
    ends = _bars_before_phrases(bars, phrase_ends)
    costs, source = [0.0], [0]
    for end in range(1, len(bars) + 1):
        best, chosen, width = math.inf, end - 1, _CLEF + _SIGN * signature
        for start in range(end - 1, max(-1, end - 1 - _MOST_BARS), -1):
            width += widths[start]
            if width > _LINE and start < end - 1:
                break
            is_last = end == len(bars)
            cost = costs[start] + 1 + _UNEVEN * (1 - width / _LINE) ** 2 * (0.2 if is_last else 1)
            cost += 0 if is_last or end - 1 in ends else _PHRASE
            if cost < best:
                best, chosen = cost, start
        costs.append(best)
        source.append(chosen)
    breaks, end = set(), source[-1]
    while end > 0:
        breaks.add(end)
        end = source[end]
    return frozenset(breaks)


def _width(bar: Bar, letters: Sequence[int]) -> float:
    if not bar.symbols:
        return _BAR_LINE + 2 * _QUARTER
    room = _BAR_LINE
    for symbol in bar.symbols:
        needed = _QUARTER * (symbol.value.length / QUARTER) ** _SPACE
        if symbol.note != REST and symbol.first:
            needed = max(needed, _LETTER * letters[symbol.note])
        room += needed
    return room


def _bars_before_phrases(bars: Sequence[Bar], phrase_ends: Sequence[bool]) -> set[int]:
    """Return the indices of the bars after which a line of music can end, because a phrase ends with them.

    These are bars without notes, and bars with the end of a phrase in their second half. The rest of such a bar may
    have the pickup of the next phrase.
    """
    found = set()
    for index, bar in enumerate(bars):
        lasts = [
            symbol for symbol in bar.symbols if symbol.note != REST and not symbol.tied and phrase_ends[symbol.note]
        ]
        if (lasts and lasts[-1].end >= bar.start + bar.length / 2) or not bar.symbols:
            found.add(index)
    return found
