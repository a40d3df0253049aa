"""Separated voices as outputs of jobs."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from singtrans import batch
from singtrans.batch.jobs import Existing
from singtrans.errors import UsageError
from singtrans.notes import Note, PitchTrack, Separation, Transcription


def transcriber(path, voice=None):
    if voice is not None:
        Path(voice).write_bytes(b"voice")
    nothing = np.zeros(0)
    track = PitchTrack(nothing, nothing, nothing)
    return Transcription((Note(0, 1, 60),), track, 1.0, path.name, separation=Separation(voice is not None))


@pytest.fixture
def songs(tmp_path):
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("a.wav", "sub/b.mp3.wav", "a.voice.flac"):
        soundfile.write(tmp_path / "in" / name, np.zeros(800), 16_000, format="WAV")
    return tmp_path / "in"


def outputs(plan):
    return [sorted(str(output) for output in job.outputs) for job in plan.jobs]


def test_voices_are_placed_beside_the_other_outputs(songs):
    out = songs.parent / "out"
    plan = batch.plan([songs], out, ["mid", "csv"], voice=True)
    assert outputs(plan) == [
        [f"{out}/a.csv", f"{out}/a.mid", f"{out}/a.voice.flac"],
        [f"{out}/sub/b.mp3.csv", f"{out}/sub/b.mp3.mid", f"{out}/sub/b.mp3.voice.flac"],
    ]
    assert plan.formats == ("mid", "csv")
    assert all(".voice." not in name for names in outputs(batch.plan([songs], out, ["mid"])) for name in names)


def test_a_voice_has_the_stem_of_a_single_output(songs):
    plan = batch.plan([songs / "a.wav"], songs.parent / "tune.mid", [], voice=True)
    assert outputs(plan) == [[f"{songs.parent}/tune.mid", f"{songs.parent}/tune.voice.flac"]]


def test_a_voice_does_not_replace_a_recording(songs):
    with pytest.raises(UsageError, match="one of the input recordings"):
        batch.plan([songs / "a.wav", songs / "a.voice.flac"], None, [], voice=True)


def test_voices_are_written_and_reported(songs):
    out = songs.parent / "out"
    plan = batch.plan([songs], out, ["csv"], voice=True)
    done = list(batch.run(plan.jobs, transcriber, Existing.REFUSE))
    assert [outcome.error for outcome in done] == ["", ""]
    assert all(outcome.result.separated for outcome in done)
    assert (out / "sub" / "b.mp3.voice.flac").read_bytes() == b"voice"
    assert {path.name for outcome in done for path in outcome.written} == {
        "a.csv",
        "a.voice.flac",
        "b.mp3.csv",
        "b.mp3.voice.flac",
    }


def test_existing_voices_are_kept(songs):
    plan = batch.plan([songs / "a.wav"], None, ["csv"], voice=True)
    refused = list(batch.run(plan.jobs, transcriber, Existing.REFUSE))
    assert "a.voice.flac" in refused[0].error
    kept = (songs / "a.voice.flac").read_bytes()
    done = list(batch.run(plan.jobs, transcriber, Existing.SKIP))
    assert [path.name for path in done[0].written] == ["a.csv"]
    assert (songs / "a.voice.flac").read_bytes() == kept
    assert not done[0].result.separated


def test_a_transcriber_without_voices_is_called_without_a_voice(songs):
    def plain(path):
        return transcriber(path)

    done = list(batch.run(batch.plan([songs / "a.wav"], None, ["csv"]).jobs, plain, Existing.REFUSE))
    assert done[0].result.notes == 1 and not done[0].result.separated
