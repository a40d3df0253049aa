"""Synthetic singing and distortions of the benchmarks have the documented notes and levels."""

import argparse
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks import arguments, comparison, conditions, phenomena, pitch, spoken
from benchmarks import other_systems as systems
from recipe import label_lag
from recipe import manifest as data_manifest
from recipe import resung_melodies as synthetic
from recipe import song_files as data_set
from recipe import sung_words as words
from singtrans.dataset.manifest import Entry, read_entries, write_manifest
from singtrans.formats import load_notes, load_pitch
from singtrans.notes import Note, PitchTrack

RATE = 16_000
FINER = 32
FOLDER = Path(__file__).parents[2] / "benchmarks"


SAMPLES = FOLDER.parent / "sample_audio"
VOICED = f", {comparison.AllVoiced.name}"


def measured_pitch(samples: np.ndarray, midi: float) -> float:
    """Measure the pitch by autocorrelation, within four semitones of ``midi``."""
    period = RATE / (440 * 2 ** ((midi - 69) / 12))
    size = 1 << (2 * len(samples)).bit_length()
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), size)) ** 2
    likeness = np.fft.irfft(power, FINER * size)  # lags are in fractions of a sample
    lags = np.arange(int(FINER * period * 0.8), int(FINER * period * 1.26))
    return 69 + 12 * np.log2(FINER * RATE / lags[np.argmax(likeness[lags])] / 440)


@pytest.mark.parametrize("name", phenomena.PHENOMENA)
def test_notes_agree_with_the_sound(name):
    melody = phenomena.make(name, 0)
    assert melody.samples.dtype == np.float32
    assert np.isfinite(melody.samples).all()
    assert np.abs(melody.samples).max() <= 1
    assert len(melody.samples) / RATE == pytest.approx(melody.notes[-1].offset + phenomena.TAIL, abs=0.01)
    assert all(before.offset <= after.onset for before, after in pairwise(melody.notes))
    errors, levels = [], []
    for note in melody.notes:
        half = min(0.3 * note.duration, 0.05)
        centre = (note.onset + note.offset) / 2
        piece = melody.samples[round((centre - half) * RATE) : round((centre + half) * RATE)].astype(float)
        errors.append(measured_pitch(piece, note.pitch) - note.pitch)
        levels.append(np.sqrt(np.mean(piece**2)))
    # With vibrato, the pitch at the centre of a note depends on the phase. In shouting, it is above the mean.
    assert np.median(np.abs(errors)) < {"wide vibrato": 1.0, "shouting": 0.6}.get(name, 0.35)
    rest = melody.samples[: round((melody.notes[0].onset - 0.02) * RATE)]
    assert min(levels) > 2 * rest.std()


def test_melodies_depend_only_on_their_number():
    first, again, other = (phenomena.make("staccato", number) for number in (1, 1, 3))
    assert np.array_equal(first.samples, again.samples)
    assert first.notes == again.notes
    assert first.notes != other.notes


def test_repeated_and_legato_notes():
    legato = phenomena.make("legato", 2).notes
    assert np.mean([before.offset == after.onset for before, after in pairwise(legato)]) > 0.6
    assert all(abs(before.pitch - after.pitch) > 0.5 for before, after in pairwise(legato))
    repeated = phenomena.make("repeated, dip on one vowel", 2).notes
    touching = [(before, after) for before, after in pairwise(repeated) if before.offset == after.onset]
    assert len(touching) > 5
    assert all(abs(before.pitch - after.pitch) < 0.5 for before, after in touching)


@pytest.mark.parametrize("name", spoken.DICTIONS)
def test_spoken_melodies_are_in_one_scale(name):
    used = set()
    for seed in range(6):
        tokens = spoken.score(spoken.DICTIONS[name], 48, 60.0, np.random.default_rng(seed)).split()
        pitches = {int(token.split("/")[0]) for token in tokens if "/" in token}
        fitting = [mode for mode in phenomena.SCALES if {(pitch - 48) % 12 for pitch in pitches} <= set(mode)]
        assert len(fitting) == 1, sorted(pitches)
        assert len(pitches) >= 6
        used |= set(fitting)
    assert used == set(phenomena.SCALES)


@pytest.mark.parametrize("sound", pitch.TIMBRES)
@pytest.mark.parametrize("midi", [36.0, 60.3, 84.0])
def test_reference_tones_have_the_stated_pitch(sound, midi):
    for manner in (pitch.Manner(), pitch.Manner(snr=20.0)):
        tone = pitch.tone(midi, pitch.TIMBRES[sound], manner, np.random.default_rng(0))
        inside = tone[round((pitch.SILENCE + 0.4) * RATE) : round((pitch.SILENCE + 0.8) * RATE)].astype(float)
        assert measured_pitch(inside, midi) == pytest.approx(midi, abs=0.05)
    before = tone[: round((pitch.SILENCE - 0.05) * RATE)]
    assert 20 * np.log10(inside.std() / before.std()) == pytest.approx(20, abs=2)


def test_a_reference_tone_is_compared_with_the_overlapping_note():
    start, end = pitch.SILENCE, pitch.SILENCE + pitch.SECONDS
    whole, half = Note(start, end, 60), Note(start, start + 0.4 * pitch.SECONDS, 60)
    assert pitch.read((whole,)) == (whole, False)
    assert pitch.read((half,)) == (None, False)
    assert pitch.read((half, Note(half.offset, end, 61))) == (Note(half.offset, end, 61), True)
    assert pitch.read(()) == (None, False)
    assert pitch.row([0.1, -0.3, 12.0], missed=1, split=0) == [4, "20.0", "30.0", 1, 1, 0]


@pytest.fixture(scope="module")
def song() -> np.ndarray:
    return phenomena.make("breath", 0).samples[: 4 * RATE]


def test_conditions_do_not_change_length_and_time(song):
    band = np.random.default_rng(1).standard_normal(RATE).astype(np.float32)
    found = conditions.conditions([band])
    assert len(found) > 20
    for name, change in found.items():
        changed = change(song, np.random.default_rng(0))
        assert changed.shape == song.shape, name
        assert changed.dtype == np.float32, name
        agreement = np.fft.irfft(np.fft.rfft(changed, 1 << 17) * np.conj(np.fft.rfft(song, 1 << 17)))
        delay = (int(agreement.argmax()) + (1 << 16)) % (1 << 17) - (1 << 16)
        assert abs(delay) <= 0.005 * RATE, name


@pytest.mark.parametrize("name", ["white noise", "pink noise", "hum", "metronome", "band"])
def test_backgrounds_have_the_stated_level(song, name):
    found = conditions.conditions([np.random.default_rng(1).standard_normal(RATE).astype(np.float32)])
    change = found[f"{name}, 10 dB"]
    noise = change(song, np.random.default_rng(0)) - song
    assert 10 * np.log10(np.mean(song**2) / np.mean(noise**2)) == pytest.approx(10, abs=0.1)


def test_pink_noise_falls_by_three_decibels_per_octave(song):
    noise = conditions.noisy(song, np.random.default_rng(0), 10, slope=1.0) - song
    power, hertz = np.abs(np.fft.rfft(noise)) ** 2, np.fft.rfftfreq(len(noise), 1 / RATE)
    octaves = [power[(hertz >= low) & (hertz < 2 * low)].mean() for low in (250, 500, 1000, 2000)]
    assert 10 * np.log10(octaves[0] / octaves[3]) == pytest.approx(9, abs=1)


def test_reverberation_has_the_requested_duration():
    click = np.zeros(2 * RATE, np.float32)
    click[0] = 1.0
    tail = conditions.in_room(click, np.random.default_rng(0), 0.6)[1:]
    decay = 10 * np.log10(np.cumsum(tail[::-1] ** 2)[::-1][[0, round(0.3 * RATE)]])
    assert decay[0] == pytest.approx(-conditions.DIRECT, abs=0.1)
    assert decay[0] - decay[1] == pytest.approx(30, abs=2)


def track(*stretches: tuple[float, float]) -> PitchTrack:
    """Make a pitch track from stretches: (length in seconds, pitch), with a pitch of NaN for silence."""
    midi = np.concatenate([np.full(round(seconds / 0.01), value) for seconds, value in stretches])
    return PitchTrack(np.arange(len(midi)) * 0.01, midi, np.isfinite(midi).astype(float))


def test_pitch_tracks_are_converted_to_notes():
    silence = (0.2, np.nan)
    notes = systems.segment(
        track(silence, (0.5, 60.1), silence, (0.4, 62.0), (0.4, 64.2), (0.04, 66.0), (0.3, 64.2), silence, (0.05, 70.0))
    )
    assert [round(note.pitch, 1) for note in notes] == [60.1, 62.0, 64.2]
    assert [note.onset for note in notes] == pytest.approx([0.2, 0.9, 1.3], abs=0.011)
    assert [note.offset for note in notes] == pytest.approx([0.7, 1.3, 2.04], abs=0.011)
    assert systems.segment(track((1.0, np.nan))) == ()
    vibrato = 60 + 0.45 * np.sin(np.arange(100) / 100 * 2 * np.pi * 6)
    assert len(systems.segment(PitchTrack(np.arange(100) * 0.01, vibrato, np.ones(100)))) == 1


def test_the_pitch_is_that_of_the_loudest_simultaneous_note():
    found = systems.loudest([(0.0, 1.0, 60.0, 0.9), (0.5, 1.5, 67.0, 0.5)], 2.0)
    assert found.midi[[20, 70, 120]].tolist() == [60.0, 60.0, 67.0]
    assert np.isnan(found.midi[170])


def test_synthetic_songs_are_written_as_training_data(tmp_path):
    curve = np.concatenate([np.full(100, 60.0), np.full(100, np.nan)])
    song = data_set.Song(np.full(RATE, 0.5), (Note(0.0, 0.5, 60.0),), curve)
    without = data_set.Song(song.samples, song.notes)
    made = [data_set.write_song(tmp_path, name, one) for name, one in (("a", song), ("b", without))]
    write_manifest(tmp_path / "m.csv", made)
    entries = read_entries(tmp_path / "m.csv", valid_fraction=0.0)
    assert [(entry.id, entry.split, bool(entry.f0)) for entry in entries] == [
        ("a", "train", True),
        ("b", "train", False),
    ]
    assert load_notes(entries[1].notes) == song.notes
    track = load_pitch(entries[0].f0)
    frames = np.round(track.time / data_set.HOP_SECONDS).astype(int)
    np.testing.assert_array_equal(track.midi, curve[frames])


def test_synthetic_melodies_have_several_manners():
    styles = [synthetic.manner(np.random.default_rng(seed)) for seed in range(300)]
    assert np.mean([style.glide[1] > 0.3 for style in styles]) == pytest.approx(0.35, abs=0.08)
    assert np.mean([style.dip[0] < 6 for style in styles]) == pytest.approx(0.35, abs=0.08)
    assert all((style.same_vowel_share > style.vowel_share) == (style.dip[0] < 6) for style in styles)


@pytest.fixture
def manifest(tmp_path) -> Path:
    """Write a manifest of three samples: one with pitch labels, one with notes, and one for validation."""
    (tmp_path / "pitch.f0.csv").write_text("time,midi\n" + "".join(f"{i / 100},65\n" for i in range(100)))
    song, other = SAMPLES / "frere_jacques.flac", SAMPLES / "ode_to_joy.ogg"
    notes = SAMPLES / "ode_to_joy.notes.csv"
    write_manifest(
        tmp_path / "m.csv",
        [
            Entry("pitch", song, f0=tmp_path / "pitch.f0.csv", source="clips"),
            Entry("notes", other, notes=notes, source="songs"),
            Entry("kept", song, f0=tmp_path / "pitch.f0.csv", split="valid", source="clips"),
        ],
    )
    return tmp_path / "m.csv"


def test_the_comparison_has_a_row_for_each_part_model_and_tool(manifest, monkeypatch, capsys):
    def nothing():
        raise ImportError("no such package")

    monkeypatch.setattr(comparison, "BASELINES", {"missing": nothing})
    words = [str(manifest), "songs=-4", "--split", "train", "--split", "valid", "--left-out", "songs=default"]
    monkeypatch.setattr(sys, "argv", ["comparison.py", *words, "--baselines"])
    comparison.main()
    printed = capsys.readouterr()
    assert "missing is left out: no such package" in printed.err
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in printed.out.splitlines() if "|" in line]
    assert [row[:4] for row in rows if row[0].startswith("songs")] == [
        ["songs", "train", "solo", "1"],
        ["songs, labels moved by -4 Hz", "train", "solo", "1"],
        ["songs, labels moved by -4 Hz, given boundaries", "train", "solo", "1"],
        ["songs", "all", "trained without songs", "1"],
        ["songs, labels moved by -4 Hz", "all", "trained without songs", "1"],
        ["songs, labels moved by -4 Hz, given boundaries", "all", "trained without songs", "1"],
    ]
    figures = {row[0]: [float(cell.split()[0]) for cell in row[4:]] for row in rows if row[0].startswith("songs")}
    right, moved, given = figures.values()
    assert min(right) > 0.9
    assert moved[:2] == right[:2]  # onsets and offsets
    assert given[0] == given[1] == 1.0
    assert moved[2] < right[2]  # 4 Hz are 40 cents for the lowest notes
    assert [row[:4] for row in rows if row[0] == "clips pitch"] == [
        ["clips pitch", "train", "solo", "1"],
        ["clips pitch", "valid", "solo", "1"],
    ]
    whole, decided = ({row[0]: row for row in rows if row[1] == "train"}[f"clips pitch{w}"] for w in (VOICED, ""))
    assert float(whole[4].split()[0]) >= float(decided[4].split()[0])  # raw pitch accuracy
    assert float(whole[6].split()[0]) == 1.0  # voicing recall


def test_source_options_need_a_name_and_a_number():
    assert arguments.source_and_word("a=b=c") == ("a", "b=c")
    assert arguments.source_and_hz("ssvd=-4.1") == ("ssvd", -4.1)
    for wrong in ("a", "=b", "a=", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="SOURCE=SOMETHING"):
            arguments.source_and_word(wrong)
    with pytest.raises(argparse.ArgumentTypeError, match="not a number of Hz"):
        arguments.source_and_hz("ssvd=flat")


def hummed_and_sung(notes, rate, levels):
    """Make the (samples,) of vowels at the notes; each vowel has a hum of 90 ms before and after it."""
    samples = np.zeros(round((notes[-1].offset + 0.1) * rate))
    time = np.arange(len(samples)) / rate
    for note, level in zip(notes, levels, strict=True):
        vowel = (time >= note.onset) & (time < note.offset)
        hum = (time >= note.onset - 0.09) & (time < note.offset + 0.09)
        samples += level * vowel * sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(4, 12))
        samples += level * hum * np.sin(2 * np.pi * 220 * time)
    return samples


def test_notes_of_sung_words_begin_with_their_vowels():
    make, rate = words.recipe(), 22_050  # five milliseconds are not a whole number of samples at this rate
    notes = [Note(t, t + 0.5, 60.0) for t in np.arange(0.5, 20.0)]
    sung = [
        make.Sung(None, 0, 0.0, (replace(n, onset=n.onset - 0.08), Note(n.offset, n.offset + 0.2, 62.0))) for n in notes
    ]
    found = make.from_vowels(hummed_and_sung(notes, rate, [0.3] * len(notes)), rate, sung)
    assert [n.onset for n in found[::2]] == pytest.approx([n.onset for n in notes], abs=0.01)
    assert found[1::2] == [syllable.notes[1] for syllable in sung]  # slurred notes are not changed
    brief = make.Sung(None, 0, 0.0, (Note(notes[0].onset - 0.08, notes[0].onset + 0.02, 60.0),))
    with pytest.raises(ValueError, match="no room"):
        make.from_vowels(hummed_and_sung(notes, rate, [0.3] * len(notes)), rate, [brief])


@pytest.mark.parametrize("levels", [np.full(8, 0.3), np.geomspace(0.02, 0.5, 8), np.geomspace(0.5, 0.02, 8)])
def test_lags_of_labels_are_measured_with_louder_consonants(levels):
    notes = [Note(t, t + 0.5, 60.0) for t in np.arange(0.5, 0.5 + 8 * 0.7, 0.7)]
    late = [replace(n, onset=n.onset + 0.03, offset=n.offset + 0.03) for n in notes]
    onsets, offsets = label_lag.lags(hummed_and_sung(notes, RATE, levels)[: -round(0.05 * RATE)], late)
    assert len(onsets) == len(offsets) == len(notes)
    assert onsets == pytest.approx(np.full(8, 0.03), abs=0.01)
    assert offsets == pytest.approx(np.full(8, 0.03), abs=0.01)


def test_late_labels_are_moved_back(tmp_path):
    notes = [Note(t, t + 0.5, 60.0) for t in np.arange(0.5, 8.0)]
    for folder in ("ssvd", "pjs", "mir1k"):
        (tmp_path / folder).mkdir()
    for name in ("1201", "1072"):
        data_set.write_notes(tmp_path / "ssvd" / f"{name}.tsv", notes)
    found = data_manifest.entries(tmp_path, tmp_path / "syllables", tmp_path / "on-time")
    moved, kept = sorted(found, key=lambda e: e.id, reverse=True)
    assert kept.notes == tmp_path / "ssvd" / "1072.tsv"
    assert [n.onset for n in load_notes(moved.notes)] == pytest.approx([n.onset - 0.02 for n in notes])
    assert [n.offset for n in load_notes(moved.notes)] == pytest.approx([n.offset - 0.02 for n in notes])
    assert {e.notes.parent.name for e in data_manifest.entries(tmp_path, tmp_path / "syllables")} == {"ssvd"}


def test_an_invalid_manifest_is_reported_in_one_line(tmp_path, capsys):
    parser = argparse.ArgumentParser()
    parser.add_argument("entries", type=arguments.manifest)
    with pytest.raises(SystemExit) as stopped:
        parser.parse_args([str(tmp_path / "none.csv")])
    assert stopped.value.code == 2
    assert f"{tmp_path / 'none.csv'}: there is no such manifest" in capsys.readouterr().err
    write_manifest(tmp_path / "m.csv", [Entry("one", SAMPLES / "ode_to_joy.ogg", SAMPLES / "ode_to_joy.notes.csv")])
    assert [entry.id for entry in parser.parse_args([str(tmp_path / "m.csv")]).entries] == ["one"]
