"""Recordings from standard input, and outputs on standard output."""

import json

from tests.helpers.command import GOOD, call, files


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
