"""MusicXML elements for notes and rests."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement

from singtrans.formats.lyrics import Syllable, is_cjk
from singtrans.formats.score.layout import ScoreSymbol
from singtrans.formats.score.staff import Accidental, Spelling

_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}
_SYLLABIC = {(True, True): "single", (True, False): "begin", (False, True): "end", (False, False): "middle"}
_GRACE_TYPE = "eighth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The properties of a note head apart from its note value.

    Attributes:
        spelling: step, alteration and octave.
        accidental: kind of accidental that is written.
        tie_stops: whether a tie leads to the note head.
        syllable: syllable that begins at the note head; None if there is none.
        extends: whether the syllable is held beyond this symbol.
        slur: ``start``, ``stop`` or empty.
        breath: whether the singer breathes after the note head.
        marks: MusicXML's names of further articulations.
    """

    spelling: Spelling
    accidental: Accidental = Accidental.NONE
    tie_stops: bool = False
    syllable: Syllable | None = None
    extends: bool = False
    slur: str = ""
    breath: bool = False
    marks: tuple[str, ...] = ()


def note_id(number: int) -> str:
    """Return the identifier of the first symbol of a note that has signs for ornaments."""
    return f"note-{number}"


def rest_element(symbol: ScoreSymbol) -> Element:
    """Return the element of a rest. A triplet that contains a rest has a bracket."""
    note = Element("note")
    SubElement(note, "rest")
    _text(note, "duration", symbol.value.length)
    _add_value(note, symbol)
    if (tuplet := _tuplet(symbol, bracket=True)) is not None:
        SubElement(note, "notations").append(tuplet)
    return note


def bar_rest_element(length: int) -> Element:
    """Return the element of a rest that fills a bar."""
    note = Element("note")
    SubElement(note, "rest", measure="yes")
    _text(note, "duration", length)
    _text(note, "voice", 1)
    return note


def grace_element(spelling: Spelling, accidental: Accidental) -> Element:
    """Return the element of a grace note, which precedes the element of the main note."""
    note = Element("note")
    SubElement(note, "grace", slash="yes")
    _add_pitch(note, spelling)
    _text(note, "voice", 1)
    _text(note, "type", _GRACE_TYPE)
    _add_accidental(note, spelling, accidental)
    return note


def note_element(symbol: ScoreSymbol, head: Head, beams: tuple[str, ...], bracket: bool) -> Element:
    """Return the element of a note.

    Args:
        symbol: note value and position.
        head: pitch, words and signs.
        beams: MusicXML's value of each beam of the note.
        bracket: whether a triplet that begins with the note has a bracket.
    """
    note = Element("note")
    _add_pitch(note, head.spelling)
    _text(note, "duration", symbol.value.length)
    ties = ["stop"] * head.tie_stops + ["start"] * symbol.tied
    for kind in ties:
        SubElement(note, "tie", type=kind)
    _add_value(note, symbol, head)
    for number, name in enumerate(beams, 1):
        _text(note, "beam", name).set("number", str(number))
    _add_notations(note, symbol, head, ties, bracket)
    if head.syllable:
        _add_lyric(note, head.syllable, head.extends)
    return note


def _add_pitch(note: Element, spelling: Spelling) -> None:
    step, alter, octave = spelling
    pitch = SubElement(note, "pitch")
    _text(pitch, "step", step)
    if alter:
        _text(pitch, "alter", alter)
    _text(pitch, "octave", octave)


def _add_value(note: Element, symbol: ScoreSymbol, head: Head | None = None) -> None:
    """Add voice, note value, accidental and triplet, in the order that the standard requires."""
    _text(note, "voice", 1)
    _text(note, "type", symbol.value.type)
    for _ in range(symbol.value.dots):
        SubElement(note, "dot")
    if head is not None:
        _add_accidental(note, head.spelling, head.accidental)
    if symbol.triplet:
        modification = SubElement(note, "time-modification")
        _text(modification, "actual-notes", 3)
        _text(modification, "normal-notes", 2)


def _add_accidental(note: Element, spelling: Spelling, accidental: Accidental) -> None:
    if accidental is Accidental.NONE:
        return
    sign = _text(note, "accidental", _ACCIDENTALS[spelling[1]])
    if accidental is Accidental.COURTESY:
        sign.set("cautionary", "yes")
        sign.set("parentheses", "yes")


def _add_notations(note: Element, symbol: ScoreSymbol, head: Head, ties: list[str], bracket: bool) -> None:
    found = [Element("tied", type=kind) for kind in ties]
    if head.slur:
        found.append(Element("slur", type=head.slur, number="1"))
    if (tuplet := _tuplet(symbol, bracket)) is not None:
        found.append(tuplet)
    names = (*head.marks, *(("breath-mark",) if head.breath else ()))
    if names:
        articulations = Element("articulations")
        for name in names:
            SubElement(articulations, name)
        found.append(articulations)
    if found:
        SubElement(note, "notations").extend(found)


def _tuplet(symbol: ScoreSymbol, bracket: bool) -> Element | None:
    """Return the sign for the beginning or the end of a triplet; None for other notes."""
    if symbol.triplet is None:
        return None
    if symbol.start == symbol.triplet.start:
        return Element("tuplet", type="start", bracket="yes" if bracket else "no")
    return Element("tuplet", type="stop") if symbol.end == symbol.triplet.end else None


def _add_lyric(note: Element, syllable: Syllable, extends: bool) -> None:
    lyric = SubElement(note, "lyric", number="1")
    is_word = is_cjk(syllable.text)
    _text(lyric, "syllabic", "single" if is_word else _SYLLABIC[syllable.begins_word, syllable.ends_word])
    _text(lyric, "text", "".join(c for c in syllable.text if c.isprintable()))
    if extends and (is_word or syllable.ends_word):
        SubElement(lyric, "extend")


def _text(parent: Element, name: str, value: object) -> Element:
    element = SubElement(parent, name)
    element.text = str(value)
    return element
