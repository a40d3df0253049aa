"""Default options in `singtrans.toml`."""

import json

import mido
import pytest

from tests.helpers.command import GOOD, NOTES, call, files, unsung


def test_defaults_for_files_are_ignored_with_standard_output(tmp_path):
    (tmp_path / "singtrans.toml").write_text(
        '[transcribe]\nformat = ["json", "mid"]\nlog = "log.jsonl"\njobs = 4\noutput = "notes"\nscheduler = "local"\n'
        "overwrite = true\nskip-existing = true\ntempo = 120\n"
    )
    result = call("transcribe", "-", input=GOOD.read_bytes(), cwd=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout)["audio"] == "stdin"
    assert files(tmp_path) == {"singtrans.toml"}


def test_defaults_are_read_from_a_file(tmp_path):
    (tmp_path / "singtrans.toml").write_text("[convert]\ntempo = 96\nprogram = 1\npitch-bend = true\n")
    target = tmp_path / "a.mid"
    assert call("convert", NOTES, target, cwd=tmp_path).returncode == 0
    content = mido.MidiFile(target)
    assert content.tracks[1][1].program == 0
    assert any(m.type == "pitchwheel" for m in content.tracks[1])
    tempi = [m.tempo for m in content.tracks[0] if m.type == "set_tempo"]
    assert tempi[-1] == 625_000
    off = call("convert", NOTES, target, "--no-pitch-bend", "--program", "9", "--overwrite", cwd=tmp_path)
    assert off.returncode == 0
    content = mido.MidiFile(target)
    assert content.tracks[1][1].program == 8
    assert not any(m.type == "pitchwheel" for m in content.tracks[1])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[transcribe", "is not TOML"),
        ("[sing]\n", "[sing] is not a command"),
        ('[transcribe]\nformatt = "mid"\n', "formatt is not an option"),
        ("[transcribe]\ntempo = {a = 1}\n", "tempo must be"),
        ('[transcribe]\ntempo = ["auto"]\n', "tempo must be a text, a number, true or false"),
        ("[transcribe]\nformat = true\n", "format must be a text or a list of texts"),
    ],
)
def test_wrong_defaults_are_reported(tmp_path, text, says):
    (tmp_path / "singtrans.toml").write_text(text)
    result = call("info", cwd=tmp_path)
    assert result.returncode == 2
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_defaults_of_the_folder_override_those_of_the_user(tmp_path):
    from singtrans.cli.defaults import Option, merged, read_defaults

    (tmp_path / "a.toml").write_text('[convert]\ntempo = "auto"\nprogram = 3\n')
    (tmp_path / "b.toml").write_text("[convert]\nprogram = 4\n")
    options = {"convert": {"tempo": Option("tempo"), "program": Option("program")}}
    both = merged([read_defaults(tmp_path / name, options) for name in ("a.toml", "b.toml", "missing.toml")])
    assert both == {"convert": {"tempo": "auto", "program": "4"}}


def test_the_command_line_overrides_defaults(tmp_path):
    unsung(tmp_path)
    (tmp_path / "singtrans.toml").write_text('[transcribe]\nformat = "csv"\noverwrite = true\n')
    for arguments, said in [
        ([], "-> silence.csv"),
        ([], "-> silence.csv"),
        (["--skip-existing"], "skipped, outputs exist"),
    ]:
        result = call("transcribe", "silence.wav", *arguments, cwd=tmp_path)
        assert (result.returncode, said in result.stderr) == (0, True), result.stderr
    result = call("transcribe", "silence.wav", "--skip-existing", "--overwrite", cwd=tmp_path)
    assert (result.returncode, "contradict" in result.stderr) == (2, True)
