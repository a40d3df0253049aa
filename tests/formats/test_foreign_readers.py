"""Written files are read correctly by other programs."""

import warnings
from dataclasses import replace
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
import soxr

from singtrans import Note, PitchTrack, SingtransError, Transcription, formats
from singtrans.formats import Options
from singtrans.formats.lyrics import parse_lyrics
from singtrans.pitch import midi_to_hz
from tests.helpers.tunes import SPANS, START, saved, tune

warnings.filterwarnings("ignore")


@pytest.mark.parametrize("options", [{}, {"tempo": 96.0}, {"tempo": 97.3}, {"tempo": "auto"}])
def test_midi_times_are_exact_at_any_tempo(tmp_path, options):
    import pretty_midi

    path = saved(tmp_path, ".mid", **options)
    read = pretty_midi.PrettyMIDI(str(path))
    (voice,) = read.instruments
    step = 60 / 40 / 480  # length of a tick in the slowest beat, which is before the first note
    for before, after in zip(tune().notes, voice.notes, strict=True):
        assert (after.start, after.end) == (
            pytest.approx(before.onset, abs=step / 2),
            pytest.approx(before.offset, abs=step / 2),
        )
        assert after.pitch == before.note
    if options.get("tempo") == 96.0:
        _, tempi = read.get_tempo_changes()
        assert tempi[-1] == pytest.approx(96, abs=1e-3)
        beats = read.get_beats()
        assert np.abs(beats - START).min() < 0.002  # the grid agrees with the song
        downs = read.get_downbeats()
        assert np.abs(downs - START).min() < 0.002


def test_midi_quantized(tmp_path):
    import pretty_midi

    loose = replace(tune(), notes=tuple(
        replace(note, onset=note.onset + shift, offset=note.offset - 0.03)
        for note, shift in zip(tune().notes, [0.02, -0.03, 0.025, 0.01, -0.02, 0.03, 0.0, 0.02], strict=True)
    ))  # fmt: skip
    path = formats.save(loose, tmp_path / "a.mid", options=Options(tempo=96, metre=4, pickup=0, quantize="1/8"))
    read = pretty_midi.PrettyMIDI(str(path))
    ticks = [(read.time_to_tick(n.start), read.time_to_tick(n.end)) for n in read.instruments[0].notes]
    first = ticks[0][0]
    assert first % 480 == 0
    assert [((a - first) / 480, (b - first) / 480) for a, b in ticks] == [(a, b) for a, b, _ in SPANS]


def test_midi_bends_follow_the_voice_and_return_to_zero(tmp_path):
    path = saved(tmp_path, ".mid", pitch_bend=True, tempo=96.0, program=74)
    content = mido.MidiFile(path)
    voice = content.tracks[1]
    controls = [(m.control, m.value) for m in voice if m.type == "control_change"]
    assert controls == [(101, 0), (100, 0), (6, 2), (38, 0), (101, 127), (100, 127)]
    assert [m.program for m in voice if m.type == "program_change"] == [73]
    now, steps = 0.0, [(0.0, 0)]
    for message in content:  # times are in seconds
        now += message.time
        if message.type == "pitchwheel":
            steps.append((now, message.pitch))
    times, values = np.array(steps).T
    assert values[-1] == 0
    track, sounded, heard = tune().pitch, [], []
    for note in tune().notes:
        inside = (track.time >= note.onset) & (track.time < note.offset - 0.01)
        wheel = values[np.searchsorted(times, track.time[inside] + 0.0015, "right") - 1]
        sounded += list(note.note + wheel / 8192 * 2)
        heard += list(track.midi[inside])
    errors = np.abs(np.array(sounded) - heard)
    # Thinning changes the pitch by up to 4 cents, and a delay of 10 ms changes the pitch during vibrato.
    assert errors.max() < 0.16
    assert errors.mean() < 0.05
    assert len(steps) < 0.9 * 100 * sum(note.duration for note in tune().notes)
    # Between notes, the wheel is at 0.
    for number, message in enumerate(voice[:-1]):
        if message.type == "note_on":
            before = [m for m in voice[:number] if m.type in ("pitchwheel", "note_off")]
            offs = [place for place, m in enumerate(before) if m.type == "note_off"]
            assert not offs or any(m.type == "pitchwheel" for m in before[offs[-1] :])


def test_midi_lyrics(tmp_path):
    import pretty_midi

    words = parse_lyrics("Glo-~-ri-a, yes\nand no more")
    path = saved(tmp_path, ".mid", lyrics=words)
    lyrics = pretty_midi.PrettyMIDI(str(path)).lyrics
    assert [lyric.text for lyric in lyrics] == ["Glo-", "-", "ri-", "a,", "yes", "and", "no", "more"]
    assert [lyric.time for lyric in lyrics] == pytest.approx([note.onset for note in tune().notes], abs=0.001)


def test_midi_velocities_follow_the_recording(tmp_path):
    made, rate = tune(), 16_000
    sound = np.zeros(9 * rate, np.float32)
    gains = [1, 0.5, 0.25, 0.1, 1, 0.5, 0.7, 0.02]
    for note, gain in zip(made.notes, gains, strict=True):
        inside = slice(round(note.onset * rate), round(note.offset * rate))
        sound[inside] = 0.5 * gain * np.sin(np.arange(inside.stop - inside.start) * 0.2)
    soundfile.write(tmp_path / "a.wav", sound, rate)
    path = saved(tmp_path, ".mid", loudness=True, audio=tmp_path / "a.wav")
    on = [m.velocity for m in mido.MidiFile(path).tracks[1] if m.type == "note_on"]
    expected = 112 * np.sqrt(np.array(gains) / 1.0)
    np.testing.assert_allclose(on[:-1], expected[:-1], atol=2)
    assert on[-1] == pytest.approx(16, abs=1)
    saved(tmp_path, ".txt", loudness=True, audio=tmp_path / "none.wav")  # this format has no velocities


def test_jams(tmp_path):
    import jams

    read = jams.load(str(saved(tmp_path, ".jams")), validate=True, strict=True)
    assert read.file_metadata.duration == 9.0
    data = read.annotations.search(namespace="note_midi")[0].to_interval_values()
    np.testing.assert_allclose(data[0], [(n.onset, n.offset) for n in tune().notes], atol=1e-5)
    np.testing.assert_allclose(data[1], [n.pitch for n in tune().notes], atol=1e-3)
    contour = read.annotations.search(namespace="pitch_contour")[0].data
    hz = np.array([entry.value["frequency"] for entry in contour])
    np.testing.assert_allclose(hz, np.nan_to_num(midi_to_hz(tune().pitch.midi)), atol=0.01)


def test_labels_by_mir_eval(tmp_path):
    import mir_eval

    intervals, names = mir_eval.io.load_labeled_intervals(str(saved(tmp_path, ".labels.txt")), delimiter="\t")
    np.testing.assert_allclose(intervals, [(n.onset, n.offset) for n in tune().notes], atol=1e-6)
    assert names[0] == "C4+13"
    content = (tmp_path / "a.labels.txt").read_bytes().decode()
    assert all(len(line.split("\t")) == 3 for line in content.splitlines())  # Audacity's rule


def test_sonic_visualiser_by_mir_eval(tmp_path):
    import mir_eval

    columns = mir_eval.io.load_delimited(
        str(saved(tmp_path, ".sv.csv")), [float, float, float, float, str], delimiter=","
    )
    np.testing.assert_allclose(columns[0], [n.onset for n in tune().notes], atol=1e-6)
    np.testing.assert_allclose(columns[1], midi_to_hz(np.array([n.pitch for n in tune().notes])), atol=1e-3)
    np.testing.assert_allclose(columns[2], [n.duration for n in tune().notes], atol=1e-6)


def test_pitch_track_by_numpy(tmp_path):
    read = np.loadtxt(saved(tmp_path, ".f0.csv"), delimiter=",", skiprows=1)
    np.testing.assert_allclose(read[:, 0], tune().pitch.time, atol=1e-6)
    np.testing.assert_allclose(read[:, 1], np.nan_to_num(midi_to_hz(tune().pitch.midi)), atol=1e-3)
    ours = formats.load_pitch(tmp_path / "a.f0.csv")
    np.testing.assert_allclose(ours.midi, tune().pitch.midi, atol=1e-4)


def ultrastar(text):
    """Read a song by the rules of the format (tags, then notes in quarter beats), without our reader."""
    tags = dict(line[1:].split(":", 1) for line in text.splitlines() if line.startswith("#"))
    unit = 60 / float(tags["BPM"]) / 4
    notes, lines = [], [[]]
    for line in text.splitlines():
        if line.startswith(": "):
            _, start, length, pitch, syllable = line.split(" ", 4)
            onset = float(tags["GAP"]) / 1000 + int(start) * unit
            notes.append((onset, onset + int(length) * unit, int(pitch) + 60))
            lines[-1].append(syllable)
        elif line.startswith("- "):
            lines.append([])
    assert text.endswith("\nE\n")
    return tags, notes, ["".join(line) for line in lines]


def test_ultrastar(tmp_path):
    words = parse_lyrics("Glo-~-ri-a, yes\nand no more")
    text = saved(tmp_path, ".txt", tempo=96.0, lyrics=words, ends="sung").read_text("utf-8")
    tags, notes, lines = ultrastar(text)
    assert tags["TITLE"] == "Tune <b>&"
    assert tags["MP3"] == "tune <b>&.wav"
    assert lines == ["Glo~ria, yes", "and no more"]
    assert np.log2(float(tags["BPM"]) / 96) % 1 == 0
    for read, note in zip(notes, tune().notes, strict=True):
        assert read == (pytest.approx(note.onset, abs=0.02), pytest.approx(note.offset, abs=0.02), note.note)
    late = replace(tune(), notes=tuple(replace(n, onset=n.onset + 1e4, offset=n.offset + 1e4) for n in tune().notes))
    both = replace(late, notes=tune().notes + late.notes)
    path = formats.save(both, tmp_path / "late.txt", options=Options(tempo=130.0007, ends="sung"))
    for read, note in zip(ultrastar(path.read_text("utf-8"))[1], both.notes, strict=True):
        assert read[:2] == (pytest.approx(note.onset, abs=0.029), pytest.approx(note.offset, abs=0.029))
    _, _, lines = ultrastar(saved(tmp_path, ".txt").read_text("utf-8"))
    assert lines == ["~~~~", "~~~", "~"]  # at the breaths


def test_sound(tmp_path):
    made = tune(0.0)
    noise = np.random.default_rng(0).standard_normal(9 * 22_050)
    mine = np.convolve(noise, np.hanning(9) / 20, "same").astype(np.float32)  # only frequencies that resampling keeps
    soundfile.write(tmp_path / "in.wav", mine, 22_050, subtype="FLOAT")
    path = formats.save(made, tmp_path / "a.sonified.wav", options=Options(audio=tmp_path / "in.wav"))
    sound, rate = soundfile.read(path)
    assert sound.shape == (9 * 44_100, 2)
    left = soxr.resample(sound[:, 0], rate, 22_050)
    assert np.corrcoef(left, mine)[0, 1] > 0.99
    for note in made.notes:
        middle = slice(round((note.onset + 0.03) * rate), round((note.offset - 0.03) * rate))
        piece = sound[middle, 1] * np.hanning(middle.stop - middle.start)
        peak = np.argmax(np.abs(np.fft.rfft(piece, 2**18))) * rate / 2**18
        assert 12 * np.log2(peak / midi_to_hz(note.note)) == pytest.approx(0, abs=0.1)
    quiet = sound[round((made.notes[3].offset + 0.05) * rate) : round((made.notes[4].onset - 0.01) * rate), 1]
    assert np.abs(quiet).max() < 1e-3
    alone = formats.save(made, tmp_path / "b.wav")
    both, _ = soundfile.read(alone)
    np.testing.assert_array_equal(both[:, 0], both[:, 1])


def test_sound_does_not_depend_on_the_blocks():
    from singtrans.formats.sonification import synthesize

    notes = [Note(0.1, 5.0, 60.3), Note(5.0, 9.0, 65)]
    whole = synthesize(notes, 0, 400_000)
    pieces = np.concatenate([synthesize(notes, first, 10_007) for first in range(0, 400_000, 10_007)])[:400_000]
    np.testing.assert_allclose(pieces, whole, atol=1e-6)


@pytest.mark.parametrize(("ending", "says"), [(".musicxml", "bars, too many"), (".wav", "hours do not fit")])
def test_a_huge_time_is_refused_where_it_would_fill_memory_or_disk(tmp_path, ending, says):
    wild = replace(tune(), notes=(*tune().notes, Note(999_990.0, 999_999.0, 60.0)))
    with pytest.raises(SingtransError, match=says):
        formats.save(wild, tmp_path / f"a{ending}", options=Options(tempo="auto"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", formats.ENDINGS.values())
def test_transcriptions_without_notes_in_all_formats(tmp_path, ending):
    nothing = Transcription((), PitchTrack(*(np.zeros(0),) * 3), 2.0, audio="a.wav")
    path = formats.save(nothing, tmp_path / f"a{ending}", options=Options(tempo="auto", pitch_bend=True))
    assert path.exists()
    if ending in (".mid", ".csv", ".json", ".jams", ".txt", ".musicxml"):
        assert formats.load_notes(path) == ()


def test_options_can_be_pickled():
    import pickle

    options = Options(tempo="auto", lyrics=parse_lyrics("la la"), audio=Path("a.wav"), quantize="1/8s60")
    assert pickle.loads(pickle.dumps(options)) == options
