"""Reading of MusicXML as it sounds, with repeats, transposing instruments and the tempo marks of all parts.

Cue notes and grace notes are left out; quarter tones are kept. Notes and bars that cannot be read are skipped, and are
reported if the caller collects faults. Source: the MusicXML 4.0 reference, w3.org/2021/06/musicxml40.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from singtrans.errors import InputError
from singtrans.formats.format import DEFAULTS, ReadOptions, Song
from singtrans.formats.lyrics import Syllable, syllables_of
from singtrans.formats.score.musicxml_file import heading_of, score_root, tag_of
from singtrans.formats.score.performance import Bar, Part, Performance, ScoreNote, perform
from singtrans.formats.score.play_order import BarSigns
from singtrans.formats.text import listed, refuse
from singtrans.melody.metre import Metre
from singtrans.notes import Note

_STEPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_BEAT_UNITS = {"whole": 4.0, "half": 2.0, "quarter": 1.0, "eighth": 0.5, "16th": 0.25, "32nd": 0.125}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_WORDS = {
    "da_capo": re.compile(r"\bd\. ?c\.|\bda capo\b", re.IGNORECASE),
    "dal_segno": re.compile(r"\bd\. ?s\.|\bdal segno\b", re.IGNORECASE),
    "to_coda": re.compile(r"\bto coda\b", re.IGNORECASE),
    "fine": re.compile(r"^\s*fine\s*$", re.IGNORECASE),
}
"""Printed words for jumps, for scores that do not state the jumps for playback."""


@dataclass(slots=True)
class _State:
    """Settings of a part that remain valid from one bar to the next."""

    divisions: float = 1.0
    transpose: float = 0.0
    nominal: float = 4.0
    metre: Metre | None = None
    ending: frozenset[int] = frozenset()
    has_words: bool = False


def read(path: str | Path, request: ReadOptions = DEFAULTS) -> tuple[Note, ...]:
    """Read the sung voice of one part; tied notes are joined, and only the highest note of a chord is kept.

    Args:
        path: path of the file, which may be compressed.
        request: options, of which ``voice`` and ``faults`` are used. ``voice`` is the name, the id or the number of a
            part, counted from 1. If it is None, the first part with words is read, or else the first part with notes.

    Raises:
        InputError: if the file cannot be read or is not MusicXML, or has no such part.
    """
    path = Path(path)
    return _perform(path, score_root(path), request).notes


def read_song(path: Path, notes: Sequence[Note], request: ReadOptions = DEFAULTS) -> Song:
    """Read the syllables, the beats, the title and the names of a score whose notes have been read.

    The n-th time that a passage is played, its n-th verse is used, if there is one.

    Raises:
        InputError: under the same conditions as for :func:`read`.
    """
    root = score_root(path)
    performance = _perform(path, root, request)
    heading = heading_of(root)
    return Song(
        syllables_of(notes, performance.words),
        performance.beats,
        title=heading.get("title", ""),
        artist=heading.get("artist", ""),
        composer=heading.get("composer", ""),
    )


def _perform(path: Path, root: ElementTree.Element, request: ReadOptions) -> Performance:
    faults: list[InputError] = []
    parts = [_read_part(path, *part, faults) for part in _parts(root)]
    for fault in faults:
        if request.faults is not None:
            refuse(fault, request.faults)
    if not parts:
        raise InputError(f"{path} is not MusicXML that can be read: it has no parts; export it again.")
    part = _choose(path, parts, request.voice)
    if faults and not part.has_notes:
        raise faults[0]
    return perform(path, part, parts, request.faults)


def _parts(root: ElementTree.Element) -> Iterator[tuple[str, str, list[ElementTree.Element]]]:
    """Yield the id, the name and the bars of each part. In a file, bars may be inside parts, or parts inside bars."""
    names = {e.get("id", ""): (e.findtext("part-name") or "").strip() for e in root.iter("score-part")}
    bars: dict[str, list[ElementTree.Element]] = {}
    if tag_of(root) == "score-partwise":
        for part in root.findall("part"):
            bars.setdefault(part.get("id", ""), []).extend(part.findall("measure"))
    else:
        for measure in root.findall("measure"):
            for part in measure.findall("part"):
                bars.setdefault(part.get("id", ""), []).append(part)
    for id_, elements in bars.items():
        yield id_, names.get(id_, ""), elements


def _choose(path: Path, parts: list[Part], voice: str | None) -> Part:
    if voice is None:
        sung = [part for part in parts if part.has_words and part.has_notes]
        return next(iter(sung or [part for part in parts if part.has_notes]), parts[0])
    for number, part in enumerate(parts, 1):
        if voice.strip().lower() in (part.name.lower(), part.id.lower(), str(number)):
            return part
    names = listed([part.name or part.id for part in parts])
    raise InputError(f"{path} has no part {voice!r}: choose one with --voice ({names}).")


def _read_part(path: Path, id_: str, name: str, elements: list[ElementTree.Element], faults: list[InputError]) -> Part:
    state = _State()
    bars = []
    for number, element in enumerate(elements, 1):
        try:
            bars.append(_read_bar(element, state, f"{path}, bar {number} of part {name or id_}", faults))
        except (ValueError, OverflowError):
            faults.append(InputError(f"{path}, bar {number} of part {name or id_}, cannot be read: export it again."))
            bars.append(Bar(nominal=state.nominal))
    return Part(id_, name, bars, state.has_words)


def _read_bar(element: ElementTree.Element, state: _State, where: str, faults: list[InputError]) -> Bar:
    bar = Bar()
    now = last = 0.0
    for child in element:
        tag = tag_of(child)
        if tag == "attributes":
            _read_attributes(child, state)
        elif tag in ("backup", "forward"):
            length = _quarters(child, state)
            now = max(0.0, now - length) if tag == "backup" else now + length
        elif tag == "note":
            if child.find("grace") is not None:
                continue
            length = _quarters(child, state)
            start = last if child.find("chord") is not None else now
            if child.find("chord") is None:
                last, now = now, now + length
            _add_note(bar, child, state, (start, length), where, faults)
        elif tag == "barline":
            _read_barline(child, bar.signs, state)
        elif tag in ("direction", "sound"):
            _read_direction(child, bar, now + _offset(child, state))
        bar.length = max(bar.length, now)
    bar.nominal, bar.metre = state.nominal, state.metre
    bar.signs.ending = bar.signs.ending or state.ending
    if bar.signs.ending_stops:
        state.ending = frozenset()
    return bar


def _read_attributes(element: ElementTree.Element, state: _State) -> None:
    divisions = _float(element.findtext("divisions"))
    if divisions and divisions > 0:
        state.divisions = divisions
    beats, unit = _float(element.findtext("time/beats")), _float(element.findtext("time/beat-type"))
    if beats and unit:
        state.nominal = 4 * beats / unit
        try:
            state.metre = Metre(int(beats), int(unit))
        except ValueError:
            state.metre = None
    transpose = element.find("transpose")
    if transpose is not None:
        octaves = _float(transpose.findtext("octave-change")) or 0.0
        state.transpose = (_float(transpose.findtext("chromatic")) or 0.0) + 12 * octaves


def _add_note(
    bar: Bar,
    element: ElementTree.Element,
    state: _State,
    span: tuple[float, float],
    where: str,
    faults: list[InputError],
) -> None:
    pitch = element.find("pitch")
    if pitch is None or element.find("cue") is not None or span[1] <= 0:
        return
    try:
        step, octave = (pitch.findtext("step") or "").strip().upper(), float(pitch.findtext("octave") or "")
        midi = 12 * (octave + 1) + _STEPS[step] + (_float(pitch.findtext("alter")) or 0.0) + state.transpose
    except (KeyError, ValueError):
        faults.append(InputError(f"{where}, has a note whose pitch cannot be read: correct it, or export it again."))
        return
    ties = {tie.get("type") for tie in element.findall("tie")}
    words = dict(_words(element))
    state.has_words = state.has_words or bool(words)
    voice = element.findtext("staff") or "", (element.findtext("voice") or "").strip()
    bar.notes.append(ScoreNote(*span, midi, "start" in ties, "stop" in ties, voice, words))


def _words(element: ElementTree.Element) -> Iterator[tuple[int, Syllable]]:
    """Yield the number of the verse and the syllable for each lyric of a note; two syllables on one note are joined."""
    for place, lyric in enumerate(element.findall("lyric"), 1):
        texts = [(part.text or " ") for part in lyric if tag_of(part) in ("text", "elision")]
        kinds = [(part.text or "").strip() for part in lyric.findall("syllabic")] or ["single"]
        number = _NUMBER.search(lyric.get("number") or "")
        if text := "".join(texts).strip():
            ends_line = lyric.find("end-line") is not None or lyric.find("end-paragraph") is not None
            begins, ends = kinds[0] in ("single", "begin"), kinds[-1] in ("single", "end")
            yield int(float(number[0])) if number else place, Syllable(text, begins, ends, ends_line)


def _read_barline(element: ElementTree.Element, signs: BarSigns, state: _State) -> None:
    repeat, ending = element.find("repeat"), element.find("ending")
    if repeat is not None and repeat.get("direction") == "forward":
        signs.forward = True
    if repeat is not None and repeat.get("direction") == "backward":
        signs.backward = max(2, min(16, int(_float(repeat.get("times")) or 2)))
    if ending is not None:
        if ending.get("type") == "start":
            numbers = frozenset(int(number) for number in re.findall(r"\d{1,2}", ending.get("number") or ""))
            state.ending = signs.ending = numbers
        else:
            signs.ending_stops = True
    signs.segno = signs.segno or element.find("segno") is not None
    signs.coda = signs.coda or element.find("coda") is not None


def _read_direction(element: ElementTree.Element, bar: Bar, at: float) -> None:
    sound = element if tag_of(element) == "sound" else element.find("sound")
    tempo = _float(sound.get("tempo")) if sound is not None else None
    marks = [_metronome(mark) for mark in element.iter("metronome")]
    tempo = tempo or next((mark for mark in marks if mark), None)
    if tempo and 1 <= tempo <= 2000:
        bar.tempi.append((max(0.0, at), tempo))
    signs = bar.signs
    signs.segno = signs.segno or element.find("direction-type/segno") is not None
    signs.coda = signs.coda or element.find("direction-type/coda") is not None
    words = " ".join(text.text or "" for text in element.iter("words"))
    for name in ("segno", "coda", *_WORDS):
        stated = sound is not None and bool(sound.get(name.replace("_", "")))
        if stated or (name in _WORDS and _WORDS[name].search(words)):
            setattr(signs, name, True)
    if signs.to_coda and element.find("direction-type/coda") is not None:
        signs.coda = False  # a coda sign beside "To Coda" is the start of the jump, not its target


def _metronome(element: ElementTree.Element) -> float | None:
    """Return the quarter notes per minute of a printed mark; None for a mark without a number, as in quarter = half."""
    unit = _BEAT_UNITS.get((element.findtext("beat-unit") or "").strip())
    number = _NUMBER.search(element.findtext("per-minute") or "")
    if unit is None or number is None:
        return None
    dots = len(element.findall("beat-unit-dot"))
    return float(number[0].replace(",", ".")) * unit * (2 - 0.5**dots)


def _quarters(element: ElementTree.Element, state: _State) -> float:
    length = (_float(element.findtext("duration")) or 0.0) / state.divisions
    if not 0 <= length < 1e6:
        raise ValueError("no bar is that long")
    return length


def _offset(element: ElementTree.Element, state: _State) -> float:
    return (_float(element.findtext("offset")) or 0.0) / state.divisions


def _float(text: str | None) -> float | None:
    """Parse a finite number. Return None if the text is not one; the caller then ignores the element."""
    try:
        value = float(text) if text is not None else None
    except ValueError:
        return None
    return value if value is not None and abs(value) < 1e9 else None
