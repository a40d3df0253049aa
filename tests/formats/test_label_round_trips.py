"""Known notes in every label format are read back within 1 ms and 1 cent.

The files are written here according to the descriptions of the formats, without singtrans. If a format can only store
whole semitones or beats, the notes have such pitches and times.
"""

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from singtrans import Note, formats
from singtrans.formats.labels import times

STEPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MS = 1e-3
CENT = 0.01

# Fractional pitches, and times on no grid; there are rests, a note that follows without a gap, and a leap.
FREE = (
    Note(0.1234, 0.6789, 57.37),
    Note(0.6789, 0.9012, 59.02),
    Note(1.5, 2.7183, 71.5),
    Note(3.1416, 3.2099, 48.81),
)
# Whole semitones; times are whole sixteenths of a second.
WHOLE = (Note(0.25, 0.75, 60), Note(0.75, 1.0, 62), Note(1.5, 2.75, 55), Note(3.0, 3.0625, 71))
NAMES = {48: "C3", 55: "G3", 57: "A3", 59: "B3", 60: "C4", 62: "D4", 71: "B4", 72: "C5"}


def hz(note):
    return 440.0 * 2.0 ** ((note.pitch - 69.0) / 12.0)


def cents(note):
    """Return the name of a note with its cents, as in DiffSinger."""
    nearest = round(note.pitch)
    return f"{STEPS[nearest % 12]}{nearest // 12 - 1}{100 * (note.pitch - nearest):+.0f}"


def lines(rows, head=()):
    return "\n".join([*head, *rows]) + "\n"


def variable(number):
    """Encode a MIDI delta time: seven bits per byte, with the highest bit set in all bytes but the last."""
    out = [number & 0x7F]
    while number := number >> 7:
        out.append(number & 0x7F | 0x80)
    return bytes(reversed(out))


def chunk(kind, content):
    return kind + struct.pack(">I", len(content)) + content


def midi_file(tempi, notes, ticks=480):
    """Make a MIDI file of type 1; ``tempi`` are (tick, microseconds per beat) in order, the first one at tick 0."""
    conductor, before = b"", 0
    for tick, tempo in tempi:
        conductor += variable(tick - before) + b"\xff\x51\x03" + tempo.to_bytes(3)
        before = tick

    def tick_of(seconds):
        start, since, tempo = 0.0, *tempi[0]
        for tick, changed in tempi[1:]:
            there = start + (tick - since) * tempo / ticks / 1e6
            if there > seconds:
                break
            start, since, tempo = there, tick, changed
        return since + round((seconds - start) * 1e6 * ticks / tempo)

    events = sorted((tick_of(t), on, n) for note in notes for t, on, n in
                    ((note.onset, 1, round(note.pitch)), (note.offset, 0, round(note.pitch))))  # fmt: skip
    voice, before = b"", 0
    for tick, on, number in events:
        voice += variable(tick - before) + bytes((0x90, number, 80 if on else 0))
        before = tick
    end = b"\x00\xff\x2f\x00"
    head = chunk(b"MThd", struct.pack(">HHH", 1, 2, ticks))
    return head + chunk(b"MTrk", conductor + end) + chunk(b"MTrk", voice + end)


def ultrastar(notes, bpm, gap, marks=":*", relative=False):
    """Make an UltraStar song: starts (from GAP milliseconds) and lengths in quarters of a beat; pitch 0 is C4."""
    beat = 60 / (bpm * 4)
    rows = [
        f"{marks[i % len(marks)]} {round((n.onset - gap / 1000) / beat)} {round(n.duration / beat)} "
        f"{round(n.pitch) - 60} la"
        for i, n in enumerate(notes)
    ]
    return ["#TITLE:Song", "#ARTIST:Nobody", f"#BPM:{bpm}".replace(".", ","), f"#GAP:{gap}", *rows]


def textgrid(notes, label, end=4.0):
    """Make a TextGrid in Praat's long format, with no gaps between intervals."""
    spans, now = [], 0.0
    for note in notes:
        spans += [(now, note.onset, "")] if note.onset > now else []
        spans.append((note.onset, note.offset, label(note)))
        now = note.offset
    spans.append((now, end, ""))
    rows = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", f"xmax = {end} "]
    rows += ["tiers? <exists> ", "size = 2 ", "item []: ", "    item [1]:", '        class = "IntervalTier" ']
    rows += ['        name = "words" ', "        xmin = 0 ", f"        xmax = {end} ", "        intervals: size = 1 "]
    rows += ["        intervals [1]:", "            xmin = 0 ", f"            xmax = {end} "]
    rows += ['            text = "la ""la"" la" ', "    item [2]:", '        class = "IntervalTier" ']
    rows += ['        name = "notes" ', "        xmin = 0 ", f"        xmax = {end} "]
    rows += [f"        intervals: size = {len(spans)} "]
    for place, (start, stop, text) in enumerate(spans, 1):
        rows += [f"        intervals [{place}]:", f"            xmin = {start} ", f"            xmax = {stop} "]
        rows += [f'            text = "{text}" ']
    return rows


def diffsinger(notes, name):
    names, durations, now = [], [], 0.0
    for note in notes:
        if note.onset > now:
            names.append("rest")
            durations.append(note.onset - now)
        names.append(cents(note))
        durations.append(note.duration)
        now = note.offset
    shown = " ".join(f"{d:.6f}" for d in durations)
    return f"{name},SP a,1 1,1 1,{' '.join(names)},{shown},{' '.join('0' for _ in names)}"


def jams(namespace, value):
    data = [{"time": n.onset, "duration": n.duration, "value": value(n), "confidence": None} for n in FREE]
    about = {"curator": {"name": "", "email": ""}, "annotator": {}, "version": "", "corpus": "set"}
    annotations = [
        {"namespace": "chord", "data": [], "annotation_metadata": about, "sandbox": {}, "time": 0, "duration": 4},
        {"namespace": namespace, "data": data, "annotation_metadata": about, "sandbox": {}, "time": 0, "duration": 4},
    ]
    return json.dumps({"annotations": annotations, "file_metadata": {"duration": 4.0}, "sandbox": {}})


SONG = [[n.onset, n.offset, round(n.pitch)] for n in WHOLE]
OTHER = [[0.0, 1.0, 50]]
STEADY = ((0, 500_000),)
CHANGING = ((0, 500_000), (480, 750_000), (1200, 333_333), (2400, 1_000_000))

# map from file names to content, notes in the file, and options of the reader
CASES = {
    "steady.mid": (midi_file(STEADY, WHOLE), WHOLE, {}),
    "tempi.mid": (midi_file(CHANGING, WHOLE), WHOLE, {}),
    "fine.midi": (midi_file(CHANGING, WHOLE, ticks=9600), WHOLE, {}),
    "table.tsv": (lines((f"{n.onset}\t{n.offset}\t{n.pitch}" for n in FREE), ["onset\toffset\tpitch"]), FREE, {}),
    "midi.csv": (lines((f"{n.onset},{n.offset},{n.pitch}" for n in FREE), ["start,end,midi_pitch"]), FREE, {}),
    "hertz.csv": (lines((f"{n.onset},{n.offset},{hz(n):.4f}" for n in FREE), ["onset,offset,frequency"]), FREE, {}),
    "option.csv": (
        *(lines((f"{n.onset},{n.offset},{hz(n):.4f}" for n in FREE), ["onset,offset,pitch"]), FREE, {"unit": "hz"}),
    ),
    "low.csv": (
        lines((f"{n.onset},{n.offset},{hz(n) / 4:.4f}" for n in FREE), ["onset,offset,pitch"]),
        [Note(n.onset, n.offset, n.pitch - 24) for n in FREE],
        {"unit": "hz"},
    ),
    "vocadito_1_notesA1.csv": (lines(f"{n.onset},{hz(n):.4f},{n.duration}" for n in FREE), FREE, {}),
    "tony.csv": (lines(f"{n.onset:.9f},{hz(n):.3f},{n.duration:.9f},0.0787402" for n in FREE), FREE, {}),
    "layer.csv": (
        lines(
            (f"{n.onset:.9f},{hz(n):.3f},{n.duration:.9f},0.8,New Point" for n in FREE),
            ["TIME,VALUE,DURATION,LEVEL,LABEL"],
        ),
        *(FREE, {}),
    ),
    "layer.txt": (lines(f"{n.onset:.9f}\t{hz(n):.3f}\t{n.duration:.9f}\tla" for n in FREE), FREE, {}),
    "MIR-ST500_corrected.json": (json.dumps({"1": OTHER, "77": SONG}), WHOLE, {"name": "77"}),
    "tonas.notes.Corrected": (
        *(lines((f"{n.onset:.6f}, {n.duration:.6f}, {n.pitch - 0.37:.4f}, 0.028" for n in FREE), ["37"]), FREE, {}),
    ),
    "audacity.txt": (lines(f"{n.onset:.6f}\t{n.offset:.6f}\t{NAMES[round(n.pitch)]}" for n in WHOLE), WHOLE, {}),
    "spectral.txt": (
        lines(f"{n.onset:.6f}\t{n.offset:.6f}\t{n.pitch}\n\\\t100.000000\t4000.000000" for n in FREE),
        *(FREE, {}),
    ),
    "ultrastar.txt": (lines([*ultrastar(WHOLE, 240, 250), "E"]), WHOLE, {}),
    "comma.txt": (lines([*ultrastar(WHOLE, 480.0, 0), "E"]), WHOLE, {}),
    "mixed.txt": (
        lines([*ultrastar(WHOLE, 240, 250), "F 2 3 7 spoken", "R 2 3 7 rap", "G 2 3 7 golden rap", "- 60", "E"]),
        *(WHOLE, {}),
    ),
    "duet.txt": (
        lines([*ultrastar(OTHER_NOTES := [Note(0.25, 0.5, 64)], 240, 250)[:4], "P1",
               *ultrastar(OTHER_NOTES, 240, 250)[4:], "P2", *ultrastar(WHOLE, 240, 250)[4:], "E"]),
        *(WHOLE, {"voice": "P2"}),
    ),
    "names.TextGrid": (lines(textgrid(WHOLE, lambda n: NAMES[round(n.pitch)])), WHOLE, {}),
    "numbers.TextGrid": (lines(textgrid(FREE, lambda n: str(n.pitch))), FREE, {}),
    "transcriptions.csv": (
        lines(
            [diffsinger([Note(0, 1, 60)], "other"), diffsinger(FREE, "song")],
            ["name,ph_seq,ph_dur,ph_num,note_seq,note_dur,note_slur"],
        ),
        *(FREE, {"name": "song"}),
    ),
    "midi.jams": (jams("note_midi", lambda n: n.pitch), FREE, {}),
    "hertz.jams": (jams("note_hz", hz), FREE, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_known_notes_are_read_back(tmp_path, name):
    content, notes, choices = CASES[name]
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    read = formats.load_notes(path, **choices)
    assert len(read) == len(notes)
    for got, true in zip(read, notes, strict=True):
        assert got.onset == pytest.approx(true.onset, abs=MS)
        assert got.offset == pytest.approx(true.offset, abs=MS)
        assert got.pitch == pytest.approx(true.pitch, abs=CENT)


TIME = np.arange(1, 61) * 0.02
MIDI = np.where((np.arange(60) % 20) < 5, np.nan, 57 + 3 * np.sin(np.arange(60) / 9))
HERTZ = 440 * 2 ** ((MIDI - 69) / 12)


def contour():
    data = [
        {"time": t, "duration": 0.0, "confidence": 1.0,
         "value": {"index": 0, "frequency": 0.0 if np.isnan(f) else f, "voiced": not np.isnan(f)}}
        for t, f in zip(TIME.tolist(), HERTZ.tolist(), strict=True)
    ]  # fmt: skip
    return json.dumps({"annotations": [{"namespace": "pitch_contour", "data": data}], "file_metadata": {}})


PITCH = {
    "a.pv": (lines(f"{m:.4f}" for m in np.nan_to_num(MIDI)), {}),
    "a.f0.txt": (lines(f"{m:.4f}" for m in np.nan_to_num(HERTZ)), {}),
    "a_f0.csv": (lines(f"{t:.3f},{f:.4f}" for t, f in zip(TIME, np.nan_to_num(HERTZ), strict=True)), {}),
    "tony.f0.csv": (  # unvoiced frames are left out
        lines(f"{t:.9f},{f:.3f}" for t, f in zip(TIME, HERTZ, strict=True) if f > 0), {},
    ),
    "pyin.f0.tsv": (  # unvoiced frames are negative
        lines(f"{t:.3f}\t{-200 if np.isnan(f) else f:.3f}" for t, f in zip(TIME, HERTZ, strict=True)), {},
    ),
    "crepe.f0.csv": (
        lines(
            (f"{t:.2f},{220 if np.isnan(f) else f:.3f},{0.1 if np.isnan(f) else 0.9}"
             for t, f in zip(TIME, HERTZ, strict=True)),
            ["time,frequency,confidence"],
        ),
        {},
    ),
    "low.f0.txt": (lines(f"{t:.2f} {f:.4f}" for t, f in zip(TIME, np.nan_to_num(HERTZ), strict=True)), {"unit": "hz"}),
    "a.jams": (contour(), {}),
}  # fmt: skip


@pytest.mark.parametrize("name", PITCH)
def test_known_pitch_is_read_back(tmp_path, name):
    text, choices = PITCH[name]
    path = tmp_path / name
    path.write_text(text)
    track = formats.load_pitch(path, **choices)
    voiced = np.isfinite(track.midi)
    np.testing.assert_allclose(track.time[voiced], TIME[np.isfinite(MIDI)], atol=MS)
    np.testing.assert_allclose(track.midi[voiced], MIDI[np.isfinite(MIDI)], atol=CENT)


SPANS = np.array([[n.onset, n.offset] for n in FREE])


@pytest.mark.parametrize(
    "text",
    [
        lines((f"{a},{b}" for a, b in SPANS), ["onset,offset"]),
        lines((f"{a}\t{b - a}\tla la" for a, b in SPANS), ["start\tduration\tword"]),
        lines(f"{a:.6f}\t{b:.6f}\tla la\n\\\t100.0\t200.0" for a, b in SPANS),
        lines(f"{a} {b}" for a, b in SPANS[::-1]),
        lines(f"{a};{b}".replace(".", ",") for a, b in SPANS),
    ],
)
def test_known_times_are_read_back(tmp_path, text):
    (tmp_path / "a.times.txt").write_text(text)
    np.testing.assert_allclose(times.read(tmp_path / "a.times.txt"), SPANS, atol=MS)


FAULTY = {
    "a.tsv": "onset\toffset\tpitch\n0\t1\t60\n2\t1\t60\n3\t4\tx\n5\t6\t62\n",
    "a.csv": "0,220,1\n1,220,-1\n2,220,x\n5,220,1\n",
    "a.txt": "0.0\t1.0\tC4\n2.0\t1.0\tC4\n3.0\t4.0\tlala\n5.0\t6.0\tD4\n",
    "b.txt": "#BPM:15\n: 0 1 0 a\n: 1 x 0 a\n? 3\n: 5 1 2 a\nE\n",
    "a.notes": "0\n0,1,60,0\n1,-1,60,0\n2,x,60,0\n5,1,62,0\n",
    "a.json": "[[0, 1, 60], [2, 1, 60], [3, 4], [5, 6, 62]]",
    "b.json": '{"notes": [{"onset": 0, "offset": 1, "pitch": 60}, {"onset": 2, "offset": 1, "pitch": 60}, {"onset": 3},'
    ' {"onset": 5, "offset": 6, "pitch": 62}]}',
    "a.jams": '{"annotations": [{"namespace": "note_midi", "data": [{"time": 0, "duration": 1, "value": 60}, '
    '{"time": 2, "duration": -1, "value": 60}, {"time": 3}, {"time": 5, "duration": 1, "value": 62}]}]}',
    "transcriptions.csv": "name,note_seq,note_dur\na,C4 x y D4,1 2 2 1\n",
    "a.TextGrid": lines(textgrid([Note(0, 1, 60), Note(2, 3, 61), Note(3, 4, 63), Note(5, 6, 62)],
                                 lambda n: {61: "?", 63: "H4"}.get(round(n.pitch), n.name), 7.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTY)
def test_all_faulty_lines_are_reported_and_the_others_are_read(tmp_path, name):
    path = Path(tmp_path / name)
    path.write_text(FAULTY[name])
    faults = []
    notes = formats.load_notes(path, name="a", faults=faults)
    assert len(faults) == 2
    assert all(str(path) in str(fault) for fault in faults)
    assert [n.onset for n in notes] == [0, 5]
    with pytest.raises(type(faults[0])) as error:
        formats.load_notes(path, name="a")
    assert str(error.value) == str(faults[0])
