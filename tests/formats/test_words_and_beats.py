"""Words and beats are kept when songs and scores are converted: repeats, verses, voices and lines."""

import pytest

from singtrans import Note, formats
from singtrans.formats import Options, ReadOptions, read_song
from singtrans.formats.conversion import convert_file
from singtrans.formats.lyrics import parse_lyrics
from singtrans.melody.metre import Metre
from tests.formats.test_musicxml_reader import BACKWARD, FORWARD, bar, metronome, note, score
from tests.helpers.note_files import transcription

NOTES = [Note(k / 2, k / 2 + 0.4, 60 + k) for k in range(6)]
WORDS = "A-ma-zing grace ~\nhow"


def plain(words):
    """Join syllables, with hyphens within words, spaces between words, and vertical bars between lines."""
    ends = ["|" if s.ends_line else " " if s.ends_word else "-" for s in words]
    return "".join(s.text + end for s, end in zip(words, ends, strict=True)).strip(" |")


def words_of(path, **choices):
    return plain(read_song(path, formats.load_notes(path, **choices), ReadOptions(**choices)).words)


@pytest.mark.parametrize("ending", [".mid", ".musicxml", ".txt", ".ust", ".ustx", ".svp"])
def test_words_are_kept_from_every_format_with_words(tmp_path, ending):
    options = Options(tempo=120.0, lyrics=parse_lyrics(WORDS))
    first = formats.save(transcription(NOTES), tmp_path / f"a{ending}", options=options)
    separate = ending in (".ust", ".ustx", ".svp")  # these formats have syllables, but no words
    expected = "A ma zing grace ~ how" if separate else "A-ma-zing grace ~|how" if ending == ".txt" else ""
    assert words_of(first) == (expected or "A-ma-zing grace ~ how")
    convert_file(first, tmp_path / "b.txt")
    lines = (tmp_path / "b.txt").read_text(encoding="utf-8").splitlines()
    texts = [line.split(" ", 4)[4].strip() for line in lines if line.startswith(":")]
    assert texts == ["A", "ma", "zing", "grace", "~", "how"]
    assert ("-" in [line[0] for line in lines]) == (ending == ".txt")


def test_files_without_words_have_none(tmp_path):
    for ending in (".mid", ".musicxml", ".txt", ".ust", ".ustx", ".svp", ".csv"):
        path = formats.save(transcription(NOTES), tmp_path / f"a{ending}")
        assert read_song(path, formats.load_notes(path), ReadOptions()).words == ()


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            [": 0 4 0 Twin", ": 4 4 0 kle", ": 8 4 0  star", "- 13", ": 14 4 0 How", ": 20 4 0  I"],
            "Twin-kle star|How I",
        ),
        (
            [": 0 4 0 Twin", ": 4 4 0 kle ", ": 8 4 0 star ", "- 13", ": 14 4 0 How ", ": 20 4 0 I"],
            "Twin-kle star|How I",
        ),
        ([": 0 4 0 Oh", ": 4 4 0 ~", "* 8 4 0  no"], "Oh ~ no"),
    ],
)
def test_words_and_lines_of_ultrastar_songs(tmp_path, lines, expected):
    path = tmp_path / "a.txt"
    path.write_text("\n".join(["#TITLE:x", "#BPM:240", *lines, "E"]))
    assert words_of(path) == expected


def test_words_of_the_chosen_voice_of_a_duet(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("#BPM:240\nP1\n: 0 4 0 one\nP2\n: 0 4 0 two\nP3\n: 8 4 0  both\nE\n", encoding="utf-8")
    assert words_of(path, voice="P2") == "two both"


def test_words_of_ultrastar_songs_in_other_encodings(tmp_path):
    path = tmp_path / "a.txt"
    songs = (("さくら", "cp932"), ("Привет", "cp1251"), ("été", "cp1252"), ("płonącą", "cp1250"))
    for word, encoding in songs:
        path.write_bytes(f"#TITLE:x\n#BPM:240\n: 0 4 0 {word}\nE\n".encode(encoding))
        assert words_of(path) == word


def lyric(text, kind="single", number=1, more=""):
    return f'<lyric number="{number}"><syllabic>{kind}</syllabic><text>{text}</text>{more}</lyric>'


def saved(tmp_path, *bars, **choices):
    path = tmp_path / "a.musicxml"
    path.write_text(score(list(bars), **choices), encoding="utf-8")
    return path


def test_verses_are_sung_when_a_passage_is_repeated(tmp_path):
    first = bar(FORWARD, note("C4", 2, lyric("one") + lyric("two", number=2)), note("D4", 2, lyric("la")), number=1)
    second = bar(note("E4", 4, lyric("end", more="<end-line/>")), BACKWARD, number=2)
    assert words_of(saved(tmp_path, first, second)) == "one la end|two la end"


def test_syllables_ties_and_melismas_of_a_score(tmp_path):
    tied = note("C4", 2, '<tie type="start"/>' + lyric("A", "begin"))
    rest = note("C4", 2, '<tie type="stop"/>')
    elision = "<elision> </elision><syllabic>begin</syllabic><text>o</text>"
    more = [note("D4", 1, lyric("men", "end")), note("E4", 1), note("F4", 1, lyric("la", more=elision)), note("G4", 1)]
    path = saved(tmp_path, bar(tied, rest, number=1), bar(*more, number=2))
    assert words_of(path) == "A-men ~ la o-~"
    convert_file(path, tmp_path / "a.txt")
    lines = (tmp_path / "a.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 4)[4] for line in lines if line.startswith(":")] == ["A", "men", "~", " la o", "~"]


def test_the_voice_with_words_on_a_staff_with_several_voices_is_read(tmp_path):
    upper = [note("C5", 2, "<voice>1</voice>"), note("D5", 2, "<voice>1</voice>")]
    lower = [note("E4", 1, "<voice>2</voice>" + lyric("la")) for _ in range(4)]
    back = "<backup><duration>4</duration></backup>"
    path = saved(tmp_path, bar(*upper, back, *lower))
    assert [n.pitch for n in formats.load_notes(path)] == [64] * 4
    path = saved(tmp_path, bar(*upper, back, *(note("E4", 1, "<voice>2</voice>") for _ in range(2))))
    assert [n.pitch for n in formats.load_notes(path)] == [72, 74]


def test_voices_that_do_not_sound_together_are_all_read(tmp_path):
    path = saved(tmp_path, bar(note("C4", 4, "<voice>1</voice>")), bar(note("D4", 4, "<voice>2</voice>"), number=2))
    assert [n.pitch for n in formats.load_notes(path)] == [60, 62]


def test_the_highest_note_of_a_chord_gets_the_words_of_all_its_notes(tmp_path):
    chord = note("C4", 4, lyric("la")) + note("E4", 4, before="<chord/>")
    path = saved(tmp_path, bar(chord))
    assert [n.pitch for n in formats.load_notes(path)] == [64] and words_of(path) == "la"


def test_tempo_and_metre_of_a_score_are_kept(tmp_path):
    pickup = bar(metronome("quarter", 90), note("C4", 1), number=1)
    bars = [bar(*(note("D4", 1) for _ in range(4)), number=number) for number in (2, 3)]
    path = saved(tmp_path, pickup, *bars)
    beats = read_song(path, formats.load_notes(path), ReadOptions()).beats
    assert beats.tempo == pytest.approx(90) and beats.metre == Metre(4, 4)
    first_bar_line = beats.position(60 / 90)
    assert first_bar_line % 4 == pytest.approx(0, abs=1e-6)
    waltz = path.read_text(encoding="utf-8").replace("<beats>4", "<beats>3")
    path.write_text(waltz, encoding="utf-8")
    convert_file(path, tmp_path / "a.mid")
    assert read_song(tmp_path / "a.mid", [], ReadOptions()).beats.metre == Metre(3, 4)
