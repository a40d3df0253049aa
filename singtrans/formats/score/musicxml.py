"""Write MusicXML: the melody as sheet music, in a spelled key, with bars, rests, ties and lyrics (extra ``score``).

partitura makes the XML, and where no key is stated, it estimates the key (Krumhansl) and spells the notes (Meredith's
ps13). What a score cannot say, pitch between the semitones and time off the grid, is not in it.
"""

import warnings
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from singtrans.extras import need
from singtrans.formats.format import Format, Sample
from singtrans.formats.options import BEATS, PLAIN, Options
from singtrans.formats.score.arrangement import arrange
from singtrans.formats.score.layout import QUARTER, ScoreSymbol, Sheet, lay_out
from singtrans.formats.score.musicxml_reader import read, read_song
from singtrans.melody.key import Key
from singtrans.melody.metre import Metre
from singtrans.notes import Transcription

if TYPE_CHECKING:
    from lxml import etree
    from partitura.score import GenericNote, Part

_TRIPLET = {"actual_notes": 3, "normal_notes": 2}
_ACCIDENTALS = {-2: "flat-flat", -1: "flat", 0: "natural", 1: "sharp", 2: "double-sharp"}


def write(transcription: Transcription, file: BinaryIO, options: Options = PLAIN) -> None:
    """Write the melody as MusicXML 3.1, from the bar of its first note on.

    Without a grid in the options, notes go onto sixteenths; without a tempo, it is estimated.

    Raises:
        InputError: if the notes span more bars than a score can have.
        UsageError: if partitura is not installed.
    """
    file.write(score_xml(transcription, options))


def score_xml(transcription: Transcription, options: Options) -> bytes:
    """What :func:`write` writes."""
    need("partitura", "score", "sheet music")
    arrangement = arrange(transcription, options, score=True)
    sheet = lay_out(arrangement)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its advice on rests and voices is for programmers
        from partitura import save_musicxml
        from partitura.score import Score

        content = save_musicxml(Score(_part(sheet, arrangement.beats.metre, options.stated_key or options.key)))
    return _finished(
        content, sheet, round(60 / arrangement.beats.quarter, 1), options.title_of(transcription.audio), options.artist
    )


def _part(sheet: Sheet, metre: Metre, key: Key | str | None) -> "Part":
    from partitura import score

    part = score.Part("P1", "Voice", quarter_duration=QUARTER)
    fifths, mode, spelling = _spelled(sheet, key)
    part.add(score.TimeSignature(metre.numerator, metre.denominator), 0)
    part.add(score.KeySignature(fifths, mode), 0)
    part.add(score.Clef(1, *_clef(sheet.pitches)), 0)
    for number in range(sheet.bars):
        part.add(score.Measure(number=number + 1, name=str(number + 1)), number * sheet.bar, (number + 1) * sheet.bar)
    before: GenericNote | None = None
    triplets: dict[int, list[tuple[ScoreSymbol, GenericNote]]] = {}
    for number, symbol in enumerate(sheet.symbols):
        duration = {"type": symbol.type, "dots": symbol.dots} | (_TRIPLET if symbol.triplet else {})
        about = {"id": f"n{number}", "voice": 1, "staff": 1, "symbolic_duration": duration}
        if symbol.note < 0:
            drawn = score.Rest(**about)
        else:
            step, alter, octave = spelling[symbol.note]
            drawn = score.Note(step=step, octave=octave, alter=alter, **about)
            if before is not None and not symbol.first:
                before.tie_next, drawn.tie_prev = drawn, before
            before = drawn
        part.add(drawn, symbol.start, symbol.start + symbol.length)
        if symbol.triplet:
            triplets.setdefault(symbol.start // QUARTER, []).append((symbol, drawn))
    for group in triplets.values():
        _bracket(part, group)
    score.infer_beaming(part)
    return part


def _bracket(part: "Part", group: list[tuple[ScoreSymbol, "GenericNote"]]) -> None:
    from partitura import score

    (first, start), (last, end) = group[0], group[-1]
    if start is not end:
        part.add(score.Tuplet(start, end), first.start, last.start + last.length)


def _spelled(sheet: Sheet, key: Key | str | None) -> tuple[int, str, list[tuple[str, int | None, int]]]:
    """The key's fifths and mode; and step, alteration and octave of every note."""
    if isinstance(key, Key):
        spelt = [key.spell(pitch) for pitch in sheet.pitches]
        mode = "minor" if key.minor else "major"
        return key.fifths, mode, [(step, alter or None, octave) for step, alter, octave in spelt]
    if not sheet.pitches:
        return 0, "major", []
    from partitura.musicanalysis import estimate_key, estimate_spelling
    from partitura.utils.music import key_name_to_fifths_mode

    spans = [[p.start, p.length] for p in sheet.symbols if p.first and p.note >= 0]
    lengths = np.bincount(
        [p.note for p in sheet.symbols if p.note >= 0], [p.length for p in sheet.symbols if p.note >= 0]
    )
    fields = [("onset_beat", "f4"), ("duration_beat", "f4"), ("pitch", "i4"), ("voice", "i4"), ("id", "U16")]
    rows = [
        (start / QUARTER, length / QUARTER, pitch, 1, str(number))
        for number, ((start, _), length, pitch) in enumerate(zip(spans, lengths, sheet.pitches, strict=True))
    ]
    table = np.array(rows, dtype=fields)
    fifths, mode = key_name_to_fifths_mode(estimate_key(table))
    spelling = estimate_spelling(table)
    return fifths, mode, [(str(s["step"]), int(s["alter"]) or None, int(s["octave"])) for s in spelling]


def _clef(pitches: tuple[int, ...]) -> tuple[str, int, int]:
    """Sign, line and octave change for where the voice lies: treble, treble an octave lower, or bass."""
    middle = float(np.median(pitches)) if pitches else 69.0
    return ("G", 2, 0) if middle >= 60 else ("G", 2, -1) if middle >= 52 else ("F", 4, 0)


def _finished(content: bytes, sheet: Sheet, tempo: float, title: str, artist: str) -> bytes:
    """The XML with a title, a metronome mark and lyrics, which partitura does not write."""
    from lxml import etree

    root = etree.fromstring(content)
    tree = root.getroottree()
    if title:
        heading = etree.Element("movement-title")
        heading.text = title
        root.insert(0, heading)
    if artist.strip():
        identification = root.find("identification")
        if identification is None:
            identification = etree.Element("identification")
            root.insert(1 if title else 0, identification)
        creator = etree.Element("creator", type="artist")
        creator.text = "".join(c if c.isprintable() else "?" for c in artist)
        identification.insert(0, creator)
    for sound in root.iter("sound"):
        sound.getparent().remove(sound)
    bar = root.find("part/measure")
    bar.insert(len(bar.findall("attributes")), _metronome(tempo))
    _add_accidentals(root)
    heads = [note for note in root.iter("note") if note.find("rest") is None]
    shown = [symbol for symbol in sheet.symbols if symbol.note >= 0]
    for head, symbol in zip(heads, shown, strict=True):
        syllable = sheet.syllables[symbol.note]
        if syllable and symbol.first and syllable.text != "~":
            lyric = etree.SubElement(head, "lyric")
            kinds = {(True, True): "single", (True, False): "begin", (False, True): "end", (False, False): "middle"}
            etree.SubElement(lyric, "syllabic").text = kinds[syllable.begins_word, syllable.ends_word]
            etree.SubElement(lyric, "text").text = "".join(c for c in syllable.text if c.isprintable())
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _add_accidentals(root: "etree._Element") -> None:
    """Write the sign before each note that is altered otherwise than its signature and its bar have it.

    Programs that read a score work that out for themselves; those that draw it do not.
    """
    from lxml import etree

    fifths = int(root.findtext(".//key/fifths", "0"))
    signature = dict.fromkeys("FCGDAEB"[: max(fifths, 0)], 1) | dict.fromkeys("BEADGCF"[: max(-fifths, 0)], -1)
    for bar in root.iter("measure"):
        altered: dict[tuple[str, str], int] = {}
        for note in bar.iter("note"):
            pitch = note.find("pitch")
            if pitch is None or any(tie.get("type") == "stop" for tie in note.iter("tie")):
                continue
            step, octave = pitch.findtext("step", ""), pitch.findtext("octave", "")
            alter = int(pitch.findtext("alter", "0"))
            if altered.get((step, octave), signature.get(step, 0)) != alter:
                altered[step, octave] = alter
                sign = etree.Element("accidental")
                sign.text = _ACCIDENTALS[alter]
                [*note.iter("type", "dot")][-1].addnext(sign)


def _metronome(tempo: float) -> "etree._Element":
    from lxml import etree

    direction = etree.Element("direction", placement="above")
    mark = etree.SubElement(etree.SubElement(direction, "direction-type"), "metronome")
    etree.SubElement(mark, "beat-unit").text = "quarter"
    etree.SubElement(mark, "per-minute").text = f"{tempo:g}"
    etree.SubElement(direction, "sound", tempo=f"{tempo:g}")
    return direction


def _recognises(sample: Sample) -> bool:
    return "<score-partwise" in sample.text or "<score-timewise" in sample.text


FORMAT = Format(
    name="musicxml",
    description="sheet music: notes on a grid, key, bars, syllables",
    endings=(".musicxml",),
    aliases=("xml",),
    also_read=(".mxl",),
    read=read,
    read_song=read_song,
    recognises=_recognises,
    write=write,
    uses=BEATS | {"title", "artist"},
    precision="the grid, semitones",
    packages=("partitura",),
    extra="score",
    is_sheet=True,
)
