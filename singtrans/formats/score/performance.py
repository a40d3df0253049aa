"""Performance of a score: the order in which bars are played, joining of tied notes, and times in seconds."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from singtrans.errors import InputError
from singtrans.formats.lyrics import Syllable
from singtrans.formats.score.play_order import BarSigns, play_order
from singtrans.formats.stated_beats import StatedMetre, stated_beats
from singtrans.formats.text import in_order, make_note, refuse
from singtrans.melody.beats import Beats
from singtrans.melody.metre import Metre
from singtrans.notes import Note

_TEMPO = 120.0  # quarters per minute of a score without a tempo
SAME = 1e-6
"""Difference in quarters below which two positions count as the same."""


@dataclass(slots=True)
class ScoreNote:
    """A note of a bar.

    Attributes:
        start: start in quarters from the start of the bar.
        length: length in quarters.
        pitch: the sounding pitch as a MIDI number.
        tied_on, tied_back: whether a tie joins the note to the next note, and to the previous note.
        voice: number of the staff, and name of the voice.
        words: map from numbers of verses to syllables.
    """

    start: float
    length: float
    pitch: float
    tied_on: bool = False
    tied_back: bool = False
    voice: tuple[str, str] = ("", "")
    words: Mapping[int, Syllable] = field(default_factory=dict)


@dataclass(slots=True)
class Bar:
    """One bar of a part.

    Attributes:
        length: number of quarters that are written in the bar.
        nominal: number of quarters in a full bar, by the time signature.
        metre: metre of the time signature; None if the time signature is not a valid metre.
        tempi: tempo changes as (quarters from the start of the bar, quarters per minute).
    """

    length: float = 0.0
    nominal: float = 4.0
    metre: Metre | None = None
    notes: list[ScoreNote] = field(default_factory=list)
    tempi: list[tuple[float, float]] = field(default_factory=list)
    signs: BarSigns = field(default_factory=BarSigns)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a score.

    Attributes:
        has_words: whether the part has lyrics.
    """

    id: str
    name: str
    bars: list[Bar]
    has_words: bool

    @property
    def has_notes(self) -> bool:
        """Whether the part has notes."""
        return any(bar.notes for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Performance:
    """A part as it is played.

    Attributes:
        notes: notes in time order.
        words: map from (onset, pitch) of notes to syllables.
        beats: the beats; None if they are implausible.
    """

    notes: tuple[Note, ...]
    words: Mapping[tuple[float, float], Syllable]
    beats: Beats | None


def perform(path: Path, part: Part, parts: list[Part], faults: list[InputError] | None) -> Performance:
    """Compute the notes, words and beats of one part of a score as it is played.

    Args:
        path: path of the file, for error messages.
        part: part that is played.
        parts: all parts of the score; the signs and tempo marks of one part also apply to the others.
        faults: list to which errors in single notes are added; None to raise the first error.
    """
    count = max(len(p.bars) for p in parts)
    columns = [[p.bars[number] for p in parts if number < len(p.bars)] for number in range(count)]
    lengths = [max((bar.length for bar in bars), default=0.0) or bars[0].nominal for bars in columns]
    order = play_order([_merged([bar.signs for bar in bars]) for bars in columns])
    voice = _main_voice(part)
    start = 0.0
    starts: list[float] = []
    events: list[ScoreNote] = []
    tempi = [(0.0, _TEMPO)]
    turns: Counter[int] = Counter()
    for number in order:
        turns[number] += 1
        starts.append(start)
        tempi += sorted((start + min(at, lengths[number]), tempo) for bar in columns[number] for at, tempo in bar.tempi)
        bar_notes = part.bars[number].notes if number < len(part.bars) else ()
        events += [_played(note, start, turns[number]) for note in bar_notes if voice in (None, note.voice)]
        start += lengths[number]
    clock = _Clock(tempi)
    notes: list[Note] = []
    words: dict[tuple[float, float], Syllable] = {}
    for event in _melody(_joined(events)):
        try:
            note = make_note(clock.seconds(event.start), clock.seconds(event.start + event.length), event.pitch)
        except ValueError:
            fault = InputError(f"{path} has a note with a time or a pitch out of range: export it again.")
            refuse(fault, faults)
            continue
        notes.append(note)
        for syllable in event.words.values():
            words[note.onset, note.pitch] = syllable
    metre = _metre([(at, columns[number][0]) for at, number in zip(starts, order, strict=True)])
    beats = stated_beats(clock.seconds, [at for at, _ in tempi], start, metre)
    return Performance(in_order(notes), words, beats)


def _played(note: ScoreNote, start: float, turn: int) -> ScoreNote:
    """Return a copy of a note, in a bar that begins at ``start`` and is played for the ``turn``-th time.

    Only the verse that is sung this time is kept.
    """
    verses = [number for number in note.words if number <= turn] or list(note.words)
    words = {turn: note.words[max(verses)]} if verses else {}
    return replace(note, start=start + note.start, words=words)


def _main_voice(part: Part) -> tuple[str, str] | None:
    """Return the voice with the most words, or else the most notes; None if no two voices sound at the same time."""
    notes = [note for bar in part.bars for note in bar.notes]
    voices = {note.voice for note in notes}
    if len(voices) < 2 or not any(_sounds_together(bar.notes) for bar in part.bars):
        return None
    words = Counter(note.voice for note in notes if note.words)
    counts = Counter(note.voice for note in notes)
    return min(voices, key=lambda voice: (-words[voice], -counts[voice], voice))


def _sounds_together(notes: Iterable[ScoreNote]) -> bool:
    ends: dict[tuple[str, str], float] = {}
    for note in sorted(notes, key=lambda note: note.start):
        if any(end > note.start + SAME for voice, end in ends.items() if voice != note.voice):
            return True
        ends[note.voice] = max(ends.get(note.voice, 0.0), note.start + note.length)
    return False


def _metre(bars: list[tuple[float, Bar]]) -> StatedMetre:
    """Return the most frequent metre, and the start of the first complete bar in it."""
    metres = Counter(bar.metre for _, bar in bars if bar.metre is not None)
    if not metres:
        return StatedMetre()
    metre = metres.most_common(1)[0][0]
    complete = (at for at, bar in bars if bar.metre == metre and bar.length >= float(metre.bar) - SAME)
    return StatedMetre(metre, Fraction(next(complete, 0.0)).limit_denominator(960))


def _merged(signs: list[BarSigns]) -> BarSigns:
    """Collect the signs of one bar from all parts.

    Signs apply to every part, but most programs write them only into the first part.
    """
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
    """Join notes that are tied to each other."""
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
    """Keep only the highest of the notes that begin together, with the words that one of these notes has."""
    highest: dict[float, ScoreNote] = {}
    for event in events:
        key = round(event.start, 6)
        other = highest.get(key, event)
        highest[key] = replace(max(other, event, key=lambda e: e.pitch), words=other.words or event.words)
    return list(highest.values())


class _Clock:
    """Conversion of quarters to seconds, with changes of tempo."""

    def __init__(self, tempi: list[tuple[float, float]]) -> None:
        self._places = [at for at, _ in tempi]
        self._tempi = [tempo for _, tempo in tempi]
        self._seconds = [0.0]
        for (first, second), tempo in zip(pairwise(self._places), self._tempi, strict=False):
            self._seconds.append(self._seconds[-1] + (second - first) * 60 / tempo)

    def seconds(self, quarters: float) -> float:
        place = max(0, bisect_right(self._places, quarters + SAME) - 1)
        return self._seconds[place] + (quarters - self._places[place]) * 60 / self._tempi[place]
