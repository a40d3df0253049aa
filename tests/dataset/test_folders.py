"""Folders of labelled recordings."""

import json

import pytest

from singtrans import SingtransError
from singtrans.dataset.folders import find_labelled
from singtrans.dataset.manifest import list_entries, read_entries
from singtrans.formats import load_notes
from tests.helpers.labelled_folders import labelled, other_notes, touch


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.wav", "a.tsv", "b.flac"], {"a.wav": ["a.tsv"]}),
        (["a.wav", "a.f0.txt", "a.times.csv"], {"a.wav": ["a.f0.txt", "a.times.csv"]}),
        (["audio/a.wav", "labels/a.mid"], {"audio/a.wav": ["labels/a.mid"]}),
        (["audio/a.wav", "f0/a.f0.csv"], {"audio/a.wav": ["f0/a.f0.csv"]}),
        (["audio/x/a.wav", "audio/y/a.wav", "tsv/x/a.tsv", "tsv/y/a.tsv"],
         {"audio/x/a.wav": ["tsv/x/a.tsv"], "audio/y/a.wav": ["tsv/y/a.tsv"]}),
        (["a.wav", "a.notes.csv", "a.csv"], {"a.wav": ["a.notes.csv"]}),  # true notes beside an estimate
        (["a.wav", "a.mid", "a.TextGrid"], {"a.wav": ["a.mid"]}),  # the TextGrid may have words
        ([".hidden/a.wav", "._a.wav", "a.wav", "a.tsv"], {"a.wav": ["a.tsv"]}),
    ],
)  # fmt: skip
def test_labels_beside_recordings_are_found(tmp_path, names, expected):
    touch(tmp_path, *names)
    assert labelled(tmp_path) == expected


@pytest.mark.parametrize(
    "names",
    [
        ["a.wav", "a.csv", "a.mid"],
        ["audio/a.wav", "one/a.mid", "two/a.tsv"],
        ["a.wav", "a.f0.txt", "a.pv"],
        ["a.wav", "a.pv", "a.f0.csv"],  # `transcribe -f f0` writes files with the ending .f0.csv
        ["a.wav", "a.times.csv", "a.times.txt"],
    ],
)
def test_ambiguous_labels_are_refused(tmp_path, names):
    touch(tmp_path, *names)
    found = find_labelled(tmp_path)
    assert found.items == []
    assert len(found.faults) == 1
    assert all(str(tmp_path / name) in found.faults[0] for name in names)


@pytest.mark.parametrize(("label", "taken"), [("60", []), ("la", ["a.sv.csv"])])
@pytest.mark.parametrize("ending", [".sv.csv", ".mid"])
def test_a_textgrid_is_ignored_only_if_it_has_words(tmp_path, label, taken, ending):
    touch(tmp_path, "a.wav", f"a{ending}")
    interval = f'xmin = 0 \nxmax = 1 \ntext = "{label}"'
    header = (
        'File type = "ooTextFile"\nObject class = "TextGrid"\n\nxmin = 0 \nxmax = 1 \ntiers? <exists> \nsize = 1 \n'
    )
    tier = 'item []:\nitem [1]:\nclass = "IntervalTier"\nname = "sung"\nxmin = 0\nxmax = 1\nintervals: size = 1\n'
    (tmp_path / "a.TextGrid").write_text(f"{header}{tier}intervals [1]:\n{interval}\n")
    found = find_labelled(tmp_path)
    assert [item.notes.name for item in found.items] == [name.replace(".sv.csv", ending) for name in taken]
    assert ("a.TextGrid" in "".join(found.faults)) == (not taken)


def test_files_without_a_counterpart_are_listed(tmp_path):
    touch(tmp_path, "a.wav", "a.tsv", "b.wav", "c.tsv", "d.f0.txt", "e.times.csv")
    (tmp_path / "singers.csv").write_text("singer,age\nann,30\n")
    found = find_labelled(tmp_path)
    assert [p.name for p in found.unlabelled] == ["b.wav"]
    assert [p.name for p in found.orphans] == ["c.tsv", "d.f0.txt", "e.times.csv"]


def test_names_in_mir_st500_are_songs_or_their_folders(tmp_path):
    songs = {str(n): [[0.5, 1.0, 60 + n]] for n in range(1, 5)}
    (tmp_path / "all.json").write_text(json.dumps(songs))
    touch(tmp_path, "1.wav", "2/mixture.mp3", "3/mixture.mp3")
    listing = list_entries(tmp_path)
    assert [(e.id, e.singer) for e in listing.entries] == [("1", ""), ("2", ""), ("3", "")]
    assert listing.missing == {tmp_path / "all.json": ["4"]}
    for entry in listing.entries:
        assert load_notes(entry.notes, name=entry.name)[0].pitch == 60 + int(entry.id)


def test_a_diffsinger_table_has_labels_of_recordings_in_its_folder(tmp_path):
    for singer, note in (("ann", "C4"), ("bea", "D4")):
        touch(tmp_path, f"{singer}/wavs/one.wav", f"{singer}/wavs/two.wav")
        rows = [f"{name},{note} rest,0.5 1" for name in ("one", "two", "three")]
        (tmp_path / singer / "transcriptions.csv").write_text("\n".join(["name,note_seq,note_dur", *rows]) + "\n")
    entries = read_entries(tmp_path)
    assert [e.id for e in entries] == ["ann/wavs/one", "ann/wavs/two", "bea/wavs/one", "bea/wavs/two"]
    assert [e.singer for e in entries] == ["ann", "ann", "bea", "bea"]
    pitches = [load_notes(e.notes, name=e.name)[0].pitch for e in entries]
    assert pitches == [60, 60, 62, 62]
    assert list(list_entries(tmp_path).missing.values()) == [["three"], ["three"]]


def test_a_jams_contour_is_read_as_pitch(tmp_path):
    contour = [{"time": 0.1, "duration": 0, "value": {"index": 0, "frequency": 220, "voiced": True}}]
    content = {"annotations": [{"namespace": "pitch_contour", "data": contour}]}
    (tmp_path / "a.jams").write_text(json.dumps(content))
    touch(tmp_path, "a.wav")
    (entry,) = read_entries(tmp_path)
    assert (entry.notes, entry.f0) == (None, tmp_path / "a.jams")


VOCADITO = ["Audio/song_1.wav", "Annotations/Notes/song_1_notesA1.csv", "Annotations/Notes/song_1_notesA2.csv"]


def test_an_annotator_of_vocadito_can_be_chosen(tmp_path):
    touch(tmp_path, *VOCADITO)
    other_notes(tmp_path / VOCADITO[2])
    (tmp_path / "Annotations/F0").mkdir()
    (tmp_path / "Annotations/F0/song_1_f0.csv").write_text("0.0,0.0\n0.01,261.6\n0.02,261.6\n")
    found = find_labelled(tmp_path)
    assert not found.items and "--pattern" in found.faults[0] and "_notesA2.csv" in found.faults[0]
    (item,) = find_labelled(tmp_path, "*_notesA2.csv").items
    assert (item.notes.name, item.f0.name) == ("song_1_notesA2.csv", "song_1_f0.csv")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["p1/p1_song.wav", "p1/p1.mid"], {"p1/p1_song.wav": ["p1/p1.mid"]}),  # PJS
        (["a_vocals.wav", "a_inst.wav", "a.csv"], {"a_vocals.wav": ["a.csv"]}),
        (["a.wav", "a_vamp_pyin_pyin_notes.csv"], {"a.wav": ["a_vamp_pyin_pyin_notes.csv"]}),
        (["a.wav", "a10_notes.csv"], {}),
        (["a.wav", "a.csv", "a_notes.csv"], {"a.wav": ["a.csv"]}),
    ],
)
def test_common_words_in_names_are_ignored(tmp_path, names, expected):
    touch(tmp_path, *names)
    assert labelled(tmp_path) == expected


@pytest.mark.parametrize(
    ("tags", "taken"),
    [
        ("#MP3:audio.mp3", "audio.mp3"),
        ("#AUDIO:Audio.mp3\n#MP3:missing.mp3", "audio.mp3"),
        ("#VOCALS:voice.mp3\n#AUDIO:audio.mp3", "voice.mp3"),
    ],
)
def test_an_ultrastar_song_belongs_to_the_recording_that_it_names(tmp_path, tags, taken):
    touch(tmp_path, "x/audio.mp3", "x/voice.mp3")
    (tmp_path / "x/song.txt").write_text(f"#TITLE:x\n{tags}\n#BPM:300\n: 10 4 0 la\nE\n")
    assert labelled(tmp_path) == {f"x/{taken}": ["x/song.txt"]}


def test_the_vocal_recording_is_used_and_never_the_backing_track(tmp_path):
    (tmp_path / "notes.json").write_text(json.dumps({"1": [[0.5, 1, 60]], "2": [[0.5, 1, 60]], "3": [[0.5, 1, 60]]}))
    touch(tmp_path, *(f"1/{name}.wav" for name in ("Inst", "Mixture", "Vocal")), "2/Inst.wav", "2/Mixture.wav")
    touch(tmp_path, "3/one.wav", "3/two.wav")
    found = find_labelled(tmp_path)
    assert [item.audio.relative_to(tmp_path).as_posix() for item in found.items] == ["1/Vocal.wav", "2/Mixture.wav"]
    assert len(found.faults) == 1 and "(one.wav, two.wav); choose one with --pattern" in found.faults[0]
    chosen = [item.audio.name for item in find_labelled(tmp_path, "two.wav").items]
    assert chosen == ["Vocal.wav", "Mixture.wav", "two.wav"]


def test_content_decides_between_label_files(tmp_path):
    touch(tmp_path, "a.wav", "a.csv", "b.wav", "b.csv", "b.tsv", "c.wav", "c.csv", "c.tsv", "d.wav")
    (tmp_path / "a.json").write_text('{"id": "x", "tags": ["y"]}')  # metadata
    (tmp_path / "a.txt").write_text("0.0 0.5 sil\n0.5 0.7 a\n")
    other_notes(tmp_path / "c.tsv")
    (tmp_path / "d.csv").write_text("0.0,0\n0.01,220\n0.02,220\n")  # pitch over time
    found = find_labelled(tmp_path)
    assert [(item.notes or item.f0).name for item in found.items] == ["a.csv", "b.csv", "d.csv"]
    assert found.items[2].notes is None
    assert len(found.faults) == 1 and "c.csv" in found.faults[0] and "c.tsv" in found.faults[0]


def test_errors_name_the_files_in_a_folder_without_labelled_recordings(tmp_path):
    with pytest.raises(SingtransError, match="there are no recordings"):
        list_entries(tmp_path)
    touch(tmp_path, "x.wav")
    with pytest.raises(SingtransError, match=r"1 recording \(x.wav\), but no label files"):
        list_entries(tmp_path)
    touch(tmp_path, "y.csv")
    with pytest.raises(
        SingtransError, match=r"1 recording \(x.wav\) and 1 label file \(y.csv\), but none has the name"
    ):
        list_entries(tmp_path)


def test_a_score_is_used_only_if_there_are_no_other_notes(tmp_path):
    touch(tmp_path, "a.wav", "a.csv", "b.wav")
    note = "<note><pitch><step>G</step><octave>4</octave></pitch><duration>1</duration></note>"
    score = f'<score-partwise><part id="P1"><measure>{note}</measure></part></score-partwise>'
    for name in ("a.musicxml", "b.xml"):
        (tmp_path / name).write_text(score)
    assert labelled(tmp_path) == {"a.wav": ["a.csv"], "b.wav": ["b.xml"]}


def test_a_pattern_for_the_folder_chooses_between_files_of_one_name(tmp_path):
    touch(tmp_path, "audio/a.wav")
    for folder in ("pyin", "crepe"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("0.0,0\n0.01,220\n0.02,220\n")
    (fault,) = find_labelled(tmp_path).faults
    assert "--pattern '*crepe/*'" in fault
    (item,) = find_labelled(tmp_path, "*crepe/*").items
    assert item.f0 == tmp_path / "crepe/a.csv"


def test_labels_named_after_their_folder_belong_to_the_voice_in_the_folder(tmp_path):
    folder = tmp_path / "song"
    folder.mkdir()
    for name in ("vocals.wav", "backing.wav"):
        (folder / name).touch()
    (folder / "song.csv").write_text("onset,offset,pitch\n0,1,60\n")
    found = find_labelled(tmp_path)
    assert [(item.audio.name, item.notes.name) for item in found.items] == [("vocals.wav", "song.csv")]
    assert not found.orphans


def test_usual_words_at_the_end_of_the_name_of_a_label_file_are_ignored(tmp_path):
    for name in ("child1.wav", "child2.wav"):
        (tmp_path / name).touch()
    for name in ("child1.GroundTruth.txt", "child2_annotation.txt"):
        (tmp_path / name).write_text("0.5 1.25 60\n1.5 2.0 62\n2.2 2.9 64\n")
    found = find_labelled(tmp_path)
    assert [item.notes.name for item in found.items] == ["child1.GroundTruth.txt", "child2_annotation.txt"]
