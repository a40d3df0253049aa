"""Labels in all formats: known notes are read, and faults are described in one line."""

import json

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from singtrans import Note, SingtransError, formats
from singtrans.dataset.manifest import read_entries
from singtrans.formats import ReadOptions, audacity, csv_notes, f0, jams_notes, sonic_visualiser, ultrastar
from singtrans.formats.labels import diffsinger, mir_st500, textgrid, tonas
from singtrans.scoring.reference_files import find_references
from singtrans.scoring.scores import evaluate
from singtrans.scoring.systems import EstimateFile, EstimateFolder
from tests.helpers.label_files import NOTES, check, hz, refused, written


def rows(line, notes=NOTES, head=()):
    return "\n".join([*head, *(line(n) for n in notes)]) + "\n"


def grid_long(tiers, end=5.0):
    """Write a TextGrid in Praat's long text format."""
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", f"xmax = {end} "]
    lines += ["tiers? <exists> ", f"size = {len(tiers)} ", "item []: "]
    for place, (name, intervals) in enumerate(tiers, 1):
        lines += [f"    item [{place}]:", '        class = "IntervalTier" ', f'        name = "{name}" ']
        lines += ["        xmin = 0 ", f"        xmax = {end} ", f"        intervals: size = {len(intervals)} "]
        for index, (start, stop, label) in enumerate(intervals, 1):
            lines += [f"        intervals [{index}]:", f"            xmin = {start} ", f"            xmax = {stop} "]
            lines += [f'            text = "{label}" ']
    return "\n".join(lines) + "\n"


def grid_short(tiers, end=5.0):
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", str(end), "<exists>", str(len(tiers))]
    for name, intervals in tiers:
        lines += ['"IntervalTier"', f'"{name}"', "0", str(end), str(len(intervals))]
        lines += [f'{start}\n{stop}\n"{label}"' for start, stop, label in intervals]
    return "\n".join(lines) + "\n"


INTERVALS = [(0, 0.5, ""), (0.5, 1.25, "C4"), (1.25, 1.75, "Db4"), (1.75, 2, "sil"), (2, 3.5, "57")]
INTERVALS += [(3.5, 4, "0"), (4, 4.25, "a#4")]
WORDS = [(0, 2.5, 'sa ""la""'), (2.5, 5, "C4! la")]

TEXTS = {
    "midi.csv": rows(lambda n: f"{n.onset},{n.offset},{n.pitch}", head=["Start,End,MIDI"]),
    "pitch.tsv": rows(lambda n: f"{n.onset}\t{n.offset}\t{n.pitch}", head=["onset\toffset\tpitch"]),
    "hertz.csv": rows(lambda n: f"{n.onset},{n.offset},{hz(n.pitch):.3f}", head=["onset (s),offset (s),Pitch (Hz)"]),
    "frequency.tsv": rows(
        lambda n: f"{n.onset}\t{n.offset}\t{hz(n.pitch):.3f}", head=["start_time\tend_time\tfrequency"]
    ),
    "large.csv": rows(lambda n: f"{n.onset},{n.offset},{hz(n.pitch):.3f}", head=["onset,offset,pitch"]),
    "duration.csv": rows(lambda n: f"{n.onset},{n.duration},{n.pitch}", head=["onset,duration,pitch"]),
    "order.csv": rows(lambda n: f"x,{n.pitch},{n.duration},{n.onset}", head=["word,midi_note,dur,onset"]),
    "names.csv": rows(lambda n: f"{n.onset},{n.offset},{n.name}", head=["start,end,note"]),
    "comma.csv": rows(lambda n: f"{n.onset};{n.offset};{n.pitch}".replace(".", ","), head=["onset;offset;pitch"]),
    "spaces.txt": rows(lambda n: f"{n.onset} {n.offset}  {n.pitch}", head=["onset offset  pitch"]),
    "vocadito.csv": rows(lambda n: f"{n.onset},{hz(n.pitch):.3f},{n.duration}"),
    "tony.csv": rows(lambda n: f"{n.onset},{hz(n.pitch):.3f},{n.duration},0.0787,New Point"),
    "sv.csv": rows(
        lambda n: f"{n.onset},{hz(n.pitch):.3f},{n.duration},0.8,la", head=["TIME,VALUE,DURATION,LEVEL,LABEL"]
    ),
    "sv_midi.csv": rows(lambda n: f"{n.onset},{n.pitch:.0f},{n.duration},0.8,la"),
    "sv.txt": rows(lambda n: f"{n.onset}\t{hz(n.pitch):.3f}\t{n.duration}"),
    "tonas.notes": rows(lambda n: f"{n.onset}, {n.duration}, {n.pitch - 0.12:g}, 0.03", head=["12.0"]),
    "song.notes.Corrected": rows(lambda n: f"{n.onset},{n.duration},{n.pitch},0.03", head=["440.0"]),
    "audacity.txt": rows(lambda n: f"{n.onset:.6f}\t{n.offset:.6f}\t{n.name}\n\\\t100.0\t200.0"),
    "numbers.txt": rows(lambda n: f"{n.onset:.6f}\t{n.offset:.6f}\t{n.pitch:.0f}"),
    "st500.json": json.dumps({"1": [[0, 1, 50]], "st500": [[n.onset, n.offset, n.pitch] for n in NOTES]}),
    "bare.json": json.dumps([[n.onset, n.offset, n.pitch] for n in NOTES]),
    "long.TextGrid": grid_long([("words", WORDS), ("Notes", INTERVALS)]),
    "short.TextGrid": grid_short([("words", WORDS), ("x", INTERVALS)]),
    "grid.txt": grid_short([("x", INTERVALS), ("words", WORDS)]),
    "transcriptions.csv": "name,ph_seq,ph_dur,ph_num,note_seq,note_dur,note_slur\n"
    "b,a,1,1,C4,1,0\n"
    "transcriptions,SP a,1 2,1 1,rest C4+0 C#4 rest A3 rest A#4,0.5 0.75 0.5 0.25 1.5 0.5 0.25,0 0 1 0 0 0 0\n",
    "one.jams": json.dumps(
        {
            "annotations": [
                {"namespace": "beat", "data": []},
                {
                    "namespace": "note_hz",
                    "data": [
                        {"time": n.onset, "duration": n.duration, "value": hz(n.pitch), "confidence": None}
                        for n in NOTES
                    ],
                },
            ]
        }
    ),
    "columns.json": json.dumps(
        {
            "annotations": [
                {
                    "namespace": "note_midi",
                    "data": {
                        "time": [n.onset for n in NOTES],
                        "duration": [n.duration for n in NOTES],
                        "value": [n.pitch for n in NOTES],
                    },
                }
            ]
        }
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_files_of_every_format_are_read(tmp_path, name):
    path = written(tmp_path / name, TEXTS[name])
    check(formats.load_notes(path, name="transcriptions" if name == "transcriptions.csv" else None))


@pytest.mark.parametrize("name", TEXTS)
def test_windows_line_ends_and_byte_order_marks(tmp_path, name):
    path = written(tmp_path / name, "\ufeff" + TEXTS[name].replace("\n", "\r\n"))
    check(formats.load_notes(path, name="transcriptions" if name == "transcriptions.csv" else None))


def test_all_formats_are_scored_by_evaluate_and_found_in_folders(tmp_path):
    pytest.importorskip("mir_eval")
    (tmp_path / "true").mkdir()
    (tmp_path / "found").mkdir()
    names = [name for name in TEXTS if name not in ("sv.csv", "sv_midi.csv", "transcriptions.csv", "st500.json")]
    for name in names:
        stem = name.replace(".", "_")
        suffix = ".notes.Corrected" if name.endswith("Corrected") else "." + name.rpartition(".")[2]
        written(tmp_path / "true" / (stem + suffix), TEXTS[name])
        written(tmp_path / "found" / f"{stem}.csv", TEXTS["midi.csv"])
    written(tmp_path / "true" / "README.txt", "These are notes.\nThey are sung.\n")
    written(tmp_path / "true" / "song.f0.txt", "60\n61\n")
    references = find_references(tmp_path / "true", tmp_path / "found")
    report = evaluate(references, EstimateFolder(tmp_path / "found", references))
    assert [file.name for file in report.files] == sorted(name.replace(".", "_") for name in names)
    assert report.means["COnPOff.f_measure"].mean == 1


def test_evaluate_chooses_the_song_that_the_other_file_is_named_after(tmp_path):
    pytest.importorskip("mir_eval")
    true = written(
        tmp_path / "all.json", json.dumps({"7": [[0, 1, 60]], "8": [[n.onset, n.offset, n.pitch] for n in NOTES]})
    )
    found = written(tmp_path / "8.csv", TEXTS["midi.csv"])
    assert evaluate(find_references(true, found), EstimateFile(found)).means["COnPOff.f_measure"].mean == 1


def test_training_finds_labels_beside_recordings(tmp_path):
    for stem, name in {"a": "long.TextGrid", "b": "audacity.txt", "c": "one.jams"}.items():
        (tmp_path / f"{stem}.wav").touch()
        written(tmp_path / f"{stem}.{name.rpartition('.')[2]}", TEXTS[name])
    (tmp_path / "d.wav").touch()
    written(tmp_path / "d.txt", "only the lyrics\n")
    (tmp_path / "e.wav").touch()
    written(tmp_path / "e.f0.csv", "time,hz\n0,220\n")
    entries = read_entries(tmp_path)
    assert [(e.name, e.notes and e.notes.name, e.f0 and e.f0.name) for e in entries] == [
        ("a", "a.TextGrid", None),
        ("b", "b.txt", None),
        ("c", "c.jams", None),
        ("e", None, "e.f0.csv"),
    ]


def test_midi_follows_tempo_changes(tmp_path):
    beats = mido.MidiTrack()
    beats.append(mido.MetaMessage("set_tempo", tempo=500_000, time=0))
    beats.append(mido.MetaMessage("set_tempo", tempo=1_000_000, time=960))  # 2 beats per second before 1 s, 1 after it
    voice = mido.MidiTrack()
    voice.append(mido.Message("note_on", note=60, time=480))
    voice.append(mido.Message("note_off", note=60, time=960))  # 0.5 s before the change, 1 s after it
    voice.append(mido.Message("note_on", note=62, time=0))
    voice.append(mido.Message("note_off", note=62, time=240))
    mido.MidiFile(type=1, ticks_per_beat=480, tracks=[beats, voice]).save(tmp_path / "a.mid")
    check(formats.load_notes(tmp_path / "a.mid"), (Note(0.5, 2.0, 60), Note(2.0, 2.5, 62)))


def test_an_option_overrides_the_unit(tmp_path):
    path = written(tmp_path / "a.csv", "onset,offset,midi\n0,1,110\n")
    check(formats.load_notes(path, unit="hz"), (Note(0, 1, 45),))
    path = written(tmp_path / "b.csv", "0.5,110,1\n")
    refused(path, "line 1.*MIDI or Hz")
    check(formats.load_notes(path, unit="hz"), (Note(0.5, 1.5, 45),))
    with pytest.raises(ValueError, match="unit"):
        formats.load_notes(path, unit="cents")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_textgrid_encodings_and_tiers(tmp_path, encoding):
    tiers = [("wörter", WORDS), ("one", INTERVALS), ("two", INTERVALS[:2])]
    path = written(tmp_path / "a.TextGrid", grid_long(tiers), encoding)
    refused(path, "several tiers of notes.*'one', 'two'")
    check(formats.load_notes(path, voice="ONE"))
    check(textgrid.read(path, ReadOptions(tier="two")), NOTES[:1])
    refused(path, "no interval tier 'x'", voice="x")
    refused(path, "line 18.*sa", voice="wörter")
    check(textgrid.read(written(path, grid_short([*tiers, ("MIDI", INTERVALS)]), encoding)))


def test_point_tiers_of_a_textgrid_are_skipped(tmp_path):
    text = grid_short([("words", WORDS), ("notes", INTERVALS)])
    text = text.replace('"IntervalTier"\n"words"\n0\n5.0\n2\n', '"TextTier"\n"words"\n0\n5.0\n1\n1.5\n"beat"\n', 1)
    text = text.replace('0\n2.5\n"sa ""la"""\n2.5\n5\n"C4! la"\n', "")
    check(textgrid.read(written(tmp_path / "a.TextGrid", text)))


def test_diffsinger_reads_one_recording(tmp_path):
    path = written(tmp_path / "a.csv", TEXTS["transcriptions.csv"])
    check(diffsinger.read(path, ReadOptions(name="b")), (Note(0, 1, 60),))
    refused(path, "2 recordings.*b, transcriptions")
    refused(path, "no recording 'x'", name="x")
    path = written(tmp_path / "b.csv", "name,note_seq,note_dur\nb,rest C4+12 Eb4,0.25 0.5 1\n")
    check(formats.load_notes(path), (Note(0.25, 0.75, 60.12), Note(0.75, 1.75, 63)))


def test_jams_with_several_annotations(tmp_path):
    annotation = {"namespace": "note_midi", "data": [{"time": 0, "duration": 1, "value": 60, "confidence": 0.5}]}
    other = {"namespace": "note_midi", "data": [{"time": 1, "duration": 1, "value": 62}]}
    path = written(tmp_path / "a.jams", json.dumps({"annotations": [annotation, other]}))
    refused(path, "2 annotations")
    check(formats.load_notes(path, voice="2"), (Note(1, 2, 62),))
    assert formats.load_notes(path, voice="1")[0].confidence == 0.5
    refused(path, "from 1 to 2", voice="3")


def test_tonas_tuning(tmp_path):
    for tuning, shift in (("-25", -0.25), ("446.4", 0.25), ("0", 0)):
        path = written(tmp_path / "a.notes", f"{tuning}\n0.5,1,60,0.1\n")
        assert tonas.read(path)[0].pitch == pytest.approx(60 + shift, abs=0.01)


WRONG = {
    "a.csv": [
        ("onset,offset,hz\n0,1,220\n1,2,0\n", "line 3"),
        ("onset,offset,midi\n0,1,60\n\n1,2,128\n", "line 4"),
        ("onset,offset,pitch\n0,1,60\n1,2,61\n2,3,600\n", "line 4.*MIDI or Hz"),
        ("onset,duration,pitch\n0,0,60\n", "line 2"),
        ("start,note\n0,60\n", "lacks offset"),
        ("start,end,note\n0,1,H4\n", "line 2"),
        ("0,220,1\n1,x,1\n", "line 2"),
        ("0,220,1\n1,220\n", "line 2"),
        ("0,220,1\n1,220,0\n", "line 2"),
        ("0,1,60\n1,2,61\n", "onset,offset,pitch or onset,duration,pitch.*--columns"),
        ("0,60\n1,61\n", "no notes"),
        ("name,note_seq,note_dur\na,C4 D4,1\n", "line 2.*2 notes but 1"),
        ("name,note_seq,note_dur\na,C4 la,1 1\n", "line 2.*note 2"),
        ("name,note_seq,note_dur\na,C4,-1\n", "line 2"),
        ("name,note_seq,note_dur\na,C4\n", "line 2"),
        ("name,note_seq\na,C4\n", "line 1.*lacks note_dur"),
    ],
    "a.notes": [
        ("0\n0,1,60,0\n1,x,60,0\n", "line 3"),
        ("200\n0,1,60,0\n", "line 1.*tuning"),
        ("0\n0,1,60,0\n5\n", "line 3"),
    ],
    "a.txt": [
        ("0.5\t1.0\tC4\n1.0\t1.5\tla\n", "line 2.*'la'"),
        ("0.5\t1.0\tC4\n1.0\t0.5\tC4\n", "line 2"),
        ("0.5\tx\tC4\n", "line 1"),
        ("#BPM:x\n: 0 1 0 a\n", "line 1"),
        ("#BPM:0\n: 0 1 0 a\n", "line 1"),
        ("#TITLE:x\n: 0 1 0 a\n", "no line #BPM"),
        ("#BPM:15\n: 0 1 a\n", "line 2"),
        ("#BPM:15\n: 0 1\n", "line 2"),
        ("#BPM:15\n? 0 1 0 a\n", "line 2"),
        ("#BPM:15\n#GAP:-5000\n: 1 1 0 a\n", "line 3.*before 0 s"),
        ("#BPM:15\n#GAP:x\n: 1 1 0 a\n", "#GAP"),
        ("#BPM:15\n: 1 1 90 a\n", "line 2"),
        ("la la la\n", "line 1"),
        ("", "is empty"),
    ],
    "a.json": [
        ('{"1": [[0, 1, 60], [1, 2]]}', "entry 2 of song '1'"),
        ("[[0, 1, 60], [1, 1, 60]]", "entry 2"),
        ('[[0, 1, "60"]]', "entry 1"),
        ('{"1": [], "2": []}', "no song 'a'.*1, 2"),
        ('{"1": []\n,, "2": []}', "line 2"),
        ('{"annotations": []}', "no annotation"),
        ('{"annotations": [{"namespace": "note_hz", "data": [{"time": 0, "duration": 1, "value": 0}]}]}', "entry 1"),
        ('{"annotations": [{"namespace": "note_hz", "data": 1}]}', "entry 1"),
    ],
    "a.TextGrid": [
        ("", "line 1.*last"),
        ("0 1", "line 1"),
        (grid_long([("notes", [(0, 1, "C4"), (1, 2, "la")])]), "line 22.*'la'"),
        (grid_long([("notes", [(1, 1, "C4")])]), "line 18"),
        (grid_long([("notes", INTERVALS)])[:-200], "is the last"),
        (grid_short([("words", WORDS)]), "no interval tier"),
        (grid_short([("notes", INTERVALS)]).replace("<exists>", "<what>"), "tier|line"),
    ],
}


@pytest.mark.parametrize(("name", "text", "match"), [(n, *case) for n, cases in WRONG.items() for case in cases])
def test_wrong_labels_name_the_line(tmp_path, name, text, match):
    refused(written(tmp_path / name, text), match)


def test_unknown_endings_are_refused(tmp_path):
    refused(written(tmp_path / "a.xyz", TEXTS["midi.csv"]), r"the ending \.xyz, .* use one of .*\.textgrid")
    refused(written(tmp_path / "a.wav", TEXTS["midi.csv"]), "is a recording, but a file of notes is needed here")


READERS = [csv_notes, sonic_visualiser, tonas, audacity, ultrastar, textgrid, diffsinger, mir_st500, jams_notes, f0]
PIECES = st.sampled_from(
    [
        *"0123456789.,;:-+*#\t\n \"'\\<>[]{}EPBFRG\0\ufeff\ud7ff",
        *("onset", "offset", "pitch", "note", "name", "note_seq", "note_dur", "#BPM:", "#GAP:", "#RELATIVE:YES\n"),
        *("C4", "rest", "nan", "inf", "1e308", "1e999", "9" * 400, '"ooTextFile"\n', '"TextGrid"\n', "<exists>\n"),
        *(
            '"IntervalTier"\n',
            '{"annotations":',
            '{"notes":',
            "[[0,1,60]]",
            ": 0 4 0 a\n",
            "0.5\t1.0\tC4\n",
            "0,220,1\n",
        ),
        *("null", "true", "time,hz\n", "- 1\n", "B 1 0\n", "\r", "\x85", "１", "²"),
    ]
)
ANYTHING = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)).map(lambda t: t.encode("utf-8", "replace"))


@settings(max_examples=400, deadline=None)
@given(content=st.one_of(ANYTHING, st.binary()))
def test_random_content_is_read_or_refused(tmp_path_factory, content):
    folder = tmp_path_factory.getbasetemp()
    for suffix in (".txt", ".csv", ".json", ".jams", ".TextGrid", ".notes"):
        path = folder / f"random{suffix}"
        path.write_bytes(content)
        try:
            formats.load_notes(path)
        except SingtransError as error:
            assert str(path) in str(error)
            assert "\n" not in str(error)
    for module in READERS:
        try:
            module.read(path)
        except SingtransError as error:
            assert "\n" not in str(error)


@settings(max_examples=300, deadline=None)
@given(data=st.data(), name=st.sampled_from(sorted(TEXTS)))
def test_damaged_labels_are_read_or_refused(tmp_path_factory, data, name):
    text = TEXTS[name]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        text = text[:start] + data.draw(PIECES) + text[start + data.draw(st.integers(0, 3)) :]
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(text.encode("utf-8", "replace"))
    try:
        formats.load_notes(path)
    except SingtransError as error:
        assert str(path) in str(error)
        assert "\n" not in str(error)
