"""Reading and writing of files of notes: round trips, and errors in one line."""

import io
import os
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans import Note, SingtransError, formats
from singtrans.formats import csv_notes, json_notes, midi
from singtrans.formats.lyrics import parse_lyrics
from singtrans.formats.time_grid import on_grid
from singtrans.melody.key import parse_key
from singtrans.notes import Ornament
from tests.helpers.note_files import TICK, in_order, random_notes, transcription, written


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
def test_notes_on_a_grid_have_a_length_and_do_not_overlap(notes, steps):
    times = on_grid(notes, steps)
    assert len(times) == len(notes)
    assert all(onset < offset for onset, offset in times)
    assert all(first[1] <= second[0] for first, second in pairwise(times))


def test_overlapping_notes_are_cut_at_the_next_onset():
    assert on_grid([Note(0, 2, 60), Note(1, 3, 62), Note(1, 4, 64)], 10) == [(0, 10), (10, 11), (11, 40)]


@pytest.mark.parametrize("module", [midi, csv_notes, json_notes])
def test_a_transcription_without_notes_is_written(tmp_path, module):
    path = tmp_path / "a"
    path.write_bytes(written(module, (), frames=0))
    content = module.read(path)
    assert (content.notes if module is json_notes else content) == ()


@pytest.mark.parametrize("name", ["歌.wav", "é.wav", "", "a\udcff.wav"])
def test_any_name_of_a_recording(tmp_path, name):
    for suffix in ("mid", "csv", "json"):
        path = formats.save(transcription([Note(0, 1, 60)], audio=name), tmp_path / f"a.{suffix}")
        assert len(formats.load_notes(path)) == 1
    content = mido.MidiFile(tmp_path / "a.mid", charset="utf-8")
    assert content.tracks[1].name == {"歌.wav": "歌", "é.wav": "é", "": "Voice"}.get(name, "a?")
    if "\udcff" not in name:
        assert json_notes.read(tmp_path / "a.json").audio == name


@pytest.mark.parametrize("suffix", [".mid", ".csv", ".tsv", ".json"])
def test_unreadable_files_are_refused(tmp_path, suffix):
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
def test_a_failure_leaves_no_file(tmp_path, monkeypatch, error):
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
def test_each_format_uses_the_options_in_its_record(name):
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
