"""Sheet music of whole transcriptions, as MusicXML, SVG and PDF."""

import io
import re
import shutil
import subprocess
import warnings
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from singtrans import Note, Transcription, formats
from singtrans.formats import Options
from singtrans.formats.lyrics import parse_lyrics
from singtrans.formats.score.arrangement import arrange
from singtrans.formats.score.ends import written_ends
from singtrans.melody.beats import constant_beats
from singtrans.melody.metre import Metre
from singtrans.melody.rhythm_search import find_rhythm
from singtrans.notes import Ornament
from tests.helpers.tunes import SPANS, saved, tune

warnings.filterwarnings("ignore")


def long_tune(count=600):
    notes = tuple(Note(i * 0.5, i * 0.5 + 0.45, 60 + i % 5) for i in range(count))
    return replace(tune(), notes=notes, duration=count / 2, audio='a"#x\\.wav')


def test_musicxml_by_partitura_and_music21(tmp_path):
    import music21
    import partitura

    words = parse_lyrics("one two three four five six sev-en")
    path = saved(tmp_path, ".musicxml", tempo=96.0, quantize="1/8", lyrics=words, ends="sung", title="Tune <b>&")
    part = partitura.load_musicxml(str(path)).parts[0]
    read = [(n.start.t / 24, n.end_tied.t / 24, n.midi_pitch) for n in part.notes_tied]
    assert read == SPANS
    score = music21.converter.parse(path)
    assert score.metadata.title == "Tune <b>&"
    assert [m.number for m in score.parts[0].getElementsByClass("Measure")] == [1, 2, 3]
    for measure in score.parts[0].getElementsByClass("Measure"):
        assert measure.duration.quarterLength == 4.0  # notes and rests fill every bar
    tempo = score.recurse().getElementsByClass(music21.tempo.MetronomeMark)[0]
    assert tempo.number == 96
    lyrics = [n.lyric for n in score.recurse().notes if n.lyric]
    assert lyrics == ["one", "two", "three", "four", "five", "six", "sev", "en"]
    key = score.recurse().getElementsByClass(music21.key.Key)[0]
    assert key.sharps in (1, 2)
    assert {n.pitch.accidental.name for n in score.recurse().notes if n.pitch.accidental} <= {"sharp", "natural"}


def test_musicxml_read_again_keeps_the_rhythm(tmp_path):
    path = saved(tmp_path, ".musicxml", tempo=96.0, quantize="1/8", ends="sung")
    read = formats.load_notes(path)
    beat = 60 / 96
    assert [(n.onset / beat, n.offset / beat, n.note) for n in read] == [
        (pytest.approx(a, abs=0.01), pytest.approx(b, abs=0.01), p) for a, b, p in SPANS
    ]


@pytest.mark.parametrize("grid", ["1/4", "1/16", "1/32", "1/8t", "1/16t", "1/8s"])
@pytest.mark.parametrize("metre", [2, 3, 4, 5])
def test_bars_are_full_on_any_grid(tmp_path, grid, metre):
    import music21

    path = saved(tmp_path, ".musicxml", tempo=133.0, quantize=grid, metre=metre)
    measures = list(music21.converter.parse(path).parts[0].getElementsByClass("Measure"))
    lengths = [float(measure.duration.quarterLength) for measure in measures]
    assert lengths[1:] == pytest.approx([metre] * (len(lengths) - 1))
    assert lengths[0] == pytest.approx(metre) or measures[0].number == 0
    assert all(n.duration.type != "complex" for measure in measures for n in measure.notesAndRests)


def test_a_long_silence_before_the_song_is_not_written(tmp_path):
    late = replace(tune(), notes=tuple(replace(n, onset=n.onset + 60, offset=n.offset + 60) for n in tune().notes))
    path = formats.save(late, tmp_path / "a.musicxml", options=Options(tempo=96, metre=4, pickup=0, quantize="1/8"))
    assert path.read_text().count("<measure ") == 3


def test_a_note_before_a_breath_is_one_symbol(tmp_path):
    """If a half note ends a fifth of a second early for a breath, it is written as a half note with a breath mark."""
    notes = [Note(i * 1.0, i * 1.0 + 0.78 + 0.15 * (i % 4 != 3), 60.0 + i % 5) for i in range(16)]
    song = replace(tune(), notes=tuple(notes), duration=16.0)
    text = formats.save(song, tmp_path / "a.musicxml", options=Options(tempo=120)).read_text()
    assert text.count("<type>half</type>") == 16
    assert "<rest" not in text
    assert "<tie" not in text
    assert text.count("<breath-mark") == 3


@pytest.mark.parametrize(
    ("starts", "sung", "ends"),
    [
        ([0, 2], [0.9, 1.9], [2, 4]),  # a breath
        ([0, 2], [0.5, 1.9], [1, 4]),  # a quarter rest
        ([0, 8], [1.4, 5.9], [3, 12]),  # a long rest: the end is on a beat
        ([0, 4], [1.05, 4.0], [2, 8]),
    ],
)
def test_notes_end_at_the_next_note_or_before_a_rest_that_is_easy_to_read(starts, sung, ends):
    found = written_ends([Fraction(start) for start in starts], sung, constant_beats(120.0))
    assert [float(end) for end in found] == ends


def test_svg_and_pdf(tmp_path):
    import pypdf
    from lxml import etree

    words = parse_lyrics("one two")
    about = {"tempo": 96.0, "quantize": "1/8", "lyrics": words, "composer": "J. Bach", "artist": "Ann"}
    root = etree.parse(saved(tmp_path, ".svg", **about)).getroot()
    groups = [node.get("class") for node in root.iter("{*}g") if node.get("class")]
    assert groups.count("measure") == 3
    assert sum(group.split()[0] == "note" for group in groups) == len(SPANS) + groups.count("tie")
    texts = ["".join(node.itertext()).strip() for node in root.iter("{*}text")]
    assert {"one", "Tune <b>&", "J. Bach", "Ann", "= 96"} <= set(texts)
    pages = pypdf.PdfReader(formats.save(long_tune(), tmp_path / "b.pdf", options=Options(tempo=120))).pages
    assert len(pages) > 1
    assert (float(pages[0].mediabox.width), float(pages[0].mediabox.height)) == pytest.approx((595, 842), abs=1)
    assert 'A"#x' in pages[0].extract_text()
    assert not re.search(r"^1$", pages[0].extract_text(), re.MULTILINE)
    for number, page in enumerate(pages[1:], 2):
        assert page.extract_text().strip().endswith(str(number))
    tall = etree.parse(formats.save(long_tune(), tmp_path / "b.svg", options=Options(tempo=120))).getroot()
    heads = [node for node in tall.iter("{*}g") if (node.get("class") or "").split()[:1] == ["note"]]
    assert len(heads) >= 600


def test_svg_embeds_the_font_of_its_text(tmp_path):
    from lxml import etree

    root = etree.parse(saved(tmp_path, ".svg", lyrics=parse_lyrics("one"))).getroot()
    (style,) = [node for node in root.iter("{*}style") if "@font-face" in (node.text or "")]
    assert re.search(r'font-family: "Liberation";\s*src: url\(data:[^)]{50000}', style.text)
    texts = [node for node in root.iter("{*}text") if "".join(node.itertext()).strip()]
    for text in texts:
        families = next(above.get("font-family") for above in (text, *text.iterancestors()) if above.get("font-family"))
        assert families.startswith("Liberation,")


def test_pdf_embeds_its_fonts_and_states_its_title(tmp_path):
    import pypdf

    path = saved(tmp_path, ".pdf", title="Lied", composer="Bach", lyrics=parse_lyrics("do re mi"))
    reader = pypdf.PdfReader(path)
    assert (reader.metadata.title, reader.metadata.author) == ("Lied", "Bach")
    fonts = set()
    for page in reader.pages:
        for entry in page["/Resources"]["/Font"].values():
            for descendant in entry.get_object().get("/DescendantFonts", [entry]):
                about = descendant.get_object()["/FontDescriptor"].get_object()
                fonts.add(any(name in about for name in ("/FontFile", "/FontFile2", "/FontFile3")))
    assert fonts == {True}


@pytest.mark.skipif(not shutil.which("pdfinfo"), reason="needs poppler")
def test_poppler_prints_no_warning_about_the_pdf(tmp_path):
    path = formats.save(long_tune(200), tmp_path / "a.pdf", options=Options(tempo=120, lyrics=parse_lyrics("do re mi")))
    for command in (["pdfinfo", path], ["pdffonts", path], ["pdftoppm", "-r", "30", path, tmp_path / "page"]):
        assert subprocess.run(command, capture_output=True, text=True, check=True).stderr == ""


def test_ornaments_become_grace_notes_where_they_are_kept(tmp_path):
    first, *others = tune().notes
    first = replace(first, ornaments=(Ornament(first.onset, first.onset + 0.1, first.pitch + 2, "grace"),))
    song = replace(tune(), notes=(first, *others))
    kept = formats.save(song, tmp_path / "a.musicxml", options=Options(tempo=96, ornaments="keep")).read_text()
    folded = formats.save(song, tmp_path / "b.musicxml", options=Options(tempo=96)).read_text()
    assert kept.count("<grace") == 1
    assert "<grace" not in folded
    assert re.sub(r"<note>\s*<grace.*?</note>\s*", "", kept, flags=re.DOTALL) == folded


def test_scoops_and_falls_are_drawn_at_their_notes(tmp_path):
    from lxml import etree

    notes = list(tune().notes)
    for index, kind in ((1, "scoop"), (2, "fall")):
        note = notes[index]
        at = note.onset if kind == "scoop" else note.offset - 0.1
        notes[index] = replace(note, ornaments=(Ornament(at, at + 0.1, note.pitch - 2, kind),))
    song = replace(tune(), notes=tuple(notes))
    options = Options(tempo=96, ornaments="keep")
    written = formats.save(song, tmp_path / "a.musicxml", options=options).read_text()
    assert re.findall(r'<note id="(.*?)">', written) == ["note-1", "note-2"]
    page = etree.parse(formats.save(song, tmp_path / "a.svg", options=options)).getroot()
    curves = [node for node in page.iter("{*}path") if node.get("class") in ("scoop", "falloff")]
    assert [(node.getparent().get("id"), node.get("class")) for node in curves] == [
        ("note-1", "scoop"),
        ("note-2", "falloff"),
    ]
    places = [re.search(r"translate\((\d+), (\d+)\)", etree.tostring(node.getparent()).decode()) for node in curves]
    assert [node.get("d").split(" m")[0] for node in curves] == [f"M{x[1]} {x[2]}" for x in places]
    plain = formats.save(song, tmp_path / "b.musicxml", options=Options(tempo=96)).read_text()
    assert "id=" not in re.sub(r"P1\S*", "", plain).replace("<score", "").split("<measure", 1)[1]


def test_transposition_moves_notes_and_the_stated_key(tmp_path):
    import music21

    path = saved(tmp_path, ".musicxml", tempo=96.0, key="G", transpose=-2)
    score = music21.converter.parse(path)
    assert score.recurse().getElementsByClass(music21.key.Key)[0].sharps == -1
    heads = [n.pitch.midi for n in score.parts[0].stripTies(matchByPitch=False).recurse().notes]
    assert heads == [pitch - 2 for _, _, pitch in SPANS]
    midi = formats.load_notes(saved(tmp_path, ".mid", transpose=12))
    assert [note.note for note in midi] == [pitch + 12 for _, _, pitch in SPANS]
    assert [note.note for note in formats.load_notes(saved(tmp_path, ".csv", transpose=12))] == [p for _, _, p in SPANS]


def test_a_guessed_tempo_is_not_printed(tmp_path):
    few = replace(tune(), notes=tune().notes[:3])
    text = formats.save(few, tmp_path / "a.musicxml").read_text()
    assert "<metronome" not in text
    assert "<sound tempo=" in text
    drawn = formats.save(few, tmp_path / "a.svg").read_text()
    assert "= 120" not in drawn


def test_a_score_without_a_clear_beat_has_the_most_likely_rhythm(tmp_path):
    rng = np.random.default_rng(4)
    onsets = np.cumsum(rng.lognormal(np.log(0.5), 0.5, 40))
    notes = [Note(float(on), float(on + 0.2), 60) for on in onsets]
    song = replace(tune(), notes=tuple(notes), duration=notes[-1].offset)
    score = arrange(song, Options(), score=True)
    assert any("tempo and bars are a guess" in remark for remark in score.remarks)
    assert score.rhythm.confidence.beat < 0.5
    assert score.rhythm.tempo == find_rhythm(notes).tempo != 120
    assert "<metronome" not in formats.save(song, tmp_path / "a.musicxml").read_text()
    other = arrange(song, Options(tempo="auto"))
    assert any("the tempo stays 120" in remark for remark in other.remarks)
    assert other.beats.tempo == 120


@pytest.mark.parametrize(("last", "silence", "is_breath"), [(11, 0.2, True), (12, 0.2, False), (12, 0.3, True)])
def test_a_short_silence_within_a_beat_is_not_a_breath(last, silence, is_breath):
    notes = [Note(i * 0.5, (i + 1) * 0.5 - (silence if i == last else 0.02), 60 + i % 3) for i in range(24)]
    options = Options(tempo=60, pickup=Fraction(0), metre=Metre(2, 4))
    found = arrange(replace(tune(), notes=tuple(notes), duration=12.0), options, score=True)
    assert found.rhythm.starts[1] == Fraction(1, 2)
    assert [number for number, breath in enumerate(found.breaths) if breath] == [last] * is_breath


def test_a_score_without_notes_has_an_empty_bar():
    file = io.BytesIO()
    formats.write(Transcription((), tune().pitch, 3.0, audio="x.wav"), file, "musicxml")
    text = file.getvalue().decode()
    assert text.count("<measure ") == 1
    assert '<rest measure="yes"' in text


@pytest.mark.parametrize("ends", ["sung", "joined"])
def test_ends_in_all_formats(tmp_path, ends):
    song = replace(tune(), notes=tuple(replace(n, offset=n.offset - 0.05) for n in tune().notes))
    for ending in (".csv", ".json", ".mid", ".txt", ".ustx", ".svp", ".ust"):
        read = formats.load_notes(formats.save(song, tmp_path / f"{ends}{ending}", options=Options(ends=ends)))
        gaps = [b.onset - a.offset for a, b in pairwise(read)]
        assert (min(gaps) < 0.01) == (ends == "joined"), ending
    for ending, joined in ((".csv", False), (".mid", False), (".txt", True), (".ustx", True), (".svp", True)):
        read = formats.load_notes(formats.save(song, tmp_path / f"default{ending}"))
        assert (min(b.onset - a.offset for a, b in pairwise(read)) < 0.01) == joined, ending


def test_chinese_words_have_no_hyphens_and_need_a_font(tmp_path, monkeypatch, caplog):
    import typst

    words = parse_lyrics("月亮代表我的心 la")
    text = saved(tmp_path, ".musicxml", lyrics=words).read_text("utf-8")
    assert text.count("<syllabic>single</syllabic>") == 8
    monkeypatch.setattr(typst, "Fonts", type("Fonts", (), {"families": lambda self: ["Libertinus Serif"]}))
    saved(tmp_path, ".pdf", lyrics=words)
    assert "no font on this system has Chinese" in caplog.text


def test_letters_of_words_are_as_wide_as_verovio_expects(tmp_path):
    from lxml import etree

    root = etree.parse(saved(tmp_path, ".svg", lyrics=parse_lyrics("one"))).getroot()
    (group,) = [node for node in root.iter("{*}g") if "syl" in (node.get("class") or "").split()]
    sizes = [float(part.get("font-size")[:-2]) for part in group.iter("{*}tspan") if part.get("font-size")]
    assert sizes == [pytest.approx(405)]  # the letters of the embedded font are as wide as those of Times


def test_lines_of_words_end_systems(tmp_path):
    """The song has 32 bars of quarter notes, with a line of words for every four bars."""
    song = long_tune(128)
    words = parse_lyrics("\n".join(["la " * 15 + "~"] * 8))
    text = formats.save(
        song, tmp_path / "a.musicxml", options=Options(tempo=120, metre=4, pickup=0, lyrics=words)
    ).read_text()
    bars = text.split("<measure ")[1:]
    starts = [number for number, bar in enumerate(bars) if 'new-system="yes"' in bar]
    assert starts
    assert all(start % 4 == 0 for start in starts)
