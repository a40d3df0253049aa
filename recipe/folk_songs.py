"""Folk songs of the Essen collection, with metre, note values, phrases and key, and their split into three parts.

The songs come with the package music21, in ABC notation. Each line of a song is a phrase. Songs whose metre changes, or
is not in `METRES`, are left out. Metres are converted to the six common ones (3/8 and 3/2 to 3/4, 6/4 to 6/8, and so
on), and all note values are scaled accordingly. The collection has hardly any songs in 9/8, so slip jigs of other
collections in that package are added.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

METRES = {
    **{"2/4": ("2/4", 1), "3/4": ("3/4", 1), "4/4": ("4/4", 1), "2/2": ("4/4", 1), "4/2": ("4/4", Fraction(1, 2))},
    **{"3/8": ("3/4", 2), "3/2": ("3/4", Fraction(1, 2)), "2/8": ("2/4", 2), "4/8": ("4/4", 2)},
    **{"6/8": ("6/8", 1), "6/4": ("6/8", Fraction(1, 2)), "9/8": ("9/8", 1), "9/4": ("9/8", Fraction(1, 2))},
    **{"12/8": ("12/8", 1), "12/4": ("12/8", Fraction(1, 2)), "C": ("4/4", 1), "C|": ("4/4", 1)},
}
"""Map from the metre of a song to the metre that is used, and the factor by which note values are multiplied."""

_JIGS = ("airdsAirs", "oneills1850", "ryansMammoth")  # folders of the collections
_DECORATION = re.compile(r"\{[^}]*\}|\"[^\"]*\"|![^!]*!|%.*")
_REPEAT = re.compile(r":\|+:?|\|+:|::|\|\||\|\]|\[[12]|\|[12]")
SHORTEST = 12  # least number of notes of a song
_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHARPS = dict(zip("FCGDAEB", range(-1, 6), strict=True))  # map from letters to the number of sharps of their major key
_TOKEN = re.compile(
    r"(?P<bar>\|:|:\||::|\|\]|\|\||\|)|(?P<tuplet>\(\d(?::\d?){0,2})|(?P<grace>\{[^}]*\})|(?P<text>\"[^\"]*\")"
    r"|(?P<sign>\^\^|__|\^|_|=)?(?P<letter>[A-Ga-gzx])(?P<octave>[,']*)(?P<num>\d*)(?P<den>/*\d*)(?P<tie>-)?"
)


@dataclass(frozen=True, slots=True)
class SongNote:
    """One note of a song.

    Attributes:
        start: quarter notes since the bar line of the first complete bar; negative in a pickup.
        length: quarter notes.
        pitch: MIDI number.
        ends_phrase: whether the note is the last one of a phrase.
    """

    start: Fraction
    length: Fraction
    pitch: int
    ends_phrase: bool


@dataclass(frozen=True, slots=True)
class FolkSong:
    """A song.

    Attributes:
        name: file and number of the song.
        title: title of the song.
        number: number in the collection; the numbers of a song's variants differ only in the last letter.
        metre: one of 2/4, 3/4, 4/4, 6/8, 9/8, 12/8.
        tonic: pitch class of the key.
        minor: whether the minor third above the tonic sounds longer in total than the major third.
        notes: the notes.
    """

    name: str
    title: str
    number: str
    metre: str
    tonic: int
    minor: bool
    notes: tuple[SongNote, ...]


def folder() -> Path:
    """Return the folder of the collection."""
    import music21

    return Path(music21.__file__).parent / "corpus" / "essenFolksong"


def read_songs(path: Path) -> Iterator[FolkSong]:
    """Yield the usable songs of an ABC file."""
    for number, text in enumerate(re.split(r"(?m)^(?=X:)", path.read_text(encoding="utf-8", errors="replace"))[1:]):
        song = parse_song(text, f"{path.stem}:{number}")
        if song:
            yield song


def parse_song(text: str, name: str) -> FolkSong | None:
    """Parse a song in ABC notation; return None if the song cannot be used."""
    head: dict[str, str] = {}
    lines = []
    for line in text.splitlines():
        field = re.match(r"([A-Z]):\s*(.*)", line)
        if field and field[1] == "M" and lines:
            return None  # the metre changes
        if field:
            head.setdefault(field[1], field[2].strip())
        elif line.strip():
            lines.append(line)
    key = re.match(r"([A-G])([#b]?)\s*(m(?!aj|ix)|min|dor|phr|lyd|mix|loc|aeo)?", head.get("K", ""))
    if head.get("M") not in METRES or not key or "[" in "".join(lines):
        return None
    metre, factor = METRES[head["M"]]
    raised = {"#": 1, "b": -1, "": 0}[key[2]]
    if key[3]:
        return None
    bar = 4 * Fraction(metre)
    body = _body(lines, Fraction(head.get("L", "1/8")) * 4 * factor, _SHARPS[key[1]] + 7 * raised, bar)
    if body is None or len(body.notes) < SHORTEST:
        return None
    if any(length != bar for length in body.bars[1:-1]) or not body.bars[1:] or body.bars[0] > bar:
        return None
    tonic = (_STEPS[key[1]] + raised) % 12
    thirds = [sum(float(n.length) for n in body.notes if (n.pitch - tonic) % 12 == third) for third in (3, 4)]
    pickup = body.bars[0] % bar
    notes = tuple(SongNote(n.start - pickup, n.length, n.pitch, n.ends_phrase) for n in body.notes)
    return FolkSong(name, head.get("T", ""), head.get("N", ""), metre, tonic, thirds[0] > thirds[1], notes)


class _Body:
    """Notes of a song up to the current line, and the length of each bar.

    All times and lengths are in quarter notes.

    Args:
        unit: length of a note that is written without a number.
        sharps: number of sharps in the key signature; negative for flats.
        bar: length of a bar.
    """

    def __init__(self, unit: Fraction, sharps: int, bar: Fraction) -> None:
        self.notes: list[SongNote] = []
        self.bars: list[Fraction] = []
        self._unit, self._bar = unit, bar
        sharp, flat = "FCGDAEB"[: max(sharps, 0)], "BEADGCF"[: max(-sharps, 0)]
        self._signature = dict.fromkeys(sharp, 1) | dict.fromkeys(flat, -1)
        self._altered: dict[tuple[str, str], int] = {}
        self._now = self._bar_start = Fraction(0)
        self._tied, self._triplet = False, 0

    def add_line(self, line: str) -> bool:
        """Add the notes of a line, which is a phrase; return whether all signs in the line are known.

        If a bar ends at the end of a line, the files have no bar line there.
        """
        place = 0
        while place < len(line):
            token = _TOKEN.match(line, place)
            if not token:
                self._tied = self._tied or line[place] == "-"
                if not line[place].isspace() and line[place] not in ")(.~-HLMOPSTuv`\\":
                    return False
                place += 1
                continue
            place = token.end()
            if token["letter"]:
                self._add_note(token)
            elif token["bar"] and ":" not in token["bar"]:
                self.end_bar()
            elif token["tuplet"] == "(3":
                self._triplet = 3
            elif token["bar"] or token["tuplet"]:
                return False  # repeats, and other tuplets
        if self._now - self._bar_start == self._bar:
            self.end_bar()
        if self.notes and not self._tied:
            self.notes[-1] = replace(self.notes[-1], ends_phrase=True)
        return True

    def end_bar(self) -> None:
        """End the bar, unless it is empty."""
        if self._now > self._bar_start:
            self.bars.append(self._now - self._bar_start)
        self._bar_start, self._altered = self._now, {}

    def _add_note(self, token: re.Match[str]) -> None:
        length = self._unit * _length(token["num"], token["den"])
        if self._triplet:
            length, self._triplet = length * Fraction(2, 3), self._triplet - 1
        if token["letter"] not in "zx":
            pitch = _pitch(token, self._signature, self._altered)
            if self._tied and self.notes and self.notes[-1].pitch == pitch:
                self.notes[-1] = replace(self.notes[-1], length=self.notes[-1].length + length, ends_phrase=False)
            else:
                self.notes.append(SongNote(self._now, length, pitch, False))
            self._tied = bool(token["tie"])
        self._now += length


def _body(lines: list[str], unit: Fraction, sharps: int, bar: Fraction) -> _Body | None:
    """Parse the notes of a song; return None if it contains unknown signs."""
    body = _Body(unit, sharps, bar)
    if not all(body.add_line(line) for line in lines):
        return None
    body.end_bar()
    return body


def _length(numerator: str, denominator: str) -> Fraction:
    slashes = denominator.count("/")
    digits = denominator.lstrip("/")
    divisor = int(digits) if digits else 2**slashes
    return Fraction(int(numerator or 1), max(1, divisor))


def _pitch(token: re.Match[str], signature: dict[str, int], altered: dict[tuple[str, str], int]) -> int:
    """Convert a note to a MIDI number; an accidental holds until the end of the bar."""
    letter, octave = token["letter"], token["octave"]
    place = (letter, octave)
    if token["sign"]:
        altered[place] = {"^^": 2, "__": -2, "^": 1, "_": -1, "=": 0}[token["sign"]]
    alter = altered.get(place, signature.get(letter.upper(), 0))
    base = 60 + _STEPS[letter.upper()] + (12 if letter.islower() else 0)
    return base + 12 * (octave.count("'") - octave.count(",")) + alter


def all_songs() -> list[FolkSong]:
    """Read all songs that can be used."""
    return [song for path in sorted(folder().glob("*.abc")) for song in read_songs(path)]


def slip_jigs() -> list[FolkSong]:
    """Read the dance tunes in 9/8 that are in a major key, without their repeats."""
    found = []
    for path in sorted(path for name in _JIGS for path in (folder().parent / name).glob("*.abc")):
        tunes = re.split(r"(?m)^(?=X:)", path.read_text(encoding="utf-8", errors="replace"))[1:]
        for number, text in enumerate(tunes):
            if re.search(r"(?m)^M: *9/8", text):
                lines = [line if re.match(r"[A-Z]:", line) else _without_repeats(line) for line in text.splitlines()]
                song = parse_song("\n".join(lines), f"{path.stem}:{number}")
                found += [song] if song else []
    return found


def _without_repeats(line: str) -> str:
    """Remove ornaments and text from a line in ABC notation, and replace repeat signs with bar lines."""
    return _REPEAT.sub("|", _DECORATION.sub("", line))


def families(songs: list[FolkSong]) -> list[list[FolkSong]]:
    """Group songs that have the same title, number or first intervals."""
    parent = list(range(len(songs)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    known: dict[tuple[str, str], int] = {}
    for index, song in enumerate(songs):
        intervals = np.diff([note.pitch for note in song.notes[:13]]).tolist()
        title = re.sub(r"\W+", "", song.title.lower())
        number = re.sub(r"[A-Z]$", "", song.number)
        signs = [("intervals", str(intervals))]
        signs += [("title", title)] if len(title) > 5 else []
        signs += [("number", number)] if re.search(r"\d{3}", number) else []
        for sign in signs:
            if sign in known:
                parent[root(index)] = root(known[sign])
            known[sign] = index
    groups: defaultdict[int, list[FolkSong]] = defaultdict(list)
    for index, song in enumerate(songs):
        groups[root(index)].append(song)
    return list(groups.values())


def split(songs: list[FolkSong], seed: int = 1) -> tuple[list[FolkSong], list[FolkSong], list[FolkSong]]:
    """Split songs into parts for training, validation and testing, without dividing families.

    Families of more than four songs are always in the training part.
    """
    groups = sorted(families(songs), key=lambda group: group[0].name)
    parts: tuple[list[FolkSong], list[FolkSong], list[FolkSong]] = ([], [], [])
    rng = np.random.default_rng(seed)
    for group, chance in zip(groups, rng.random(len(groups)), strict=True):
        parts[0 if len(group) > 4 or chance < 0.7 else 1 if chance < 0.8 else 2].extend(group)
    return parts
