"""Files of notes: what is written is read again, whole or not at all, and what is wrong is said in one line."""

import io
import json
import os
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans import Note, PitchTrack, SingtransError, Transcription, __version__, formats
from singtrans.formats import csv_notes, json_notes, midi
from singtrans.formats.lyrics import parse_lyrics
from singtrans.formats.time_grid import on_grid
from singtrans.melody.key import parse_key
from singtrans.melody.metre import Metre
from singtrans.notes import Ornament

TICK = 1 / 960  # seconds


def transcription(notes=(), frames=5, audio="song.wav", duration=10.0):
    time = np.arange(frames, dtype=np.float32) * np.float32(0.02)
    pitch = np.where(np.arange(frames) % 2, 60.1234, np.nan).astype(np.float32)
    track = PitchTrack(time, pitch, np.linspace(0, 1, frames, dtype=np.float32))
    return Transcription(tuple(notes), track, duration, audio=audio, model="test")


def in_order(steps):
    """Random (gap, length, pitch, confidence) -> notes that do not overlap."""
    notes, now = [], 0.0
    for gap, length, pitch, confidence in steps:
        onset = now + gap
        now = onset + length
        notes.append(Note(onset, now, pitch, confidence))
    return tuple(notes)


def random_notes(shortest):
    step = st.tuples(
        st.one_of(st.just(0.0), st.floats(0, 5)),
        st.floats(shortest, 5),
        st.floats(20, 100),
        st.floats(0, 1),
    )
    return st.lists(step, max_size=30).map(in_order)


def written(module, notes, **about):
    file = io.BytesIO()
    module.write(transcription(notes, **about), file)
    return file.getvalue()


@settings(max_examples=60, deadline=None)
@given(notes=random_notes(0.03))
@pytest.mark.parametrize("suffix", [".mid", ".midi", ".csv", ".json", ".MID"])
def test_round_trip(tmp_path_factory, suffix, notes):
    path = formats.save(transcription(notes), tmp_path_factory.mktemp("notes") / f"a{suffix}")
    read = formats.load_notes(path)
    is_midi = suffix.lower().startswith(".mid")
    assert len(read) == len(notes)
    for before, after in zip(notes, read, strict=True):
        step = TICK if is_midi else 1e-4
        assert after.onset == pytest.approx(before.onset, abs=step / 2 + 1e-9)
        assert after.offset == pytest.approx(before.offset, abs=step / 2 + 1e-9)
        assert after.pitch == pytest.approx(before.note if is_midi else before.pitch, abs=6e-4)
        assert after.confidence == pytest.approx(1 if is_midi else before.confidence, abs=6e-4)
    assert all(first.offset <= second.onset + 1e-12 for first, second in pairwise(read))


@settings(max_examples=100, deadline=None)
@given(notes=random_notes(1e-7), steps=st.sampled_from([960, 10_000, 10]))
def test_the_grid_keeps_every_note_and_no_overlap(notes, steps):
    times = on_grid(notes, steps)
    assert len(times) == len(notes)
    assert all(onset < offset for onset, offset in times)
    assert all(first[1] <= second[0] for first, second in pairwise(times))


def test_overlapping_notes_are_cut_at_the_next_onset():
    assert on_grid([Note(0, 2, 60), Note(1, 3, 62), Note(1, 4, 64)], 10) == [(0, 10), (10, 11), (11, 40)]


@pytest.mark.parametrize("module", [midi, csv_notes, json_notes])
def test_nothing_sung(tmp_path, module):
    path = tmp_path / "a"
    path.write_bytes(written(module, (), frames=0))
    content = module.read(path)
    assert (content.notes if module is json_notes else content) == ()


@settings(max_examples=60, deadline=None)
@given(notes=random_notes(1e-4))
def test_midi_structure(notes):
    content = mido.MidiFile(file=io.BytesIO(written(midi, notes, duration=200.0)))
    assert (content.type, content.ticks_per_beat, len(content.tracks)) == (1, 480, 2)
    frame, voice = content.tracks
    assert [message.type for message in frame] == ["set_tempo", "time_signature", "end_of_track"]
    assert frame[0].tempo == 500_000
    assert (frame[1].numerator, frame[1].denominator) == (4, 4)
    assert [message.type for message in voice[:2]] == ["track_name", "program_change"]
    assert voice[-1].type == "end_of_track"
    assert content.length == pytest.approx(max([200.0, *(note.offset for note in notes)]), abs=0.05)
    assert all(message.time >= 0 for message in voice)
    sounding = None
    for message in voice[2:-1]:  # on and off in turn: no overlap, and off comes first at a tie
        if message.type == "note_on":
            assert sounding is None
            assert message.velocity == 90
            sounding = message.note
        else:
            assert message.type == "note_off"
            assert message.note == sounding
            assert message.time >= 1
            sounding = None
    assert sounding is None


def test_midi_times_do_not_drift():
    notes = in_order([(0.0101, 0.0307, 60, 1)] * 5000)
    content = mido.MidiFile(file=io.BytesIO(written(midi, notes)))
    now = np.cumsum([message.time for message in content.tracks[1]])[2:-1:2] * TICK
    np.testing.assert_allclose(now, [note.onset for note in notes], atol=TICK / 2 + 1e-9)


@pytest.mark.parametrize("name", ["歌.wav", "é.wav", "", "a\udcff.wav"])
def test_any_name_of_a_recording(tmp_path, name):
    for suffix in ("mid", "csv", "json"):
        path = formats.save(transcription([Note(0, 1, 60)], audio=name), tmp_path / f"a.{suffix}")
        assert len(formats.load_notes(path)) == 1
    content = mido.MidiFile(tmp_path / "a.mid", charset="utf-8")
    assert content.tracks[1].name == {"歌.wav": "歌", "é.wav": "é", "": "Voice"}.get(name, "a?")
    if "\udcff" not in name:
        assert json_notes.read(tmp_path / "a.json").audio == name


def midi_file(path, *tracks, kind=1, ticks_per_beat=480):
    mido.MidiFile(type=kind, ticks_per_beat=ticks_per_beat, tracks=[mido.MidiTrack(t) for t in tracks]).save(path)
    return path


def test_midi_with_tempo_changes_and_many_tracks(tmp_path):
    on, off, tempo = (
        lambda note, time, **more: mido.Message("note_on", note=note, time=time, **more),
        lambda note, time, **more: mido.Message("note_off", note=note, time=time, **more),
        lambda beat, time: mido.MetaMessage("set_tempo", tempo=beat, time=time),
    )
    path = midi_file(
        tmp_path / "a.mid",
        [tempo(1_000_000, 0), tempo(250_000, 100)],
        [on(60, 0), on(60, 50, velocity=0), on(64, 0), off(64, 100)],
        [on(70, 200, channel=3), on(70, 100, channel=3), off(70, 100, channel=3), off(70, 0, channel=3)],
        [on(40, 0, channel=9), off(40, 100, channel=9), on(72, 0), off(72, 0), on(73, 0), tempo(1, 100)],
        ticks_per_beat=100,
    )
    voices = [midi.read(path, formats.ReadOptions(voice=voice)) for voice in "123"]
    assert sorted((note.onset, note.offset, note.note) for notes in voices for note in notes) == [
        (0.0, 0.5, 60),
        (0.5, 1.125, 64),
        (1.0, 1.25, 73),
        (1.25, pytest.approx(1.25 + 2e-6), 70),
        (pytest.approx(1.25 + 1e-6), pytest.approx(1.25 + 2e-6), 70),
    ]


def test_the_beats_of_a_midi_file(tmp_path):
    notes = in_order([(0.4, 0.6, 60.0, 1.0)] * 20)
    path = formats.save(transcription(notes, duration=20.0), tmp_path / "a.mid")
    assert midi.read_beats(path) is None  # 120 is what files without beats say
    for tempo in (97.0, 143.7):
        formats.save(transcription(notes, duration=20.0), path, options=formats.Options(tempo=tempo, metre=3))
        beats = midi.read_beats(path)
        assert beats.tempo == pytest.approx(tempo, abs=0.01)
        assert beats.metre == Metre(3, 4)
    # A bar of another length may come first; then the beats are those after it, in complete bars.
    tempo = mido.MetaMessage("set_tempo", tempo=600_000)
    for numerator, denominator in [(6, 8), (12, 8), (2, 2), (7, 8), (3, 4)]:
        bars = [mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator, time=2 * 480)]
        early = [tempo, mido.MetaMessage("time_signature", numerator=2, denominator=4), *bars]
        beats = midi.read_beats(midi_file(tmp_path / "c.mid", early, [mido.Message("note_on", note=60, time=9000)]))
        assert beats.metre == Metre(numerator, denominator)
        bar_lines = beats.position(2 * 0.6 + 0.6 * float(beats.metre.bar) * np.arange(4)) / float(beats.metre.bar)
        np.testing.assert_allclose(bar_lines, np.round(bar_lines), atol=1e-6)
    zero = [mido.MetaMessage("set_tempo", tempo=0)]
    assert midi.read_beats(midi_file(tmp_path / "b.mid", zero, [mido.Message("note_on", note=60, time=9)])) is None


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damaged_midi_is_read_or_refused(tmp_path_factory, data):
    content = bytearray(written(midi, in_order([(0.1, 0.2, 60.0, 1.0)] * 5)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("midi") / "a.mid"
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        midi.read(path)
        midi.read_beats(path)
    except SingtransError as error:
        assert str(path) in str(error)


def test_csv_is_what_the_manual_says():
    notes = [Note(0.42101, 0.963, 60.13249, 0.8714), Note(0.963, 1.0, 61.5, 1.0)]
    assert written(csv_notes, notes).decode() == (
        "onset,offset,pitch,note,confidence\n0.4210,0.9630,60.132,60,0.871\n0.9630,1.0000,61.500,62,1.000\n"
    )


def test_labels_of_data_sets(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_bytes(
        "\ufeffonset\toffset\tpitch\tsyllable\r\n1.97\t3.54\t67.28\tdo\r\n\r\n1.08\t1.77\t62\t,\r\n".encode()
    )
    assert formats.load_notes(path) == (Note(1.08, 1.77, 62.0), Note(1.97, 3.54, 67.28))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "line 1"),
        ("0.1,0.2,60\n", "--columns"),
        ("onset,offset\n0.1,0.2\n", "lacks pitch"),
        ("onset,offset,pitch\n0,1,60\n1,x,60\n", "line 3"),
        ("onset,offset,pitch\n0,1\n", "line 2"),
        ("onset,offset,pitch\n2,1,60\n", "line 2"),
        ("onset,offset,pitch\n-1,1,60\n", "line 2"),
        ("onset,offset,pitch\n0,1,nan\n", "line 2"),
        ("onset,offset,pitch,confidence\n0,1,60,7\n", "line 2"),
    ],
)
def test_wrong_csv_names_file_and_line(tmp_path, text, line):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(SingtransError, match=line) as caught:
        formats.load_notes(tmp_path / "a.csv")
    assert str(tmp_path / "a.csv") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_json_holds_everything(tmp_path):
    before = transcription([Note(0.5, 1.25, 60.125, 0.75)], frames=7)
    path = formats.save(before, tmp_path / "a.json")

    def no_constants(name):
        raise AssertionError(f"{name} is not strict JSON")

    content = json.loads(path.read_text("utf-8"), parse_constant=no_constants)
    assert list(content) == ["version", "model", "audio", "duration", "notes", "pitch"]
    assert content["version"] == __version__
    assert content["notes"] == [{"onset": 0.5, "offset": 1.25, "pitch": 60.125, "note": 60, "confidence": 0.75}]
    assert content["pitch"]["time"][:3] == [0.0, 0.02, 0.04]
    assert content["pitch"]["midi"][:3] == [None, 60.123, None]
    after = json_notes.read(path)
    assert (after.notes, after.duration, after.audio, after.model) == (before.notes, 10.0, "song.wav", "test")
    np.testing.assert_allclose(after.pitch.time, before.pitch.time, atol=1e-6)
    np.testing.assert_allclose(after.pitch.midi, before.pitch.midi, atol=6e-4)
    np.testing.assert_allclose(after.pitch.voicing, before.pitch.voicing, atol=6e-4)


def test_json_with_notes_only(tmp_path):
    (tmp_path / "a.json").write_text('{"notes": [{"onset": 1, "offset": 2, "pitch": 60}]}')
    read = json_notes.read(tmp_path / "a.json")
    assert read.notes == (Note(1.0, 2.0, 60.0),)
    assert (len(read.pitch), read.duration) == (0, 2.0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{\n",
        "[]",
        "{}",
        '{"notes": 1}',
        '{"notes": [1]}',
        '{"notes": [[0, 1, 60]]}',
        '{"notes": [{"onset": 0, "offset": 1}]}',
        '{"notes": [{"onset": -1, "offset": 1, "pitch": 60}]}',
        '{"notes": [{"onset": 0, "offset": NaN, "pitch": 60}]}',
        '{"notes": [], "pitch": 3}',
        '{"notes": [], "pitch": {"time": [0], "midi": [], "voicing": []}}',
        '{"notes": [], "duration": null}',
        "[" * 100_000,
    ],
)
def test_wrong_json(tmp_path, text):
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(SingtransError) as caught:
        formats.load_notes(tmp_path / "a.json")
    assert str(tmp_path / "a.json") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".mid", ".csv", ".tsv", ".json"])
def test_what_cannot_be_read(tmp_path, suffix):
    with pytest.raises(SingtransError, match="does not exist"):
        formats.load_notes(tmp_path / f"a{suffix}")
    (tmp_path / f"b{suffix}").mkdir()
    with pytest.raises(SingtransError, match="is a folder"):
        formats.load_notes(tmp_path / f"b{suffix}")
    (tmp_path / f"c{suffix}").write_bytes(b"\x00\xff\xfe" * 50)
    with pytest.raises(SingtransError, match=rf"c\{suffix}"):
        formats.load_notes(tmp_path / f"c{suffix}")


@pytest.mark.parametrize("name", ["a.xyz", "a", "a.mp3", "a.tsv"])
def test_unknown_ending(tmp_path, name):
    with pytest.raises(SingtransError, match=r"\.mid \.csv \.json \.txt"):
        formats.save(transcription(), tmp_path / name)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt(), RuntimeError()])
def test_a_failure_leaves_no_trace(tmp_path, monkeypatch, error):
    path = tmp_path / "a.csv"
    path.write_text("before")

    def fail(_transcription, file, _options):
        file.write(b"half")
        raise error

    monkeypatch.setitem(formats.WRITERS, "csv", replace(csv_notes.FORMAT, write=fail))
    expected = SingtransError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected) as caught:
        formats.save(transcription(), path)
    if expected is SingtransError:
        assert "disk is full" in str(caught.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.csv"]
    assert path.read_text() == "before"


def test_a_folder_that_cannot_be_written(tmp_path):
    with pytest.raises(SingtransError, match="there is no folder"):
        formats.save(transcription(), tmp_path / "missing" / "a.csv")
    (tmp_path / "file").touch()
    with pytest.raises(SingtransError, match="there is no folder"):
        formats.save(transcription(), tmp_path / "file" / "a.csv")
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(SingtransError, match="it is a folder"):
        formats.save(transcription(), tmp_path / "b.csv")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["b.csv", "file"]


@pytest.mark.parametrize("name", [name for name in formats.WRITERS if name not in ("svg", "pdf")])
def test_each_format_uses_the_options_that_it_says(name):
    gaps = [(0.1, 0.4), (0.15, 0.33), (0.02, 0.7), (0.1, 0.5), (0.05, 0.25), (0.1, 0.9), (0.2, 0.6)]
    notes = in_order([(*gap, 60.6 + step, 0.9) for step, gap in enumerate(gaps)])
    grace = Ornament(notes[0].onset, notes[0].onset + 0.1, 58.0, "grace")
    notes = (replace(notes[0], ornaments=(grace,)), *notes[1:])
    plain = formats.Options(tempo=100.0, metre=4, pickup=Fraction(0))
    others = {
        "tempo": 97.0,
        "metre": 3,
        "pickup": Fraction(1),
        "tempo_map": True,
        "quantize": "1/4",
        "tuning": 450.0,
        "key": parse_key("C"),
        "pitch_bend": True,
        "program": 5,
        "lyrics": parse_lyrics("do re mi"),
        "title": "Ballad",
        "artist": "Ann",
        "composer": "Bob",
        "ornaments": "keep",
        "ends": "sung" if formats.WRITERS[name].ends == "joined" else "joined",
        "transpose": -2,
        "language": "Latin",
    }

    def content(options):
        file = io.BytesIO()
        formats.write(transcription(notes), file, name, options)
        return file.getvalue()

    changing = {field for field, value in others.items() if content(replace(plain, **{field: value})) != content(plain)}
    assert changing == formats.USES[name] - {"audio", "loudness", "downbeat"}
    no_pickup, downbeat = replace(plain, pickup=None), replace(plain, pickup=None, downbeat=notes[1].onset)
    assert (content(no_pickup) != content(downbeat)) == ("downbeat" in formats.USES[name])


def test_overwriting(tmp_path):
    path = tmp_path / "a.csv"
    formats.save(transcription([Note(0, 1, 60)]), path, overwrite=False)
    with pytest.raises(SingtransError, match="already exists"):
        formats.save(transcription(), path, overwrite=False)
    assert len(formats.load_notes(path)) == 1
    formats.save(transcription(), path)
    assert formats.load_notes(path) == ()


def test_long_names_and_the_usual_rights(tmp_path):
    path = formats.save(transcription(), tmp_path / ("x" * 251 + ".csv"))
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask
