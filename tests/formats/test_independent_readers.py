"""Comparison of our readers with those of other projects, on many kinds of generated files."""

import random

import mido
import numpy as np
import pytest

from singtrans import formats
from singtrans.errors import InputError
from singtrans.formats.lyrics import HELD, read_lyrics
from singtrans.formats.note_names import pitch_label
from tests.helpers.label_files import hz

SEEDS = range(6)


def equal(notes, expected, seconds=1e-3, semitones=0.01):
    """Compare notes with the (onset, offset, MIDI number) triples of another reader, both sorted by onset."""
    found = [(note.onset, note.offset, note.pitch) for note in notes]
    assert len(found) == len(expected)
    if not found:
        return
    apart = np.abs(np.array(found) - np.array(sorted(expected)))
    assert apart[:, :2].max() <= seconds
    assert apart[:, 2].max() <= semitones


def melody(rng, count=30):
    """Make notes (onset, offset, MIDI number) that do not overlap; some have gaps between them."""
    now, found = 0.0, []
    for _ in range(count):
        now += rng.choice((0, 0, 0.25, round(rng.uniform(0.05, 2), 3)))
        length = round(rng.uniform(0.06, 1.5), 3)
        found.append((round(now, 3), round(now + length, 3), rng.randint(45, 84)))
        now = found[-1][1]
    return found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", [0, 1])
def test_midi_is_read_as_by_pretty_midi(tmp_path, seed, kind):
    pretty_midi = pytest.importorskip("pretty_midi")
    rng = random.Random(seed)
    file = mido.MidiFile(type=kind, ticks_per_beat=rng.choice((96, 480, 960)))
    # pretty_midi follows the changes of tempo in the first track only.
    tempi = file.add_track("Tempo")
    track = tempi if kind == 0 or seed % 2 else file.add_track("Voice")
    for _ in range(40):
        if rng.random() < 0.3:
            tempi.append(mido.MetaMessage("set_tempo", tempo=rng.randint(250_000, 1_200_000), time=rng.randint(0, 300)))
        number = rng.randint(45, 84)
        track.append(mido.Message("note_on", note=number, velocity=rng.randint(1, 127), time=rng.choice((0, 60, 480))))
        end = ("note_on", 0) if rng.random() < 0.5 else ("note_off", 64)
        track.append(mido.Message(end[0], note=number, velocity=end[1], time=rng.randint(1, 900)))
    file.save(tmp_path / "a.mid")
    (voice,) = pretty_midi.PrettyMIDI(str(tmp_path / "a.mid")).instruments
    equal(formats.load_notes(tmp_path / "a.mid"), [(n.start, n.end, n.pitch) for n in voice.notes], 1e-6)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.filterwarnings("ignore")
def test_musicxml_is_read_as_by_music21(tmp_path, seed):
    music21 = pytest.importorskip("music21")
    rng = random.Random(seed)
    part = music21.stream.Part()
    part.append(music21.instrument.Clarinet() if seed % 2 else music21.instrument.Vocalist())
    part.append(music21.meter.TimeSignature(rng.choice(("4/4", "3/4", "6/8"))))
    part.append(music21.tempo.MetronomeMark(number=rng.randint(50, 160)))
    lengths = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 1 / 3)
    for place in range(40):
        if place == 20:
            part.append(music21.tempo.MetronomeMark(number=rng.randint(50, 160)))
        for _ in range(3 if (length := rng.choice(lengths)) == 1 / 3 else 1):
            element = music21.note.Rest() if rng.random() < 0.2 else music21.note.Note(rng.randint(50, 80))
            element.duration.quarterLength = music21.common.opFrac(length)
            part.append(element)
    score = music21.stream.Score([part.makeNotation()])
    path = score.write("musicxml", fp=tmp_path / "a.musicxml")
    # music21 reads its own file. Parts are transposed to sounding pitch, ties are joined, and times are in seconds.
    read = music21.converter.parse(path).toSoundingPitch().stripTies()
    expected = [
        (entry["offsetSeconds"], entry["endTimeSeconds"], entry["element"].pitch.midi)
        for entry in read.flatten().secondsMap
        if isinstance(entry["element"], music21.note.Note)
    ]
    equal(formats.load_notes(path), expected, 2e-3)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("namespace", ["note_midi", "note_hz"])
@pytest.mark.filterwarnings("ignore")
def test_jams_is_read_as_by_the_package_jams(tmp_path, seed, namespace):
    jams = pytest.importorskip("jams")
    notes = melody(random.Random(seed))
    content = jams.JAMS()
    content.file_metadata.duration = notes[-1][1]
    annotation = jams.Annotation(namespace)
    contour = jams.Annotation("pitch_contour")
    for onset, offset, midi in notes:
        annotation.append(time=onset, duration=offset - onset, value=midi if namespace == "note_midi" else hz(midi))
        contour.append(time=onset, duration=0, value={"index": 0, "frequency": hz(midi), "voiced": midi % 3 > 0})
    content.annotations.extend([annotation, contour])
    content.save(str(tmp_path / "a.jams"))
    read = jams.load(str(tmp_path / "a.jams"))
    spans, values = read.annotations[0].to_interval_values()
    pitches = values if namespace == "note_midi" else [12 * np.log2(value / 440) + 69 for value in values]
    equal(formats.load_notes(tmp_path / "a.jams"), [(*span, pitch) for span, pitch in zip(spans, pitches, strict=True)])
    track = formats.load_pitch(tmp_path / "a.jams")
    observations = read.annotations[1].data
    assert track.time.tolist() == pytest.approx([entry.time for entry in observations])
    assert np.isfinite(track.midi).tolist() == [bool(entry.value["voiced"]) for entry in observations]


def pitch_of(label):
    """Return the MIDI number of a label such as C#4, by the rules of music21."""
    music21 = pytest.importorskip("music21")
    return music21.pitch.Pitch(label.replace("b", "-")).ps


@pytest.mark.parametrize("seed", SEEDS)
def test_textgrids_are_read_as_by_the_package_textgrid(tmp_path, seed):
    textgrid = pytest.importorskip("textgrid")
    notes = melody(random.Random(seed))
    tier = textgrid.IntervalTier(name="notes", minTime=0, maxTime=notes[-1][1] + 1)
    for onset, offset, midi in notes:
        tier.add(onset, offset, pitch_label(midi))
    grid = textgrid.TextGrid(maxTime=notes[-1][1] + 1)
    words = textgrid.IntervalTier(name="words", minTime=0, maxTime=notes[-1][1] + 1)
    words.add(0, 1, 'say "C4"')
    grid.append(words)
    grid.append(tier)
    grid.write(str(tmp_path / "a.TextGrid"))
    read = textgrid.TextGrid.fromFile(str(tmp_path / "a.TextGrid")).getFirst("notes")
    expected = [(float(i.minTime), float(i.maxTime), pitch_of(i.mark)) for i in read if i.mark]
    equal(formats.load_notes(tmp_path / "a.TextGrid"), expected)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("command", ["Save as text file", "Save as short text file", "Save as binary file"])
def test_textgrids_are_read_as_by_praat(tmp_path, seed, command):
    parselmouth = pytest.importorskip("parselmouth")
    notes = melody(random.Random(seed), 12)
    end = notes[-1][1] + 1
    grid = parselmouth.praat.call("Create TextGrid", 0, end, "notes beats", "beats")
    bounds = sorted({time for onset, offset, _ in notes for time in (onset, offset)} - {0.0})
    for time in bounds:
        parselmouth.praat.call(grid, "Insert boundary", 1, time)
    for onset, offset, midi in notes:
        place = parselmouth.praat.call(grid, "Get interval at time", 1, (onset + offset) / 2)
        parselmouth.praat.call(grid, "Set interval text", 1, place, pitch_label(midi))
    parselmouth.praat.call(grid, "Insert point", 2, 0.5, "é")
    path = tmp_path / "a.TextGrid"
    parselmouth.praat.call(grid, f"{command}...", str(path))
    if "binary" in command:
        with pytest.raises(InputError, match="text"):
            formats.load_notes(path)
        return
    read = parselmouth.Data.read(str(path))
    count = parselmouth.praat.call(read, "Get number of intervals", 1)
    expected = [
        (
            parselmouth.praat.call(read, "Get start time of interval", 1, place),
            parselmouth.praat.call(read, "Get end time of interval", 1, place),
            pitch_of(label),
        )
        for place in range(1, count + 1)
        if (label := parselmouth.praat.call(read, "Get label of interval", 1, place))
    ]
    equal(formats.load_notes(path), expected)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mark", ["\t", " ", ","])
@pytest.mark.filterwarnings("ignore")
def test_tables_are_read_as_by_mir_eval(tmp_path, seed, mark):
    mir_eval = pytest.importorskip("mir_eval")
    rng = random.Random(seed)
    path = tmp_path / "a.txt"
    path.write_text("".join(mark.join((f"{a:.3f}", f"{b:.3f}", f"{hz(p):.4f}")) + "\n" for a, b, p in melody(rng)))
    spans, values = mir_eval.io.load_valued_intervals(str(path), delimiter=mark)
    pitches = mir_eval.util.hz_to_midi(values)
    equal(formats.load_notes(path), [(*span, pitch) for span, pitch in zip(spans, pitches, strict=True)])
    path = tmp_path / "a.f0.txt"
    frames = [rng.choice((0.0, 1.0, 1.0, -1.0)) * hz(rng.uniform(50, 80)) for _ in range(100)]
    path.write_text("".join(f"{place / 100:.2f}{mark}{frame:.4f}\n" for place, frame in enumerate(frames)))
    times, values = mir_eval.io.load_time_series(str(path), delimiter=mark)
    track = formats.load_pitch(path, guesses=True)
    assert track.time.tolist() == pytest.approx(times.tolist())
    frequencies, voicing = mir_eval.melody.freq_to_voicing(values)
    assert track.voicing.tolist() == voicing.tolist()
    known = frequencies > 0
    assert track.midi[known].tolist() == pytest.approx(mir_eval.util.hz_to_midi(frequencies[known]).tolist())


@pytest.mark.parametrize("seed", SEEDS)
def test_ultrastar_is_read_as_by_ultrastarparser(tmp_path, seed):
    ultrastarparser = pytest.importorskip("ultrastarparser")
    rng = random.Random(seed)
    bpm, gap, beat = rng.randint(200, 400), rng.randint(0, 20_000), 0
    lines = [f"#TITLE:x\n#ARTIST:y\n#BPM:{bpm}\n#GAP:{gap}\n#MP3:a.mp3"]
    for _ in range(30):
        length = rng.randint(1, 20)
        lines.append(f"{rng.choice(':*')} {beat} {length} {rng.randint(-12, 24)}  la")
        beat += length + rng.choice((0, 0, 4))
        if rng.random() < 0.2:
            lines.append(f"- {beat}")
    (tmp_path / "a.txt").write_text("\n".join([*lines, "E", ""]))
    song = ultrastarparser.Song(str(tmp_path / "a.txt"))
    length = 15 / float(song.get_attribute("BPM"))
    start = float(song.get_attribute("GAP")) / 1000
    rows = [line.split() for line in song.get_songtext() if line[:1] in (":", "*")]
    expected = [(start + int(r[1]) * length, start + (int(r[1]) + int(r[2])) * length, 60 + int(r[3])) for r in rows]
    equal(formats.load_notes(tmp_path / "a.txt"), expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_utau_projects_are_read_as_by_utaupy(tmp_path, seed):
    utaupy = pytest.importorskip("utaupy")
    rng = random.Random(seed)
    project = utaupy.ust.Ust()
    project.tempo = tempo = rng.randint(60, 200)
    for _ in range(30):
        note = utaupy.ust.Note()
        note.length, note.lyric, note.notenum = (
            rng.randint(15, 1920),
            rng.choice(("R", "さ", "く")),
            rng.randint(45, 80),
        )
        project.notes.append(note)
    project.write(str(tmp_path / "a.ust"))
    now, expected = 0.0, []
    for note in utaupy.ust.load(str(tmp_path / "a.ust")).notes:
        end = now + note.length * 60 / tempo / 480
        expected += [(now, end, note.notenum)] if note.lyric != "R" else []
        now = end
    equal(formats.load_notes(tmp_path / "a.ust"), expected)


@pytest.mark.parametrize("ending", ["srt", "ass", "vtt"])
def test_subtitles_are_read_as_by_pysubs2(tmp_path, ending):
    pysubs2 = pytest.importorskip("pysubs2")
    rng = random.Random(0)
    subtitles = pysubs2.SSAFile()
    for place in range(12):
        text = " ".join(rng.choice(("one", "two", "{\\i1}three{\\i0}", "four\\Nfive")) for _ in range(4))
        subtitles.append(pysubs2.SSAEvent(start=1000 * place, end=1000 * place + 900, text=text))
    path = tmp_path / f"a.{ending}"
    subtitles.save(str(path))
    expected = " ".join(event.plaintext for event in pysubs2.load(str(path))).split()
    assert [syllable.text for syllable in read_lyrics(path) if syllable.text != HELD] == expected
