"""Synthetic singing has the requested pitch, notes in order, and finite samples."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from recipe.synthesis import voices
from recipe.synthesis.melody import draw_level
from recipe.synthesis.voices import (
    HOP_SECONDS,
    SingingStyle,
    VoiceFrames,
    analyse,
    f0_curve,
    formant_voice,
    random_melody,
    render,
    resing,
)
from singtrans.notes import Note

STYLE = SingingStyle()
RATE = 16000
LEGATO = (Note(0.2, 0.8, 60.3), Note(0.8, 1.1, 62.1), Note(1.1, 1.25, 64.0), Note(1.25, 2.0, 57.2))
GAPPED = (*LEGATO, Note(2.06, 2.5, 57.2), Note(2.8, 3.4, 59.4))


def middle(curve: np.ndarray, note: Note) -> np.ndarray:
    time = np.arange(len(curve)) * HOP_SECONDS
    quarter = note.duration / 4
    return curve[(time >= note.onset + quarter) & (time < note.offset - quarter)]


def voice(seed: int = 0, seconds: float = 6.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    notes = random_melody(rng, seconds, 48, 60)
    return formant_voice(notes, f0_curve(notes, HOP_SECONDS, rng, STYLE), RATE, rng)


@pytest.mark.parametrize("seed", range(20))
def test_melodies_are_in_order_and_in_range(seed):
    notes = random_melody(np.random.default_rng(seed), 12.0, 50, 67)
    assert len(notes) >= 8
    assert notes[-1].offset <= 12.0
    assert all(before.offset <= after.onset for before, after in pairwise(notes))
    assert all(0.0999 < note.duration <= 1.5001 for note in notes)
    assert all(49 < note.pitch < 68 for note in notes)


def test_melodies_have_all_kinds_of_transitions():
    gaps, steps = [], []
    for seed in range(20):
        notes = random_melody(np.random.default_rng(seed), 20.0)
        gaps += [after.onset - before.offset for before, after in pairwise(notes)]
        steps += [abs(after.pitch - before.pitch) for before, after in pairwise(notes)]
    gaps, steps = np.array(gaps), np.array(steps)
    assert (gaps == 0).mean() > 0.3
    assert (gaps > 0.2).any()
    assert ((gaps == 0) & (steps < 0.5)).any()  # repeated without a gap
    assert ((gaps > 0.02) & (gaps < 0.1) & (steps < 0.5)).any()  # repeated after a consonant


def test_an_impossible_melody_is_refused():
    with pytest.raises(ValueError, match="a melody needs"):
        random_melody(np.random.default_rng(0), 1.0)
    with pytest.raises(ValueError, match="a melody needs"):
        random_melody(np.random.default_rng(0), 10.0, 60, 62)


@pytest.mark.parametrize("seed", range(20))
def test_the_mean_of_a_note_is_its_pitch(seed):
    rng = np.random.default_rng(seed)
    notes = random_melody(rng, 10.0)
    curve = f0_curve(notes, HOP_SECONDS, rng, replace(STYLE, drift=0.0))
    for note in notes:
        assert middle(curve, note).mean() == pytest.approx(note.pitch, abs=0.02)


def test_the_curve_is_voiced_only_in_notes():
    curve = f0_curve(GAPPED, HOP_SECONDS, np.random.default_rng(0), STYLE)
    assert len(curve) == round(3.4 / HOP_SECONDS)
    time = (np.arange(len(curve)) + 0.5) * HOP_SECONDS
    sung = np.any([(time > note.onset) & (time < note.offset) for note in GAPPED], axis=0)
    assert np.array_equal(~np.isnan(curve), sung)


def test_the_curve_has_glides_and_vibrato():
    plain = replace(STYLE, drift=0, fluctuation=0, vibrato_share=0, overshoot=0, scoop_share=0)
    curve = f0_curve((Note(0, 1, 60), Note(1, 2, 64)), HOP_SECONDS, np.random.default_rng(0), plain)
    at = round(1 / HOP_SECONDS)
    assert curve[at] == pytest.approx(62, abs=0.2)
    assert np.abs(np.diff(curve)).max() < 0.5
    assert curve[at - 20] == pytest.approx(60, abs=0.1)
    wavy = replace(plain, vibrato_share=1, vibrato_rate=(5, 5), vibrato_extent=(0.5, 0.5))
    curve = f0_curve((Note(0, 2, 60),), HOP_SECONDS, np.random.default_rng(0), wavy)
    assert np.ptp(curve) == pytest.approx(1.0, abs=0.1)


def test_the_same_seed_gives_the_same_singing():
    curves = [f0_curve(GAPPED, HOP_SECONDS, np.random.default_rng(7), STYLE) for _ in range(2)]
    assert np.array_equal(*curves, equal_nan=True)
    assert np.array_equal(voice(3, 3.0), voice(3, 3.0))


def test_overlapping_notes_are_refused():
    with pytest.raises(ValueError, match="overlap"):
        f0_curve((Note(0, 1, 60), Note(0.9, 2, 62)), HOP_SECONDS, np.random.default_rng(0), STYLE)
    assert f0_curve((), HOP_SECONDS, np.random.default_rng(0), STYLE).shape == (0,)


@pytest.mark.parametrize("pitch", [36.0, 48.37, 60.0, 72.25, 84.0])
def test_the_formant_voice_sings_the_requested_pitch(pitch):
    f0 = np.full(round(0.8 / HOP_SECONDS), pitch)
    samples = formant_voice((Note(0, 0.8, pitch),), f0, RATE, np.random.default_rng(1))
    assert samples.dtype == np.float32
    assert samples.shape == (round(0.8 * RATE),)
    assert np.abs(samples).max() == pytest.approx(0.7, abs=1e-3)
    period = RATE / (440 * 2 ** ((pitch - 69) / 12))
    piece = samples[3200:9600].astype(float)
    likeness = np.fft.irfft(np.abs(np.fft.rfft(piece, 2 * len(piece))) ** 2)
    lags = np.arange(round(7.6 * period), round(8.4 * period) + 1)
    best = lags[np.argmax(likeness[lags] / (len(piece) - lags))]
    left, here, right = likeness[best - 1 : best + 2]
    exact = best + 0.5 * (left - right) / (left - 2 * here + right)
    assert 1200 * np.log2(exact / 8 / period) == pytest.approx(0, abs=10)


def test_the_dip_of_a_repeated_note_has_the_requested_depth():
    notes = (Note(0.1, 0.6, 60.0), Note(0.6, 1.1, 60.0))
    depths = []
    for low, high in ((4.0, 6.0), (15.0, 20.0)):
        level = draw_level(notes, [True, True], 230, np.random.default_rng(3), replace(STYLE, dip=(low, high)))
        bottom = level[110:130].min()
        depths.append(20 * np.log10(min(level[40:100].mean(), level[150:200].mean()) / bottom))
    # The gain is smoothed over 30 ms, so a dip is less deep than its drawn depth.
    assert 2.0 < depths[0] < 7.0
    assert 8.0 < depths[1] < 21.0


def vowels(count: int = 100, each: int = 40) -> VoiceFrames:
    """Make a voice that alternates between two vowels without a pause."""
    envelope = np.ones((count * each, 129), np.float32)
    for number in range(count):
        envelope[number * each : (number + 1) * each, 10 + 40 * (number % 2) :][:, :20] = 100.0
    return VoiceFrames(np.full(count * each, 60.0), envelope, np.zeros_like(envelope), RATE)


def test_steady_pieces_have_one_vowel():
    pieces = vowels().steady()
    assert len(pieces) == 100
    assert all(first // 40 == (last - 1) // 40 for first, last in pieces)
    assert all(last - first >= 25 for first, last in pieces)
    silent = VoiceFrames(np.full(50, np.nan), np.ones((50, 129)), np.ones((50, 129)), RATE)
    assert silent.steady() == []


REPEATED = tuple(Note(0.1 + 0.3 * i, 0.4 + 0.3 * i, 60.0) for i in range(60))


def sung_from(style: SingingStyle) -> tuple[np.ndarray, np.ndarray]:
    """Return the frames of `vowels` that are used for a note that is repeated sixty times, and the gain."""
    sung = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(voices, "render", lambda _, source, f0, gain: sung.append((source, gain)) or np.ones(9))
        resing(vowels(), REPEATED, np.random.default_rng(1), style)
    return sung[0]


def test_a_repeated_note_keeps_its_vowel_if_requested():
    changed = []
    for share in (0.0, 1.0):
        source, _ = sung_from(replace(STYLE, same_vowel_share=share))
        starts = [round(note.onset / HOP_SECONDS) for note in REPEATED[1:]]
        changed.append(np.mean([source[at + 1] // 40 != source[at - 1] // 40 for at in starts]))
    assert changed[0] > 0.9
    assert changed[1] == 0.0


def test_a_repeated_note_may_differ_only_in_its_vowel():
    source, gain = sung_from(replace(STYLE, vowel_share=1.0))
    starts = [round(note.onset / HOP_SECONDS) for note in REPEATED[1:]]
    kinds = source // 40 % 2
    # The next piece is chosen from a few random ones, of which at least one nearly always has the other vowel.
    assert np.mean([kinds[at + 1] != kinds[at - 1] for at in starts]) > 0.85
    assert all(kinds[a + 1 : b - 1].std() == 0 for a, b in pairwise(starts))  # each vowel is held until the next note
    dips = [gain[at - 10 : at + 10].min() / min(gain[at - 25], gain[at + 25]) for at in starts]
    assert np.median(dips) > 0.75


def test_the_formant_voice_is_silent_in_rests_and_finite():
    rng = np.random.default_rng(5)
    samples = formant_voice(GAPPED, f0_curve(GAPPED, HOP_SECONDS, rng, STYLE), RATE, rng)
    assert np.isfinite(samples).all()
    rest = samples[round(2.52 * RATE) : round(2.6 * RATE)]
    assert rest.std() < 0.01 * samples.std()
    with pytest.raises(ValueError, match="nothing to sing"):
        formant_voice(GAPPED, np.full(10, np.nan), RATE, rng)


def test_resinging_gives_the_requested_pitch():
    pyworld = pytest.importorskip("pyworld")
    frames = analyse(voice(), RATE)
    notes = random_melody(np.random.default_rng(2), 6.0, 48, 62)
    samples = resing(frames, notes, np.random.default_rng(3), STYLE)
    asked = f0_curve(notes, HOP_SECONDS, np.random.default_rng(3), STYLE)  # resing draws the curve first
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()
    assert len(samples) == pytest.approx((len(asked) * HOP_SECONDS + 0.2) * RATE, abs=RATE * HOP_SECONDS)
    assert np.abs(samples).max() == pytest.approx(0.7, abs=1e-3)
    hertz, _ = pyworld.harvest(samples.astype(float), RATE, frame_period=1000 * HOP_SECONDS)
    heard = 69 + 12 * np.log2(np.where(hertz > 0, hertz, np.nan) / 440)[: len(asked)]
    assert np.isnan(heard[~np.isnan(asked)]).mean() < 0.05
    assert np.nanmedian(np.abs(heard - asked)) < 0.1


def test_rendering_without_changes_gives_the_original_voice():
    pytest.importorskip("pyworld")
    samples = voice(1, 3.0)
    frames = analyse(samples, RATE)
    count = len(frames.f0)
    again = render(frames, np.arange(count), frames.f0, np.ones(count))
    assert len(again) == round(count * HOP_SECONDS * RATE)
    assert again.std() == pytest.approx(samples.std(), rel=0.25)


def test_warping_shifts_the_formants():
    envelope = np.zeros((3, 101), np.float32)
    envelope[:, 40] = 1
    frames = VoiceFrames(np.full(3, 60.0), envelope, envelope, RATE)
    assert np.argmax(frames.warped(1.2).envelope[0]) == 48
    assert np.argmax(frames.warped(0.8).envelope[0]) == 32


def test_a_recording_without_a_voice_is_refused():
    with pytest.raises(ValueError, match="voiced stretch"):
        resing(
            VoiceFrames(np.full(50, np.nan), np.ones((50, 9)), np.ones((50, 9)), RATE),
            LEGATO,
            np.random.default_rng(0),
            STYLE,
        )
    pytest.importorskip("pyworld")
    with pytest.raises(ValueError, match="a voice must be"):
        analyse(np.zeros(10), RATE)
