"""Praat's TextGrids, in which the labels of an interval tier are note names or MIDI numbers.

The long and the short text format are read. Praat only reads quoted texts, numbers and <flags>, so ``xmin = 0`` and
``0`` have the same meaning. Source: Praat's manual, "TextGrid file formats".
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, Format, ReadOptions, Sample
from singtrans.formats.note_names import label_pitch
from singtrans.formats.text import at_line, in_order, is_number, listed, make_note, number, read_text, refuse
from singtrans.notes import Note

TIER_NAMES = ("notes", "note", "midi", "pitch")
"""Names of preferred tiers, in order of preference."""

_TOKEN = re.compile(r'"(?:[^"]|"")*"|!.*|[^\s"!]+')


@dataclass(frozen=True, slots=True)
class _Token:
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class _Interval:
    line: int
    start: float
    end: float
    label: str


@dataclass(frozen=True, slots=True)
class _Tier:
    name: str
    intervals: tuple[_Interval, ...]


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the notes of an interval tier. Rests, with empty labels or labels such as ``rest`` and ``0``, are left out.

    Args:
        path: path of the file.
        request: options, of which ``faults`` and ``tier`` (or ``voice``) are used. ``tier`` is the name of the tier in
            upper or lower case. Without a name, the tier ``notes``, ``note``, ``midi`` or ``pitch`` is read. If there
            is no such tier, the only tier whose labels are all pitches or rests is read.

    Raises:
        InputError: if the file cannot be read, no tier or several tiers fit, or a label is not a pitch. The message
            names the line.
    """
    path = Path(path)
    tier, faults = request.tier or request.voice, request.faults
    tiers = _tiers(path, read_text(path))
    names = listed([repr(t.name) for t in tiers]) or "none"
    wanted = (tier.lower(),) if tier is not None else TIER_NAMES
    named = [t for name in wanted for t in tiers if t.name.strip().lower() == name]
    if named:
        return in_order(_notes(path, next((t for t in named if _is_pitched(t)), named[0]), faults))
    if tier is not None:
        raise InputError(f"{path} has no interval tier {tier!r}: choose one with --tier ({names}).")
    pitched = [t for t in tiers if _is_pitched(t)]
    if len(pitched) != 1:
        which = "several tiers" if pitched else "no interval tier"
        raise InputError(f"{path} has {which} of notes ({names}): choose one with --tier, or name it 'notes'.")
    return in_order(_notes(path, pitched[0], faults))


def _notes(path: Path, tier: _Tier, faults: list[InputError] | None) -> Iterator[Note]:
    for interval in tier.intervals:
        try:
            pitch = label_pitch(interval.label)
            if pitch is not None:
                yield make_note(interval.start, interval.end, pitch)
        except ValueError:
            fault = (
                f"has {interval.label.strip()[:40]!r} from {interval.start:g} to {interval.end:g} s in tier"
                f" {tier.name[:40]!r}, which is not a note: use a name such as C#4, or a MIDI number."
            )
            refuse(at_line(path, interval.line, fault), faults)


def _is_pitched(tier: _Tier) -> bool:
    try:
        pitches = [label_pitch(interval.label) for interval in tier.intervals]
    except ValueError:
        return False
    return any(pitch is not None for pitch in pitches)


class _Reader:
    """Reader of the tokens of a TextGrid."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._tokens = _tokens(text)
        self.line = 1

    def text(self) -> str:
        return self._next("a text in quotes", lambda t: t.startswith('"'))[1:-1].replace('""', '"')

    def flag(self) -> str:
        return self._next("<exists>", lambda t: t.startswith("<") and t.endswith(">"))

    def number(self) -> float:
        return number(self._next("a number", is_number))

    def count(self) -> int:
        return int(self.number())

    def _next(self, wanted: str, fits: Callable[[str], bool]) -> str:
        token = next(self._tokens, None)
        if token is None:
            raise at_line(self._path, self.line, f"is the last line, but {wanted} should follow: export it again.")
        self.line = token.line
        if not fits(token.text):
            raise at_line(
                self._path, token.line, f"has {token.text[:40]!r} instead of {wanted}: export the TextGrid again."
            )
        return token.text


def _tokens(text: str) -> Iterator[_Token]:
    line, counted = 1, 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        line, counted = line + text.count("\n", counted, match.start()), match.start()
        if token[0] == '"' or token[0] == "<" or is_number(token):
            yield _Token(line, token)


def _tiers(path: Path, text: str) -> list[_Tier]:
    reader = _Reader(path, text)
    if not reader.text().startswith("ooTextFile") or reader.text() != "TextGrid":
        raise InputError(f'{path} does not begin with "ooTextFile" and "TextGrid": export it from Praat as text.')
    reader.number(), reader.number()  # start and end of the whole grid
    if reader.flag() != "<exists>":
        return []
    tiers = []
    for _ in range(reader.count()):
        kind, name = reader.text(), reader.text()
        reader.number(), reader.number()  # start and end of the tier
        count = reader.count()
        if kind == "IntervalTier":
            tiers.append(_Tier(name, tuple(_interval(reader) for _ in range(count))))
            continue
        for _ in range(count):
            reader.number(), reader.text()  # time and mark of a point
    return tiers


def _interval(reader: _Reader) -> _Interval:
    start, end, label = reader.number(), reader.number(), reader.text()
    return _Interval(reader.line, start, end, label)


def _recognises(sample: Sample) -> bool:
    return "ooTextFile" in sample.text[:200]


FORMAT = Format(
    name="textgrid",
    description="Praat's TextGrid: note names or MIDI numbers in an interval tier",
    endings=(".TextGrid",),
    read=read,
    recognises=_recognises,
)
