"""Projects of UTAU, OpenUtau and Synthesizer V, written by singtrans and by other programs."""

import json
import time

import numpy as np
import pytest

from singtrans import Note, PitchTrack, Transcription, formats
from singtrans.errors import InputError, UsageError
from singtrans.formats import Options, midi
from singtrans.formats.conversion import convert_file
from singtrans.formats.lyrics import parse_lyrics
from singtrans.melody.metre import Metre
from singtrans.pitch import midi_to_hz
from tests.helpers.label_files import check

NOTES = (Note(0.5, 0.93, 60.2), Note(0.93, 1.4, 62), Note(2.0, 2.5, 59.4), Note(3.1, 3.6, 67))
PROJECTS = (".ust", ".ustx", ".svp")


def sung(notes=NOTES, frames=400):
    times = np.arange(frames) / 100
    midi = np.full(frames, np.nan)
    for note in notes:
        inside = (times >= note.onset) & (times < note.offset)
        midi[inside] = note.pitch + 0.5 * np.sin(40 * times[inside])
    return Transcription(tuple(notes), PitchTrack(times, midi, np.isfinite(midi) * 1.0), frames / 100, "song.wav")


@pytest.mark.parametrize("ending", PROJECTS)
@pytest.mark.parametrize("options", [{}, {"tempo": 96.0}, {"tempo": "auto"}, {"tempo": 83.7, "quantize": "1/16"}])
def test_projects_keep_times_and_notes(tmp_path, ending, options):
    options = options | {"ends": "sung"}
    notes = [Note(0.31 + 0.6 * k, 0.31 + 0.6 * k + 0.4, 60 + k % 5) for k in range(24)]
    path = formats.save(sung(notes, 1500), tmp_path / f"a{ending}", options=Options(**options))
    expected = notes
    if "quantize" in options:
        expected = formats.load_notes(formats.save(sung(notes, 1500), tmp_path / "a.mid", options=Options(**options)))
    found = formats.load_notes(path)
    assert [note.pitch for note in found] == [note.note for note in expected]
    np.testing.assert_allclose([n.onset for n in found], [n.onset for n in expected], atol=0.002)
    np.testing.assert_allclose([n.offset for n in found], [n.offset for n in expected], atol=0.002)


def lyrics_in(path):
    if path.suffix == ".ust":
        lines = [line for line in path.read_text().splitlines() if line.startswith("Lyric=")]
        return [line[6:] for line in lines if line != "Lyric=R"]
    content = json.loads(path.read_text())
    if path.suffix == ".ustx":
        return [note["lyric"] for note in content["voice_parts"][0]["notes"]]
    return [note["lyrics"] for note in content["tracks"][0]["mainGroup"]["notes"]]


@pytest.mark.parametrize(("ending", "held", "unknown"), [(".ust", "-", "a"), (".ustx", "+~", "a"), (".svp", "-", "la")])
def test_syllables_are_written_as_the_programs_expect(tmp_path, ending, held, unknown):
    options = Options(lyrics=parse_lyrics("grace ~ how"), title="Song")
    path = formats.save(sung(), tmp_path / f"a{ending}", options=options)
    assert lyrics_in(path) == ["grace", held, "how", unknown]
    assert "Song" in path.read_text()


def test_the_curve_of_an_openutau_project_is_the_sung_pitch(tmp_path):
    content = json.loads(formats.save(sung(), tmp_path / "a.ustx").read_text())
    (curve,) = content["voice_parts"][0]["curves"]
    assert curve["abbr"] == "pitd" and np.all(np.diff(curve["xs"]) > 0)
    seconds = np.array(curve["xs"]) / 480 / 2  # at 120 beats per minute
    for note in NOTES:
        inside = (seconds > note.onset + 0.02) & (seconds < note.offset - 0.02)
        sung_midi = note.note + np.array(curve["ys"])[inside] / 100
        expected = note.pitch + 0.5 * np.sin(40 * seconds[inside])
        assert inside.sum() > 5 and np.abs(sung_midi - expected).max() < 0.15
        assert np.isfinite(midi_to_hz(sung_midi)).all()
    alone = Transcription(NOTES, PitchTrack(*[np.zeros(0)] * 3), 4.0, "a.wav")
    assert json.loads(formats.save(alone, tmp_path / "b.ustx").read_text())["voice_parts"][0]["curves"] == []


@pytest.mark.parametrize("ending", [".ustx", ".svp"])
@pytest.mark.parametrize("options", [{}, {"tempo": 87.0}])
def test_the_drawn_pitch_is_read_back(tmp_path, ending, options):
    path = formats.save(sung(), tmp_path / f"a{ending}", options=Options(**options))
    track = formats.load_pitch(path)
    for note in NOTES:
        inside = (track.time > note.onset + 0.02) & (track.time < note.offset - 0.02)
        expected = note.pitch + 0.5 * np.sin(40 * track.time[inside])
        assert inside.sum() > 5 and np.abs(track.midi[inside] - expected).max() < 0.15
    between = (track.time > 1.42) & (track.time < 1.98)
    assert not np.isfinite(track.midi[between]).any()


@pytest.mark.parametrize("ending", PROJECTS)
def test_words_and_tempo_are_kept_from_project_to_project(tmp_path, ending):
    options = Options(tempo=96.0, metre=Metre(3), lyrics=parse_lyrics("grace ~ how sweet"))
    first = formats.save(sung(), tmp_path / f"a{ending}", options=options)
    for other in PROJECTS:
        convert_file(first, tmp_path / f"b{other}")
        held = {".ust": "-", ".ustx": "+~", ".svp": "-"}[other]
        assert lyrics_in(tmp_path / f"b{other}") == ["grace", held, "how", "sweet"]
        check(formats.load_notes(tmp_path / f"b{other}"), formats.load_notes(first))
    convert_file(first, tmp_path / "b.mid")
    beats = midi.read_beats(tmp_path / "b.mid")
    assert beats.tempo == pytest.approx(96, abs=0.01)
    assert beats.metre.numerator == (4 if ending == ".ust" else 3)
    (tmp_path / "b.mid").unlink()
    convert_file(first, tmp_path / "b.mid", options=Options(lyrics=parse_lyrics("other words")))
    assert b"other" in (tmp_path / "b.mid").read_bytes()


def test_points_and_vibratos_of_an_openutau_project(tmp_path):
    """As in OpenUtau, points are in ms and tenths of a semitone, and vibrato is in the last part of a note."""
    points = [{"x": -50, "y": 0, "shape": "l"}, {"x": 50, "y": 0, "shape": "l"}]
    vibrato = {"length": 50, "period": 100, "depth": 30, "in": 0, "out": 0, "shift": 0, "drift": 0}
    notes = [
        {"position": 0, "duration": 480, "tone": 60, "lyric": "a"},
        {"position": 480, "duration": 480, "tone": 64, "lyric": "b", "pitch": {"data": points, "snap_first": True}},
        {"position": 960, "duration": 480, "tone": 64, "lyric": "AP"},
        {"position": 1440, "duration": 960, "tone": 62, "lyric": "c[k a]", "vibrato": vibrato},
    ]
    curve = {"abbr": "pitd", "xs": [0, 100, 200], "ys": [0, 100, 0]}
    part = {"track_no": 0, "position": 0, "notes": notes, "curves": [curve]}
    path = tmp_path / "a.ustx"
    path.write_text(json.dumps({"voice_parts": [part], "tracks": [{"track_name": "x"}], "bpm": 120}))
    track = formats.load_pitch(path)

    def at(seconds):
        return track.midi[np.abs(track.time - seconds).argmin()]

    assert at(100 / 960) == pytest.approx(61) and at(50 / 960) == pytest.approx(60.5) and at(0.3) == 60
    # The pitch rises from 60 to 64 between 0.45 and 0.55 s, and is 62 at the boundary of the notes.
    assert at(0.475) == pytest.approx(61, abs=0.1) and at(0.5) == pytest.approx(62, abs=0.1)
    assert at(0.53) == pytest.approx(63.2, abs=0.1) and at(0.6) == 64
    assert np.isnan(at(1.2)) and at(1.7) == 62
    assert at(2.025) == pytest.approx(62.3, abs=0.01) and at(2.075) == pytest.approx(61.7, abs=0.01)
    assert [note.pitch for note in formats.load_notes(path)] == [60, 64, 62]
    convert_file(path, tmp_path / "a.ust")
    assert lyrics_in(tmp_path / "a.ust") == ["a", "b", "c"]


def test_notes_without_curves_have_no_pitch(tmp_path):
    alone = Transcription(NOTES, PitchTrack(*[np.zeros(0)] * 3), 4.0, "a.wav")
    with pytest.raises(InputError, match="has no pitch over time"):
        formats.load_pitch(formats.save(alone, tmp_path / "a.svp"))


def ust(*sections, encoding="cp932", head="Tempo=120,00"):
    lines = ["[#VERSION]", "UST Version1.20", "[#SETTING]", head, "ProjectName=さくら"]
    for number, section in enumerate(sections):
        lines += [f"[#{number:04d}]", *section]
    return "\r\n".join([*lines, "[#TRACKEND]", ""]).encode(encoding)


def test_utau_projects_of_other_programs(tmp_path):
    rest, first = ["Length=480", "Lyric=R", "NoteNum=60"], ["Length=480", "Lyric=さ", "NoteNum=60", "Intensity=100"]
    slower, held = ["Length=480", "Lyric=く", "NoteNum=62", "Tempo=60"], ["Length=240", "Lyric=-", "NoteNum=64"]
    (tmp_path / "a.ust").write_bytes(ust(rest, first, slower, held))
    check(formats.load_notes(tmp_path / "a.ust"), (Note(0.5, 1, 60), Note(1, 2, 62), Note(2, 2.5, 64)))
    (tmp_path / "a.ust").write_bytes(ust(first, ["Length=x", "Lyric=a", "NoteNum=60"]))
    with pytest.raises(InputError, match="line 11, is not a note"):
        formats.load_notes(tmp_path / "a.ust")
    (tmp_path / "a.ust").write_bytes(ust(first, head="Tempo=0"))
    with pytest.raises(InputError, match="tempo"):
        formats.load_notes(tmp_path / "a.ust")


USTX = """
name: New Project
ustx_version: "0.6"
resolution: 480
bpm: 999
time_signatures:
- bar_position: 0
  beat_per_bar: 4
  beat_unit: 4
tempos:
- position: 0
  bpm: 120
- position: 960
  bpm: 60
tracks:
- track_name: Piano
- track_name: Lead vocal
voice_parts:
- name: p
  track_no: 0
  position: 0
  notes:
  - {position: 0, duration: 2000, tone: 40, lyric: x}
- duration: 1920
  track_no: 1
  position: 480
  notes:
  - position: 0
    duration: 480
    tone: 60
    lyric: さ
    pitch:
      data:
      - {x: -40, y: 0, shape: io}
      snap_first: true
  - position: 480
    duration: 480
    tone: 62
    lyric: +~
"""


def test_openutau_projects_of_other_programs(tmp_path, monkeypatch):
    pytest.importorskip("yaml")
    path = tmp_path / "a.ustx"
    path.write_text(USTX)
    check(formats.load_notes(path), (Note(0.5, 1, 60), Note(1, 2, 62)))
    assert formats.load_notes(path, voice="piano")[0].pitch == 40
    for text in ("", "a: [", "- 1", "voice_parts: 1", USTX.replace("tempos:", "tempos: {}\nx:").replace("999", "x")):
        path.write_text(text)
        with pytest.raises(InputError, match="not a project of OpenUtau"):
            formats.load_notes(path)

    def missing(package, extra, purpose):
        raise UsageError(f'{purpose} needs {package}: pip install "singtrans[{extra}]"')

    monkeypatch.setattr("singtrans.formats.voicebanks.ustx_reader.need", missing)
    path.write_text(USTX)
    with pytest.raises(UsageError, match=r"singtrans\[openutau\]"):
        formats.load_notes(path)


def test_synthesizer_v_projects_of_other_programs(tmp_path):
    quarter = 705_600_000
    note = {"onset": quarter, "duration": quarter, "lyrics": "la", "pitch": 60, "detune": 50}
    library = {"uuid": "g", "notes": [{"onset": 0, "duration": quarter, "lyrics": "lo", "pitch": 60}]}
    track = {
        "name": "Ann",
        "mainGroup": {"uuid": "m", "notes": [note]},
        "mainRef": {"groupID": "m", "blickOffset": 0, "pitchOffset": 0},
        "groups": [{"groupID": "g", "blickOffset": 2 * quarter, "pitchOffset": 2}],
    }
    content = {
        "version": 113,
        "time": {"tempo": [{"position": 0, "bpm": 120}]},
        "library": [library],
        "tracks": [track],
    }
    (tmp_path / "a.svp").write_bytes(json.dumps(content).encode() + b"\0")
    check(formats.load_notes(tmp_path / "a.svp"), (Note(0.5, 1, 60.5), Note(1, 1.5, 62)))
    track["mainRef"]["isInstrumental"] = True
    note["pitch"] = "x"
    (tmp_path / "a.svp").write_text(json.dumps(content))
    check(formats.load_notes(tmp_path / "a.svp"), (Note(1, 1.5, 62),))
    track["mainRef"]["isInstrumental"] = False
    (tmp_path / "a.svp").write_text(json.dumps(content))
    with pytest.raises(InputError, match="entry 1 is not a note"):
        formats.load_notes(tmp_path / "a.svp")
    for text in ("", "{}", "[]", '{"time": {"tempo": [{"position": 0, "bpm": 0}]}, "tracks": []}'):
        (tmp_path / "a.svp").write_text(text)
        with pytest.raises(InputError, match="not a project of Synthesizer V"):
            formats.load_notes(tmp_path / "a.svp")


@pytest.mark.parametrize("ending", [".ustx", ".svp"])
def test_a_note_that_lasts_for_days_is_read_quickly(tmp_path, ending):
    """Fuzzing found a file whose pitch had a million frames, which took many seconds."""
    path = formats.save(sung(), tmp_path / f"a{ending}")
    content = json.loads(path.read_text())
    notes = content["voice_parts"][0]["notes"] if ending == ".ustx" else content["tracks"][0]["mainGroup"]["notes"]
    notes[-1]["duration"] *= 500_000
    path.write_text(json.dumps(content))
    start = time.process_time()
    assert formats.load_notes(path)[-1].duration > 100_000
    assert time.process_time() - start < 3
