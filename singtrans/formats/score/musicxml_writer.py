"""Writing of a sheet as MusicXML 3.1, with one part and one voice."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from singtrans.formats.lyrics import HELD, Syllable
from singtrans.formats.score.beams import BEGIN, END, beams
from singtrans.formats.score.layout import REST, Bar, ScoreSymbol
from singtrans.formats.score.note_xml import Head, bar_rest_element, grace_element, note_element, note_id, rest_element
from singtrans.formats.score.sheet import Sheet
from singtrans.formats.score.staff import Accidental, Accidentals
from singtrans.formats.score.values import QUARTER

_DOCTYPE = (
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 3.1 Partwise//EN"'
    ' "http://www.musicxml.org/dtds/partwise.dtd">'
)
_PART = "P1"
_BEAT_UNITS = {1: "whole", 2: "half", 4: "quarter", 8: "eighth", 16: "16th"}
_TENTHS, _MILLIMETRES = 40, 7.0  # height of a staff
_WIDTH, _HEIGHT, _MARGIN = 210.0, 297.0, 15.0  # millimetres of an A4 page


def to_xml(sheet: Sheet) -> bytes:
    """Write a sheet as MusicXML."""
    root = Element("score-partwise", version="3.1")
    _add_heading(root, sheet)
    _add_page(root)
    _add_part_list(root, sheet)
    part = SubElement(root, "part", id=_PART)
    bars = _BarWriter(sheet)
    part.extend(bars.element(index) for index in range(len(sheet.bars)))
    indent(root)
    text = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{_DOCTYPE}\n{text}\n'.encode()


def _add_heading(root: Element, sheet: Sheet) -> None:
    from singtrans import __version__

    if sheet.title:
        _text(SubElement(root, "work"), "work-title", sheet.title)
    identification = SubElement(root, "identification")
    for kind, name in (("composer", sheet.composer), ("artist", sheet.artist)):
        if name:
            _text(identification, "creator", name).set("type", kind)
    encoding = SubElement(identification, "encoding")
    _text(encoding, "software", f"singtrans {__version__}")
    for name in ("accidental", "beam"):
        SubElement(encoding, "supports", element=name, type="yes")
    SubElement(encoding, "supports", attribute="new-system", element="print", type="yes", value="yes")


def _add_page(root: Element) -> None:
    """Add the sizes of the staff and the page, which some programs use."""
    defaults = SubElement(root, "defaults")
    scaling = SubElement(defaults, "scaling")
    _text(scaling, "millimeters", f"{_MILLIMETRES:g}")
    _text(scaling, "tenths", _TENTHS)
    tenths = _TENTHS / _MILLIMETRES
    page = SubElement(defaults, "page-layout")
    _text(page, "page-height", f"{_HEIGHT * tenths:.2f}")
    _text(page, "page-width", f"{_WIDTH * tenths:.2f}")
    margins = SubElement(page, "page-margins", type="both")
    for side in ("left", "right", "top", "bottom"):
        _text(margins, f"{side}-margin", f"{_MARGIN * tenths:.2f}")


def _add_part_list(root: Element, sheet: Sheet) -> None:
    part = SubElement(SubElement(root, "part-list"), "score-part", id=_PART)
    _text(part, "part-name", "Voice").set("print-object", "no")
    instrument = f"{_PART}-I1"
    _text(SubElement(part, "score-instrument", id=instrument), "instrument-name", "Voice")
    midi = SubElement(part, "midi-instrument", id=instrument)
    _text(midi, "midi-channel", 1)
    _text(midi, "midi-program", sheet.program)


class _BarWriter:
    """Writer of the bars of a sheet, which must be written in order."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self._accidentals = Accidentals(sheet.key)
        self._rests_follow = _before_rests(sheet)
        self._melismas = _melismas(sheet.syllables)

    def element(self, index: int) -> Element:
        """Return the XML element of a bar."""
        bar = self._sheet.bars[index]
        element = Element("measure", number=str(bar.number))
        if bar.number == 0:
            element.set("implicit", "yes")
        if index in self._sheet.breaks:
            SubElement(element, "print", {"new-system": "yes"})
        if index == 0:
            element.append(_attributes(self._sheet))
            element.append(_tempo(self._sheet))
        self._accidentals.begin_bar()
        element.extend(self._notes(bar))
        if not bar.symbols:
            element.append(bar_rest_element(bar.length))
        if index == len(self._sheet.bars) - 1:
            line = SubElement(element, "barline", location="right")
            _text(line, "bar-style", "light-heavy")
        return element

    def _notes(self, bar: Bar) -> Iterator[Element]:
        joined = beams(bar, self._sheet.metre)
        brackets = _brackets(bar, joined)
        for symbol, names in zip(bar.symbols, joined, strict=True):
            if symbol.note == REST:
                yield rest_element(symbol)
                continue
            if symbol.first:
                for spelling in self._sheet.ornaments[symbol.note].graces:
                    yield grace_element(spelling, self._accidentals.of(spelling))
            bracket = symbol.triplet is not None and symbol.triplet.start in brackets
            head = self._head(symbol)
            note = note_element(symbol, head, names, bracket)
            if head.marks:
                note.set("id", note_id(symbol.note))  # for programs that draw the signs
            yield note

    def _head(self, symbol: ScoreSymbol) -> Head:
        sheet, number = self._sheet, symbol.note
        spelling = sheet.spelling[number]
        syllable = sheet.syllables[number]
        first, last = self._melismas.get(number, (number, number))
        is_start = symbol.first and number == first < last
        is_stop = not symbol.tied and number == last > first
        return Head(
            spelling=spelling,
            accidental=self._accidentals.of(spelling) if symbol.first else Accidental.NONE,
            tie_stops=not symbol.first,
            syllable=syllable if symbol.first and syllable and syllable.text != HELD else None,
            extends=symbol.tied or last > first,
            slur="start" if is_start else "stop" if is_stop else "",
            breath=not symbol.tied and sheet.breaths[number] and number not in self._rests_follow,
            marks=sheet.ornaments[number].marks if symbol.first else (),
        )


def _attributes(sheet: Sheet) -> Element:
    attributes = Element("attributes")
    _text(attributes, "divisions", QUARTER)
    key = SubElement(attributes, "key")
    _text(key, "fifths", sheet.key.fifths)
    _text(key, "mode", "minor" if sheet.key.minor else "major")
    time = SubElement(attributes, "time")
    _text(time, "beats", sheet.metre.numerator)
    _text(time, "beat-type", sheet.metre.denominator)
    clef = SubElement(attributes, "clef")
    _text(clef, "sign", sheet.clef.sign)
    _text(clef, "line", sheet.clef.line)
    if sheet.clef.octave:
        _text(clef, "clef-octave-change", sheet.clef.octave)
    return attributes


def _tempo(sheet: Sheet) -> Element:
    """Return the tempo mark. A tempo that is only a guess is not printed, but is used for playback."""
    metre, beats = sheet.metre, sheet.tempo.beats
    quarters = f"{beats * float(metre.beat):g}"
    if not sheet.tempo.shown:
        return Element("sound", tempo=quarters)
    direction = Element("direction", placement="above")
    mark = SubElement(SubElement(direction, "direction-type"), "metronome")
    _text(mark, "beat-unit", _BEAT_UNITS[metre.denominator // 2 if metre.is_compound else metre.denominator])
    if metre.is_compound:
        SubElement(mark, "beat-unit-dot")
    _text(mark, "per-minute", f"{beats:g}")
    SubElement(direction, "sound", tempo=quarters)
    return direction


def _brackets(bar: Bar, joined: list[tuple[str, ...]]) -> set[int]:
    """Return the starts of the triplets that need a bracket because no single beam joins their notes."""
    inside: dict[int, list[tuple[str, ...]]] = {}
    for symbol, names in zip(bar.symbols, joined, strict=True):
        if symbol.triplet is not None:
            inside.setdefault(symbol.triplet.start, []).append(names)
    return {
        start
        for start, names in inside.items()
        if not all(names) or names[0][0] != BEGIN or names[-1][0] != END or any(n[0] == BEGIN for n in names[1:])
    }


def _before_rests(sheet: Sheet) -> set[int]:
    """Return the indices of the last note and of all notes directly before a rest; breaths after them need no mark."""
    symbols = [symbol for bar in sheet.bars for symbol in bar.symbols or (None,)]
    following = [*symbols[1:], None]
    return {
        symbol.note
        for symbol, after in zip(symbols, following, strict=True)
        if symbol is not None and symbol.note != REST and (after is None or after.note == REST)
    }


def _melismas(syllables: tuple[Syllable | None, ...]) -> dict[int, tuple[int, int]]:
    """Map each note of a syllable that has several notes to the first and the last note of that syllable."""
    found: dict[int, tuple[int, int]] = {}
    first = 0
    for number, syllable in enumerate(syllables):
        if syllable is None or syllable.text != HELD or number == 0:
            first = number
            continue
        start = syllables[first]
        if start is not None and start.text != HELD:
            found |= dict.fromkeys(range(first, number + 1), (first, number))
    return found


def _text(parent: Element, name: str, value: object) -> Element:
    element = SubElement(parent, name)
    element.text = str(value)
    return element
