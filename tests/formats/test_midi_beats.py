"""Beats and bars of MIDI files: times stay exact, and all bars except the first one are complete."""

from fractions import Fraction
from itertools import pairwise

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipe.performance import Style, perform
from singtrans import Note, PitchTrack, Transcription, formats
from singtrans.formats import Options
from singtrans.formats.lead_in import FASTEST, first_bar
from singtrans.formats.midi_reader import read_beats
from singtrans.melody.beats import Beats, constant_beats
from singtrans.melody.metre import Metre
from singtrans.melody.quantize import parse_grid, quantize
from tests.helpers.folk_tunes import NAMES, tune


def transcription(notes):
    track = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))
    return Transcription(tuple(notes), track, notes[-1].offset + 0.5, "song.wav")


def tick_times(midi):
    """Return a function that converts ticks to (seconds, seconds per tick) with the tempo events of the first track."""
    changes, now = [], 0
    for message in midi.tracks[0]:
        now += message.time
        if message.type == "set_tempo":
            changes.append((now, message.tempo / 1e6 / midi.ticks_per_beat))
    edges = [0.0]
    for (tick, length), (following, _) in pairwise(changes):
        edges.append(edges[-1] + (following - tick) * length)

    def seconds(tick):
        index = max(i for i, (at, _) in enumerate(changes) if at <= tick)
        return edges[index] + (tick - changes[index][0]) * changes[index][1], changes[index][1]

    return seconds


def timed(track):
    """Return (tick, message) for each message of a track."""
    return list(zip(np.cumsum([message.time for message in track]).tolist(), track, strict=True))


def signatures(midi):
    """Return (tick, length of a bar in ticks) for each time signature of the first track."""
    found = [(tick, message) for tick, message in timed(midi.tracks[0]) if message.type == "time_signature"]
    return [(tick, 4 * midi.ticks_per_beat * message.numerator / message.denominator) for tick, message in found]


def onset_ticks(midi):
    now, found = 0, []
    for message in midi.tracks[1]:
        now += message.time
        if message.type == "note_on":
            found.append(now)
    return found


@settings(max_examples=80, deadline=None)
@given(
    steps=st.lists(st.tuples(st.floats(0, 2), st.floats(0.05, 2)), min_size=1, max_size=16),
    tempo=st.sampled_from([None, "auto", 71.3, 128.0]),
    metre=st.sampled_from([None, "3/4", "6/8", "9/8", "5/4"]),
    pickup=st.sampled_from([None, Fraction(0), Fraction(1)]),
    tempo_map=st.booleans(),
)
def test_onsets_stay_within_half_a_tick(tmp_path_factory, steps, tempo, metre, pickup, tempo_map):
    notes, now = [], 0.0
    for gap, length in steps:
        notes.append(Note(now + gap, now + gap + length, 60.0))
        now += gap + length
    options = Options(
        tempo=tempo, metre=formats.options.parse_metre(metre) if metre else None, pickup=pickup, tempo_map=tempo_map
    )
    path = formats.save(transcription(notes), tmp_path_factory.mktemp("m") / "a.mid", options=options)
    midi = mido.MidiFile(path)
    seconds = tick_times(midi)
    for note, tick in zip(notes, onset_ticks(midi), strict=True):
        time, length = seconds(tick)
        before = seconds(max(0, tick - 1))[1]  # rounding may move the tick past a change of tempo
        assert abs(time - note.onset) <= 0.5 * max(length, before) + 2e-6
    bars = signatures(midi)
    assert len(bars) <= 2
    if options.metre:
        assert bars[-1][1] == options.metre.bar * 480
    if len(bars) == 2:  # the first bar is shorter, and the second one begins at its end
        assert bars[1][0] == bars[0][1] < bars[1][1]
    changes = [(tick, message.tempo) for tick, message in timed(midi.tracks[0]) if message.type == "set_tempo"]
    shortest = len(changes) > 1 and changes[1][0] <= 40  # a sixteenth of a quarter note, and rounding
    assert all(60e6 / tempo <= 1.02 * FASTEST for _, tempo in changes) or shortest


@pytest.mark.parametrize("name", NAMES)
def test_bars_of_a_tune_begin_where_they_are_stated(tmp_path, name):
    folk_song, metre, pickup = tune(name)
    performance = perform(folk_song, np.random.default_rng(1), Style(drift=0.0, delay=0.0))
    options = Options(tempo="auto", metre=formats.options.parse_metre(metre), pickup=pickup)
    midi = mido.MidiFile(formats.save(transcription(performance.notes), tmp_path / "a.mid", options=options))
    frame = midi.tracks[0]
    line, bar = signatures(midi)[-1]
    assert bar == options.metre.bar * 480
    true = [note.start % options.metre.bar for note in folk_song.notes]
    away = [
        (tick - line - float(place) * 480 + bar / 2) % bar - bar / 2
        for tick, place in zip(onset_ticks(midi), true, strict=True)
    ]
    assert np.median(np.abs(away)) < 60  # 25 ms are about 25 ticks
    tempi = [message.tempo for message in frame if message.type == "set_tempo"]
    assert 1 <= len(tempi) <= 2  # the time before the first note may have another tempo


def test_a_tempo_map_follows_the_singer(tmp_path):
    folk_song, metre, pickup = tune("Ode to joy")
    performance = perform(folk_song, np.random.default_rng(1), Style(drift=0.05))
    stated = {"tempo": "auto", "metre": formats.options.parse_metre(metre), "pickup": pickup}
    counts = {}
    for tempo_map in (False, True):
        options = Options(**stated, tempo_map=tempo_map)
        midi = mido.MidiFile(formats.save(transcription(performance.notes), tmp_path / "a.mid", options=options))
        counts[tempo_map] = sum(message.type == "set_tempo" for message in midi.tracks[0])
    assert counts[False] <= 2
    assert counts[True] > 10


def test_a_tempo_map_has_beats_where_notes_start(tmp_path):
    folk_song, metre, pickup = tune("Ode to joy")
    performance = perform(folk_song, np.random.default_rng(1), Style(drift=0.05))
    options = Options(tempo="auto", metre=formats.options.parse_metre(metre), pickup=pickup, tempo_map=True)
    midi = mido.MidiFile(formats.save(transcription(performance.notes), tmp_path / "a.mid", options=options))
    ticks = np.array(onset_ticks(midi))
    on_beat = np.array([note.start % 1 == 0 for note in folk_song.notes])
    assert (ticks[on_beat] % 480 == 0).mean() > 0.9
    assert on_beat.sum() > 40
    assert ticks[0] % 480 == 0


def test_quantizing_implies_one_tempo_in_whole_beats(tmp_path):
    folk_song, metre, pickup = tune("Amazing grace")
    performance = perform(folk_song, np.random.default_rng(1), Style(drift=0.05))
    options = Options(tempo="auto", metre=formats.options.parse_metre(metre), pickup=pickup, quantize="1/8")
    midi = mido.MidiFile(formats.save(transcription(performance.notes), tmp_path / "a.mid", options=options))
    ticks = np.array(onset_ticks(midi))
    assert (ticks % 240 == 0).all()
    tempi = [message.tempo for message in midi.tracks[0] if message.type == "set_tempo"]
    assert len(tempi) <= 2
    assert 60e6 / tempi[-1] == pytest.approx(round(60e6 / tempi[-1]), abs=1e-3)
    right = np.diff(ticks) / 480 == np.diff([float(note.start) for note in folk_song.notes])
    assert right.mean() > 0.9


@pytest.mark.parametrize(
    ("before", "seconds", "metre", "signature", "position"),
    [
        (3.0, 1.5, Metre(4, 4), (4, 4), 3.0),  # 120 quarter notes per minute
        (3.0, 0.1, Metre(4, 4), (2, 4), 1.0),  # the pickup of one quarter note stays complete
        (3.5, 0.05, Metre(4, 4), (1, 4), 0.5),
        (4.0, 0.05, Metre(4, 4), (1, 8), 0.5),  # no pickup
        (1.5, 0.05, Metre(6, 8), (2, 4), 0.5),
        (3.0, 0.002, Metre(4, 4), (17, 64), 0.0625),  # so little time that the tempo stays high
    ],
)
def test_the_first_bar_is_shortened_if_its_tempo_is_too_high(before, seconds, metre, signature, position):
    beats = Beats(np.array([0.0, seconds, seconds + 0.5, seconds + 1.0]), before + np.array([-before, 0, 1, 2]), metre)
    bar = first_bar(beats)
    assert (bar.numerator, bar.denominator) == signature
    assert bar.beats.quarters.tolist() == [0.0, position, position + 1, position + 2]
    assert bar.beats.times.tolist() == beats.times.tolist()
    assert (bar.length - Fraction(position)) % metre.bar == Fraction(-before) % metre.bar
    assert 60 * position / seconds <= FASTEST or seconds < 0.004


@pytest.mark.parametrize("tempo", [961.0, 3000.0])
def test_the_tempo_of_the_song_itself_shortens_no_bar(tempo):
    beats = constant_beats(tempo)
    assert first_bar(beats).beats is beats


def test_a_bar_whose_time_signature_midi_cannot_state_is_not_shortened():
    times, quarters = np.array([0.0, 0.002, 0.5, 1.0]), np.array([0.0, 4.3, 5.0, 6.0])
    beats = Beats(times, quarters, Metre(24, 4))
    assert first_bar(beats).beats is beats


def test_beats_of_a_file_with_a_short_first_bar_are_read_again(tmp_path):
    notes = [Note(0.05 + 0.5 * i, 0.45 + 0.5 * i, 60.0 + i % 3) for i in range(16)]
    options = Options(tempo=120.0, metre=Metre(4, 4), pickup=Fraction(1))
    path = formats.save(transcription(notes), tmp_path / "a.mid", options=options)
    assert len(signatures(mido.MidiFile(path))) == 2
    beats = read_beats(path)
    assert (beats.metre, round(beats.tempo)) == (Metre(4, 4), 120)
    places = beats.position(np.array([note.onset for note in notes[1:]])) % 4
    assert np.allclose((places - np.arange(15) + 2) % 4, 2.0, atol=0.01)


def test_quantizing_keeps_a_pickup_that_starts_shortly_after_the_recording():
    notes = [Note(0.034, 0.3, 67.0)] + [Note(0.409 + 0.344 * i, 0.65 + 0.344 * i, 66.0 - i % 4) for i in range(12)]
    times = np.array([0.0, 0.042, 0.409, 0.409 + 0.688, 0.409 + 2 * 0.688])
    beats = Beats(times, np.array([0.0, 1.48, 2.0, 3.0, 4.0]), Metre(2, 4))
    moved = quantize(notes, beats, parse_grid("1/16"))
    assert np.abs(moved.moved[1:]).max() < 0.02
    assert moved.spans[1][0] - moved.spans[0][0] == 2  # an eighth note
