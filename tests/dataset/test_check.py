"""`dataset check` finds every planted fault, and nothing else."""

import csv
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from singtrans import Note, SingtransError, Transcriber
from singtrans.dataset.check.checker import check
from singtrans.errors import InputError, UsageError
from singtrans.notes import Transcription
from tests.helpers.planted_faults import SINGLE, moved
from tests.helpers.sung import RATE, sing, write_audio, write_notes

COUNT = 8


@pytest.fixture(scope="module")
def songs():
    return [sing(seed) for seed in range(COUNT)]


@pytest.fixture(scope="module")
def longer_songs():
    return [sing(300 + seed, 16.0) for seed in range(COUNT)]


@pytest.fixture(scope="module")
def transcribe():
    """Return a function that transcribes with the shipped model and keeps the results."""
    transcriber, heard = Transcriber(device="cpu"), {}

    def known(path: Path) -> Transcription:
        key = hashlib.sha256(path.read_bytes()).hexdigest()
        if key not in heard:
            heard[key] = transcriber(path)
        return heard[key]

    return known


@pytest.fixture(scope="module")
def clean(songs, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    for number, song in enumerate(songs):
        write_audio(folder / f"song{number}.wav", song.samples)
        write_notes(folder / f"song{number}.tsv", song.notes)
    return folder


@pytest.fixture
def data(clean, tmp_path):
    return Path(shutil.copytree(clean, tmp_path / "data"))


def found(report):
    return sorted((s.kind, s.file.name) for s in report.problems)


def manifest(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, sorted({key for row in rows for key in row}))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_no_problem_is_found_in_correct_labels(clean, transcribe):
    report = check(clean, transcribe)
    assert report.problems == []
    assert report.lines == ["no problems found"]
    assert report.summary.recordings == COUNT
    assert report.summary.labels == {"notes": COUNT}
    assert "recordings  8, 0 h 1.0 min" in report.summary.lines


def test_exactly_the_ten_planted_faults_are_found(songs, data, transcribe):
    for number in range(COUNT, 12):
        song = sing(number)
        write_audio(data / f"song{number}.wav", song.samples)
        write_notes(data / f"song{number}.tsv", song.notes)
    notes = [list(song.notes) for song in songs]
    longer = replace(notes[0][3], offset=notes[0][4].onset + 0.15)
    write_notes(data / "song0.tsv", [*notes[0][:3], longer, *notes[0][4:]])
    backwards = [notes[1][2].offset, notes[1][2].onset, notes[1][2].pitch]
    write_notes(data / "song1.tsv", [*notes[1][:2], backwards, *notes[1][3:]])
    write_notes(data / "song2.tsv", moved(notes[2], semitones=12))
    write_notes(data / "song3.tsv", moved(notes[3], semitones=0.6))
    write_audio(data / "song4.wav", songs[4].samples[: 5 * RATE])
    write_notes(data / "song5.tsv", moved(notes[5], seconds=0.4))
    broken = songs[6].samples.copy()
    broken[RATE : RATE + 20] = np.nan
    write_audio(data / "song6.wav", broken)
    write_notes(data / "nobody.tsv", notes[7])
    write_audio(data / "song8.flac", sing(8).samples)
    write_notes(data / "song9.tsv", [])
    report = check(data, transcribe)
    assert found(report) == sorted(
        [
            ("overlap", "song0.tsv"),
            ("unreadable", "song1.tsv"),
            ("tuning", "song2.tsv"),
            ("tuning", "song3.tsv"),
            ("past_end", "song4.tsv"),
            ("offset", "song5.tsv"),
            ("nan", "song6.wav"),
            ("orphan", "nobody.tsv"),
            ("listing", "data"),
            ("empty", "song9.tsv"),
        ]
    )
    lines = {s.kind + s.file.name: s.line for s in report.problems}
    assert f"at {notes[0][4].onset:.2f} s" in lines["overlapsong0.tsv"]
    assert "0.15 s before" in lines["overlapsong0.tsv"]
    assert "song1.tsv, line 4," in lines["unreadablesong1.tsv"]
    assert "an octave above the sung pitch throughout: move them by -12 semitones" in lines["tuningsong2.tsv"]
    assert "cents sharp of the sung pitch throughout: move them by -0." in lines["tuningsong3.tsv"]
    assert "the recording ends at 5.00 s" in lines["past_endsong4.tsv"]
    assert any(f"{0.4 + d:.2f} s late throughout" in lines["offsetsong5.tsv"] for d in (-0.02, 0, 0.02))
    assert "20 samples are not numbers (NaN or infinite), the first at 1.00 s" in lines["nansong6.wav"]
    assert "the id 'song8' occurs twice" in lines["listingdata"]
    assert "has 0 notes" in lines["emptysong9.tsv"]
    for line in lines.values():
        assert "\n" not in line
        assert ": " in line


@pytest.mark.parametrize("plant", SINGLE, ids=lambda plant: plant.__name__)
def test_each_fault_is_found(songs, data, transcribe, plant):
    plant(data, songs[0])
    report = check(data, transcribe)
    assert found(report) == sorted((kind, name) for kind, name, _ in SINGLE[plant]), report.lines
    for problem, (_, _, words) in zip(report.problems, SINGLE[plant], strict=True):
        assert words in problem.line


@pytest.mark.parametrize(
    ("semitones", "hz", "seconds", "words"),
    [
        (0.3, 0, 0, "30 cents sharp of the sung pitch throughout"),
        (0, 5, 0, "5.0 Hz sharp of the sung pitch throughout"),
        (12, 0, 0, "an octave above the sung pitch throughout"),
        (0, 0, 0.2, "0.20 s late throughout"),
    ],
)
def test_an_error_of_all_labels_is_reported_in_one_line(songs, data, transcribe, semitones, hz, seconds, words):
    for number, song in enumerate(songs):
        hertz = [440 * 2 ** ((n.pitch + semitones - 69) / 12) + hz for n in song.notes]
        rows = [[n.onset + seconds, n.offset + seconds, h] for n, h in zip(song.notes, hertz, strict=True)]
        write_notes(data / f"song{number}.tsv", rows, "onset\toffset\thz")
    report = check(data, transcribe)
    assert len(report.problems) == 1, report.lines
    assert words.split(" ", 2)[2] in report.lines[1]
    assert report.lines[1].startswith(f"{data}: labels are ")
    figure, unit = words.split(" ")[:2]
    if unit in ("cents", "Hz", "s"):
        said = float(
            report.lines[1].partition("about ")[2].split()[0]
            if "about" in report.lines[1]
            else report.lines[1].partition("labels are ")[2].split()[0]
        )
        assert said == pytest.approx(float(figure), abs={"cents": 6, "Hz": 1.0, "s": 0.03}[unit])


def test_one_recording_in_time_among_late_ones_is_reported(songs, data, transcribe):
    for number, song in enumerate(songs):
        write_notes(data / f"song{number}.tsv", moved(song.notes, seconds=0.2 if number else 0.0))
    report = check(data, transcribe)
    assert [s.file.name for s in report.problems] == ["data", "song0.tsv"]
    assert "s late throughout: move them by -0." in report.problems[0].line
    assert "are in time, although those of its set are about 0." in report.problems[1].line


@pytest.mark.parametrize(("seconds", "named"), [(0.035, True), (-0.035, True), (0.01, False)])
def test_onsets_that_differ_from_the_set_are_reported(longer_songs, data, transcribe, seconds, named):
    """The difference is smaller than the tolerance of the scores, but it is the same for all notes."""
    for number, song in enumerate(longer_songs):
        write_audio(data / f"song{number}.wav", song.samples)
        write_notes(data / f"song{number}.tsv", moved(song.notes, seconds=seconds if number < 3 else 0.0))
    report = check(data, transcribe)
    assert found(report) == [("offset", f"song{number}.tsv") for number in range(3) if named], report.lines
    for problem in report.problems:
        said = float(problem.line.partition("move them by ")[2].removesuffix(" s"))
        assert said == pytest.approx(-seconds, abs=0.008)


@pytest.mark.parametrize("seconds", [0.15, 0.3, 0.5])
def test_a_late_set_is_reported_once(songs, data, transcribe, seconds):
    for number, song in enumerate(songs):
        write_notes(data / f"song{number}.tsv", moved(song.notes, seconds=seconds))
    report = check(data, transcribe)
    assert [s.kind for s in report.problems if s.file == data] == ["offset"], report.lines
    assert "move them by -0.0" not in "\n".join(report.lines)


def test_a_set_with_two_onset_conventions_has_no_typical_lag(longer_songs, data, transcribe):
    for number, song in enumerate(longer_songs):
        write_audio(data / f"song{number}.wav", song.samples)
        write_notes(data / f"song{number}.tsv", moved(song.notes, seconds=0.045 * (number % 2)))
    assert check(data, transcribe).problems == []


def test_leaks_between_splits_of_a_manifest_are_reported(data, transcribe):
    rows = [
        {"audio": f"song{n}.wav", "notes": f"song{n}.tsv", "singer": s, "split": p}
        for n, s, p in ((0, "ann", "train"), (1, "ann", "test"), (2, "bea", "train"), (3, "cid", "valid"))
    ]
    rows.append({"id": "again", "audio": "song3.wav", "notes": "song3.tsv", "singer": "dan", "split": "test"})
    rows.append({"audio": "missing.wav", "notes": "song4.tsv", "singer": "bea", "split": "train"})
    report = check(manifest(data / "m.csv", rows), transcribe)
    assert found(report) == [("leak", "m.csv"), ("leak", "song3.wav"), ("listing", "m.csv")], report.lines
    text = "\n".join(report.lines)
    assert "the singer 'ann' is in train (1) and test (1)" in text
    assert "in test and valid" in text or "in valid and test" in text
    assert "m.csv:7: audio" in text
    assert "missing.wav does not exist" in text
    assert report.summary.splits == {"train": 2, "valid": 1, "test": 2}
    assert report.summary.singers == 4


def test_missing_recordings_of_a_label_file_are_reported(songs, data, transcribe):
    for path in data.glob("*.tsv"):
        path.unlink()
    content = {f"song{n}": [[m.onset, m.offset, m.pitch] for m in s.notes] for n, s in enumerate(songs)}
    (data / "all.json").write_text(json.dumps(content | {"lost": [[0, 1, 60]]}))
    report = check(data, transcribe)
    assert found(report) == [("orphan", "all.json")]
    assert "1 of its recordings are missing (lost)" in report.lines[1]
    content["song1"][2][1] = 0.0
    content["song1"][3][2] = "C"
    (data / "all.json").write_text(json.dumps(content))
    assert [s.line.partition(": ")[2][:20] for s in check(data, transcribe).problems] == [
        "entry 3 of song 'son",
        "entry 4 of song 'son",
    ]


def test_faults_that_training_refuses_are_reported(data, transcribe):
    """One accompaniment is not a recording, and one file of notes is empty, although there is a pitch track."""
    (data / "band.wav").write_bytes(b"not a recording")
    write_notes(data / "empty.tsv", [])
    (data / "pitch.f0.txt").write_text("0\n" * 50)
    rows = [{"audio": "song0.wav", "notes": "song0.tsv", "accompaniment": "band.wav"}]
    rows += [{"audio": "song1.wav", "notes": "empty.tsv", "f0": "pitch.f0.txt"}]
    rows += [{"audio": "song2.wav", "notes": "song2.tsv", "times": "song2.tsv"}]
    kinds = found(check(manifest(data / "m.csv", rows), transcribe))
    assert ("audio", "band.wav") in kinds
    assert ("empty", "empty.tsv") in kinds
    assert "song2.tsv" not in [name for _, name in kinds]


def test_the_report_can_be_written_as_json(data, transcribe):
    (data / "song0.tsv").unlink()
    write_notes(data / "nobody.tsv", [Note(0, 1, 60)])
    content = json.loads(json.dumps(check(data, transcribe).plain))
    assert content["summary"]["unlabelled"] == [str(data / "song0.wav")]
    assert [s["kind"] for s in content["suspicions"]] == ["orphan"]


def test_an_unreadable_recording_is_one_problem(clean, transcribe):
    def unreadable(path: Path) -> Transcription:
        if path.name == "song3.wav":
            raise InputError(f"{path}: a strange codec")
        return transcribe(path)

    report = check(clean, unreadable)
    assert found(report) == [("audio", "song3.wav")]
    assert "a strange codec" in report.problems[0].line
    assert report.summary.recordings == COUNT


def test_an_unusable_model_ends_the_check(clean):
    def unusable(path: Path) -> Transcription:
        raise UsageError("no such model")

    with pytest.raises(UsageError, match="no such model"):
        check(clean, unusable)


def test_a_missing_folder_is_refused(tmp_path, transcribe):
    with pytest.raises(SingtransError, match="no such manifest"):
        check(tmp_path / "none", transcribe)
