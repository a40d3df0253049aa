"""MIDI files: structure, times, tempo, beats, and damaged files."""

import io

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans import SingtransError, formats
from singtrans.formats import midi
from singtrans.melody.metre import Metre
from tests.helpers.note_files import TICK, in_order, random_notes, transcription, written


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
    for message in voice[2:-1]:  # on and off alternate: notes do not overlap, and off comes first if times are equal
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
    assert midi.read_beats(path) is None  # files without beats have a tempo of 120
    for tempo in (97.0, 143.7):
        formats.save(transcription(notes, duration=20.0), path, options=formats.Options(tempo=tempo, metre=3))
        beats = midi.read_beats(path)
        assert beats.tempo == pytest.approx(tempo, abs=0.01)
        assert beats.metre == Metre(3, 4)
    # If the first bar has another length, the beats begin after this bar, so that all their bars are complete.
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
