"""`singtrans transcribe` on recordings that are incomplete, or have several tracks, channels or time stamps."""

import csv
import io
import json

import numpy as np
import soundfile

from singtrans import audio
from tests.helpers.command import SAMPLES, call, files, run
from tests.helpers.containers import Track, write

SUNG = SAMPLES / "ode_to_joy.ogg"
RATE = 16_000


def sung(seconds=8.0):
    return audio.load(SUNG, 48_000)[: round(48_000 * seconds)]


def notes(result):
    rows = csv.DictReader(io.StringIO(result.stdout))
    return [(float(row["onset"]), int(row["note"])) for row in rows]


def have_same_notes(found, expected, slack=0.03):
    assert [note for _, note in found] == [note for _, note in expected]
    np.testing.assert_allclose([onset for onset, _ in found], [onset for onset, _ in expected], atol=slack)
    return len(found) > 3


def transcribed(path, *options):
    result = call("transcribe", path, "-f", "csv", "-o", "-", *options)
    assert result.returncode == 0, result.stderr
    return notes(result)


def test_an_incomplete_recording_is_written_logged_and_reported(tmp_path):
    soundfile.write(tmp_path / "a.flac", sung(), 48_000)
    soundfile.write(tmp_path / "whole.wav", sung(1.0), 48_000)
    content = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(content[: len(content) // 2])
    log = tmp_path / "log.jsonl"
    result = call("transcribe", "a.flac", "whole.wav", "-o", "out", "--log", log, cwd=tmp_path)
    assert result.returncode == 1
    assert files(tmp_path / "out") == {"a.mid", "whole.mid"}
    place = next(i for i, line in enumerate(result.stderr.splitlines()) if line.startswith("[1/2]"))
    line, remark = result.stderr.splitlines()[place : place + 2]
    assert line.endswith("-> out/a.mid")
    assert remark.startswith("  only ") and remark.endswith(" of 8.0 s could be decoded")
    assert "1 incomplete:" in result.stderr
    first, second = (json.loads(text) for text in log.read_text().splitlines())
    assert (first["status"], second["status"]) == ("incomplete", "done")
    assert first["error"].endswith("of 8.0 s could be decoded") and first["written"] == ["out/a.mid"]
    streamed = call("transcribe", "a.flac", "-f", "csv", "-o", "-", "-q", cwd=tmp_path)
    assert streamed.returncode == 1 and notes(streamed)
    assert streamed.stderr.startswith("a.flac: only ")


def test_a_message_names_the_track_that_is_read(tmp_path):
    voice = sung()
    write(tmp_path / "a.mkv", Track(np.zeros_like(voice)), Track(voice))
    result = call("transcribe", "a.mkv", "-f", "csv", "-o", "-", cwd=tmp_path)
    assert result.returncode == 0 and len(notes(result)) > 3
    assert "a.mkv: sound track 2 of 2 was read (track 1 is silent); --track chooses another" in result.stderr
    assert notes(call("transcribe", "a.mkv", "-f", "csv", "-o", "-", "--track", 1, cwd=tmp_path)) == []
    wrong = call("transcribe", "a.mkv", "--track", 3, cwd=tmp_path)
    assert (wrong.returncode, wrong.stderr) == (1, "failed: a.mkv has 2 sound tracks; there is no track 3.\n")


def test_the_channel_of_the_voice_can_be_chosen(tmp_path):
    voice = sung()
    other = 0.5 * np.sin(2 * np.pi * 311 * np.arange(len(voice)) / 48_000)
    soundfile.write(tmp_path / "a.wav", np.stack([other, voice], 1), 48_000)
    soundfile.write(tmp_path / "b.wav", voice, 48_000)
    expected = transcribed(tmp_path / "b.wav")
    assert have_same_notes(transcribed(tmp_path / "a.wav", "--channel", "right"), expected)
    assert have_same_notes(transcribed(tmp_path / "a.wav", "--channel", "2"), expected)
    assert transcribed(tmp_path / "a.wav", "--channel", "left") != expected
    wrong = call("transcribe", "a.wav", "--channel", "middle", cwd=tmp_path)
    assert wrong.returncode == 2 and "--channel middle" in wrong.stderr


def test_times_of_notes_follow_the_time_stamps_of_the_file(tmp_path):
    soundfile.write(tmp_path / "a.wav", sung(), 48_000)
    expected = transcribed(tmp_path / "a.wav")
    write(tmp_path / "a.webm", Track(sung(), "libopus", gaps=((3.0, 5.0),)))
    found = transcribed(tmp_path / "a.webm")
    assert have_same_notes([note for note in found if note[0] > 5.4], [note for note in expected if note[0] > 5.4])
    write(tmp_path / "a.mp4", Track(sung(), delay=1.5), picture=True)
    assert have_same_notes(transcribed(tmp_path / "a.mp4"), [(onset + 1.5, note) for onset, note in expected])


def test_a_crash_of_the_decoder_does_not_affect_other_recordings(tmp_path):
    soundfile.write(tmp_path / "a.wav", sung(2.0), 48_000)
    write(tmp_path / "b.mkv", Track(np.repeat(sung(2.0)[:, None], 8, 1), "flac", layout="7.1"))
    soundfile.write(tmp_path / "c.wav", sung(2.0), 48_000)
    result = run("transcribe", ".", "-o", "out", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert files(tmp_path / "out") == {"a.mid", "b.mid", "c.mid"}


def test_the_report_page_plays_the_chosen_channel(tmp_path):
    voice = sung(3.0)
    soundfile.write(tmp_path / "a.wav", np.stack([np.zeros_like(voice), voice], 1), 48_000)
    sizes = []
    for channel in ("left", "right"):
        result = call("report", "a.wav", "--channel", channel, "-o", channel, cwd=tmp_path)
        assert result.returncode == 0, result.stderr
        sizes.append((tmp_path / channel / "a.report.html").stat().st_size)
    assert sizes[1] - sizes[0] > 50_000  # the left channel is silent
