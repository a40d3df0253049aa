"""Keys, and rounding of pitches to note numbers that fit the key."""

import io
import pickle
from dataclasses import replace
from xml.etree import ElementTree

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans import Note, PitchTrack, Transcription, formats
from singtrans.errors import SingtransError, UsageError
from singtrans.formats import Options
from singtrans.melody.key import Key, apply_key, apply_tuning_and_key, describe_key, parse_key

NOTHING = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))
SCALE = np.array([60, 62, 64, 65, 67, 69, 71, 72])


def song(pitches) -> Transcription:
    notes = tuple(Note(i * 0.5, i * 0.5 + 0.4, float(pitch)) for i, pitch in enumerate(pitches))
    return Transcription(notes, NOTHING, 0.5 * len(notes))


def integers(pitches, key="auto") -> list[int]:
    return [note.note for note in apply_key(song(pitches), key).notes]


@pytest.mark.parametrize(
    ("text", "name", "tonic", "minor", "fifths"),
    [
        ("C", "C", 0, False, 0),
        ("bb", "Bb", 10, False, -2),
        ("f#m", "F#m", 6, True, 3),
        ("d minor", "Dm", 2, True, -1),
        ("E major", "E", 4, False, 4),
        (" Cb ", "Cb", 11, False, -7),
        ("a♭ min", "Abm", 8, True, -7),
        ("B", "B", 11, False, 5),
        ("B minor", "Bm", 11, True, 2),
        ("D Minor", "Dm", 2, True, -1),
        ("C MAJOR", "C", 0, False, 0),
        ("f sharp minor", "F#m", 6, True, 3),
        ("E-flat", "Eb", 3, False, -3),
        ("AM", "A", 9, False, 3),
        ("c", "C", 0, False, 0),
    ],
)
def test_names_of_keys(text, name, tonic, minor, fifths):
    assert parse_key(text) == Key(name, tonic, minor, fifths)


@pytest.mark.parametrize("text", ["", "H", "Cx", "C#b", "C dorian", "440", "Am7", "autom"])
def test_invalid_keys_are_refused(text):
    with pytest.raises(UsageError, match="give a key such as"):
        parse_key(text)


def test_messages_quote_the_option_in_one_line():
    with pytest.raises(UsageError) as caught:
        parse_key("x" * 5000 + "\ny")
    assert len(str(caught.value)) < 200
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["G#", "Fbm", "B#"])
def test_keys_of_more_than_seven_accidentals(text):
    with pytest.raises(UsageError, match="at most seven"):
        parse_key(text)


def test_pitches_beyond_halfway_are_rounded_to_notes_of_the_key():
    c = parse_key("C")
    for low, high, pitch in [(60, 61, 60.74), (61, 62, 61.26), (66, 67, 66.26), (69, 70, 69.74)]:
        assert integers([pitch], c) == [low if low in SCALE else high]
    for foreign, pitch in [(61, 60.76), (61, 61.24), (66, 66.2), (70, 69.8)]:
        assert integers([pitch], c) == [foreign]
    assert integers([64.49, 64.5, 71.49, 71.5], c) == [64, 65, 71, 72]  # there is no foreign note between them
    assert integers([67.6, 68.4], parse_key("Am")) == [68, 68]  # minor keys have both sevenths
    assert integers([67.6, 68.4], c) == [67, 69]


def test_the_key_is_estimated():
    rng = np.random.default_rng(5)
    for tonic in range(12):
        true = tonic + rng.choice(SCALE, 300)
        pitches = true + rng.normal(0, 0.3, 300)
        plain = np.mean(np.floor(pitches + 0.5) == true)
        assert np.mean(np.array(integers(pitches)) == true) > plain + 0.03
        assert [n.note for n in apply_key(apply_key(song(pitches), "auto"), "auto").notes] == integers(pitches)
        name = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")[tonic]
        assert describe_key(song(pitches).notes).startswith(f"key: {name} major or ")


def test_the_relative_minor_is_named():
    assert describe_key(song(np.tile(SCALE, 4) + 3).notes) == "key: Eb major or C minor; no note is moved"


def test_harmonic_minor_keeps_its_leading_note():
    rng = np.random.default_rng(4)
    true = np.tile([57, 59, 60, 62, 64, 65, 68, 69, 68, 69, 65, 64], 12)
    pitches = true + rng.normal(0, 0.3, len(true))
    found = np.array(integers(pitches))
    assert np.mean(found[true == 68] == 68) > 0.85
    assert np.mean(found == true) > np.mean(np.floor(pitches + 0.5) == true)
    assert describe_key(song(pitches).notes).startswith("key: C major or A minor")


def test_all_likely_keys_are_named():
    pentatonic = song(np.tile([60, 62, 64, 67, 69], 10).astype(float))
    assert describe_key(pentatonic.notes) == "key: C, F or G major, or one of their minors; no note is moved"


def test_likely_keys_can_agree_on_a_note():
    """Many keys contain C and G, but hardly any of them also contains C sharp."""
    remark = describe_key(song([60, 67, 60, 67, 60.6]).notes)
    assert remark == "key: none is clear; 1 of 5 notes moved by a semitone to fit more of the likely keys"


def test_a_melody_of_all_twelve_notes_has_no_key():
    pitches = np.array([60] * 20 + [67] * 15 + [64] * 12 + list(range(54, 66)) * 8) + 0.3
    assert describe_key(song(pitches).notes).startswith("key: none is clear")


def test_long_and_certain_notes_have_more_weight():
    """A hundred short or uncertain notes in D flat major have less weight than a song in C major."""
    sure = [Note(i, i + 0.9, float(p), 0.9) for i, p in enumerate(np.tile(SCALE, 3))]
    for doubt in ({"confidence": 0.01}, {"duration": 0.003}):
        length, trust = doubt.get("duration", 0.9), doubt.get("confidence", 0.9)
        others = [
            Note(100 + i, 100 + i + length, float(p), trust)
            for i, p in enumerate(np.tile([61, 63, 65, 66, 68, 70, 72], 15))
        ]
        assert describe_key([*sure, *others]).startswith("key: C major")
        assert describe_key([replace(n, confidence=1.0, offset=n.onset + 0.9) for n in others]).startswith("key: Db")


def test_note_numbers_stay_within_the_range_of_midi():
    assert [note.note for note in apply_key(song([126.8, 127.4, 0.0]), parse_key("C#")).notes] == [127, 127, 0]


def test_without_a_key_no_note_moves():
    pitches = np.random.default_rng(2).permutation(np.tile(np.arange(54, 66), 6)) + 0.3
    assert integers(pitches) == np.floor(pitches + 0.5).tolist()
    assert describe_key(song(pitches).notes) == "key: none is clear; no note is moved"
    assert describe_key(()) == "key: none is clear; no note is moved"
    assert apply_key(song([]), "auto").notes == ()


def test_foreignness_is_weighted_by_key_probability():
    """The melody may be in C, F or G. B flat and F sharp are foreign to two of these keys, and C sharp to all three."""
    pitches = np.tile([60, 62, 64, 67, 69], 6).astype(float)
    assert integers([*pitches, 60.7])[-1] == 60  # between C and C sharp
    assert integers([*pitches, 69.55])[-1] == 69  # between A and B flat
    assert integers([*pitches, 69.7])[-1] == 70
    assert integers([*pitches, 64.6])[-1] == 65  # between E and F


def test_clearly_sung_chromatic_notes_are_kept():
    pitches = np.tile(SCALE, 6).astype(float)
    pitches[[7, 21]] = 66.1, 69.9
    assert integers(pitches) == np.round(pitches).astype(int).tolist()


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(30, 90), min_size=1, max_size=30), st.sampled_from(["auto", "C", "F#m", "Eb"]))
def test_pitches_are_kept_and_note_numbers_move_by_at_most_one(pitches, key):
    key = parse_key(key)
    made = apply_key(song(pitches), key)
    for note, pitch in zip(made.notes, pitches, strict=True):
        assert note.pitch == pitch
        assert abs(note.note - pitch) <= 0.75 + 1e-9
        if isinstance(key, Key) and abs(note.note - pitch) > 0.5 + 1e-9:
            assert not key.foreign[note.note % 12]
    if isinstance(key, Key):
        assert [n.note for n in apply_key(made, key).notes] == [n.note for n in made.notes]
    assert pickle.loads(pickle.dumps(Options(key=key))).key == key


@settings(deadline=None, max_examples=25)
@given(st.integers(-12, 12), st.integers(0, 1000))
def test_a_transposed_song_is_in_another_key(semitones, seed):
    rng = np.random.default_rng(seed)
    pitches = rng.choice(SCALE, 40) + np.round(rng.normal(0, 0.3, 40), 3) + 0.0001
    assert integers(pitches + semitones) == [note + semitones for note in integers(pitches)]


def test_the_key_uses_the_singers_tuning():
    true = SCALE[[0, 2, 4, 5, 7, 3, 1, 6] * 5]
    off = np.where(np.arange(40) % 5 == 0, 0.35, 0.0) + np.random.default_rng(8).normal(0, 0.1, 40)
    for tuning in (440 * 2 ** (-0.45 / 12), "auto"):
        for key in (parse_key("C"), "auto"):
            made = apply_tuning_and_key(song(true + off - 0.45), tuning, key)
            assert np.mean(np.array([n.note for n in made.notes]) == true) > 0.95
            assert {round(n.tuning, 1) for n in made.notes} <= {-0.4, -0.5}, "the singer's A4 stays what it is"
    assert (
        np.mean(np.array([n.note for n in apply_tuning_and_key(song(true + off - 0.45), None, "auto").notes]) == true)
        < 0.95
    )


def test_key_and_tuning_can_be_changed_later():
    tune = song([60.7, 62.0, 64.0])
    c = apply_key(tune, parse_key("C"))
    assert [n.note for n in c.notes] == [60, 62, 64]
    assert [n.moved for n in c.notes] == [-1, 0, 0]
    assert apply_key(c, parse_key("D")).notes == apply_key(tune, parse_key("D")).notes
    assert apply_key(c, None).notes == c.notes


@pytest.mark.parametrize("name", ["C", "F#", "Cb", "Abm", "A#m", "Dm", "E"])
def test_spelling(name):
    key, steps = parse_key(name), {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    spelt = [key.spell(number) for number in range(128)]
    for number, (step, alter, octave) in enumerate(spelt):
        assert 12 * (octave + 1) + steps[step] + alter == number
    own = {key.spell(60 + n)[:2] for n in range(12) if not key.foreign[n]}
    sharps = [(step, 1) for step in "FCGDAEB"[: max(key.fifths, 0)]]
    flats = [(step, -1) for step in "BEADGCF"[: max(-key.fifths, 0)]]
    signature = dict(sharps + flats)
    raised = [pair for pair in own if pair[1] != signature.get(pair[0], 0)]
    assert len(raised) == (1 if key.minor else 0)  # the leading note of a minor key


def test_midi_and_scores_contain_the_stated_key():
    tune = song([58.0, 60.0, 61.0, 63.3, 65.0])
    options = Options(key=parse_key("Bbm"), tempo=120.0)
    file = io.BytesIO()
    formats.write(tune, file, "mid", options)
    content = mido.MidiFile(file=io.BytesIO(file.getvalue()))
    assert [m.key for m in content.tracks[0] if m.type == "key_signature"] == ["Bbm"]
    score = io.BytesIO()
    formats.write(tune, score, "musicxml", options)
    text = score.getvalue().decode()
    assert "<fifths>-5</fifths>" in text
    assert text.count("<alter>-1</alter>") == 3  # B flat, D flat, E flat


def test_json_and_csv_keep_moved_notes(tmp_path):
    tune = song([60.0, 62.7, 64.1])
    for name in ("a.csv", "a.json"):
        formats.save(tune, tmp_path / name, options=Options(key=parse_key("C")))
        read = formats.load_notes(tmp_path / name)
        assert [note.note for note in read] == [60, 62, 64]
        assert [note.pitch for note in read] == pytest.approx([60.0, 62.7, 64.1])


def test_options_accept_key_names():
    with pytest.raises(UsageError, match="--key loud"):
        Options(key="loud")
    assert Options(key="auto").key == "auto"
    assert replace(Options(), key="Bb").key == parse_key("Bb")


@pytest.mark.parametrize("name", ["moved,x", "moved"])
def test_columns_named_moved_in_files_of_other_programs_are_ignored(tmp_path, name):
    (tmp_path / "a.csv").write_text(f"onset,offset,midi,{name}\n0,1,60,1,1\n")
    assert [n.note for n in formats.load_notes(tmp_path / "a.csv")] == [60]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "onset,offset,pitch,note,confidence,moved\n0,1,60,60,1,7\n"),
        ("a.csv", "onset,offset,pitch,note,confidence,tuning,moved\n0,1,60,60,1,0,0.5\n"),
        ("a.json", '{"notes": [{"onset": 0, "offset": 1, "pitch": 60, "moved": 2}]}'),
    ],
)
def test_a_note_is_moved_by_a_semitone_at_most(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(SingtransError, match="is not a note"):
        formats.load_notes(tmp_path / name)
    with pytest.raises(ValueError, match="moved by a semitone"):
        Note(0.0, 1.0, 60.0, moved=2)


def test_accidentals_precede_their_notes():
    """In A minor, the first bar has G sharp and G natural; the second has G sharp again, then B flat and B."""
    pitches = [68, 68, 67, 68, 68, 70, 71, 69]  # eight quarters: two bars
    tune = replace(song(pitches), notes=tuple(Note(i * 0.5, i * 0.5 + 0.5, float(p)) for i, p in enumerate(pitches)))
    score = io.BytesIO()
    formats.write(tune, score, "musicxml", Options(key="Am", tempo=120.0, metre=4, pickup=0, quantize="1/4"))
    root = ElementTree.fromstring(score.getvalue())
    signs = [note.findtext("accidental") for note in root.iter("note") if note.find("rest") is None]
    assert signs == ["sharp", None, "natural", "sharp", "sharp", "flat", "natural", None]
