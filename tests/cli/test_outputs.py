"""Formats and options of the outputs of `transcribe`."""

import mido
import pytest

from singtrans import formats
from tests.helpers.command import GOOD, call, files, unsung


def test_transcribe_with_all_formats_and_options(tmp_path):
    pytest.importorskip("verovio")
    pytest.importorskip("typst")
    words = tmp_path / "words.txt"
    words.write_text("Twin-kle twin-kle lit-tle star")
    options = ["--tempo", "128", "--quantize", "1/16", "--pitch-bend", "--velocity", "loudness", "--lyrics", words]
    wanted = [part for name in formats.WRITERS for part in ("-f", name)]
    result = call("transcribe", GOOD, "-o", tmp_path / "out", *wanted, *options)
    assert result.returncode == 0, result.stderr
    assert files(tmp_path / "out") == {f"twinkle_phone{ending}" for ending in formats.ENDINGS.values()}
    voice = mido.MidiFile(tmp_path / "out" / "twinkle_phone.mid").tracks[1]
    assert [m.text for m in voice if m.type == "lyrics"][:3] == ["Twin-", "kle", "twin-"]
    assert len({m.velocity for m in voice if m.type == "note_on"}) > 3
    assert any(m.type == "pitchwheel" for m in voice)
    again = call("transcribe", tmp_path / "out", "-o", tmp_path / "again")
    assert "no recordings" in again.stderr  # sonifications are not recordings


def test_options_without_effect_are_refused_before_transcribing(tmp_path):
    unsung(tmp_path)
    before = files(tmp_path)
    for arguments in (["silence.wav", "-f", "csv", "-f", "jams"], ["silence.wav", "-o", "x.csv"], ["-"]):
        result = call("transcribe", *arguments, "--pitch-bend", cwd=tmp_path, input=b"")
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert "--pitch-bend has no effect on csv" in result.stderr
    assert files(tmp_path) == before
    (tmp_path / "singtrans.toml").write_text(
        "[transcribe]\npitch-bend = true\n"
    )  # defaults in the file are ignored where they have no effect
    assert call("transcribe", "silence.wav", "-f", "csv", cwd=tmp_path).returncode == 0
    result = call("transcribe", "short.wav", "-f", "csv", "-f", "mid", "--program", "1", cwd=tmp_path)
    assert result.returncode == 0


def test_lyrics_are_refused_for_several_recordings(tmp_path):
    unsung(tmp_path)
    (tmp_path / "w.txt").write_text("la")
    result = call("transcribe", ".", "--lyrics", "w.txt", cwd=tmp_path)
    assert (result.returncode, "give a single INPUT" in result.stderr) == (2, True)
