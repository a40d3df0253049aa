"""A score as it is played: bars in their order, tied notes joined, and times in seconds."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from singtrans.errors import InputError
from singtrans.formats.score.play_order import BarSigns, play_order
from singtrans.formats.text import make_note, refuse
from singtrans.notes import Note

_TEMPO = 120.0  # quarters per minute of a score without a tempo
SAME = 1e-6
"""Quarters that are the same place but for rounding."""


@dataclass(slots=True)
class ScoreNote:
    """A note of a bar: quarters from the bar's start, MIDI number as it sounds, and its ties."""

    start: float
    length: float
    pitch: float
    tied_on: bool
    tied_back: bool


@dataclass(slots=True)
class Bar:
    """One bar of a part.

    Attributes:
        length: quarters that are written in it.
        nominal: quarters that its time signature asks for.
        tempi: (quarters from its start, quarters per minute).
    """

    length: float = 0.0
    nominal: float = 4.0
    notes: list[ScoreNote] = field(default_factory=list)
    tempi: list[tuple[float, float]] = field(default_factory=list)
    signs: BarSigns = field(default_factory=BarSigns)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a score.

    Attributes:
        has_words: whether it has lyrics.
    """

    id: str
    name: str
    bars: list[Bar]
    has_words: bool

    @property
    def has_notes(self) -> bool:
        """Whether there is a note in it."""
        return any(bar.notes for bar in self.bars)


def perform(path: Path, part: Part, parts: list[Part], faults: list[InputError] | None) -> Iterator[Note]:
    """The notes of a part with their times in seconds, as the score is played.

    Args:
        path: the file, for errors.
        part: the part.
        parts: all parts, whose signs and tempo marks hold for each other.
        faults: collects errors; None to raise the first one.
    """
    count = max(len(p.bars) for p in parts)
    columns = [[p.bars[number] for p in parts if number < len(p.bars)] for number in range(count)]
    lengths = [max((bar.length for bar in bars), default=0.0) or bars[0].nominal for bars in columns]
    order = play_order([_merged([bar.signs for bar in bars]) for bars in columns])
    start = 0.0
    events: list[ScoreNote] = []
    tempi = [(0.0, _TEMPO)]
    for number in order:
        tempi += sorted((start + min(at, lengths[number]), tempo) for bar in columns[number] for at, tempo in bar.tempi)
        if number < len(part.bars):
            events += [
                ScoreNote(start + n.start, n.length, n.pitch, n.tied_on, n.tied_back) for n in part.bars[number].notes
            ]
        start += lengths[number]
    clock = _Clock(tempi)
    for event in _melody(_joined(events)):
        try:
            yield make_note(clock.seconds(event.start), clock.seconds(event.start + event.length), event.pitch)
        except ValueError:
            fault = InputError(f"{path} has a note with a time or a pitch out of range: export it again.")
            refuse(fault, faults)


def _merged(signs: list[BarSigns]) -> BarSigns:
    """The signs of one bar in all parts: most programs write them into the first part only."""
    return BarSigns(
        forward=any(s.forward for s in signs),
        backward=max(s.backward for s in signs),
        ending=next((s.ending for s in signs if s.ending), frozenset()),
        ending_stops=any(s.ending_stops for s in signs),
        segno=any(s.segno for s in signs),
        coda=any(s.coda for s in signs),
        to_coda=any(s.to_coda for s in signs),
        fine=any(s.fine for s in signs),
        da_capo=any(s.da_capo for s in signs),
        dal_segno=any(s.dal_segno for s in signs),
    )


def _joined(events: list[ScoreNote]) -> list[ScoreNote]:
    """The events with tied ones as one."""
    found: list[ScoreNote] = []
    waiting: dict[float, ScoreNote] = {}
    for event in sorted(events, key=lambda event: event.start):
        before = waiting.pop(event.pitch, None)
        if event.tied_back and before is not None and abs(before.start + before.length - event.start) < SAME:
            before.length += event.length
        else:
            before = event
            found.append(event)
        if event.tied_on:
            waiting[event.pitch] = before
    return found


def _melody(events: list[ScoreNote]) -> list[ScoreNote]:
    """Of the events that begin together, the highest."""
    highest: dict[float, ScoreNote] = {}
    for event in events:
        key = round(event.start, 6)
        if key not in highest or event.pitch > highest[key].pitch:
            highest[key] = event
    return list(highest.values())


class _Clock:
    """Quarters to seconds under changes of tempo."""

    def __init__(self, tempi: list[tuple[float, float]]) -> None:
        self._places = [at for at, _ in tempi]
        self._tempi = [tempo for _, tempo in tempi]
        self._seconds = [0.0]
        for (first, second), tempo in zip(pairwise(self._places), self._tempi, strict=False):
            self._seconds.append(self._seconds[-1] + (second - first) * 60 / tempo)

    def seconds(self, quarters: float) -> float:
        place = max(0, bisect_right(self._places, quarters + SAME) - 1)
        return self._seconds[place] + (quarters - self._places[place]) * 60 / self._tempi[place]
