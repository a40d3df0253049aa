"""Recordings from standard input, and outputs on standard output."""

import csv
import io
import json

import pytest
import typer

from singtrans.cli import app
from tests.helpers.command import GOOD, NOTES, call, files

ARGUMENTS = {
    ("transcribe", "log"): ["transcribe", GOOD, "--log", "-"],
    ("plot", "out"): ["plot", GOOD, "-o", "-"],
    ("report", "out"): ["report", GOOD, "-o", "-"],
    ("evaluate", "plot"): ["evaluate", NOTES, NOTES, "--plot", "-"],
    ("train", "out"): ["train", "data", "-o", "-"],
    ("train", "cache"): ["train", "data", "-o", "run", "--cache", "-"],
    ("add", "out"): ["dataset", "add", GOOD, NOTES, "-o", "-"],
    ("split", "out"): ["dataset", "split", "data", "-o", "-"],
}
"""Command lines with ``-`` as an output that cannot be standard output, by command and parameter."""
STREAMED = {("transcribe", "out"), ("convert", "target"), ("evaluate", "csv")}
"""Parameters whose output can be standard output."""
READ = {"notes", "reference", "audio", "accompaniment", "lyrics"}
"""Options that name files to read."""


def test_standard_input_and_output(tmp_path):
    result = call("transcribe", "-", input=GOOD.read_bytes(), cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    rows = result.stdout.splitlines()
    assert rows[0] == "onset,offset,pitch,note,confidence"
    assert len(rows) > 10
    content = json.loads(call("transcribe", "-", "-f", "json", input=GOOD.read_bytes()).stdout)
    assert len(content["notes"]) == len(rows) - 1
    assert content["audio"] == "stdin"
    assert call("transcribe", GOOD, "-o", "-").stdout == result.stdout
    assert files(tmp_path) == set()
    empty = call("transcribe", "-", input=b"")
    assert (empty.returncode, empty.stdout) == (1, "")
    assert "standard input is empty" in empty.stderr
    text = call("transcribe", "-", input=b"la la la\n" * 100)
    assert (text.returncode, "standard input is not a recording" in text.stderr) == (1, True)
    for wrong in (["-", "-o", "x.mid"], ["-", "a.wav"], ["-", "-f", "mid", "-f", "csv"]):
        assert call("transcribe", *wrong, input=b"", cwd=tmp_path).returncode == 2
    for idle in (["--jobs", "2"], ["--overwrite"], ["--skip-existing"], ["--log", "x"], ["--scheduler", "local"]):
        result = call("transcribe", "-", *idle, input=b"", cwd=tmp_path)
        assert (result.returncode, f"{idle[0]} is for files" in result.stderr) == (2, True)


def test_remarks_are_printed_on_stderr_with_standard_output(tmp_path):
    arguments = ["transcribe", "-", "-f", "ustar", "--tempo", "auto", "--tuning", "auto"]
    said = call(*arguments, input=GOOD.read_bytes())
    assert said.returncode == 0
    assert [line.split(" ")[:3] for line in said.stderr.splitlines()] == [
        ["standard", "input:", "tuning:"],
        ["standard", "input:", "tempo"],
    ]
    quiet = call(*arguments, "-q", input=GOOD.read_bytes())
    assert (quiet.returncode, quiet.stderr, quiet.stdout) == (0, "", said.stdout)


def commands(group):
    for name, command in group.commands.items():
        yield from commands(command) if hasattr(command, "commands") else [(name, command)]


def test_all_output_options_are_known_here():
    """A new option that names an output must refuse ``-``, or write to standard output."""
    outputs = {
        (name, param.name)
        for name, command in commands(typer.main.get_command(app))
        for param in command.params
        if param.param_type_name == "option" and str(param.metavar) in ("FILE", "FOLDER", "PATH")
        if param.name not in READ
    }
    assert outputs == {*ARGUMENTS, *STREAMED} - {("convert", "target")}


@pytest.mark.parametrize(("command", "option"), ARGUMENTS)
def test_outputs_that_cannot_be_standard_output_are_refused(tmp_path, command, option):
    result = call(*ARGUMENTS[command, option], cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert " -: this option cannot write to standard output; give the name of a file or folder" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_convert_writes_to_standard_output(tmp_path):
    assert call("convert", NOTES, tmp_path / "a.json").returncode == 0
    result = call("convert", NOTES, "-", "-f", "json", cwd=tmp_path)
    assert result.returncode == 0
    assert json.loads(result.stdout)["notes"] == json.loads((tmp_path / "a.json").read_text())["notes"]
    assert result.stderr.endswith("-> standard output\n")
    unknown = call("convert", NOTES, "-", cwd=tmp_path)
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "-: this is standard output; give the format with -f, one of mid" in unknown.stderr
    assert files(tmp_path) == {"a.json"}


def test_evaluate_writes_its_table_to_standard_output(tmp_path):
    assert call("evaluate", NOTES, NOTES, "--csv", tmp_path / "a.csv").returncode == 0
    result = call("evaluate", NOTES, NOTES, "--csv", "-", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, (tmp_path / "a.csv").read_text())
    assert [row["COn_F"] for row in csv.DictReader(io.StringIO(result.stdout))] == ["1.0"]
    both = call("evaluate", NOTES, NOTES, "--csv", "-", "--json", cwd=tmp_path)
    assert (both.returncode, both.stdout, both.stderr.count("\n")) == (2, "", 1)
    assert files(tmp_path) == {"a.csv"}
