"""Synthetic songs: plans of syllables, slurs and ornaments, and agreement of labels and sound."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from recipe.synthesis.manner import Manner, draw_manner
from recipe.synthesis.melody import HOP_SECONDS, SingingStyle
from recipe.synthesis.plans import plan_song
from recipe.synthesis.singing import sing
from recipe.synthesis.syllables import (
    Syllable,
    SyllableBank,
    Vowel,
    begins_voiced,
    ends_sonorously,
    labelled_bank,
    nucleus_of,
    unlabelled_bank,
)
from recipe.synthesis.voices import VoiceFrames

RATE, BINS = 16_000, 257
STEADY = SingingStyle(vibrato_share=0.0, drift=0.0, fluctuation=0.0, scoop_share=0.0, overshoot=0.0)
PLAIN = Manner(scoops=0, late=0, early=0, graces=0, falls=0, glottal=0, slurred=0, pickups=0, gaps=0, closed=0)


def voice(*spans: tuple[int, str]) -> VoiceFrames:
    """Make frames from (count, kind) spans; kinds are v (vowel), c (voiceless consonant), n (nasal) and _ (silence)."""
    loud = {"v": (1.0, 1.0), "c": (1e-3, 0.05), "n": (0.3, 3e-3), "_": (1e-9, 1e-9)}  # power below and above 800 Hz
    kinds = "".join(kind * count for count, kind in spans)
    low = round(800 / 8000 * (BINS - 1))
    envelope = np.empty((len(kinds), BINS), np.float32)
    for row, kind in zip(envelope, kinds, strict=True):
        row[:low], row[low:] = loud[kind]
    f0 = np.array([55.0 if kind in "vn" else np.nan for kind in kinds])
    return VoiceFrames(f0, envelope, np.full_like(envelope, 0.01), RATE)


def bank() -> SyllableBank:
    """Make two syllables: an open one that begins with a voiceless consonant, and one that ends with a nasal."""
    frames = voice((10, "c"), (40, "v"), (10, "_"), (10, "c"), (30, "v"), (20, "n"))
    opened = Syllable(0, 10, 20, 40, 50, 50)
    closed = Syllable(60, 70, 78, 85, 120, 120, closed=True)
    return SyllableBank("test", frames, (opened, closed), 50.0, 64.0)


def plan(manner: Manner, seed: int = 0, seconds: float = 20.0):
    return plan_song(np.random.default_rng(seed), seconds, (50.0, 64.0), manner)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("clear", [False, True])
def test_notes_are_in_order_and_pieces_are_inside_their_notes(seed, clear):
    syllables = plan(draw_manner(np.random.default_rng(seed), clear=clear), seed)
    notes = [note for syllable in syllables for note in syllable.notes]
    assert len(notes) > 8 and syllables[-1].rest
    for note in notes:
        onsets = [piece.onset for piece in note.pieces]
        assert onsets == sorted(onsets) and onsets[0] == note.onset and onsets[-1] < note.offset
        assert note.pieces[0].kind in ("syllable", "slur")
        assert all(piece.kind == "ornament" for piece in note.pieces[1:])
    assert all(old.offset <= new.onset + 1e-9 for old, new in pairwise(notes))
    for syllable in syllables:
        kinds = [note.pieces[0].kind for note in syllable.notes]
        assert kinds == ["syllable"] + ["slur"] * (len(kinds) - 1)


def test_a_scoop_is_below_its_note_and_leaves_enough_of_it():
    manner = replace(PLAIN, scoops=1.0, least_main=0.24)
    scooped = [n for s in plan(manner) for n in s.notes if len(n.pieces) == 2]
    assert len(scooped) > 10
    for note in scooped:
        low, main = note.pieces
        assert 0.7 <= note.pitch - low.pitch <= 3.0 and main.pitch == note.pitch
        assert note.offset - main.onset >= manner.least_main - 1e-9
    assert all(len(n.pieces) == 1 for s in plan(PLAIN) for n in s.notes)


def test_labels_agree_with_the_plan_and_the_pitch():
    pytest.importorskip("pyworld")
    manner = replace(PLAIN, scoops=0.6, slurred=0.3)
    planned = plan(manner)
    song = sing(bank(), planned, manner, STEADY, np.random.default_rng(1))
    notes = [note for syllable in planned for note in syllable.notes]
    assert len(song.notes) == len(notes) and len(song.syllables) == len(planned)
    for sung, note in zip(song.notes, notes, strict=True):
        assert sung.onset == pytest.approx(note.onset, abs=HOP_SECONDS)
        assert sung.offset <= note.offset + HOP_SECONDS
        held = slice(round((note.pieces[-1].onset + 0.08) / HOP_SECONDS), round((sung.offset - 0.08) / HOP_SECONDS))
        if held.stop > held.start:
            assert np.nanmedian(song.f0[held]) == pytest.approx(note.pitch, abs=0.4)
    wanted = [piece.onset for note in notes for piece in note.pieces if piece.kind == "ornament"]
    assert song.ornaments == pytest.approx(wanted)
    assert len(song.ornaments) > 5
    assert set(song.syllables) <= {note.onset for note in song.notes}
    again = sing(bank(), planned, manner, STEADY, np.random.default_rng(1))
    assert np.array_equal(again.samples, song.samples)


def test_consonants_before_a_vowel_are_not_part_of_a_note():
    pytest.importorskip("pyworld")
    song = sing(bank(), plan(PLAIN), PLAIN, STEADY, np.random.default_rng(2))
    joined = [(a, b) for a, b in pairwise(song.notes) if b.onset - a.offset < 0.2]
    assert joined
    for before, after in joined:
        assert after.onset - before.offset > 0.02  # the consonant of 50 ms, or a part of it
        silent = song.f0[round(before.offset / HOP_SECONDS) + 1 : round(after.onset / HOP_SECONDS) - 1]
        assert np.isnan(silent).all()


def test_falls_and_creaks_are_at_the_ends_of_phrases():
    pytest.importorskip("pyworld")
    for manner, least in ((replace(PLAIN, falls=1.0), 1.0), (replace(PLAIN, glottal=1.0), 11.0)):
        song = sing(bank(), plan(manner), manner, STEADY, np.random.default_rng(3))
        ends = [a for a, b in pairwise(song.notes) if b.onset - a.offset > 0.1 and a.duration > 0.4]
        dropped = [n.pitch - song.f0[round(n.offset / HOP_SECONDS) - 2] > 0.8 * least for n in ends]
        assert np.mean(dropped) > 0.7
        assert bool(song.ornaments) == bool(manner.falls)


def test_a_nasal_is_recognised_and_can_be_held():
    opened, closed = bank().syllables
    assert ends_sonorously(bank().voice, closed)
    assert not ends_sonorously(bank().voice, opened)
    held = closed.held_on_coda()
    assert held.nucleus < 100 <= held.hold < held.after < held.unvoiced  # the nasal begins at frame 100
    pytest.importorskip("pyworld")
    manner = replace(PLAIN, closed=1.0, held_nasals=1.0)
    source = sing(bank(), plan(manner), manner, STEADY, np.random.default_rng(4))
    assert len(source.notes) == len(plan(manner)), "a held nasal is not a note"


def test_syllables_are_found_with_and_without_labels():
    frames = voice((20, "_"), (10, "c"), (50, "v"), (20, "_"), (10, "c"), (50, "v"), (20, "_"))
    assert nucleus_of(frames, 20, 80) == pytest.approx(30, abs=2)
    labelled = labelled_bank("a", frames, [Vowel(0.0, 0.15, 0.4), Vowel(0.4, 0.55, 0.8)])
    found = unlabelled_bank("b", frames)
    for made in (labelled, found):
        assert len(made.syllables) == 2
        for part in made.syllables:
            consonant = made.voice.f0[part.first : part.nucleus - 2]
            assert len(consonant) >= 6 and np.isnan(consonant).all()
            assert not np.isnan(made.voice.f0[part.hold : part.after]).any()
    with pytest.raises(ValueError, match="no syllable"):
        labelled_bank("c", frames, [Vowel(0.0, 0.15, 0.2)])


def test_a_labelled_nasal_closes_its_syllable():
    frames = voice((20, "_"), (10, "c"), (50, "v"), (30, "n"), (20, "_"), (50, "v"), (6, "n"), (20, "_"))
    vowels = [Vowel(0.0, 0.15, 0.4, coda=0.55), Vowel(0.6, 0.65, 0.9, coda=0.93)]
    made = labelled_bank("a", frames, vowels)
    closed = [part for part in made.syllables if part.closed]
    assert len(made.syllables) == 2
    assert len(closed) == 1, "a nasal of 30 ms is too short to be held"
    assert ends_sonorously(made.voice, closed[0])
    assert closed[0].unvoiced - closed[0].after >= 30


def test_syllables_with_nasals_are_kept_if_a_recording_has_many():
    spans = [(20, "_"), *[(40, "v"), (30, "n"), (20, "_")] * 4, *[(40, "v"), (20, "_")] * 90]
    starts = np.cumsum([0, *(count for count, _ in spans)]) * HOP_SECONDS
    vowels = [
        Vowel(start, start, start + 0.2, start + 0.35 if spans[i + 1][1] == "n" else None)
        for i, (start, (_, kind)) in enumerate(zip(starts, spans, strict=False))
        if kind == "v"
    ]
    made = labelled_bank("a", voice(*spans), vowels)
    assert len(made.syllables) == 60
    assert sum(part.closed for part in made.syllables) == 4


def test_many_turns_return_to_their_first_pitch():
    manner = replace(PLAIN, slurred=1.0, turns=1.0)
    turns = [s.notes for s in plan(manner) if len(s.notes) == 3]
    returning = [abs(notes[2].pitch - notes[0].pitch) < 0.01 for notes in turns]
    assert 0.3 < np.mean(returning) < 0.95
    assert all(abs(notes[1].pitch - notes[0].pitch) > 0.5 for notes in turns)


def repeated(**changes: float) -> Manner:
    """Make a manner of singing in which all notes repeat the previous pitch if possible."""
    return replace(PLAIN, repeated=1.0, **changes)


def level(song, time: float) -> float:
    """Measure the root mean square of the samples within 10 ms of a time."""
    middle = round(time * song.sample_rate)
    return float(np.sqrt(np.mean(song.samples[max(0, middle - 160) : middle + 160] ** 2)))


def test_only_a_dip_may_separate_a_repeated_note_from_the_note_before_it():
    pytest.importorskip("pyworld")
    manner = repeated(dips=1.0)
    planned = plan(manner)
    song = sing(bank(), planned, manner, STEADY, np.random.default_rng(4))
    dips = [s.onset for s in planned if s.join == "dip"]
    assert len(dips) > 10
    onsets = np.array([n.onset for n in song.notes])
    for onset in dips:
        assert np.abs(onsets - onset).min() <= HOP_SECONDS
        around = slice(round((onset - 0.03) / HOP_SECONDS), round((onset + 0.03) / HOP_SECONDS))
        assert np.isfinite(song.f0[around]).all()
    falls = [level(song, onset) / min(level(song, onset - 0.1), level(song, onset + 0.1)) for onset in dips]
    assert np.median(falls) < 0.75


def test_only_a_new_vowel_may_separate_a_repeated_note_from_the_note_before_it():
    pytest.importorskip("pyworld")
    manner = repeated(hiatus=1.0)
    planned = plan(manner)
    song = sing(bank(), planned, manner, STEADY, np.random.default_rng(5))
    joins = [s.onset for s in planned if s.join == "hiatus"]
    assert len(joins) > 10
    for onset in joins:
        around = slice(round((onset - 0.03) / HOP_SECONDS), round((onset + 0.03) / HOP_SECONDS))
        assert np.isfinite(song.f0[around]).all()
    falls = [level(song, onset) / min(level(song, onset - 0.1), level(song, onset + 0.1)) for onset in joins]
    assert np.median(falls) > 0.75


def test_syllables_can_all_begin_with_a_voiced_consonant():
    pytest.importorskip("pyworld")
    frames = voice((10, "c"), (40, "v"), (10, "_"), (12, "n"), (40, "v"))
    syllables = (Syllable(0, 10, 20, 40, 50, 50), Syllable(60, 72, 80, 105, 112, 112))
    assert [begins_voiced(frames, s) for s in syllables] == [False, True]
    both = SyllableBank("test", frames, syllables, 50.0, 64.0)
    manner = replace(PLAIN, voiced=1.0)
    song = sing(both, plan(manner), manner, STEADY, np.random.default_rng(6))
    for before, after in pairwise(song.notes):
        if after.onset - before.offset < 0.1:
            between = slice(round(before.offset / HOP_SECONDS), round(after.onset / HOP_SECONDS))
            assert np.isfinite(song.f0[between]).all()


def test_a_creaky_voice_is_irregular():
    pytest.importorskip("pyworld")
    songs = [
        sing(bank(), plan(PLAIN), replace(PLAIN, creak=creak), STEADY, np.random.default_rng(7)) for creak in (0.0, 1.0)
    ]
    smooth, rough = (float(np.nanmedian(np.abs(np.diff(song.f0)))) for song in songs)
    assert rough > 0.2 > 5 * smooth
    assert [n.onset for n in songs[0].notes] == [n.onset for n in songs[1].notes]
