"""Beats and bars of MIDI files: times stay exact, and all bars are complete."""

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
    signatures = [message for message in midi.tracks[0] if message.type == "time_signature"]
    assert len(signatures) == 1


@pytest.mark.parametrize("name", NAMES)
def test_bars_of_a_tune_are_complete_and_begin_where_they_are_stated(tmp_path, name):
    folk_song, metre, pickup = tune(name)
    performance = perform(folk_song, np.random.default_rng(1), Style(drift=0.0, delay=0.0))
    options = Options(tempo="auto", metre=formats.options.parse_metre(metre), pickup=pickup)
    midi = mido.MidiFile(formats.save(transcription(performance.notes), tmp_path / "a.mid", options=options))
    frame = midi.tracks[0]
    signature = next(message for message in frame if message.type == "time_signature")
    assert f"{signature.numerator}/{signature.denominator}" == metre
    bar = 4 * 480 * signature.numerator // signature.denominator
    true = [note.start % options.metre.bar for note in folk_song.notes]
    away = [
        (tick - float(place) * 480 + bar / 2) % bar - bar / 2
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
