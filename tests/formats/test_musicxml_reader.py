"""Reading of MusicXML: order of bars (compared with music21), transposition, tempo, and notes that are left out."""

import io
import warnings
import zipfile

import pytest

from singtrans import formats
from singtrans.errors import InputError
from singtrans.formats.score.play_order import BarSigns, play_order

FORWARD = '<barline location="left"><repeat direction="forward"/></barline>'
BACKWARD = '<barline location="right"><repeat direction="backward"/></barline>'


def ending(number, *, backward=False, kind="stop"):
    """Return the bar lines of a bar under an ending bracket, such as that of the first ending."""
    repeat = '<repeat direction="backward"/>' if backward else ""
    start = f'<barline location="left"><ending number="{number}" type="start"/></barline>'
    return start, f'<barline location="right"><ending number="{number}" type="{kind}"/>{repeat}</barline>'


def note(pitch="C4", length=1, extra="", before=""):
    step, octave = pitch[:-1], pitch[-1]
    return (
        f"<note>{before}<pitch><step>{step}</step><octave>{octave}</octave></pitch><duration>{length}</duration>"
        f"{extra}</note>"
    )


def bar(*content, number=1):
    return f'<measure number="{number}">{"".join(content)}</measure>'


def score(*parts, tags=("Voice", "Piano", "Bass")):
    attributes = (
        "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    )
    names = "".join(f'<score-part id="P{n}"><part-name>{tags[n]}</part-name></score-part>' for n in range(len(parts)))
    content = "".join(
        f'<part id="P{n}">{"".join(bars).replace(">", f">{attributes}", 1)}</part>' for n, bars in enumerate(parts)
    )
    return f'<score-partwise version="3.1"><part-list>{names}</part-list>{content}</score-partwise>'


def read(tmp_path, text, **choices):
    path = tmp_path / "a.musicxml"
    path.write_text(text)
    return formats.load_notes(path, **choices)


def pitches(notes):
    return [note.pitch for note in notes]


SIGNS = {
    "repeat": ["", FORWARD, BACKWARD, ""],
    "repeat from the start": ["", BACKWARD, ""],
    "two repeats": [FORWARD, BACKWARD, FORWARD, BACKWARD],
    "endings": [FORWARD, ending(1, backward=True), ending(2), ""],
    "three passes": [FORWARD, ending("1, 2", backward=True), ending(3), ""],
    "long endings": [
        "",
        ('<barline location="left"><ending number="1" type="start"/></barline>',),
        ('<barline location="right"><ending number="1" type="stop"/><repeat direction="backward"/></barline>',),
        ending(2, kind="discontinue"),
        "",
    ],
}


def bars_of(signs):
    names = ["C4", "D4", "E4", "F4", "G4", "A4"]
    bars = []
    for number, sign in enumerate(signs, 1):
        parts = [sign] if isinstance(sign, str) else list(sign)
        left = [part for part in parts if 'location="left"' in part]
        right = [part for part in parts if part and part not in left]
        bars.append(bar(*left, note(names[number - 1], 4), *right, number=number))
    return bars


@pytest.mark.parametrize("name", SIGNS)
def test_repeats_are_played_as_music21_plays_them(tmp_path, name):
    music21 = pytest.importorskip("music21")
    text = score(bars_of(SIGNS[name]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expanded = music21.converter.parse(text, format="musicxml").parts[0].expandRepeats()
    expected = [(float(n.getOffsetInHierarchy(expanded)), n.pitch.midi) for n in expanded.recurse().notes]
    found = read(tmp_path, text)
    assert [(note.onset * 2, note.pitch) for note in found] == [(at, pitch) for at, pitch in expected]


@pytest.mark.parametrize(
    ("signs", "order"),
    [
        ({2: {"da_capo": True}, 1: {"fine": True}}, [0, 1, 2, 0, 1]),
        ({1: {"segno": True}, 3: {"dal_segno": True}}, [0, 1, 2, 3, 1, 2, 3, 4]),
        ({0: {"to_coda": True}, 2: {"da_capo": True}, 3: {"coda": True}}, [0, 1, 2, 0, 3, 4]),
        ({1: {"backward": 2}, 3: {"da_capo": True, "backward": 0}}, [0, 1, 0, 1, 2, 3, 0, 1, 2, 3, 4]),
        ({1: {"backward": 3}}, [0, 1, 0, 1, 0, 1, 2, 3, 4]),
        ({4: {"da_capo": True}, 1: {"ending": frozenset({1}), "ending_stops": True, "backward": 2},
          2: {"ending": frozenset({2}), "ending_stops": True}}, [0, 1, 0, 2, 3, 4, 0, 2, 3, 4]),
        ({0: {"dal_segno": True}}, [0, 0, 1, 2, 3, 4]),
    ],
)  # fmt: skip
def test_jumps(signs, order):
    bars = [BarSigns(**signs.get(number, {})) for number in range(5)]
    assert play_order(bars) == order


@pytest.mark.parametrize(
    ("words", "sound"),
    [("D.C. al Fine", ""), ("", ' dacapo="yes"'), ("Da Capo al Fine", ' dacapo="yes"')],
)
def test_jumps_are_read_from_words_and_playback(tmp_path, words, sound):
    jump = f"<direction><direction-type><words>{words}</words></direction-type><sound{sound}/></direction>"
    fine = "<direction><direction-type><words>Fine</words></direction-type></direction>"
    bars = [bar(note("C4", 4), fine), bar(note("D4", 4), jump)]
    assert pitches(read(tmp_path, score(bars))) == [60, 62, 60]


@pytest.mark.parametrize(
    ("transpose", "expected"),
    [
        ("<diatonic>0</diatonic><chromatic>0</chromatic><octave-change>-1</octave-change>", 48),
        ("<diatonic>-1</diatonic><chromatic>-2</chromatic>", 58),
        ("<chromatic>x</chromatic>", 60),
    ],
)
def test_transposing_parts_are_read_at_their_sounding_pitch(tmp_path, transpose, expected):
    change = f"<attributes><transpose>{transpose}</transpose></attributes>"
    assert pitches(read(tmp_path, score([bar(change, note("C4", 4))]))) == [expected]


TEMPO = '<direction><direction-type><words>Slow</words></direction-type><sound tempo="60"/></direction>'


def metronome(unit, number, dots=""):
    mark = f"<beat-unit>{unit}</beat-unit>{dots}<per-minute>{number}</per-minute>"
    return f"<direction><direction-type><metronome>{mark}</metronome></direction-type></direction>"


@pytest.mark.parametrize(
    ("mark", "seconds"),
    [
        ("", 0.5),
        (TEMPO, 1.0),
        (metronome("quarter", 60), 1.0),
        (metronome("half", "c. 30"), 1.0),
        (metronome("quarter", 40, "<beat-unit-dot/>"), 1.0),
        (metronome("quarter", "lively"), 0.5),
        ('<sound tempo="0"/>', 0.5),
        ('<sound tempo="60"/>', 1.0),
    ],
)
@pytest.mark.parametrize("where", ["same part", "other part"])
def test_tempo_marks_of_all_parts_are_followed(tmp_path, mark, seconds, where):
    melody = [note("C4"), note("D4"), note("E4", 2)]
    here, there = (mark, "") if where == "same part" else ("", mark)
    notes = read(tmp_path, score([bar(here, *melody)], [bar(there, *melody)]))
    assert [note.onset for note in notes] == pytest.approx([0, seconds, 2 * seconds])


def test_a_tempo_mark_inside_a_bar_is_followed_in_each_repeat(tmp_path):
    first = bar(FORWARD, '<sound tempo="120"/>', note("C4", 2), '<sound tempo="60"/>', note("D4", 2), BACKWARD)
    notes = read(tmp_path, score([first]))
    assert [note.onset for note in notes] == pytest.approx([0, 1, 3, 4])


def test_cue_and_grace_notes_are_left_out_and_quarter_tones_kept(tmp_path):
    quarter = note("F4").replace("</step>", "</step><alter>0.5</alter>")
    grace = "<note><grace/><pitch><step>B</step><octave>4</octave></pitch></note>"
    notes = read(tmp_path, score([bar(note("C4", before="<cue/>"), grace, note("E4"), quarter)]))
    assert [(note.onset, note.pitch) for note in notes] == [(0.5, 64), (1.0, 65.5)]


def test_chords_voices_and_ties(tmp_path):
    chord = note("G4", before="<chord/>")
    tied = note("C4", 1, '<tie type="start"/>'), note("C4", 2, '<tie type="stop"/>')
    text = score([bar(note("E4"), chord, *tied, "<backup><duration>3</duration></backup>", note("C3", 3))])
    notes = read(tmp_path, text)
    assert [(note.onset, note.offset, note.pitch) for note in notes] == [(0, 0.5, 67), (0.5, 2.0, 60)]


@pytest.mark.parametrize(
    "sign",
    [
        "<notations><technical><fingering></fingering></technical></notations>",
        "<accidental>quarter-sharp</accidental><unknown/>",
        "<type>nonsense</type><voice>x</voice>",
    ],
)
def test_invalid_signs_have_no_effect_on_notes(tmp_path, sign):
    assert pitches(read(tmp_path, score([bar(note("C4", 1, sign), note("D4"))]))) == [60, 62]


def test_a_note_that_cannot_be_read_is_left_out_and_reported(tmp_path):
    faults = []
    text = score([bar(note("H4"), note("D4"))])
    notes = read(tmp_path, text, faults=faults)
    assert [(note.onset, note.pitch) for note in notes] == [(0.5, 62)]
    assert len(faults) == 1 and "bar 1 of part Voice" in str(faults[0])
    with pytest.raises(InputError, match="bar 1 of part Voice"):
        read(tmp_path, score([bar(note("H4"))]))


def test_parts_are_chosen_by_words_or_by_name(tmp_path):
    words = "<lyric><text>la</text></lyric>"
    text = score([bar(note("C4"))], [bar(note("D4", 1, words))], [bar(note("E4"))])
    assert pitches(read(tmp_path, text)) == [62]
    assert pitches(read(tmp_path, text, voice="bass")) == [64] == pitches(read(tmp_path, text, voice="3"))
    with pytest.raises(InputError, match=r"no part 'x': choose one with --voice \(Voice, Piano, Bass\)"):
        read(tmp_path, text, voice="x")


def test_compressed_scores_other_endings_and_bars_with_parts(tmp_path):
    text = score([bar(note("C4")), bar(note("D4"))])
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("META-INF/container.xml", '<container><rootfile full-path="s/b.xml"/></container>')
        archive.writestr("a.xml", "<x/>")
        archive.writestr("s/b.xml", text)
    (tmp_path / "a.mxl").write_bytes(packed.getvalue())
    (tmp_path / "a.xml").write_text(text)
    assert (
        pitches(formats.load_notes(tmp_path / "a.mxl")) == [60, 62] == pitches(formats.load_notes(tmp_path / "a.xml"))
    )
    (tmp_path / "b.xml").write_text("<html/>")
    with pytest.raises(InputError, match="not in a known format"):
        formats.load_notes(tmp_path / "b.xml")
    timewise = text.replace("score-partwise", "score-timewise")
    timewise = timewise.replace('<part id="P0">', "").replace("</part>", "")
    timewise = timewise.replace("<measure", "<measure><part id='P0'").replace("</measure>", "</part></measure>")
    timewise = timewise.replace("<measure><part id='P0' number=\"1\">", "<measure><part id='P0'>")
    assert pitches(read(tmp_path, timewise)) == [60, 62]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<score-partwise/>",
        "<x/>",
        "<score-partwise><part></score-partwise>",
        '<!DOCTYPE x [<!ENTITY a "b">]><score-partwise/>',
    ],
)
def test_files_without_a_score_are_refused(tmp_path, text):
    with pytest.raises(InputError, match="MusicXML that can be read"):
        read(tmp_path, text)
