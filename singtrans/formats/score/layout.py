"""Notes on a grid as a score writes them: bars, and in them note values, rests and ties."""

from dataclasses import dataclass

import numpy as np

from singtrans.errors import InputError
from singtrans.formats.lyrics import Syllable
from singtrans.formats.score.arrangement import Arrangement

MOST_BARS = 5000  # two hours and more; a damaged time makes a million of rests
QUARTER = 24  # divisions: a thirty-second note is 3, one of a triplet of sixteenths 4
_STRAIGHT = {96: ("whole", 0), 72: ("half", 1), 48: ("half", 0), 36: ("quarter", 1), 24: ("quarter", 0)} | {
    18: ("eighth", 1),
    12: ("eighth", 0),
    9: ("16th", 1),
    6: ("16th", 0),
    3: ("32nd", 0),
}
_TRIPLET = {96: ("whole", 0), 72: ("half", 1), 48: ("half", 0), 24: ("quarter", 0)} | {
    16: ("quarter", 0),
    8: ("eighth", 0),
    4: ("16th", 0),
    2: ("32nd", 0),
}
_THIRDS = (16, 8, 4, 2)


@dataclass(frozen=True, slots=True)
class ScoreSymbol:
    """One note head or rest.

    Attributes:
        start: divisions since the first bar.
        length: divisions.
        type: MusicXML's name of the note value.
        dots: 0 or 1.
        triplet: whether three of them take the time of two.
        note: the number of the transcription's note; -1 for a rest.
        tied: whether a tie leads on to the next symbol.
        first: whether it begins its note.
    """

    start: int
    length: int
    type: str
    dots: int
    triplet: bool
    note: int
    tied: bool
    first: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """A melody in bars.

    Attributes:
        symbols: notes and rests, without gap or overlap from the first bar's start to the last bar's end.
        bars: number of bars.
        bar: divisions of a bar.
        pitches: integer MIDI number of each note.
        syllables: of each note.
    """

    symbols: tuple[ScoreSymbol, ...]
    bars: int
    bar: int
    pitches: tuple[int, ...]
    syllables: tuple[Syllable | None, ...]


def lay_out(arrangement: Arrangement) -> Sheet:
    """Bars for the notes of an arrangement that has a grid; empty bars before the first note are left out.

    Raises:
        InputError: if there would be more than :data:`MOST_BARS`.
        ValueError: if it has no rhythm.
    """
    rhythm = arrangement.rhythm
    if rhythm is None:
        raise ValueError("notes of sheet music have note values")
    bar = int(rhythm.metre.bar * QUARTER)
    at = np.array([rhythm.starts, rhythm.ends], float).T.reshape(-1, 2)
    at = np.rint(at * QUARTER).astype(int)
    first = rhythm.first_bar
    at -= first * bar
    bars = max(1, int(-(-at[-1, 1] // bar))) if len(at) else 1
    if bars > MOST_BARS:
        raise InputError(f"the notes span {bars} bars, too many for sheet music ({MOST_BARS}): correct their times.")
    thirds = arrangement.grid is not None and "t" in arrangement.grid.name
    symbols, now = [], 0
    for number, (start, end) in enumerate(at.tolist()):
        symbols += _symbols(now, start, bar, thirds, -1) + _symbols(start, end, bar, thirds, number)
        now = end
    symbols += _symbols(now, bars * bar, bar, thirds, -1)
    pitches = tuple(note.note for note in arrangement.notes)
    return Sheet(tuple(symbols), bars, bar, pitches, arrangement.syllables)


def _symbols(start: int, end: int, bar: int, thirds: bool, note: int) -> list[ScoreSymbol]:
    """One note or silence, cut at bar lines and into values that can be written."""
    values = _TRIPLET if thirds else _STRAIGHT
    found, now = [], start
    while now < end:
        length = _length(now % bar, min(end, (now // bar + 1) * bar) - now, values)
        kind, dots = values[length]
        last = now + length >= end
        found.append(
            ScoreSymbol(
                now, length, kind, dots, thirds and length in _THIRDS, note, note >= 0 and not last, now == start
            )
        )
        now += length
    return found


def _length(place: int, left: int, values: dict[int, tuple[str, int]]) -> int:
    """The longest value from a place in a bar that leaves the beats to be seen."""
    within = place % QUARTER
    to_beat = QUARTER - within
    if within and left > to_beat and not (within == QUARTER // 2 and left >= QUARTER and QUARTER // 2 in values):
        left = to_beat
    elif within and left > to_beat:
        left = QUARTER  # an off-beat quarter note is read more easily than two tied halves of it
    return max(value for value in values if value <= left)
