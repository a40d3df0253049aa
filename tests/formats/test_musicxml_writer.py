"""Written MusicXML follows the schema of the standard, and is read by music21, partitura and verovio."""

import warnings
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from singtrans.formats.lyrics import parse_lyrics
from singtrans.formats.score.layout import REST
from singtrans.formats.score.musicxml_writer import to_xml
from singtrans.formats.score.sheet import Ornamented, Tempo
from singtrans.melody.key import parse_key
from singtrans.melody.metre import Metre
from tests.helpers.sheets import sheet_of
from tests.helpers.written_melodies import WrittenMelody, written_melodies

warnings.filterwarnings("ignore")
KEYS = ["C", "Bb", "F#m", "Db", "E", "Cm"]


@pytest.fixture(scope="module")
def schema():
    import partitura
    import xmlschema

    return xmlschema.XMLSchema(str(Path(partitura.__file__).parent / "assets" / "musicxml.xsd"))


def root_of(sheet):
    return etree.fromstring(to_xml(sheet))


def plain_melody(values, metre=None, pitches=None):
    """Make notes without rests between them, from their lengths in quarter notes."""
    starts, now = [], Fraction(0)
    for value in values:
        starts.append(now)
        now += Fraction(value)
    pitches = pitches or [60 + number % 8 for number in range(len(values))]
    return WrittenMelody(tuple(starts), (*starts[1:], now), tuple(pitches), metre or Metre(4, 4))


def expected(melody, sheet):
    """Return (start, end, pitch) of the notes, in quarter notes from the start of the first written bar."""
    first = next(s for bar in sheet.bars for s in bar.symbols if s.note == 0).start - sheet.bars[0].start
    offset = melody.starts[0] - Fraction(first, 24)
    return [
        (start - offset, end - offset, pitch)
        for start, end, pitch in zip(melody.starts, melody.ends, melody.pitches, strict=True)
    ]


@settings(max_examples=40, deadline=None)
@given(written_melodies(), st.sampled_from(KEYS))
def test_music21_reads_the_same_notes_and_full_bars(melody, key):
    import music21

    sheet = sheet_of(melody, key)
    score = music21.converter.parseData(to_xml(sheet).decode(), format="musicxml")
    part = score.parts[0]
    measures = list(part.getElementsByClass("Measure"))
    assert [Fraction(m.duration.quarterLength) for m in measures] == [Fraction(b.length, 24) for b in sheet.bars]
    found = [
        (Fraction(n.offset), Fraction(n.offset) + Fraction(n.quarterLength), n.pitch.midi)
        for n in part.stripTies(matchByPitch=False).flatten().notes
    ]
    assert found == expected(melody, sheet)


@settings(max_examples=40, deadline=None)
@given(written_melodies(), st.sampled_from(KEYS))
def test_partitura_reads_the_same_notes(tmp_path_factory, melody, key):
    import partitura

    sheet = sheet_of(melody, key)
    path = tmp_path_factory.mktemp("score") / "a.musicxml"
    path.write_bytes(to_xml(sheet))
    part = partitura.load_musicxml(str(path)).parts[0]
    found = [(Fraction(n.start.t, 24), Fraction(n.end_tied.t, 24), n.midi_pitch) for n in part.notes_tied]
    assert found == expected(melody, sheet)


@settings(max_examples=40, deadline=None)
@given(melody=written_melodies(), key=st.sampled_from(KEYS), data=st.data())
def test_every_file_follows_the_schema(schema, melody, key, data):
    count = len(melody.starts)
    words = data.draw(st.lists(st.sampled_from(parse_lyrics("Twin-kle ~ star")), min_size=count, max_size=count))
    ornament = Ornamented((("C", 1, 5), ("D", 0, 5)), ("scoop",))
    sheet = sheet_of(
        melody,
        key,
        syllables=tuple(words),
        breaths=tuple(data.draw(st.lists(st.booleans(), min_size=count, max_size=count))),
        ornaments=tuple(data.draw(st.sampled_from([ornament, Ornamented()])) for _ in range(count)),
        composer="Bach <&>",
        artist="Ann",
        tempo=Tempo(88.0, shown=data.draw(st.booleans())),
    )
    schema.validate(to_xml(sheet).decode())
    root = root_of(sheet)
    lengths = [
        sum(int(note.findtext("duration", "0")) for note in measure.iter("note")) for measure in root.iter("measure")
    ]
    assert lengths == [bar.length for bar in sheet.bars]


@settings(max_examples=20, deadline=None)
@given(written_melodies())
def test_verovio_engraves_every_note(melody):
    import verovio

    verovio.enableLog(verovio.LOG_OFF)
    sheet = sheet_of(melody)
    toolkit = verovio.toolkit()
    assert toolkit.loadData(to_xml(sheet).decode())
    heads = [symbol for bar in sheet.bars for symbol in bar.symbols if symbol.note != REST]
    mei = toolkit.getMEI()
    assert mei.count("<note ") == len(heads)
    assert mei.count("<tie ") == sum(symbol.tied for symbol in heads)


def test_accidentals_hold_for_a_bar():
    melody = plain_melody([1] * 8, pitches=[66, 66, 65, 66, 66, 71, 70, 70])
    signs = [note.findtext("accidental") for note in root_of(sheet_of(melody, "G")).iter("note")]
    assert signs == [None, None, "natural", "sharp", None, None, "flat", None]
    courtesy = plain_melody([1] * 8, pitches=[66, 65, 65, 62, 66, 66, 62, 62])
    signs = [note.find("accidental") for note in root_of(sheet_of(courtesy, "G")).iter("note")]
    assert [sign.get("cautionary") for sign in signs if sign is not None] == [None, "yes"]
    assert [sign is not None for sign in signs] == [False, True, False, False, True, False, False, False]
    tied = plain_melody([2, 3, 1, 2], pitches=[66, 61, 61, 61])
    signs = [note.findtext("accidental") for note in root_of(sheet_of(tied)).iter("note")]
    assert signs == ["sharp", "sharp", None, "sharp", None]  # the tied note head has no sign, but the next note has one


def test_words_hyphens_and_melismas():
    melody = plain_melody([1, 1, 1, 1, 1, 3, 4], pitches=[60] * 7)
    sheet = sheet_of(melody, syllables=parse_lyrics("Glo-~-ri-a ~ sing yes"))
    notes = list(root_of(sheet).iter("note"))
    lyrics = [
        (n.findtext("lyric/text"), n.findtext("lyric/syllabic"), n.find("lyric/extend") is not None) for n in notes
    ]
    assert lyrics == [
        ("Glo", "begin", False),  # a hyphen leads to the next syllable
        (None, None, False),
        ("ri", "middle", False),
        ("a", "end", True),
        (None, None, False),
        ("sing", "single", False),
        ("yes", "single", False),
    ]
    slurs = [note.findall("notations/slur") for note in notes]
    assert [[slur.get("type") for slur in found] for found in slurs] == [
        ["start"],
        ["stop"],
        [],
        ["start"],
        ["stop"],
        [],
        [],
    ]


def test_breaths_are_marked_unless_a_rest_follows():
    melody = WrittenMelody(
        (Fraction(0), Fraction(4), Fraction(8)), (Fraction(4), Fraction(7), Fraction(12)), (60, 62, 64), Metre(4, 4)
    )
    sheet = sheet_of(melody, breaths=(True, True, False))
    marks = [note.find("notations/articulations/breath-mark") is not None for note in root_of(sheet).iter("note")]
    assert marks == [True, False, False, False]


def test_grace_notes_and_signs_of_ornaments():
    sheet = sheet_of(plain_melody([4, 4]), ornaments=(Ornamented((("D", 0, 5),)), Ornamented((), ("scoop", "falloff"))))
    grace, first, second = root_of(sheet).iter("note")
    assert grace.find("grace") is not None
    assert grace.find("duration") is None
    assert grace.findtext("pitch/step") == "D"
    assert first.find("grace") is None
    assert [mark.tag for mark in second.find("notations/articulations")] == ["scoop", "falloff"]


@pytest.mark.parametrize(
    ("metre", "beats", "unit", "dotted", "quarters"),
    [
        (Metre(4, 4), 96.0, "quarter", False, "96"),
        (Metre(6, 8), 60.0, "quarter", True, "90"),
        (Metre(2, 2), 60.0, "half", False, "120"),
        (Metre(3, 8), 120.0, "eighth", False, "60"),
    ],
)
def test_tempo_marks_count_beats(metre, beats, unit, dotted, quarters):
    sheet = sheet_of(plain_melody([metre.bar], metre), tempo=Tempo(beats, shown=True))
    root = root_of(sheet)
    mark = root.find(".//metronome")
    assert (mark.findtext("beat-unit"), mark.find("beat-unit-dot") is not None) == (unit, dotted)
    assert mark.findtext("per-minute") == f"{beats:g}"
    assert root.find(".//sound").get("tempo") == quarters
    hidden = root_of(replace(sheet, tempo=Tempo(beats, shown=False)))
    assert hidden.find(".//metronome") is None
    assert hidden.find(".//sound").get("tempo") == quarters


def test_heading_pickup_and_last_bar():
    melody = WrittenMelody((Fraction(3), Fraction(4)), (Fraction(4), Fraction(8)), (60, 65), Metre(4, 4))
    root = root_of(sheet_of(melody, "Bb", title="A <b>&", composer="Bach", artist="Ann"))
    assert root.findtext("work/work-title") == "A <b>&"
    assert [(c.get("type"), c.text) for c in root.iter("creator")] == [("composer", "Bach"), ("artist", "Ann")]
    first, last = root.iter("measure")
    assert (first.get("number"), first.get("implicit"), last.get("number")) == ("0", "yes", "1")
    assert (first.findtext(".//fifths"), first.findtext(".//mode")) == ("-2", "major")
    assert first.find("barline") is None
    assert last.findtext("barline/bar-style") == "light-heavy"
    assert parse_key("Bb").fifths == -2


@pytest.mark.parametrize(
    ("pitches", "sign", "octave"), [([72, 79], "G", None), ([50, 60], "G", "-1"), ([38, 50], "F", None)]
)
def test_clefs_follow_the_range(pitches, sign, octave):
    root = root_of(sheet_of(plain_melody([1, 1], pitches=pitches)))
    assert (root.findtext(".//clef/sign"), root.findtext(".//clef/clef-octave-change")) == (sign, octave)


def test_triplets_have_brackets_unless_a_beam_joins_them():
    thirds = [Fraction(1, 3)] * 3
    long = [Fraction(2, 3), Fraction(1, 3)]
    root = root_of(sheet_of(plain_melody([*thirds, *long, Fraction(2, 3), Fraction(2, 3), Fraction(2, 3)])))
    found = [(t.get("type"), t.get("bracket")) for t in root.iter("tuplet")]
    assert found == [
        ("start", "no"),
        ("stop", None),
        ("start", "yes"),
        ("stop", None),
        ("start", "yes"),
        ("stop", None),
    ]
    values = [(n.findtext("type"), n.findtext("time-modification/actual-notes")) for n in root.iter("note")]
    assert values == [*[("eighth", "3")] * 3, ("quarter", "3"), ("eighth", "3"), *[("quarter", "3")] * 3]


def test_the_same_sheet_gives_the_same_file():
    sheet = sheet_of(plain_melody([1] * 9))
    assert to_xml(sheet) == to_xml(sheet)
