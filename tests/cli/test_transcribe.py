"""`singtrans transcribe`: outputs, failures, and unusual file names."""

import csv
import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.helpers.command import GOOD, call, files, posix, troubles, unsung


def test_outputs_in_three_formats_have_the_name_of_the_input(tmp_path):
    result = call("transcribe", GOOD, "-o", tmp_path / "new" / "out", *["-f", "mid", "-f", "csv", "-f", "json"])
    assert (result.returncode, result.stdout) == (0, "")
    out = tmp_path / "new" / "out"
    assert files(out) == {f"twinkle_phone.{ending}" for ending in ("mid", "csv", "json")}
    assert re.fullmatch(rf"{re.escape(str(GOOD))}: \d+ notes, \S+ to \S+, 12.3 s -> .+\n", result.stderr)
    rows = list(csv.DictReader((out / "twinkle_phone.csv").read_text(encoding="utf-8").splitlines()))
    content = json.loads((out / "twinkle_phone.json").read_text(encoding="utf-8"))
    assert list(rows[0]) == ["onset", "offset", "pitch", "note", "confidence"]
    assert len(rows) == len(content["notes"]) > 10
    assert (out / "twinkle_phone.mid").read_bytes().startswith(b"MThd")


def test_existing_outputs_are_refused_skipped_or_overwritten(tmp_path):
    audio, output = tmp_path / "silence.wav", tmp_path / "silence.mid"
    unsung(tmp_path)
    silent = call("transcribe", audio, "-q")
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")
    made = output.read_bytes()
    output.write_bytes(b"mine")
    refused = call("transcribe", audio, "-q")
    assert refused.returncode == 1
    assert refused.stderr == f"failed: {audio}: {output} already exists; use --overwrite or --skip-existing\n"
    skipped = call("transcribe", audio, "--skip-existing")
    assert (skipped.returncode, skipped.stderr) == (0, f"{audio}: skipped, outputs exist\n")
    assert output.read_bytes() == b"mine"
    assert call("transcribe", audio, "--overwrite").returncode == 0
    assert output.read_bytes() == made


def test_the_output_may_be_a_file(tmp_path):
    unsung(tmp_path)
    assert call("transcribe", "silence.wav", "-o", "tune.csv", cwd=tmp_path).returncode == 0
    assert "tune.csv" in files(tmp_path)


def test_recordings_without_singing_are_not_failures(tmp_path):
    names = unsung(tmp_path)
    result = call("transcribe", *names, cwd=tmp_path)
    assert result.returncode == 0
    lines = result.stderr.splitlines()
    for name, line in zip(names, lines, strict=False):
        assert f"{name}: 0 notes (no singing found)" in line
    assert lines[-1].startswith("3 transcribed") and lines[-1].endswith("3 without singing")
    assert files(tmp_path) == {*names, "noise.mid", "short.mid", "silence.mid"}


@pytest.mark.parametrize("name", ["bytes0.wav", "header.wav", "text.wav", "stump.mp3", "missing.wav"])
def test_unreadable_files_are_reported_in_one_line(tmp_path, name):
    said = troubles(tmp_path) | {"missing.wav": "does not exist: check the path"}
    before = files(tmp_path)
    result = call("transcribe", name, cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert result.stderr.startswith(f"failed: {name} ")
    assert said[name] in result.stderr
    assert files(tmp_path) == before


def test_a_folder_with_good_and_unreadable_files(tmp_path):
    recordings = tmp_path / "in"
    (recordings / "sub").mkdir(parents=True)
    said = troubles(recordings)
    plain = unsung(recordings)
    (recordings / "cut.mp3").write_bytes(GOOD.read_bytes()[:20_000])
    (recordings / "notes.txt").write_text("not a recording")
    shutil.copy(GOOD, recordings / "sub" / "good.mp3")
    (recordings / "._good.mp3").write_bytes(b"what macOS leaves beside files")
    result = call("transcribe", "in", "missing.wav", "-o", "out", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    done = {Path(name).with_suffix(".mid").name for name in plain}
    assert files(tmp_path / "out") == done | {"cut.mid", str(Path("sub") / "good.mid")}
    lines = result.stderr.splitlines()
    summary = next(i for i, line in enumerate(lines) if " transcribed (" in line)
    assert lines[summary].startswith("5 transcribed") and lines[summary].endswith("1 incomplete, 6 failed:")
    assert summary == 12  # five recordings, one of them with a remark, and six failures
    assert "  only 1.8 of 12.3 s could be decoded" in lines[:summary]
    last = lines[summary + 1 :]
    assert len(last) == 8
    assert "  " + str(Path("in") / "cut.mp3") + ": only 1.8 of 12.3 s could be decoded" in last
    assert last[-1] == "ignored 1 file not recognised as audio: 1 .txt"
    for name, what in said.items():
        assert any(str(Path("in") / name) in line and what in line for line in last)


@pytest.mark.parametrize("out", ["file/x", "file/x.mid", "file"])
def test_an_unwritable_output_folder_is_reported(tmp_path, out):
    unsung(tmp_path)
    (tmp_path / "file").write_text("in the way")
    before = files(tmp_path)
    result = call("transcribe", "silence.wav", "-o", out, cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "failed: silence.wav: nothing can be written in file" in result.stderr
    assert "choose another with -o" in result.stderr
    assert files(tmp_path) == before


def test_an_output_path_that_is_a_folder_is_reported(tmp_path):
    unsung(tmp_path)
    (tmp_path / "silence.mid").mkdir()
    result = call("transcribe", "silence.wav", "--overwrite", cwd=tmp_path)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert not [name for name in files(tmp_path) if "tmp" in name]


NAMES = [
    "two words",
    'it\'s "so"',
    "line\nbreak",
    "🎤 ålå",
    b"bad \xff utf8",
    "-v",
    "x.y",
    "[bold]",
    "%s {0}",
    "a" * 250,
]


@posix
def test_unusual_file_names(tmp_path):
    unsung(tmp_path)
    arguments, wanted = [], set()
    for name in NAMES:
        raw = os.fsencode(name)
        try:
            shutil.copy(tmp_path / "silence.wav", os.fsencode(tmp_path) + b"/" + raw + b".wav")
        except OSError:  # the file system does not allow this name
            continue
        arguments.append(raw + b".wav")
        wanted.add(raw + b".mid")
    result = call("transcribe", "--", *map(os.fsdecode, arguments), cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
    assert result.stderr.count("\n") == len(arguments) + 1
    assert wanted <= {os.fsencode(path.name) for path in tmp_path.iterdir()}


@posix
def test_names_that_are_too_long_are_reported(tmp_path):
    for name in ("a" * 300 + ".wav", "b" * 251 + ".wav"):
        result = call("transcribe", name, "-f", "json", cwd=tmp_path)
        assert (result.returncode, result.stderr.count("\n")) == (1, 1)


def test_several_processes_write_the_same_bytes_in_the_same_order(tmp_path):
    recordings = tmp_path / "in"
    recordings.mkdir()
    said = troubles(recordings)
    unsung(recordings)
    for name in ("amazing_grace.wav", "ode_to_joy.ogg", "twinkle_phone.mp3"):
        shutil.copy(GOOD.parent / name, recordings / name)
    formats = ["-f", "mid", "-f", "csv", "-f", "json"]
    lines = {}
    for jobs in ("1", "3"):
        out = tmp_path / jobs
        result = call("transcribe", "in", "-o", out, *formats, "--jobs", jobs, "--log", f"{jobs}.jsonl", cwd=tmp_path)
        assert result.returncode == 1
        lines[jobs] = [
            line.replace(str(out), "OUT") for line in result.stderr.splitlines() if "transcribed (" not in line
        ]
        log = [json.loads(line) for line in (tmp_path / f"{jobs}.jsonl").read_text().splitlines()]
        assert [entry["status"] for entry in log].count("failed") == len(said)
        assert len(log) == 6 + len(said)
    assert lines["1"] == lines["3"]
    names = files(tmp_path / "1")
    assert len(names) == 18 and names == files(tmp_path / "3")
    for name in names:
        contents = {(tmp_path / jobs / name).read_bytes() for jobs in lines}
        assert len(contents) == 1, name
    again = call("transcribe", "in", "-o", tmp_path / "1", *formats, "--jobs", "2", "--skip-existing", cwd=tmp_path)
    assert again.stderr.count(": skipped, outputs exist\n") == 6
