"""Training data: manifests, labels and pitch, and their faults."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from singtrans.dataset.manifest import read_entries, write_manifest
from singtrans.errors import SingtransError
from singtrans.formats import load_notes
from singtrans.training.load import load_data
from singtrans.training.model_card import summarise, write_card
from singtrans.training.recordings import load_recording
from singtrans.training.run import TrainOptions, run_training
from tests.helpers.training_songs import RATE, manifest, sing, sung_folder


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Path:
    return sung_folder(tmp_path_factory.mktemp("data"))


def test_recordings_in_a_folder_are_recognised(data):
    entries = read_entries(data)
    assert [e.id for e in entries] == ["pitch", "song0", "song1", "song2", "song3"]
    assert [bool(e.notes) for e in entries] == [False, True, True, True, True]
    assert sum(e.split == "valid" for e in entries) == 1


def test_splits_in_a_manifest_are_kept(data, tmp_path):
    rows = [{"audio": str(data / f"song{i}.wav"), "notes": str(data / f"song{i}.tsv")} for i in range(3)]
    named = manifest(tmp_path / "a.csv", *(row | {"split": "train"} for row in rows))
    assert {e.split for e in read_entries(named)} == {"train"}
    unnamed = manifest(tmp_path / "b.csv", *rows)
    assert sorted(e.split for e in read_entries(unnamed)) == ["train", "train", "valid"]


def test_every_fault_of_a_manifest_is_listed(data, tmp_path):
    song = {"audio": str(data / "song0.wav"), "notes": str(data / "song0.tsv")}
    path = manifest(
        tmp_path / "m.csv",
        song | {"id": "a"},
        song | {"id": "a"},
        song | {"id": "b", "split": "holdout"},
        {"id": "c", "audio": "missing.wav", "notes": song["notes"]},
        {"id": "d", "audio": song["audio"]},
        song | {"id": "e", "weight": "heavy"},
        song | {"id": "f", "boundaries": "offsets"},
    )
    with pytest.raises(SingtransError) as error:
        read_entries(path)
    text = str(error.value)
    for fault in ("'a' occurs twice", "split is 'holdout'", "missing.wav does not exist", "needs an audio file"):
        assert fault in text
    assert "weight is 'heavy'" in text
    assert "boundaries is 'offsets'; use both or onsets" in text
    assert len(text.splitlines()) == 6


def test_a_manifest_can_exclude_offsets(data, tmp_path):
    songs = [{"audio": str(data / f"song{i}.wav"), "notes": str(data / f"song{i}.tsv")} for i in range(2)]
    path = manifest(tmp_path / "m.csv", songs[0] | {"boundaries": "onsets", "split": "train"}, songs[1])
    write_manifest(tmp_path / "again.csv", read_entries(path))
    entries = read_entries(tmp_path / "again.csv")
    assert [entry.boundaries for entry in entries] == ["onsets", "both"]
    assert [load_recording(entry, RATE).offsets for entry in entries] == [False, True]


def test_excluded_offsets_are_in_the_card_and_the_description(data, tmp_path):
    song = {"audio": str(data / "song0.wav"), "notes": str(data / "song0.tsv"), "split": "train"}
    loaded = {}
    for boundaries in ("", "both", "onsets"):
        path = manifest(tmp_path / "m.csv", song | {"boundaries": boundaries})
        loaded[boundaries] = load_data([path], None, tmp_path / "cache", RATE)
    assert loaded[""].checksum == loaded["both"].checksum != loaded["onsets"].checksum
    (row,) = summarise(loaded["onsets"].entries, loaded["onsets"].recordings)
    assert row.begun == row.notes == len(load_notes(song["notes"]))
    write_card(tmp_path, [row], [], '{"train": {"steps": 1, "seed": 0, "init": ""}}', (1, {}))
    assert f"| {row.notes} ({row.notes} without offsets) |" in (tmp_path / "MODEL_CARD.md").read_text()
    (row,) = summarise(loaded["both"].entries, loaded["both"].recordings)
    assert row.begun == 0


def test_data_without_recordings_are_refused(tmp_path):
    with pytest.raises(SingtransError, match="no labelled recordings"):
        read_entries(tmp_path)
    with pytest.raises(SingtransError, match="no such manifest"):
        read_entries(tmp_path / "none")


def test_the_pitch_of_frames_is_measured(data):
    """The labels are a semitone too high, but the measured pitch is right."""
    entry = next(e for e in read_entries(data) if e.id == "song0")
    sharp = entry.notes.with_name("sharp.tsv")
    lines = entry.notes.read_text().splitlines()
    notes = [[float(v) for v in line.split("\t")] for line in lines[1:]]
    sharp.write_text("\n".join([lines[0], *(f"{a}\t{b}\t{p + 1.0}" for a, b, p in notes)]))
    right, wrong = load_recording(entry, RATE), load_recording(replace(entry, notes=sharp), RATE)
    sharp.unlink()
    both = np.isfinite(right.f0) & np.isfinite(wrong.f0)
    assert both.sum() > 50
    assert np.allclose(right.f0[both], wrong.f0[both])
    for onset, offset, pitch in right.notes:
        inside = slice(int(onset / 0.02) + 3, int(offset / 0.02) - 2)
        if np.isfinite(right.f0[inside]).sum() > 5:
            assert np.nanmedian(right.f0[inside]) == pytest.approx(pitch, abs=0.25)


def test_cached_recordings_equal_original_ones(data, tmp_path):
    entry = read_entries(data)[1]
    first, second = load_recording(entry, RATE, tmp_path), load_recording(entry, RATE, tmp_path)
    assert np.array_equal(first.samples, second.samples)
    assert np.array_equal(first.notes, second.notes)
    assert np.array_equal(first.f0, second.f0, equal_nan=True)
    assert len(list(tmp_path.iterdir())) == 1


def test_all_unreadable_recordings_are_listed_before_training(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.wav").write_bytes(b"not audio")
        (tmp_path / f"{name}.tsv").write_text("onset\toffset\tpitch\n0\t1\t60\n")
    with pytest.raises(SingtransError) as error:
        run_training([tmp_path], tmp_path / "run", TrainOptions(2))
    assert [name for name in ("a", "b", "c") if f"{name}.wav" in str(error.value)] == ["a", "b", "c"]


def test_every_fault_is_listed_before_training(data, tmp_path):
    """The data have missing audio, samples that are not numbers, labels after the end, a repeated id, and no notes."""
    for index, name in enumerate(("good", "nan", "long", "none", "a", "b")):
        sing(tmp_path, name, index)
    samples, _ = soundfile.read(tmp_path / "nan.wav")
    samples[1000:1010] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, RATE, "FLOAT")
    with (tmp_path / "long.tsv").open("a") as file:
        file.write("100.0\t101.0\t60\n")
    (tmp_path / "none.tsv").write_text("onset\toffset\tpitch\n")
    rows = [{"audio": f"{n}.wav", "notes": f"{n}.tsv", "id": n} for n in ("good", "nan", "long", "none", "missing")]
    rows += [{"audio": f"{n}.wav", "notes": f"{n}.tsv", "id": "twice"} for n in ("a", "b")]
    path = manifest(tmp_path / "m.csv", *rows)
    other = manifest(tmp_path / "other.csv", {"audio": "good.wav", "notes": "good.tsv", "split": "holdout"})
    with pytest.raises(SingtransError) as error:
        run_training([path, other, tmp_path / "nowhere"], tmp_path / "run", TrainOptions(2))
    lines = str(error.value).splitlines()
    expected = [
        "missing.wav does not exist",
        "missing.tsv does not exist",
        "'twice' occurs twice",
        "nan.wav: 10 samples",
    ]
    expected += [
        "long.tsv: labels extend to 101.00 s",
        "none.tsv: has no notes",
        "'holdout'",
        "nowhere: there is no such",
    ]
    assert all(any(text in line for line in lines) for text in expected), lines
    assert len(lines) == len(expected)
    assert not (tmp_path / "run" / "state.pt").exists()


def test_accompaniments_are_found_in_a_folder(data, tmp_path):
    """Hidden files of macOS and sonifications by singtrans are ignored, and every unreadable file is named."""
    music = tmp_path / "music"
    music.mkdir()
    soundfile.write(music / "band.wav", 0.1 * np.random.default_rng(0).standard_normal(RATE), RATE)
    for name in ("._band.wav", "band.sonified.wav"):
        (music / name).write_bytes(b"not audio")
    (background,) = load_data([data], music, tmp_path / "cache", RATE).backgrounds
    assert background.dtype == np.int16
    assert len(background) == RATE
    for name in ("one.wav", "two.wav"):
        (music / name).write_bytes(b"not audio")
    soundfile.write(music / "three.wav", np.full(RATE, np.nan), RATE, "FLOAT")
    with pytest.raises(SingtransError) as error:
        load_data([data], music, tmp_path / "cache", RATE)
    lines = str(error.value).splitlines()
    assert [Path(line.split(".wav")[0]).name for line in lines] == ["one", "three", "two"]


def test_recordings_in_two_splits_and_repeated_ids_are_refused(data, tmp_path):

    def listed(name, *rows):
        columns = ("id", "audio", "split", "source")
        rows = [dict(zip(columns, row.split(","), strict=True)) for row in rows]
        for row in rows:
            song = Path(row["audio"])
            row |= {"audio": str(data / song.with_suffix(".wav")), "notes": str(data / song.with_suffix(".tsv"))}
        return manifest(tmp_path / name, *rows)

    one = listed("one.csv", "a,song0,train,set", "b,song1,train,set", "c,song2,train,set")
    other = listed("other.csv", "z,song0,valid,set", "b,song3,train,set", "c,song2,train,more")
    with pytest.raises(SingtransError) as error:
        load_data([one, other], None, tmp_path / "cache", RATE)
    leak, twice = str(error.value).splitlines()
    assert leak.startswith(f"{data / 'song0.wav'}: is in train ({one}) and valid ({other})")
    assert twice.startswith(f"{one} and {other}: the id 'b' of 'set'")
    with pytest.raises(SingtransError, match=r"is in train .* and test"):
        load_data([listed("m.csv", "a,song0,train,", "b,song0,test,")], None, tmp_path / "cache", RATE)


def test_unvoiced_frames_after_the_recording_are_allowed(data, tmp_path):
    entry = next(entry for entry in read_entries(data) if entry.f0)
    before = load_recording(entry, RATE)
    longer = tmp_path / "pitch.f0.txt"
    longer.write_text(entry.f0.read_text() + "\n0" * 500)
    after = load_recording(replace(entry, f0=longer), RATE)
    assert np.array_equal(before.f0, after.f0[: len(before.f0)], equal_nan=True)
    assert len(after.f0) < len(before.f0) + 20
    longer.write_text(entry.f0.read_text() + "\n0" * 500 + "\n60")
    with pytest.raises(SingtransError, match="labels extend to"):
        load_recording(replace(entry, f0=longer), RATE)


def test_two_note_files_for_one_recording_are_refused(data, tmp_path):
    (tmp_path / "song.wav").touch()
    for name, pitch in (("song.csv", 60), ("song.tsv", 62)):
        (tmp_path / name).write_text(f"onset,offset,midi\n0,1,{pitch}\n")
    with pytest.raises(SingtransError, match="several note files"):
        read_entries(tmp_path)


def test_invalid_manifests_are_refused(data):
    with pytest.raises(SingtransError, match="not a manifest"):
        read_entries(data / "song0.wav")
