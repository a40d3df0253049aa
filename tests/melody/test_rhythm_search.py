"""The search that finds tempo, metre, downbeats and note values together."""

import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recipe.performance import Style, perform
from singtrans import Note, formats
from singtrans.melody.metre import Metre, parse_metre
from singtrans.melody.rhythm import with_one_tempo
from singtrans.melody.rhythm_config import default_config
from singtrans.melody.rhythm_search import FEWEST, RhythmRequest, find_rhythm, most_likely, search_rhythm
from singtrans.melody.tempo import CONFIDENT
from singtrans.melody.tempo_curve import multiple_near
from tests.helpers.folk_tunes import NAMES, tune
from tests.helpers.songs import song

STYLE = Style(drift=0.03)
SAMPLES = Path(__file__).parents[2] / "sample_audio"


def performed(name, seed=0, style=STYLE):
    found, metre, pickup = tune(name)
    return found, perform(found, np.random.default_rng(seed), style), parse_metre(metre), pickup


def share_right(folk_song, performance, rhythm):
    """Compute the share of notes whose position in the bar and distance to the next note are right."""
    bar = rhythm.metre.bar
    true = [note.start for note in folk_song.notes]
    right = [
        a % bar == b % bar and c - a == d - b
        for a, b, c, d in zip(rhythm.starts, true, rhythm.starts[1:], true[1:], strict=False)
    ]
    return np.mean(right)


@pytest.mark.parametrize("name", NAMES)
def test_well_known_tunes_are_written_with_the_stated_metre_and_pickup(name):
    folk_song, performance, metre, pickup = performed(name)
    rhythm = find_rhythm(performance.notes, RhythmRequest(metre, None, pickup))
    assert rhythm.pickup == pickup * metre.beat
    assert rhythm.tempo == pytest.approx(performance.tempo, rel=0.04)
    assert share_right(folk_song, performance, rhythm) > 0.9


def test_metre_and_downbeat_of_most_tunes_are_found():
    right = []
    for name in NAMES:
        for seed in range(3):
            folk_song, performance, metre, _ = performed(name, seed)
            rhythm = find_rhythm(performance.notes)
            # 2/4 and 4/4 are often both plausible.
            alike = rhythm.metre.is_compound == metre.is_compound and rhythm.metre.bar % 2 == metre.bar % 2
            bar = min(rhythm.metre.bar, metre.bar)
            ratio = performance.tempo / rhythm.beats.tempo
            if abs(ratio - 1) < 0.1:
                places = [(a - b.start) % bar == 0 for a, b in zip(rhythm.starts, folk_song.notes, strict=True)]
                right.append(alike and np.mean(places) > 0.7)
            else:
                right.append(False)
    assert np.mean(right) >= 0.6  # children's songs without pickups are not typical of the training songs


@pytest.mark.parametrize(
    ("name", "metres", "pickup"),
    [
        ("frere_jacques", {"2/4", "4/4"}, 0),
        ("ode_to_joy", {"2/4", "4/4"}, 0),
        ("amazing_grace", {"3/4"}, 1),
        ("twinkle_phone", {"2/4", "4/4"}, 0),
    ],
)
def test_bars_of_the_sample_recordings(name, metres, pickup):
    rhythm = find_rhythm(formats.load_notes(SAMPLES / f"{name}.notes.csv"))
    assert str(rhythm.metre) in metres
    assert rhythm.pickup == pickup


def test_probabilities_of_equal_hypotheses_are_added():
    config = default_config()
    notes = formats.load_notes(SAMPLES / "twinkle_phone.notes.csv")
    search = search_rhythm(notes, RhythmRequest(Metre(4, 4)), config)
    best = most_likely(search, search.values @ config.weights)
    bar = search.found.bar[best]
    equal = search.found.metre == search.found.metre[best]
    equal &= ((search.aligned.slots - search.aligned.slots[:, [best]]) % bar == 0).all(axis=0)
    assert equal.sum() > 1
    # One hypothesis is slightly more likely than each of the equal ones, but less likely than all of them together.
    scores = np.where(equal, 0.0, -20.0)
    other = np.flatnonzero(~equal)[0]
    scores[other] = 0.3
    assert equal[most_likely(search, scores)]
    scores[other] = 5.0
    assert most_likely(search, scores) == other


def test_beats_follow_a_changing_tempo():
    rng, near, exact, songs = np.random.default_rng(1), [], 0, 20
    for _ in range(songs):
        tempo, beats = rng.uniform(65, 135), rng.choice([4, 4, 3])
        made = song(rng, tempo, rng.integers(8, 20), beats, jitter=0.025, drift=rng.choice([0, 0.01, 0.03, 0.05]))
        rhythm = find_rhythm(made.notes)
        ratio = rhythm.beats.tempo / tempo
        if abs(ratio - 1) < 0.05 and not rhythm.metre.is_compound:
            exact += 1
            sung = made.beats[(made.beats > made.notes[2].onset) & (made.beats < made.notes[-1].onset)]
            quarters = rhythm.beats.seconds(np.arange(round(float(rhythm.beats.position(sung[-1]))) + 2))
            near.append(np.abs(quarters - sung[:, None]).min(1).mean())
    assert exact >= 0.75 * songs
    assert np.median(near) < 0.03


def test_stated_metre_pickup_downbeat_and_tempo_are_used():
    made = song(np.random.default_rng(4), 100.0, 12)
    for metre in map(parse_metre, ["2/4", "3/4", "4/4", "6/8", "9/8", "12/8", "2/2", "5/4", "7/8", "3/8"]):
        assert find_rhythm(made.notes, RhythmRequest(metre)).metre == metre
    for pickup in (Fraction(0), Fraction(1), Fraction(2), Fraction(3)):
        rhythm = find_rhythm(made.notes, RhythmRequest(Metre(4, 4), None, pickup))
        assert rhythm.pickup == pickup
    for index in (0, 1, 2, 5):
        rhythm = find_rhythm(made.notes, RhythmRequest(Metre(4, 4), downbeat=made.notes[index].onset))
        if (made.spans[index][0] - made.spans[0][0]) % 1 == 0:
            assert rhythm.starts[index] % 4 == 0
    for tempo in (50.0, 100.0, 200.0):
        rhythm = find_rhythm(made.notes, RhythmRequest(tempo=tempo))
        assert rhythm.beats.tempo == pytest.approx(tempo, rel=0.15)
        assert rhythm.confidence.tempo == 1.0


def test_random_onsets_give_low_confidence():
    rng, sure = np.random.default_rng(2), 0
    for _ in range(20):
        onsets = np.cumsum(rng.lognormal(np.log(0.45), 0.5, rng.integers(25, 80)))
        rhythm = find_rhythm([Note(float(on), float(on) + 0.1, 60) for on in onsets])
        sure += rhythm.confidence.beat >= CONFIDENT
    assert sure <= 2


def test_a_few_notes_from_speech_give_low_confidence():
    rng = np.random.default_rng(3)
    for _ in range(10):
        onsets = np.cumsum(rng.uniform(0.12, 0.4, 7))
        rhythm = find_rhythm([Note(float(on), float(on) + 0.1, 50 + float(rng.normal(0, 3))) for on in onsets])
        assert rhythm.confidence.tempo < 0.9
        assert rhythm.confidence.downbeat < 0.7
        assert 45 <= rhythm.tempo <= 175


def test_too_few_notes_have_no_rhythm():
    assert find_rhythm([Note(i, i + 0.5, 60) for i in range(FEWEST - 1)]) is None
    made = song(np.random.default_rng(2), 100.0)
    assert find_rhythm((*made.notes, Note(999_990.0, 999_999.0, 60.0))) is None


def test_the_search_is_deterministic_and_fast():
    made = song(np.random.default_rng(5), 110.0, 120)
    assert len(made.notes) > 350
    find_rhythm(made.notes)
    began = time.process_time()
    first = find_rhythm(made.notes)
    assert time.process_time() - began < 1.5  # about 0.2 s on a quiet machine
    second = find_rhythm(made.notes)
    assert (first.starts, first.ends, first.confidence) == (second.starts, second.ends, second.confidence)


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(st.tuples(st.floats(0, 3), st.floats(0.01, 3)), min_size=FEWEST, max_size=20),
    metre=st.sampled_from([None, Metre(3, 4), Metre(6, 8), Metre(9, 8), Metre(5, 4)]),
    tempo=st.sampled_from([None, None, 60.0, 133.0]),
)
def test_any_notes_are_written_in_order_on_a_grid(steps, metre, tempo):
    notes, now = [], 0.0
    for gap, length in steps:
        notes.append(Note(now + gap, now + gap + length, 60.4))
        now += gap + length
    rhythm = find_rhythm(notes, RhythmRequest(metre, tempo))
    if rhythm is None:
        return
    onsets = np.array([note.onset for note in notes])
    for written in (rhythm, with_one_tempo(rhythm, onsets, tempo)):
        assert all(a < b for a, b in zip(written.starts, written.ends, strict=True))
        assert all(b <= c for b, c in zip(written.ends, written.starts[1:], strict=False))
        assert all(start.denominator <= 24 for start in written.starts)
        assert written.starts[0] >= 0
        # A stated tempo may contradict random notes.
        positions, bar = written.beats.position(onsets), float(written.metre.bar)
        misfit = float(np.ptp(np.array(written.starts, float) - positions)) / bar
        assert written.starts[0] // written.metre.bar <= max(2 + misfit, float(positions[0]))


@pytest.mark.parametrize("ratio", [1, 2, 0.5])
@pytest.mark.parametrize("metre", [4, 3])
def test_the_pulse_of_instruments_gives_the_tempo(metre, ratio):
    made = song(np.random.default_rng(metre), 92, metre=metre, jitter=0.04)
    found = find_rhythm(made.notes, RhythmRequest(pulse=92 * ratio))
    assert found.beats.tempo == pytest.approx(92, rel=0.02)
    assert found.confidence.beat == 1.0


def test_notes_without_a_beat_get_a_multiple_of_the_pulse():
    rng = np.random.default_rng(1)
    onsets = np.cumsum(rng.uniform(0.2, 1.5, 30))
    notes = [Note(onset, onset + 0.15, 60.0) for onset in onsets.tolist()]
    assert find_rhythm(notes).confidence.beat < CONFIDENT
    found = find_rhythm(notes, RhythmRequest(pulse=100.0))
    assert found.confidence.beat == 1.0
    assert min(abs(np.log2(found.beats.tempo / 100.0 / ratio)) for ratio in (0.5, 1, 2, 3, 1 / 3)) < 0.2


@pytest.mark.parametrize(
    ("tempo", "pulse", "expected"), [(95.0, 96.0, 96.0), (95.0, 192.1, 96.05), (70.0, 96.0, 70.0), (33.0, 96.0, 32.0)]
)
def test_the_nearest_multiple_of_the_pulse_is_found(tempo, pulse, expected):
    assert multiple_near(tempo, pulse) == pytest.approx(expected)
