"""The order in which the bars of a score are played: repeats, endings, da capo, dal segno, coda and fine."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_BARS = 20_000
"""Largest number of bars in a performance, about half a day of music. Repeats in a damaged score might never end."""

_MOST_PASSES = 16


@dataclass(slots=True)
class BarSigns:
    """The signs of one bar that decide which bar is played next.

    Attributes:
        forward: whether a repeated section begins here.
        backward: how many times the section that ends here is played; 0 if no repeated section ends here.
        ending: numbers of the repetitions in which this bar is played, if it is under the bracket of an ending;
            otherwise, empty.
        ending_stops: whether the bracket ends with this bar.
        segno, coda: whether the bar is the target of a jump.
        to_coda: whether, after a jump back, the coda follows the bar.
        fine: whether, after a jump back, the music ends with the bar.
        da_capo: whether a jump back to the beginning follows the bar.
        dal_segno: whether a jump back to the segno follows the bar.
    """

    forward: bool = False
    backward: int = 0
    ending: frozenset[int] = frozenset()
    ending_stops: bool = False
    segno: bool = False
    coda: bool = False
    to_coda: bool = False
    fine: bool = False
    da_capo: bool = False
    dal_segno: bool = False


def play_order(bars: Sequence[BarSigns]) -> list[int]:
    """Return the numbers of the bars in the order in which they are played.

    After a jump back, sections are not repeated and the last ending is played, as is usual.
    """
    order: list[int] = []
    bar = section = 0
    turn, jumped = 1, False
    while bar < len(bars) and len(order) < MOST_BARS:
        signs = bars[bar]
        if signs.forward and bar != section:
            section, turn = bar, 1
        last_turn = _passes(bars, bar)
        if signs.ending and (last_turn if jumped else turn) not in signs.ending:
            bar = _after_ending(bars, bar)
            continue
        order.append(bar)
        if jumped and signs.fine:
            break
        if jumped and signs.to_coda and (coda := _find(bars, bar + 1, "coda")) is not None:
            bar, section, turn = coda, coda, 1
            continue
        if signs.backward and not jumped and turn < max(last_turn, signs.backward):
            bar, turn = section, turn + 1
            continue
        if signs.backward or signs.ending_stops:
            section, turn = bar + 1, 1
        if not jumped and (signs.da_capo or signs.dal_segno):
            start = _find(bars, 0, "segno") if signs.dal_segno else 0
            bar, jumped = start or 0, True
            continue
        bar += 1
    return order


def _passes(bars: Sequence[BarSigns], bar: int) -> int:
    """Return how many times a section is played: the highest number of its endings, from this bar on."""
    highest = 0
    while bar < len(bars) and bars[bar].ending:
        highest = max(highest, *bars[bar].ending)
        bar += 1
    return min(highest, _MOST_PASSES)


def _after_ending(bars: Sequence[BarSigns], bar: int) -> int:
    """Return the first bar after the ending that contains a bar."""
    ending = bars[bar].ending
    while bar < len(bars) and bars[bar].ending == ending:
        bar += 1
        if bars[bar - 1].ending_stops:
            break
    return bar


def _find(bars: Sequence[BarSigns], start: int, sign: str) -> int | None:
    return next((bar for bar in range(start, len(bars)) if getattr(bars[bar], sign)), None)
