"""Inputs, outputs and outcomes of jobs."""

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from singtrans.audio import Recording, Selection
from singtrans.batch import Existing, plan, run
from singtrans.batch.standard_streams import transcribe_stream
from singtrans.errors import InputError, UsageError
from singtrans.formats.options import PLAIN
from singtrans.notes import Note, PitchTrack, Transcription


def fake(path: Path) -> Transcription:
    if "bad" in path.name:
        raise InputError(f"{path} is bad")
    empty = np.zeros(0)
    return Transcription((Note(0.0, 1.0, 60.0),), PitchTrack(empty, empty, empty), 1.0, path.name, "fake")


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_outputs_are_placed_beside_the_inputs(tmp_path):
    touch(tmp_path, "a.wav", "sub/b.MP3", "sub/notes.txt")
    jobs = plan([tmp_path], None, ["mid", "csv"]).jobs
    assert [j.audio.name for j in jobs] == ["a.wav", "b.MP3"]
    assert jobs[1].outputs == (tmp_path / "sub/b.mid", tmp_path / "sub/b.csv")


def test_sub_folders_are_kept_in_the_output_folder(tmp_path):
    touch(tmp_path / "in", "a.wav", "x/y/b.wav")
    jobs = plan([tmp_path / "in"], tmp_path / "out", []).jobs
    assert [j.outputs[0] for j in jobs] == [tmp_path / "out/a.mid", tmp_path / "out/x/y/b.mid"]


def test_output_may_be_a_file_if_there_is_one_recording(tmp_path):
    touch(tmp_path, "a.wav")
    assert plan([tmp_path / "a.wav"], tmp_path / "tune.csv", []).jobs[0].outputs == (tmp_path / "tune.csv",)
    with pytest.raises(UsageError, match="give a folder"):
        plan([tmp_path / "a.wav"], tmp_path / "tune.csv", ["mid", "csv"])
    with pytest.raises(UsageError, match="give a folder"):
        plan([tmp_path], tmp_path / "tune.mid", [])


@pytest.mark.parametrize("names", [("a.wav", "a.mp3"), ("a.wav", "A.mp3"), ("x/a.wav", "y/a.wav")])
def test_two_inputs_with_the_same_output_are_refused(tmp_path, names):
    touch(tmp_path, *names)
    with pytest.raises(UsageError, match="both write"):
        plan([tmp_path / n for n in names], tmp_path / "out", [])


def test_a_file_that_is_given_twice_is_transcribed_once(tmp_path):
    touch(tmp_path, "a.wav")
    assert len(plan([tmp_path, tmp_path / "a.wav"], None, []).jobs) == 1


def test_an_empty_folder_is_reported_as_failure(tmp_path):
    assert "no recordings" in plan([tmp_path], None, []).failures[0]


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(UsageError, match="unknown format"):
        plan([tmp_path], None, ["mp3"])


def test_one_failure_does_not_stop_the_rest(tmp_path):
    touch(tmp_path, "a.wav", "bad.wav", "c.wav")
    outcomes = list(run(plan([tmp_path], None, []).jobs, fake, Existing.REFUSE))
    assert [bool(o.error) for o in outcomes] == [False, True, False]
    assert sorted(p.name for p in tmp_path.glob("*.mid")) == ["a.mid", "c.mid"]


def test_existing_outputs_are_refused_kept_or_replaced(tmp_path):
    touch(tmp_path, "a.wav", "a.mid")
    jobs = plan([tmp_path], None, []).jobs
    refused = next(run(jobs, fake, Existing.REFUSE))
    assert "already exists" in refused.error
    assert next(run(jobs, fake, Existing.SKIP)).skipped
    assert (tmp_path / "a.mid").read_bytes() == b"x"
    assert next(run(jobs, fake, Existing.OVERWRITE)).result
    assert (tmp_path / "a.mid").read_bytes().startswith(b"MThd")


def test_skipping_writes_missing_outputs(tmp_path):
    touch(tmp_path, "a.wav", "a.mid")
    jobs = plan([tmp_path], None, ["mid", "csv"]).jobs
    assert not next(run(jobs, fake, Existing.SKIP)).skipped
    assert (tmp_path / "a.csv").exists()


def test_skipping_keeps_existing_outputs(tmp_path):
    touch(tmp_path, "a.wav", "a.mid")
    outcome = next(run(plan([tmp_path], None, ["mid", "csv"]).jobs, fake, Existing.SKIP))
    assert outcome.written == (tmp_path / "a.csv",)
    assert (tmp_path / "a.mid").read_bytes() == b"x"


def test_a_folder_that_cannot_be_made_is_reported_before_transcribing(tmp_path):
    def never(path: Path) -> Transcription:
        raise AssertionError(path)

    touch(tmp_path, "a.wav", "file")
    outcome = next(run(plan([tmp_path / "a.wav"], tmp_path / "file" / "x", []).jobs, never, Existing.REFUSE))
    assert outcome.error.startswith(f"{tmp_path / 'a.wav'}: nothing can be written in {tmp_path / 'file' / 'x'} ")


def test_files_of_phones_and_cameras_are_found(tmp_path):
    touch(tmp_path, "memo.qta", "clip.MTS", "old.3g2", "tape.tta", "show.ts", "one.opus")
    assert len(plan([tmp_path], None, []).jobs) == 6


def test_other_files_are_counted_by_ending(tmp_path):
    touch(tmp_path, "a.wav", "b.txt", "c.TXT", "d.xyz", "notes", "a.mid", "a.csv", ".hidden.txt", "sub/e.docx")
    assert plan([tmp_path], None, []).passed_over == ((".txt", 2), (".xyz", 1), ("", 1), (".docx", 1))


def test_endings_are_listed_for_a_folder_without_recordings(tmp_path):
    touch(tmp_path, "a.xyz", "b.xyz", "c")
    assert "no recordings in this folder (2 .xyz, 1 without an ending)" in plan([tmp_path], None, []).failures[0]


def test_an_incomplete_recording_is_written_and_counts_as_failure(tmp_path):
    def cut(path: Path) -> Transcription:
        return replace(fake(path), missing="only 0.2 of 15.1 s could be decoded", remarks=("track 2 was read",))

    touch(tmp_path, "a.wav")
    outcome = next(run(plan([tmp_path], None, []).jobs, cut, Existing.REFUSE))
    assert outcome.written == (tmp_path / "a.mid",) and (tmp_path / "a.mid").exists()
    assert outcome.failure == f"{tmp_path / 'a.wav'}: only 0.2 of 15.1 s could be decoded"
    assert outcome.remarks == ("track 2 was read",)
    assert not outcome.error and not outcome.skipped


def test_the_selected_track_is_given_to_transcriber_and_writers(tmp_path):
    seen = []

    def transcribe(source):
        seen.append(source)
        return fake(Path(source.name))

    touch(tmp_path, "a.wav")
    jobs = plan([tmp_path / "a.wav"], None, [], selection=Selection(track=2, channel=1)).jobs
    assert not next(run(jobs, transcribe, Existing.REFUSE)).error
    assert seen == [Recording(tmp_path / "a.wav", track=2, channel=1)]


def test_hidden_files_are_ignored(tmp_path):
    touch(tmp_path, "._a.wav", ".trash/a.wav", "a.wav")
    assert [job.audio for job in plan([tmp_path], None, []).jobs] == [tmp_path / "a.wav"]


def test_a_hidden_folder_is_searched_if_it_is_given(tmp_path):
    touch(tmp_path, ".takes/a.wav")
    assert len(plan([tmp_path / ".takes"], None, []).jobs) == 1


def test_two_paths_to_the_same_output_are_refused(tmp_path):
    touch(tmp_path, "a.wav", "x/a.mp3")
    with pytest.raises(UsageError, match="both write"):
        plan([tmp_path / "a.wav", tmp_path / "x" / ".." / "a.mp3"], None, [])


def test_two_paths_to_the_same_recording_make_one_job(tmp_path, monkeypatch):
    touch(tmp_path, "x/a.wav")
    monkeypatch.chdir(tmp_path)
    assert len(plan([Path("x/a.wav"), tmp_path / "x/a.wav", Path("x/../x/a.wav")], None, []).jobs) == 1


def test_a_recording_is_never_overwritten(tmp_path):
    touch(tmp_path, "a.csv")  # the file may be a recording in spite of its ending
    with pytest.raises(UsageError, match="is one of the input recordings"):
        plan([tmp_path / "a.csv"], None, ["csv"])


@pytest.mark.parametrize("name", ["tune.flac", "tune.tsv"])
def test_an_output_with_an_unknown_ending_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="is not an output format"):
        plan([tmp_path / "a.wav"], tmp_path / name, [])


@pytest.mark.parametrize(("name", "meant"), [("a.mdi", ".mid"), ("a.cvs", ".csv"), ("a.JSN", ".json")])
def test_an_output_with_a_misspelt_ending_is_refused(tmp_path, name, meant):
    with pytest.raises(UsageError, match=rf"is not an output format; did you mean \{meant}\?"):
        plan([tmp_path / "a.wav"], tmp_path / name, [])
    (tmp_path / name).mkdir()
    assert plan([tmp_path / "a.wav"], tmp_path / name, []).jobs[0].outputs == (tmp_path / name / "a.mid",)


@pytest.mark.parametrize("name", ["v1.2", "out.d", "notes", "my.notes", "song.old", "data.v2", "song.wav_out"])
def test_a_folder_may_have_a_dot_in_its_name(tmp_path, name):
    assert plan([tmp_path / "a.wav"], tmp_path / name, []).jobs[0].outputs == (tmp_path / name / "a.mid",)


def test_an_ending_that_contradicts_the_format_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"of the format csv, but the requested format is mid; .* \.mid"):
        plan([tmp_path / "a.wav"], tmp_path / "x.csv", ["mid"])


def test_a_format_given_twice_is_written_once(tmp_path):
    assert plan([tmp_path / "a.wav"], None, ["mid", "mid"]).jobs[0].outputs == (tmp_path / "a.mid",)
    assert plan([tmp_path / "a.wav"], tmp_path / "b.midi", ["mid"]).jobs[0].outputs == (tmp_path / "b.midi",)


def test_a_usage_error_stops_the_run(tmp_path):
    def broken(path: Path) -> Transcription:
        raise UsageError("no such device")

    touch(tmp_path, "a.wav", "b.wav")
    with pytest.raises(UsageError, match="no such device"):
        list(run(plan([tmp_path], None, []).jobs, broken, Existing.REFUSE))


@pytest.mark.parametrize(("format", "package"), [("svg", "verovio"), ("pdf", "typst")])
def test_a_missing_extra_is_reported_before_transcribing(tmp_path, monkeypatch, format, package):
    pytest.importorskip("verovio")

    def forbidden(path: Path) -> Transcription:
        raise AssertionError("no recording must be transcribed")

    touch(tmp_path, "a.wav")
    monkeypatch.setitem(sys.modules, package, None)
    jobs = plan([tmp_path / "a.wav"], None, ["mid", format]).jobs
    with pytest.raises(UsageError, match=rf"-f {format} needs the package {package}.*\[score\]"):
        list(run(jobs, forbidden, Existing.REFUSE))
    with pytest.raises(UsageError, match=package):
        transcribe_stream(forbidden, tmp_path / "a.wav", format, PLAIN)
