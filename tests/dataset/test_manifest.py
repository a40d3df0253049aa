"""Manifests, and the faults that are listed for manifests and folders."""

from dataclasses import replace

import pytest

from singtrans import SingtransError
from singtrans.dataset.manifest import COLUMNS, Entry, list_entries, read_entries, write_manifest
from tests.helpers.labelled_folders import touch


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
