"""Folders of labelled recordings, manifests, and splits."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from singtrans import Note, SingtransError
from singtrans.dataset.folders import find_labelled, split_of
from singtrans.dataset.manifest import COLUMNS, Entry, list_entries, read_entries, write_manifest
from singtrans.dataset.splits import divide, split, summarise
from singtrans.errors import UsageError
from singtrans.formats import load_notes
from tests.helpers.sung import write_notes

NOTES = (Note(0.5, 1.0, 60), Note(1.0, 1.5, 62))


def touch(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".tsv", ".csv") and ".f0" not in name:
            write_notes(path, NOTES)
        else:
            path.touch()


def labelled(folder):
    """Map recordings to their labels, by their paths in the folder."""
    found = find_labelled(folder)
    assert found.faults == []
    return {
        item.audio.relative_to(folder).as_posix(): [
            path.relative_to(folder).as_posix() for path in (item.notes, item.f0, item.times) if path
        ]
        for item in found.items
    }


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


def test_every_fault_of_a_folder_is_listed(tmp_path):
    touch(tmp_path, "a.wav", "a.csv", "a.mid", "b.wav", "b.tsv", "b.mid", "c.wav", "c.flac", "c.tsv")
    with pytest.raises(SingtransError) as error:
        read_entries(tmp_path)
    lines = str(error.value).splitlines()
    assert len(lines) == 3
    assert "a.wav: has several note files" in lines[0]
    assert "b.wav: has several note files" in lines[1]
    assert "the id 'c' occurs twice" in lines[2]
    assert str(tmp_path / "c.flac") in lines[2]


def test_every_fault_of_a_manifest_is_listed(tmp_path):
    touch(tmp_path, "a.wav", "a.tsv", "b.wav")
    path = tmp_path / "m.csv"
    rows = ["a,a.wav,a.tsv,train,1", "a,a.wav,a.tsv,train,-1", "b,b.wav,,train,1", "c,c.wav,c.tsv,best,1", ",,,,"]
    path.write_text("\n".join(["id,audio,notes,split,weight", *rows]) + "\n")
    with pytest.raises(SingtransError) as error:
        read_entries(path)
    lines = str(error.value).splitlines()
    assert [line.removeprefix(str(tmp_path)).partition("; ")[0] for line in lines[:3]] == [
        "/m.csv:3: weight is '-1'",
        "/m.csv:4: needs an audio file, and notes, f0 or times",
        "/m.csv:5: split is 'best'",
    ]
    assert len(lines) == 7
    assert "the id 'a' occurs twice" in lines[6]
    assert [e.id for e in list_entries(path).entries] == ["a", "a"]


@pytest.mark.parametrize("text", ["file,label\na.wav,a.tsv\n", "audio;notes\na.wav;a.tsv\n", "audio\na.wav\n", ""])
def test_a_table_that_is_not_a_manifest_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "m.csv"
    path.write_text(text)
    with pytest.raises(SingtransError, match=r"m\.csv: not a manifest; its first line needs") as error:
        read_entries(path)
    assert "\n" not in str(error.value)


def test_writing_and_reading_a_manifest_keeps_all_values(tmp_path):
    names = ("audio/ä, b.wav", "labels/a.tsv", "a.f0.txt", "a.times.csv", "band.mp3")
    touch(tmp_path, *names, "a.syllables.txt", "a.ornaments.txt")
    entry = Entry("x", *(tmp_path / name for name in names), "test", "set", 0.5, "ann", "CC0")
    said = {kind: tmp_path / f"a.{kind}.txt" for kind in ("syllables", "ornaments")}
    entry = replace(entry, **said, convention="ours")
    (tmp_path / "lists").mkdir()
    path = tmp_path / "lists" / "m.csv"
    write_manifest(path, [entry, Entry("y", tmp_path / "band.mp3", f0=tmp_path / "a.f0.txt")])
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[0] == ",".join(COLUMNS)
    assert '"../audio/ä, b.wav",../labels/a.tsv,../a.f0.txt' in text
    assert str(tmp_path) not in text
    read = read_entries(path)
    assert [e.id for e in read] == ["x", "y"]
    assert all(a.samefile(b) for a, b in zip(read[0].files, entry.files, strict=True))
    about = ("split", "source", "weight", "singer", "license", "convention")
    assert [getattr(read[0], name) for name in about] == ["test", "set", 0.5, "ann", "CC0", "ours"]
    with pytest.raises(SingtransError, match="already exists"):
        write_manifest(path, [entry], overwrite=False)


def test_linked_recordings_keep_their_names(tmp_path):
    touch(tmp_path, "store/0f3a", "data/a.tsv")
    (tmp_path / "data" / "a.wav").symlink_to(tmp_path / "store" / "0f3a")
    write_manifest(tmp_path / "m.csv", read_entries(tmp_path / "data"))
    assert "a,data/a.wav,data/a.tsv" in (tmp_path / "m.csv").read_text()


def entries(**counts):
    """Make entries; the arguments are numbers of recordings by singer, and the singer ``_`` is unknown."""
    return [
        Entry(f"{singer}{n}", Path(f"{singer}{n}.wav"), singer=singer.strip("_"))
        for singer, count in counts.items()
        for n in range(count)
    ]


def sizes(some, part):
    return sum(e.split == part for e in some)


@pytest.mark.parametrize("seed", range(5))
def test_recordings_are_split_by_their_shares(seed):
    done = split(entries(a=60, b=40), {"valid": 0.1, "test": 0.2}, by_singer=False, seed=seed)
    assert [sizes(done, part) for part in ("train", "valid", "test")] == [70, 10, 20]
    assert [e.id for e in done] == [e.id for e in entries(a=60, b=40)]
    assert done == split(entries(a=60, b=40), {"valid": 0.1, "test": 0.2}, by_singer=False, seed=seed)


def test_another_seed_gives_another_split():
    choices = {tuple(e.split for e in split(entries(a=20), {"valid": 0.5}, by_singer=False, seed=s)) for s in range(6)}
    assert len(choices) == 6


@pytest.mark.parametrize("seed", range(5))
def test_singers_stay_together(seed):
    done = split(entries(a=50, b=9, c=11, d=10, e=20), {"valid": 0.1, "test": 0.1}, by_singer=True, seed=seed)
    parts = {singer: {e.split for e in done if e.singer == singer} for singer in "abcde"}
    assert all(len(part) == 1 for part in parts.values())
    assert {part for (part,) in parts.values()} == {"train", "valid", "test"}
    assert parts["a"] == {"train"}  # the recordings of this singer are far more than a tenth
    assert 5 <= sizes(done, "valid") <= 20


def test_no_part_is_empty_if_possible():
    done = split(entries(a=1, b=1, c=1), {"valid": 0.5, "test": 0.1}, by_singer=True)
    assert [sizes(done, part) for part in ("train", "valid", "test")] == [1, 1, 1]
    assert sizes(split(entries(a=1), {"valid": 0.5}, by_singer=False), "train") == 1


def test_impossible_splits_are_refused():
    shares = {"valid": 0.1, "test": 0.1}
    done = divide(entries(a=3, b=3, c=3), shares)
    assert all(len({e.split for e in done if e.singer == s}) == 1 for s in "abc")
    done = divide(entries(a=9, b=9), shares)  # there are too few singers, so recordings are split
    assert len({e.split for e in done if e.singer == "a"} | {e.split for e in done if e.singer == "b"}) == 3
    for some, by, words in (
        (entries(a=5, _=1), "singer", "the singer of _0"),
        (entries(a=5, b=5), "singer", "2 singers for 3 parts"),
        (entries(a=2), None, "2 recordings for 3 parts"),
    ):
        with pytest.raises(UsageError, match=words):
            divide(some, shares, by)


def test_the_parts_are_summarised(tmp_path):
    some = []
    for name, part, rate in (("a.wav", "train", 8000), ("b.flac", "train", 44100), ("c.ogg", "test", 48000)):
        soundfile.write(tmp_path / name, 0.1 * np.random.default_rng(0).standard_normal(rate * 6), rate)
        some.append(Entry(name, tmp_path / name, split=part, singer="ann"))
    assert summarise(some) == ["train  2 recordings, 0.2 min, 1 singer", "test   1 recording, 0.1 min, 1 singer"]
    (tmp_path / "a.wav").write_bytes(b"no recording")
    (tmp_path / "c.ogg").unlink()
    with pytest.raises(SingtransError) as error:
        summarise(some)
    assert len(str(error.value).splitlines()) == 2


def other_notes(path):
    write_notes(path, (Note(0.5, 1.0, 67), Note(1.2, 1.5, 62)))


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


def test_split_folders_are_splits_and_not_singers(tmp_path):
    touch(tmp_path, *(f"{part}/{name}.{end}" for part in ("train", "test") for name in "abc" for end in ("wav", "tsv")))
    listing = list_entries(tmp_path, 0.4)
    assert listing.decided and {e.singer for e in listing.entries} == {""}
    assert {e.split for e in listing.entries if "test" in e.audio.parts} == {"test"}
    assert sorted(e.split for e in listing.entries if "train" in e.audio.parts) == ["train", "train", "valid"]
    divided = divide(read_entries(tmp_path, 0.0), {"valid": 0.2, "test": 0.3}, keep_test=True)
    assert {e.split for e in divided if "test" in e.audio.parts} == {"test"}
    assert {e.split for e in divided if "train" in e.audio.parts} == {"train", "valid"}


def test_singers_under_split_folders(tmp_path):
    touch(tmp_path, *(f"{part}/{who}/{n}.{end}" for part, who in (("Train", "ann"), ("dev", "bea")) for n in "ab"
                      for end in ("wav", "tsv")))  # fmt: skip
    assert {(e.split, e.singer) for e in list_entries(tmp_path).entries} == {("train", "ann"), ("valid", "bea")}


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


def test_a_manifest_chooses_the_content_of_label_files(tmp_path):
    touch(tmp_path, "one.wav")
    (tmp_path / "all.csv").write_text("name,note_seq,note_dur\none,rest C4,0.5 0.5\ntwo,rest D4,0.5 0.5\n")
    (tmp_path / "duet.txt").write_text("#BPM:300\nP1\n: 0 4 0 a\nP2\n: 8 4 4 b\nE\n")
    (tmp_path / "bass.csv").write_text("onset,offset,pitch\n0.5,1,73\n1,1.5,130\n")
    rows = ["x,one.wav,all.csv,,,", "y,one.wav,all.csv,two,,", "z,one.wav,duet.txt,,P2,", "w,one.wav,bass.csv,,,hz"]
    manifest = tmp_path / "m.csv"
    manifest.write_text("\n".join(["id,audio,notes,name,voice,unit", *rows]) + "\n")
    entries = read_entries(manifest)
    assert [round(e.load_notes()[0].pitch) for e in entries] == [60, 62, 64, 38]
    write_manifest(tmp_path / "again.csv", entries)
    again = read_entries(tmp_path / "again.csv")
    assert [e.load_notes() for e in again] == [e.load_notes() for e in entries]
    manifest.write_text("audio,notes,unit\none.wav,bass.csv,bar\n")
    with pytest.raises(SingtransError, match="unit is 'bar'; use midi or hz"):
        read_entries(manifest)


def test_a_score_is_used_only_if_there_are_no_other_notes(tmp_path):
    touch(tmp_path, "a.wav", "a.csv", "b.wav")
    note = "<note><pitch><step>G</step><octave>4</octave></pitch><duration>1</duration></note>"
    score = f'<score-partwise><part id="P1"><measure>{note}</measure></part></score-partwise>'
    for name in ("a.musicxml", "b.xml"):
        (tmp_path / name).write_text(score)
    assert labelled(tmp_path) == {"a.wav": ["a.csv"], "b.wav": ["b.xml"]}


def test_the_folder_decides_between_files_of_one_name(tmp_path):
    touch(tmp_path, "audio/a.wav")
    for folder in ("pyin", "crepe"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("0.0,0\n0.01,220\n0.02,220\n")
    (fault,) = find_labelled(tmp_path).faults
    assert "--pattern '*crepe/*'" in fault
    (item,) = find_labelled(tmp_path, "*crepe/*").items
    assert item.f0 == tmp_path / "crepe/a.csv"


@pytest.mark.parametrize(
    ("folder", "split"),
    [
        ("train", "train"),
        ("Train&Valid", "train"),
        ("training_set", "train"),
        ("val", "valid"),
        ("Dev", "valid"),
        ("test", "test"),
        ("Test Set", "test"),
        ("eval", "test"),
        ("testament", ""),
        ("trainer", ""),
        ("ann", ""),
    ],
)
def test_names_of_split_folders(folder, split):
    assert split_of(Path("audio") / folder / "a.wav") == split


def test_labels_named_after_their_folder_belong_to_the_voice_in_it(tmp_path):
    folder = tmp_path / "song"
    folder.mkdir()
    for name in ("vocals.wav", "backing.wav"):
        (folder / name).touch()
    (folder / "song.csv").write_text("onset,offset,pitch\n0,1,60\n")
    found = find_labelled(tmp_path)
    assert [(item.audio.name, item.notes.name) for item in found.items] == [("vocals.wav", "song.csv")]
    assert not found.orphans


def test_usual_words_behind_the_name_of_a_label(tmp_path):
    for name in ("child1.wav", "child2.wav"):
        (tmp_path / name).touch()
    for name in ("child1.GroundTruth.txt", "child2_annotation.txt"):
        (tmp_path / name).write_text("0.5 1.25 60\n1.5 2.0 62\n2.2 2.9 64\n")
    found = find_labelled(tmp_path)
    assert [item.notes.name for item in found.items] == ["child1.GroundTruth.txt", "child2_annotation.txt"]
