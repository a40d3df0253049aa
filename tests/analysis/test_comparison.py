"""Comparison of melodies, given as notes without sound: alignment, transposition and tempo."""

import math
import time
from dataclasses import replace

import numpy as np
import pytest

from singtrans import Note, PitchTrack, Transcription
from singtrans.analysis.comparison import VERDICTS, Comparison, compare
from singtrans.analysis.intonation import sung_notes
from singtrans.analysis.summary import analyse, plain
from singtrans.analysis.text import describe_comparison, many_table, note_table, overview
from singtrans.analysis.timing import follow_tempo
from singtrans.analysis.tolerance import Tolerance
from singtrans.melody.tuning import estimate_tuning
from tests.helpers.known_singing import melody

NOTHING = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))


def walk(count: int, seed: int = 0) -> tuple[Note, ...]:
    """Make a melody of random steps."""
    rng = np.random.default_rng(seed)
    numbers = 53 + np.abs((np.cumsum(rng.integers(-4, 5, count)) + 9) % 36 - 18)
    return melody(numbers.tolist(), rng.choice([0.3, 0.5, 1.0], count).tolist())


def compared(notes, written, **tolerance) -> Comparison:
    return compare(sung_notes(notes, NOTHING)[0], written, Tolerance(**tolerance))


def moved(notes, shift=0.0, rate=1.0, delay=0.0, noise=0.0, seed=1) -> list[Note]:
    rng = np.random.default_rng(seed)
    pairs = zip(notes, rng.standard_normal(len(notes)), strict=True)
    return [Note(delay + n.onset / rate, delay + n.offset / rate, n.pitch + shift + noise * r) for n, r in pairs]


@pytest.mark.parametrize("shift", [-24, -13, -12, -1, 0, 3, 12, 19])
@pytest.mark.parametrize("rate", [0.7, 1.4])
def test_all_notes_are_right_in_other_keys_and_tempos(shift, rate):
    written = walk(40)
    found = compared(moved(written, shift, rate, delay=5.0, noise=0.1), written)
    assert (found.transposition, found.count("right")) == (shift, 40)
    assert found.tempo == pytest.approx(rate, rel=0.001)


def test_a_changing_tempo_does_not_make_notes_late():
    written = walk(60)
    onsets = np.array([note.onset for note in written])
    sung = onsets + 0.3 * np.sin(2 * np.pi * onsets / 30)  # 6 % faster and slower
    late = sung + np.where(np.arange(60) % 13 == 6, 0.12, 0.0)
    times = follow_tempo(onsets, late)
    assert np.abs(times.at(onsets) - sung).max() < 0.06
    notes = [Note(float(t), float(t) + 0.2, n.pitch) for t, n in zip(late, written, strict=True)]
    found = compared(notes, written, seconds=0.07)
    assert [n.written for n in found.notes if n.verdicts == ("late",)] == [6, 19, 32, 45, 58]


def test_a_missing_repeated_note_is_identified():
    written = melody([60] * 12 + [64, 62], [0.5] * 14)
    for gone in (1, 4, 10):
        notes = [note for number, note in enumerate(written) if number != gone]
        found = compared(moved(notes, rate=1.2), written)
        assert [n.written for n in found.notes if n.verdicts == ("missed",)] == [gone]


def test_the_repetition_of_a_phrase_is_extra():
    written = walk(30)
    end = written[9].offset + 0.1
    again = [Note(n.onset + end, n.offset + end, n.pitch) for n in written[:10]]
    rest = [Note(n.onset + end, n.offset + end, n.pitch) for n in written[10:]]
    found = compared([*written[:10], *again, *rest], written)
    assert (found.count("extra"), found.count("missed")) == (10, 0)


def test_a_wrong_note_at_the_right_time_is_sharp_or_flat():
    written = walk(30)
    notes = moved(written, rate=0.9)
    for number, by in ((7, 4.0), (20, -3.0)):
        notes[number] = Note(notes[number].onset, notes[number].offset, notes[number].pitch + by)
    found = compared(notes, written)
    wrong = {n.written: n.verdicts for n in found.notes if n.verdicts != ("right",)}
    assert wrong == {7: ("sharp",), 20: ("flat",)}


def numbers(notes) -> list[float]:
    return [note.pitch for note in notes]


@pytest.mark.parametrize("shift", [0.3, -0.45, 4.4])
def test_a_measured_melody_is_rounded_in_its_own_tuning(shift):
    written = walk(40)
    found = compared(moved(written, 0.2, noise=0.05), moved(written, shift, noise=0.15, seed=2))
    assert numbers(found.reference) == [number + round(shift) for number in numbers(written)]
    assert (found.transposition, found.count("right")) == (-round(shift), 40)
    assert found.tuning.mean == pytest.approx(20, abs=3)


@pytest.mark.parametrize("count", [3, 40])
def test_unclear_tuning_of_a_measured_melody_is_derived_from_the_singing(count):
    written = walk(count)
    steps = np.arange(count) % 9 / 10 - 0.4  # the pitches are too uneven to show a tuning
    measured = [Note(n.onset, n.offset, n.pitch + 0.55 + step) for n, step in zip(written, steps, strict=True)]
    assert estimate_tuning(measured) is None
    found = compared(moved(written, 0.4), measured)
    assert numbers(found.reference) == numbers(written)
    assert (found.transposition, found.count("right")) == (0, count)
    assert found.tuning.mean == pytest.approx(40, abs=1)


def test_a_stated_tuning_of_a_measured_melody_is_used():
    written = walk(40)
    measured = [replace(note, tuning=-0.7) for note in moved(written, 0.2)]
    assert numbers(compared(written, measured).reference) == [number + 1 for number in numbers(written)]


def test_whole_semitones_are_not_changed():
    written = [replace(note, tuning=0.3) for note in walk(40)]
    assert compared(moved(written, 0.4), written).reference == tuple(written)


def test_a_measured_melody_that_is_not_sung_is_rounded():
    measured = [Note(n.onset, n.offset, n.pitch + 0.1 * (k % 10)) for k, n in enumerate(walk(30, 5))]
    rounded = [math.floor(pitch + 0.5) for pitch in numbers(measured)]
    for sung in ([], melody([100], [0.5])):
        found = compared(sung, measured)
        assert numbers(found.reference) == rounded
        assert found.count("missed") >= 29


def test_comparing_with_no_notes():
    written = walk(5)
    assert compared([], written).count("missed") == 5
    assert compared(written, []).count("extra") == 5
    assert compared(written[:1], written).count("missed") == 4
    empty = analyse(Transcription((), NOTHING, 3.0, "a.wav"), written)
    assert plain(empty)["tuning"] is None
    assert overview(empty) == ["a.wav: no singing found in 3.0 s"]
    assert "5 written notes" in describe_comparison(empty.comparison)[0]
    assert many_table([empty])[1].split(maxsplit=1) == ["a.wav", "no singing found"]


def test_a_warning_is_printed_for_a_different_melody():
    found = compared(walk(30, 5), walk(30, 6)[:10] + melody([100] * 60, [0.5] * 60, start=60.0))
    assert any("is this the right melody" in line for line in describe_comparison(found))
    sung, other = Transcription(walk(30, 5), NOTHING, 30.0, "a.wav"), walk(30, 6)
    wrong, right = analyse(sung, other), analyse(sung, sung.notes)
    assert wrong.comparison.count("missed") < 15  # most notes are matched, but they have other pitches
    assert not wrong.comparison.is_plausible
    assert wrong.tuning == analyse(sung).tuning  # it is not measured against the wrong melody
    row, note = many_table([wrong])[1:]
    assert row.endswith("/30 ?") and note.startswith("?: less than half of the notes have the written pitch")
    assert right.comparison.is_plausible
    assert many_table([right])[1:] == [many_table([right, wrong])[1]]
    assert plain(wrong)["comparison"]["plausible"] is False


def test_a_singer_with_few_right_pitches_has_no_warning_if_the_melody_is_right():
    written = walk(60)
    shares = [compared(moved(written, noise=0.5, seed=seed), written).is_plausible for seed in range(5)]
    assert all(shares)


def test_range_and_tessitura_are_in_the_own_tuning_of_the_singer():
    found = analyse(Transcription(tuple(moved(walk(60), 0.45, noise=0.08)), NOTHING, 60.0, "a.wav"))
    intended = {note.pitch for note in walk(60)}
    assert sum(note.number != round(note.pitch) for note in found.notes) > 5
    assert {note.number for note in found.notes} == intended
    assert set(found.tessitura) < intended


def test_lines_fit_a_terminal():
    written = walk(40)
    name = "a very long name of a recording, much longer than a column.wav"
    for reference in (None, written):
        found = analyse(Transcription(tuple(moved(written, -12, 0.5)), NOTHING, 99.0, name), reference)
        lines = [*overview(found)[1:], *note_table(found), *many_table([found])]
        lines += describe_comparison(found.comparison) if reference else []
        assert max(map(len, lines)) <= 80
    found = analyse(Transcription(walk(120, 1), NOTHING, 99.0, name), walk(120, 2))
    assert not found.comparison.is_plausible
    assert max(map(len, [*describe_comparison(found.comparison), *many_table([found])])) <= 80
    # Thousands of notes, as in a long recording.
    many = replace(found.comparison, notes=found.comparison.notes * 40, reference=found.comparison.reference * 40)
    lines = describe_comparison(replace(many, lateness=-12.345))
    assert max(map(len, [*lines, *many_table([replace(found, comparison=many)])])) <= 80
    words = " ".join(" ".join(lines).split())
    assert all(f"{verdict} {many.count(verdict)}" in words for verdict in VERDICTS)
    assert not any(line.rstrip().endswith(VERDICTS) for line in lines)  # a number is on the line of its verdict


def test_comparing_an_hour_takes_seconds():
    written = walk(3600)
    notes = [n for number, n in enumerate(moved(written, 5, 0.9, noise=0.1)) if number % 50]
    began = time.process_time()
    found = compared(notes, written)
    assert time.process_time() - began < 30
    assert (found.transposition, found.count("missed")) == (5, 72)
