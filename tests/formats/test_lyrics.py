"""Pasted lyrics with time stamps, headings, hyphens, scripts without spaces and other encodings; words in MIDI."""

import mido
import pytest

from singtrans import Note, formats
from singtrans.errors import InputError
from singtrans.formats import Options, midi
from singtrans.formats.conversion import convert_file
from singtrans.formats.lyrics import Syllable, describe_fit, parse_lyrics, read_lyrics
from tests.helpers.note_files import transcription


def texts(words):
    return [syllable.text for syllable in parse_lyrics(words)]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("[ti:Grace]\n[00:00.36]A-ma-zing grace\n[00:08.10][00:12.1]that", ["A", "ma", "zing", "grace", "that"]),
        ("[00:01.00] <00:01.00> sweet <00:01.50> sound", ["sweet", "sound"]),
        (
            "1\n00:00:01,000 --> 00:00:02,000\n<i>Hel-lo</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nyou",
            ["Hel", "lo", "you"],
        ),
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nla", ["la"]),
        ("[Verse 1]\nla\n\n[Chorus x2]\n(Refrain)\nBridge:\nCHORUS\nVerse 2\nlo", ["la", "lo"]),
        ("bridge over wa-ter\nhook me (x2)", ["bridge", "over", "wa", "ter", "hook", "me"]),
        ("[G]A-[C]maz[D]ing", ["A", "mazing"]),
        ("A - ma - zing", ["A", "ma", "zing"]),
        ("A- ma- zing  Glo -- ri -- a __", ["A", "ma", "zing", "Glo", "ri", "a", "~"]),
        ("wait – what ♪ …", ["wait", "what"]),
        ("さくら、さくら", list("さくらさくら")),
        ("きゃっと ピアノー", ["きゃっ", "と", "ピ", "ア", "ノ", "~"]),
        ("我爱你 la-la", ["我", "爱", "你", "la", "la"]),
        ("사랑해", ["사", "랑", "해"]),
        ("Glo-~-ri-a, yes", ["Glo", "~", "ri", "a,", "yes"]),
        ("don't mother-in-law's", ["don't", "mother", "in", "law's"]),
    ],
)
def test_words_are_divided_into_syllables(words, expected):
    assert texts(words) == expected


@pytest.mark.parametrize(
    ("words", "count", "says"),
    [
        (
            "twinkle little star",
            6,
            "3 of 6 notes have no syllable; in the text, divide words with hyphens, as in twin-kle, ",
        ),
        ("twin-kle lit-tle star", 6, "1 of 6 notes have no syllable; in the text, divide words with hyphens"),
        ("さくら ~", 6, "2 of 6 notes have no syllable; in the text, write ~ for each further note of a syllable"),
        ("twin-kle lit-tle star", 4, "1 of 5 syllables have no note"),
        ("twin-kle lit-tle star", 5, ""),
        ("", 5, ""),
    ],
)
def test_words_that_do_not_fit_the_notes_are_described(words, count, says):
    described = describe_fit(parse_lyrics(words), count)
    assert described.startswith(says) and bool(described) == bool(says)


def test_words_and_lines_of_scripts_without_spaces():
    assert parse_lyrics("さく ら\nは") == (
        Syllable("さ", True, False),
        Syllable("く", False, True),
        Syllable("ら", True, True, True),
        Syllable("は", True, True, True),
    )


@pytest.mark.parametrize(
    ("words", "encoding", "name"),
    [
        ("さくら さくら", "cp932", "Shift-JIS"),
        ("さくら", "utf-16", ""),
        ("涙そうそう", "cp932", "Shift-JIS"),
        ("月亮代表我的心", "gb18030", "GBK"),
        ("我愛你", "big5", "Big5"),
        ("나는 노래한다", "euc_kr", "EUC-KR"),
        ("Во по-ле бе-рё-за", "cp1251", "Windows-1251"),
        ("По-ём", "cp1251", "Windows-1251"),
        ("Zażółć gę-ślą", "cp1250", "Windows-1250"),
        ("řeka nese mě", "cp1250", "Windows-1250"),
        ("Vög-lein schön über", "cp1252", "Windows-1252"),
        ("el niño está", "cp1252", "Windows-1252"),
        ("où été naïve", "cp1252", "Windows-1252"),
    ],
)
def test_other_encodings_are_recognised_and_named(tmp_path, caplog, words, encoding, name):
    path = tmp_path / "words.txt"
    path.write_bytes(words.encode(encoding))
    assert read_lyrics(path) == parse_lyrics(words)
    assert [name in record.getMessage() for record in caplog.records] == ([True] if name else [])


def test_lyrics_that_are_not_text_are_refused(tmp_path):
    path = tmp_path / "words.txt"
    path.write_bytes(b"\x00\xff\x00\x01")
    with pytest.raises(InputError, match="is not text"):
        read_lyrics(path)
    path.write_text("[Chorus]\n")
    with pytest.raises(InputError, match="has no lyrics"):
        read_lyrics(path)


NOTES = [Note(k / 2, k / 2 + 0.4, 60 + k) for k in range(6)]


def saved(path, words):
    return formats.save(transcription(NOTES), path, options=Options(lyrics=parse_lyrics(words)))


def test_lyric_events_have_no_marks_except_hyphens(tmp_path):
    path = saved(tmp_path / "a.mid", "A-ma-zing grace ~ how")
    events = [m.text for m in mido.MidiFile(path, charset="utf-8").tracks[1] if m.type == "lyrics"]
    assert events == ["A-", "ma-", "zing", "grace", "-", "how"]


def test_words_of_a_midi_file_are_kept_in_other_formats(tmp_path):
    path = saved(tmp_path / "a.mid", "Ā-ma-zing grace ~ how")
    assert midi.read_words(path, midi.read(path)) == tuple(
        Syllable(s.text, s.begins_word, s.ends_word) for s in parse_lyrics("Ā-ma-zing grace ~ how")
    )
    convert_file(path, tmp_path / "a.txt")
    lines = (tmp_path / "a.txt").read_text(encoding="utf-8").splitlines()
    assert [line.split(" ", 4)[4] for line in lines if line.startswith(":")] == [
        "Ā",
        "ma",
        "zing",
        " grace",
        "~",
        " how",
    ]


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        (["A", "ma", "zing ", "grace\r", "how", ""], "A-ma-zing grace\nhow ~"),
        (["A", "ma", "zing", " grace", " how", "-"], "A-ma-zing grace how ~"),
        (["\\A", "ma", "zing", " grace", "/how", " sweet"], "A-ma-zing grace\nhow sweet"),
    ],
)
@pytest.mark.parametrize("kind", ["lyrics", "text"])
def test_words_in_midi_files_of_other_programs_are_read(tmp_path, events, expected, kind):
    messages = [mido.MetaMessage("text", text="@KMIDI KARAOKE FILE")]
    for event in events:
        messages += [mido.MetaMessage(kind, text=event)] if event else []
        messages += [mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=480)]
    path = tmp_path / "a.kar"
    mido.MidiFile(tracks=[mido.MidiTrack(messages)]).save(path)
    found = midi.read_words(path, midi.read(path))
    plain = "".join(s.text + ("\n" if s.ends_line else " " if s.ends_word else "-") for s in found)
    assert plain.strip() == expected


ASS = """[Script Info]
Title: x

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,karaoke,{\\k20}A {\\k30}sweet,\\Nsound
"""
VTT = """WEBVTT
Kind: captions
Language: en

NOTE by me

1
00:01.000 --> 00:02.000 align:start
<v Ann>A <c.x>sweet</c>
"""
PAGE = "12 ContributorsAmazing Grace Lyrics\n[Verse 1]\nA sweet sound\nYou might also like5Embed\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ASS, ["A", "sweet,", "sound"]),
        (VTT, ["A", "sweet"]),
        ("C   G7  Am  F/C\nA sweet sound\nDm   N.C.\nthat saved\nA\n", ["A", "sweet", "sound", "that", "saved"]),
        ("A b\nAm I to go\nA\n", ["A", "b", "Am", "I", "to", "go", "A"]),
        ("A&nbsp;sweet &amp; sound\n", ["A", "sweet", "sound"]),
        ("A\u00admaz\u00ading grace\n", ["A", "maz", "ing", "grace"]),
        ("A\u2027maz\u2027ing gra\u00b7ce\n", ["A", "maz", "ing", "gra", "ce"]),
        ("桜（さくら）の花(はな)\n", ["さ", "く", "ら", "の", "は", "な"]),
        (PAGE, ["A", "sweet", "sound"]),
        ("♪ A sweet ♪\n♫ sound ♫\n", ["A", "sweet", "sound"]),
    ],
)
def test_words_copied_from_subtitles_songbooks_and_pages(text, expected):
    assert texts(text) == expected


def test_words_in_utf_16_without_a_byte_order_mark(tmp_path):
    for encoding in ("utf-16-le", "utf-16-be"):
        (tmp_path / "a.txt").write_bytes("A sweet sound\r\nthat saved\r\n".encode(encoding))
        assert [s.text for s in read_lyrics(tmp_path / "a.txt")] == ["A", "sweet", "sound", "that", "saved"]


def test_the_words_of_a_midi_file_have_one_encoding(tmp_path, monkeypatch):
    monkeypatch.setattr("mido.midifiles.meta._charset", "utf-8")  # mido leaves this if a file cannot be saved
    words = ["Во", "поле", "берёза", "стояла"]
    messages = []
    for word in words:
        messages += [mido.MetaMessage("lyrics", text=word.encode("cp1251").decode("latin-1"))]
        messages += [mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=480)]
    mido.MidiFile(tracks=[mido.MidiTrack(messages)]).save(tmp_path / "a.mid")
    assert [s.text for s in midi.read_words(tmp_path / "a.mid", midi.read(tmp_path / "a.mid"))] == words


def test_words_with_control_characters(tmp_path):
    """Such words once caused an error, which was found by fuzzing."""
    messages = []
    for word in ("a\x1fb", "\x1f", "c"):
        messages += [mido.MetaMessage("lyrics", text=word)]
        messages += [mido.Message("note_on", note=60), mido.Message("note_off", note=60, time=480)]
    mido.MidiFile(tracks=[mido.MidiTrack(messages)]).save(tmp_path / "a.mid")
    found = midi.read_words(tmp_path / "a.mid", midi.read(tmp_path / "a.mid"))
    assert [syllable.text for syllable in found] == ["ab", "~", "c"]
