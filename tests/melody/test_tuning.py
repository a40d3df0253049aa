"""The singer's tuning, and note numbers relative to this tuning."""

import io
import pickle
from dataclasses import replace

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans import Note, PitchTrack, Transcription, formats
from singtrans.errors import SingtransError, UsageError
from singtrans.formats import Options
from singtrans.formats.options import parse_auto
from singtrans.melody.tuning import apply_tuning, describe_drift, describe_tuning, estimate_tuning

NOTHING = PitchTrack(np.zeros(0), np.zeros(0), np.zeros(0))
MEANT = np.array([60, 62, 64, 65, 67, 69, 71, 72, 55, 79] * 30)


def sung(cents, meant=MEANT, scatter=0.0, seed=0):
    """Make notes every 0.6 s that deviate by ``cents``, a number or one number per note, from the intended pitch."""
    pitches = meant + np.asarray(cents) / 100 + np.random.default_rng(seed).normal(0, scatter / 100, len(meant))
    notes = tuple(Note(i * 0.6, i * 0.6 + 0.5, float(p), 0.9) for i, p in enumerate(pitches))
    return Transcription(notes, NOTHING, len(notes) * 0.6)


def integers(transcription, tuning="auto"):
    return np.array([note.note for note in apply_tuning(transcription, tuning).notes])


@pytest.mark.parametrize("cents", [-49, -40, -25, 0, 10, 30, 45, 49])
def test_a_constant_tuning_is_found(cents):
    few = sung(cents, MEANT[:60])
    assert estimate_tuning(few.notes).at(0.0) == pytest.approx(cents / 100, abs=0.006)
    np.testing.assert_array_equal(integers(few), MEANT[:60])


@pytest.mark.parametrize("cents", [-42, -30, 0, 20, 42])
@pytest.mark.parametrize("scatter", [10, 20])
def test_scatter_does_not_change_the_tuning(cents, scatter):
    song = sung(cents, scatter=scatter)
    assert np.mean(integers(song) == MEANT) > (0.999 if scatter == 10 else 0.97)
    assert np.mean(integers(song) == MEANT) >= np.mean(integers(song, None) == MEANT) - 0.005


@pytest.mark.parametrize(("start", "drift"), [(0, -80), (-30, -80), (20, 60), (0, -120)])
def test_a_drifting_tuning_is_followed_without_jumps(start, drift):
    song = sung(start + np.linspace(0, drift, len(MEANT)), scatter=15)
    assert np.mean(integers(song) == MEANT) > 0.98
    assert "at first" in describe_tuning(song.notes)


@pytest.mark.parametrize("drift", [-100, -60, 60, 100])
@pytest.mark.parametrize("notes", [70, 100])
def test_a_fast_drift_in_a_short_song_is_followed(notes, drift):
    meant = MEANT[:notes]
    song = sung(np.linspace(0, drift, notes), meant, scatter=10)
    assert np.mean(integers(song) == meant) > 0.98
    assert np.mean(integers(song, None) == meant) < 0.9


@pytest.mark.parametrize(("drift", "word"), [(-60, "falls"), (100, "rises")])
def test_a_drift_is_described(drift, word):
    song = sung(np.linspace(0, drift, 100), MEANT[:100], scatter=10)
    words = describe_drift(song.notes).split()
    assert words[:5] == ["the", "singer's", "tuning", word, "by"]
    assert int(words[5]) == pytest.approx(abs(drift), abs=10)
    wrong = int((integers(song, None) != MEANT[:100]).sum())
    assert int(words[words.index("so") + 1]) == pytest.approx(wrong, abs=3)
    assert describe_drift(apply_tuning(song, "auto").notes) is None


def test_a_tuning_that_falls_and_rises_varies():
    song = sung(np.interp(np.arange(len(MEANT)), [0, 150, 299], [0, -80, 0]), scatter=10)
    assert describe_drift(song.notes).startswith("the singer's tuning varies by ")


@pytest.mark.parametrize("scatter", [0, 10, 20, 30])
@pytest.mark.parametrize("notes", [3, 7, 30, 100])
def test_no_drift_is_described_if_the_tuning_is_constant(scatter, notes):
    offsets = range(-50, 50, 5)
    songs = [sung(cents, MEANT[:notes], scatter, seed) for seed, cents in enumerate(offsets)]
    assert sum(describe_drift(song.notes) is not None for song in songs) <= (scatter == 30)


def test_no_drift_is_described_if_it_affects_hardly_any_notes():
    song = sung(np.linspace(15, -15, len(MEANT)), scatter=5)
    assert len(estimate_tuning(song.notes).semitones) > 1
    assert describe_drift(song.notes) is None


def test_wrong_and_uncertain_notes_have_little_weight():
    wild = np.random.default_rng(1).uniform(-50, 50, len(MEANT))
    third = np.arange(len(MEANT)) % 3 == 0
    song = sung(np.where(third, wild, -35))
    assert estimate_tuning(song.notes).at(0.0) == pytest.approx(-0.35, abs=0.04)
    unsure = tuple(
        replace(n, confidence=0.0) if i % 3 else n for i, n in enumerate(sung(np.where(third, 30, -30)).notes)
    )
    assert estimate_tuning(unsure).at(0.0) == pytest.approx(0.3, abs=0.02)


def test_scatter_as_large_as_vibrato_does_not_change_the_tuning():
    song = sung(-38 + 25 * np.sin(np.arange(len(MEANT)) * 2.1))
    assert np.mean(integers(song) == MEANT) > 0.98


@settings(deadline=None, max_examples=25)
@given(st.integers(-20, 20), st.floats(-45, 45), st.integers(0, 1000))
def test_transposing_does_not_change_the_tuning(semitones, cents, seed):
    song = sung(cents, MEANT[:50], scatter=12, seed=seed)
    higher = replace(song, notes=tuple(replace(n, pitch=n.pitch + semitones) for n in song.notes))
    np.testing.assert_array_equal(integers(higher), integers(song) + semitones)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(36, 90), min_size=0, max_size=60), st.integers(0, 1000))
def test_notes_in_tune_are_rounded_as_without_the_option(meant, seed):
    song = sung(0, np.array(meant, dtype=float), scatter=4, seed=seed)
    np.testing.assert_array_equal(integers(song), integers(song, None))


def test_the_tuning_stays_440_hz_for_few_or_inconsistent_notes():
    assert estimate_tuning(()) is None
    assert apply_tuning(sung(0, MEANT[:0]), "auto").notes == ()
    assert describe_tuning(()) == "tuning: A4 stays 440 Hz, as 0 notes are too few; set it with --tuning"
    assert estimate_tuning(sung(-40, MEANT[:3]).notes) is None
    anything = sung(np.random.default_rng(3).uniform(-50, 50, len(MEANT)))
    assert "agree on no other tuning" in describe_tuning(anything.notes)
    np.testing.assert_array_equal(integers(anything), integers(anything, None))


def test_no_tuning_is_estimated_if_a_time_is_absurd():
    song = sung(-39)
    wild = replace(song, notes=(*song.notes, Note(999_990.0, 999_999.0, 60.0)))
    assert estimate_tuning(wild.notes) is None
    assert apply_tuning(wild, "auto").notes == wild.notes
    assert "A4 stays 440 Hz, as the notes lie more than 12 hours apart" in describe_tuning(wild.notes)


def test_descriptions_of_the_tuning():
    assert describe_tuning(sung(0).notes) == "tuning: A4 = 440 Hz"
    assert describe_tuning(sung(-39).notes) == "tuning: A4 = 430.2 Hz (39 cents flat)"
    doubtful = describe_tuning(sung(47).notes)
    assert doubtful.endswith("(47 cents sharp); if all notes are a semitone too low, use --tuning 426.7")
    np.testing.assert_array_equal(integers(sung(47), 426.7), MEANT + 1)


@pytest.mark.parametrize("ending", [".mid", ".csv", ".json", ".txt", ".sv.csv", ".musicxml"])
def test_every_format_uses_the_tuning(tmp_path, ending):
    song = sung(-40, MEANT[:40], scatter=15)
    path = formats.save(song, tmp_path / f"a{ending}", options=Options(tuning="auto", tempo=100.0, quantize="1/8"))
    if ending == ".csv":
        found = [int(line.split(",")[3]) for line in path.read_text().splitlines()[1:]]
    elif ending == ".json":
        import json

        found = [note["note"] for note in json.loads(path.read_text())["notes"]]
    elif ending == ".sv.csv":
        names = [line.split(",")[4] for line in path.read_text().splitlines()]
        assert names[:4] == ["C4", "D4", "E4", "F4"]
        return
    else:
        found = [note.note for note in formats.load_notes(path)]
    np.testing.assert_array_equal(found, MEANT[:40])


@pytest.mark.parametrize("ending", [".csv", ".json"])
def test_a_tuning_is_kept_in_files(tmp_path, ending):
    song = apply_tuning(sung(-40, MEANT[:40], scatter=15), "auto")
    path = formats.save(song, tmp_path / f"a{ending}")
    found = formats.load_notes(path)
    assert [note.tuning for note in found] == pytest.approx([note.tuning for note in song.notes], abs=0.0006)
    np.testing.assert_array_equal([note.note for note in found], MEANT[:40])
    few = Transcription(found[:3], NOTHING, 3.0)
    assert apply_tuning(few, "auto").notes == few.notes
    assert "A4 stays as in the file, as 3 notes are too few" in describe_tuning(few.notes)
    plain = formats.save(sung(0, MEANT[:4]), tmp_path / f"b{ending}")
    assert "tuning" not in plain.read_text()
    assert all(note.tuning == 0 for note in formats.load_notes(plain))
    path.write_text(path.read_text().replace("-0.4", "440.4"))  # Hz
    with pytest.raises(SingtransError, match="is not a note"):
        formats.load_notes(path)


def test_columns_named_tuning_in_files_of_other_programs_are_ignored(tmp_path):
    (tmp_path / "a.csv").write_text("onset,offset,pitch,tuning\n0,1,60.4,440\n")
    assert formats.load_notes(tmp_path / "a.csv") == (Note(0.0, 1.0, 60.4),)


def test_pitches_do_not_change(tmp_path):
    song = sung(-40, MEANT[:40], scatter=15)
    for ending in (".csv", ".json", ".sv.csv", ".jams", ".labels.txt"):
        path = formats.save(song, tmp_path / f"a{ending}", options=Options(tuning="auto"))
        read = [note.pitch for note in formats.load_notes(path)]
        np.testing.assert_allclose(read, [note.pitch for note in song.notes], atol=0.0051)


@pytest.mark.parametrize("tuning", ["auto", 380.0])
def test_bends_follow_the_sung_pitch(tuning):
    song, file = sung(-45, MEANT[:40], scatter=10), io.BytesIO()
    formats.write(song, file, "mid", Options(tuning=tuning, pitch_bend=True))
    file.seek(0)
    voice, wheel, reach, sounding = mido.MidiFile(file=file).tracks[1], 0, 0, []
    for message in voice:
        if message.type == "control_change" and message.control == 6:
            reach = message.value
        elif message.type == "pitchwheel":
            wheel = message.pitch
        elif message.type == "note_on":
            sounding.append(message.note + wheel / 8192 * reach)
    np.testing.assert_allclose(sounding, [note.pitch for note in song.notes], atol=0.001)


def test_notes_at_the_same_time_have_a_tuning():
    chord = [Note(1.0, 2.0, pitch + 0.2) for pitch in range(50, 74)]
    found = estimate_tuning(chord)
    assert found is not None
    assert found.at(1.5) == pytest.approx(0.2, abs=0.05)


@pytest.mark.parametrize(("count", "words"), [(0, "0 notes are"), (1, "1 note is"), (2, "2 notes are")])
def test_too_few_notes_are_counted_in_the_description(count, words):
    assert f"as {words} too few" in describe_tuning([Note(float(i), i + 0.5, 60.0) for i in range(count)])


def test_options():
    options = Options(tuning=432.0)
    assert pickle.loads(pickle.dumps(options)) == options
    assert (parse_auto("Auto"), parse_auto("452.9")) == ("auto", 452.9)
    for wrong in ("a4", ""):
        with pytest.raises(UsageError, match="Hz of A4"):
            Options(tuning=parse_auto(wrong))
    for wrong in (44.0, float("nan"), "sharp"):
        with pytest.raises(UsageError, match="--tuning"):
            Options(tuning=wrong)
