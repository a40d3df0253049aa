"""Small valid files in every format that is read, as seeds for fuzzing."""

import io
import json
import zipfile
from functools import cache

import mido
import numpy as np

from singtrans import Note, PitchTrack, Transcription
from singtrans.formats import WRITERS, Options
from singtrans.formats.lyrics import parse_lyrics

_USTX = """name: Song
ustx_version: 0.6
resolution: 480
tempos: [{position: 0, bpm: 120}, {position: 960, bpm: 90.5}]
time_signatures: [{bar_position: 0, beat_per_bar: 4, beat_unit: 4}]
tracks: [{track_name: Lead}, {track_name: Choir}]
voice_parts:
- {name: a, track_no: 0, position: 480, notes: [{position: 0, duration: 480, tone: 60, lyric: la, pitch:
    {data: [{x: -40, y: 0, shape: io}, {x: 40, y: 12, shape: io}], snap_first: true}, vibrato:
    {length: 60, period: 175, depth: 25, in: 10, out: 10, shift: 0, drift: 0}}, {position: 480, duration: 480,
    tone: 62, lyric: +}], curves: [{abbr: pitd, xs: [0, 5, 480], ys: [0, -30, 20]}]}
- {name: b, track_no: 1, position: 0, notes: [{position: 0, duration: 480, tone: 48, lyric: o}]}
"""
_SIGNS = """\
<score-partwise><part-list><part-group number="1" type="start"/><score-part id="P1"><part-name>Voice</part-name>
</score-part><score-part id="P2"><part-name>Clarinet</part-name></score-part></part-list><part id="P1">
<measure number="1"><attributes><divisions>2</divisions><time><beats>3</beats><beat-type>4</beat-type></time>
</attributes><barline location="left"><repeat direction="forward"/></barline><direction><direction-type>
<metronome><beat-unit>quarter</beat-unit><beat-unit-dot/><per-minute>72</per-minute></metronome>
</direction-type></direction><direction><direction-type><segno/></direction-type></direction><note><grace/>
<pitch><step>C</step><octave>5</octave></pitch></note><note><pitch><step>C</step><alter>0.5</alter>
<octave>4</octave></pitch><duration>2</duration><tie type="start"/><lyric><syllabic>begin</syllabic>
<text>la</text></lyric></note><note><chord/><pitch><step>E</step><octave>4</octave></pitch>
<duration>2</duration></note><backup><duration>2</duration></backup><forward><duration>2</duration></forward>
</measure><measure number="2"><barline location="left"><ending number="1" type="start"/></barline><note><pitch>
<step>C</step><alter>0.5</alter><octave>4</octave></pitch><duration>2</duration><tie type="stop"/>
<voice>2</voice></note><barline location="right"><ending number="1" type="stop"/>
<repeat direction="backward" times="2"/></barline></measure><measure number="3"><note><rest/>
<duration>6</duration></note><direction><direction-type><words>D.S. al Coda</words></direction-type>
<sound dalsegno="yes" tempo="90"/></direction></measure></part><part id="P2"><measure number="1"><attributes>
<transpose><chromatic>-2</chromatic></transpose></attributes><note><cue/><pitch><step>C</step><octave>4</octave>
</pitch><duration>2</duration></note></measure></part></score-partwise>"""
_GRID = (
    '"ooTextFile"\n"TextGrid"\n0\n2\n<exists>\n2\n"IntervalTier"\n"notes"\n0\n2\n2\n0\n1\n"C4"\n1\n2\n""\n'
    '"TextTier"\n"events"\n0\n2\n1\n0.5\n"x"\n'
)
_LONG_GRID = (
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0\nxmax = 2\ntiers? <exists>\nsize = 1\nitem []:\n'
    '    item [1]:\n        class = "IntervalTier"\n        name = "pitch"\n        xmin = 0\n        xmax = 2\n'
    "        intervals: size = 2\n        intervals [1]:\n            xmin = 0\n            xmax = 1\n"
    '            text = "C#4+12"\n        intervals [2]:\n            xmin = 1\n            xmax = 2\n'
    '            text = "60"\n'
)
_SONG = (
    b"#VERSION:%s\n#BPM:280,5\n#GAP:100\n#RELATIVE:YES\n#MP3:a.mp3\n"
    b"P1\n: 0 4 7 a\n- 8 8\nB 4 100\n* 2 3 4 py\nP2\n: 1 1 1 a\nE\n"
)


def transcription() -> Transcription:
    """Return a short transcription with a pitch track."""
    notes = (Note(0.5, 1.0, 60.1, 0.9), Note(1.0, 1.6, 62.0, 0.5), Note(2.0, 3.0, 64.25, 0.7))
    time = np.arange(0, 3.2, 0.02)
    midi = np.where(time < 0.5, np.nan, 60.0 + time)
    return Transcription(notes, PitchTrack(time, midi, np.full(len(time), 0.5)), 3.2, "song.wav", "solo")


def written(name: str, **choices: object) -> bytes:
    """Return the transcription in a format, with lyrics."""
    file = io.BytesIO()
    options = Options(tempo=100.0, lyrics=parse_lyrics("la la-la"), title="Song", **choices)
    WRITERS[name].write(transcription(), file, options)
    return file.getvalue()


@cache
def label_seeds() -> dict[str, dict[str, bytes]]:
    """Return a map from kinds of labels to maps from file names to contents."""
    return {
        "tables": {
            "a.csv": written("csv"),
            "b.csv": b"TIME,VALUE,DURATION,LEVEL,LABEL\n0.5,220,0.4,0.1,x\n1,230.5,0.3,0.1,y\n",
            "c.sv.csv": written("sv"),
            "d.csv": b"name,ph_seq,ph_dur,ph_num,note_seq,note_dur\nsong,SP n,0.2 0.1,1 2,rest C4+12,0.2 0.6\n",
            "e.tsv": b"onset\toffset\tpitch\n0,5\t1,0\t60\n1,0\t1,5\t61\n",
            "f.txt": b"# onset offset hz\n0.5 1.25 261.6\n1.3 1.9 300.1\n2 2.5 220\n",
            "g.labels.txt": written("labels"),
            "h.notes": b"0.0\n0.156735, 0.394739, 60, 0.028\n1, 0.5, 62, 0.1\n",
            "i.txt": b"0.50;0.75;261.6\n1.30;0.60;300.1\n2.00;0.50;220\n",
            "j.lab": b"60 0.5 1.25\n62 1.25 2.0\n64 2.0 2.5\n2.7\n",
            "k.csv": b"onset,offset,note,word\n0.5,1.25,C#4/Db4,a\n1.25,1.5,rest,\n1.5,2,A3,b\n",
            "l.txt": b"song|a b|SP n a|rest C4 D4|0.2 0.5 0.5|0.2 0.5 0.5|0 0 1\n",
            "m.csv": b'"song.wav",0.5,0.75,261.6\n,1.5,0.5,293.7\n',
            "n.csv": b"sep=;\nonset_ms;offset_ms;pitch\n500;1250;60\n1500;2000;62\n",
            "o.lab": b"5000000 12500000 C4\n15000000 20000000 D4\n",
        },
        "midi": {
            "a.mid": written("mid"),
            "b.mid": written("mid", pitch_bend=True),
            "c.kar": _karaoke(),
            "d.mid": _drawn_out(),
        },
        "musicxml": {"a.musicxml": written("musicxml"), "b.mxl": _mxl(), "c.xml": _SIGNS.encode()},
        "ultrastar": {"a.txt": written("ustar"), "b.txt": _SONG % b"1.0.0", "c.txt": _SONG % b"2.0.0"},
        "textgrid": {
            "a.TextGrid": _GRID.encode(),
            "b.TextGrid": _LONG_GRID.encode(),
            "c.TextGrid": _GRID.encode("utf-16"),
        },
        "f0": {
            "a.f0.csv": written("f0"),
            "b.pv": b"0\n60.5\n61\n" * 9,
            "c.f0.txt": b"0.0\t220\n0.01\t-220\n0.02\t440.5\n0.5\t0\n",
            "d.f0.tsv": b"time\tmidi\tconfidence\n0\t60\t0.9\n0.01\tnan\t0\n0.02\t61\t1\n",
        },
        "ust": {"a.ust": written("ust"), "b.ust": _ust()},
        "ustx": {"a.ustx": written("ustx"), "b.ustx": _USTX.encode()},
        "svp": {"a.svp": written("svp"), "b.svp": _svp()},
        "jams": {
            "a.jams": written("jams"),
            "b.jams": json.dumps(
                {
                    "annotations": [
                        {"namespace": "note_hz", "data": [{"time": 0.4, "duration": 0.5, "value": 220.0}]},
                        {"namespace": "note_midi", "data": {"time": [0.4], "duration": [0.5], "value": [60]}},
                    ]
                }
            ).encode(),
        },
        "json": {
            "a.json": written("json"),
            "c.json": b'{"song": [[0.42, 0.96, 60], [1.1, 1.5, 62]], "other": [[0, 1, 50]]}',
            "d.json": b"[[0.42, 0.96, 60], [1.1, 1.5, 62]]",
            "e.json": b'[{"item_name": "a#1", "phs": ["n", "i"], "is_slur": [0, 0], "ph_dur": [0.1, 0.4],'
            b' "notes": [60, 60], "notes_dur": [0.5, 0.5]}]',
            "f.json": b'[{"word": "a", "note": [60, 62], "note_start": [0.4, 0.8], "note_end": [0.8, 1.3]}]',
            "g.json": b'{"tracks": [{"name": "a", "notes": [{"midi": 60, "time": 0.5, "duration": 0.7}]}]}',
            "h.json": b'[{"start": 0.5, "end": 1, "note": "C4"}, {"start": 1, "end": 2, "note": "D4"}]',
        },
    }


def lyric_seeds() -> dict[str, bytes]:
    """Return lyrics in several formats and encodings."""
    srt = "1\n00:00:01,000 --> 00:00:02,500\n<i>A - ma-zing</i>\n\n2\n00:00:03,000 --> 00:00:04,000\ngrace\n"
    return {
        "a.txt": b"Twin-kle lit-tle star\n~ _ how-\n",
        "b.lrc": b"[ti:Song]\n[offset:+500]\n[00:01.00]A-ma - zing\n[00:02.5]<00:02.60>gra <00:03>ce\n",
        "c.srt": srt.encode("utf-16"),
        "d.txt": "[Chorus]\nさくら キャット 我爱你 사랑 (x2)\n".encode(),
        "e.txt": "さくらさくら 野山も里も".encode("cp932"),
        "f.txt": "Во поле берёза стояла".encode("cp1251"),
        "g.vtt": b"WEBVTT\nKind: captions\n\nNOTE x\n\n00:01.000 --> 00:02.000\n<v Ann>A <c.x>sweet</c>\n",
        "h.ass": b"[Script Info]\n[Events]\nDialogue: 0,0:00:01.00,0:00:02.00,D,,0,0,0,,{\\k20}A\\Nsound\n",
        "i.txt": "C  G7 Am\nA\u00admaz\u00ading 桜（さくら） &amp; gra\u00b7ce\n".encode("utf-16-le"),
    }


def _karaoke() -> bytes:
    midi = mido.MidiFile(type=1, ticks_per_beat=96)
    words, voice = midi.add_track("Words"), midi.add_track("Melody")
    for text in ("@KMIDI KARAOKE FILE", "\\Twin", "kle ", "/star"):
        words.append(mido.MetaMessage("text", text=text, time=0 if text[0] == "@" else 96))
    for number in (60, 62, 64):
        voice.append(mido.Message("note_on", note=number, velocity=80, time=96))
        voice.append(mido.Message("note_on", note=number, velocity=0, time=0))
    return _bytes(midi)


def _drawn_out() -> bytes:
    """Return a MIDI file of type 0 with changes of tempo and metre, system-exclusive data and two channels."""
    midi = mido.MidiFile(type=0, ticks_per_beat=480)
    track = midi.add_track("Lead")
    track.append(mido.MetaMessage("key_signature", key="F#m"))
    track.append(mido.MetaMessage("time_signature", numerator=7, denominator=8))
    track.append(mido.Message("sysex", data=[1, 2, 3]))
    for number in (60, 62, 64):
        track.append(mido.MetaMessage("set_tempo", tempo=300_000 + 1000 * number, time=10))
        track.append(mido.MetaMessage("lyrics", text="la"))
        track.append(mido.Message("note_on", note=number, velocity=80, time=240))
        track.append(mido.Message("note_on", note=number + 7, channel=1, velocity=80, time=100))
        track.append(mido.Message("note_off", note=number, time=240))
        track.append(mido.Message("note_off", note=number + 7, channel=1, time=0))
    return _bytes(midi)


def _bytes(midi: mido.MidiFile) -> bytes:
    file = io.BytesIO()
    midi.save(file=file)
    return file.getvalue()


def _mxl() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("META-INF/container.xml", '<c><rootfiles><rootfile full-path="a.xml"/></rootfiles></c>')
        archive.writestr("a.xml", written("musicxml"))
    return file.getvalue()


def _ust() -> bytes:
    lines = ["[#VERSION]", "UST Version1.20", "[#SETTING]", "Tempo=120,00", "ProjectName=さくら"]
    for number, lyric in enumerate(("さ", "R", "くら")):
        lines += [f"[#{number:04d}]", "Length=480", f"Lyric={lyric}", "NoteNum=60", "Tempo=130", "PBS=-40;0"]
        lines += ["PBW=80,90", "PBY=10,-5", "VBR=65,180,35,20,20,0,0", "PitchBend=0,5,10,-3"]
    return "\r\n".join([*lines, "[#TRACKEND]", ""]).encode("cp932")


def _svp() -> bytes:
    note = {"onset": 0, "duration": 352_800_000, "lyrics": "la", "phonemes": "", "pitch": 60, "detune": 12}
    group = {"name": "g", "uuid": "u1", "parameters": {}, "notes": [note | {"onset": 705_600_000, "lyrics": "-"}]}
    curve = {"pitchDelta": {"mode": "cubic", "points": [0, 10.5, 352_800_000, -20]}}
    track = {
        "name": "Lead",
        "mainGroup": {"name": "main", "uuid": "m", "parameters": curve, "notes": [note]},
        "mainRef": {"groupID": "m", "blickOffset": 0, "pitchOffset": 0, "isInstrumental": False},
        "groups": [{"groupID": "u1", "blickOffset": 705_600_000, "pitchOffset": -2, "isInstrumental": False}],
    }
    tempo = [{"position": 0, "bpm": 120.0}, {"position": 705_600_000, "bpm": 90.0}]
    content = {"version": 113, "time": {"meter": [], "tempo": tempo}, "library": [group], "tracks": [track]}
    return json.dumps(content).encode() + b"\0"
