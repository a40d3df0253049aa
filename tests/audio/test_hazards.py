"""Crashes of decoders, incomplete files, and choices of tracks and channels."""

import os
import struct

import numpy as np
import pytest
import soundfile

from singtrans import audio
from singtrans.audio import Recording, decoder_process
from singtrans.audio.tracks import periodicity
from singtrans.errors import InputError, UsageError
from tests.helpers.containers import Track, label_channels, onsets, tone, tones, write

RATE = 16_000


@pytest.fixture
def no_idle_processes():
    """End all idle decoder processes before and after the test."""
    decoder_process._end_idle()
    yield
    decoder_process._end_idle()


def read(source):
    reading = audio.Reading(source)
    return np.concatenate(list(reading)), reading.summary


@pytest.mark.parametrize(("layout", "channels", "codec"), [("7.1", 8, "aac"), ("7.1", 8, "flac"), ("5.1", 6, "aac")])
def test_many_planar_channels_are_mixed(tmp_path, layout, channels, codec):
    sound = np.repeat(tone(48_000, 1.0)[:, None], channels, 1)
    write(tmp_path / "a.mkv", Track(sound, codec, layout=layout))
    found, _ = read(tmp_path / "a.mkv")
    assert np.sqrt(2 * np.mean(found[4000:12_000] ** 2)) == pytest.approx(0.5, rel=0.2)


def test_labels_of_channels_are_used(tmp_path):
    write(tmp_path / "a.mov", Track(np.repeat(tone(48_000, 1.0)[:, None], 2, 1), "pcm_s16le"))
    (tmp_path / "b.mov").write_bytes(label_channels((tmp_path / "a.mov").read_bytes(), (2, 1)))
    plain, _ = read(tmp_path / "a.mov")
    found, _ = read(tmp_path / "b.mov")
    np.testing.assert_array_equal(found, plain)


@pytest.mark.usefixtures("no_idle_processes")
def test_a_crash_of_the_decoder_is_reported(tmp_path, monkeypatch):
    write(tmp_path / "a.m4a", Track(tone(48_000, 1.0)))
    monkeypatch.setattr(decoder_process, "_COMMAND", "import os; os.abort()")
    with pytest.raises(InputError, match=r"a\.m4a cannot be decoded \(the decoder crashed: SIGABRT\)"):
        audio.load(tmp_path / "a.m4a")
    monkeypatch.undo()
    assert len(audio.load(tmp_path / "a.m4a")) > 15_000


@pytest.mark.usefixtures("no_idle_processes")
def test_a_hanging_decoder_is_stopped(tmp_path, monkeypatch):
    write(tmp_path / "a.m4a", Track(tone(48_000, 1.0)))
    monkeypatch.setattr(decoder_process, "_COMMAND", "import time; time.sleep(100)")
    monkeypatch.setattr(decoder_process, "_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(decoder_process, "_WATCH_SECONDS", 0.1)
    with pytest.raises(InputError, match="the decoder crashed: SIGKILL"):
        audio.load(tmp_path / "a.m4a")


@pytest.mark.usefixtures("no_idle_processes")
def test_sound_before_a_crash_is_kept(tmp_path, monkeypatch):
    write(tmp_path / "a.m4a", Track(tone(48_000, 30.0)))
    started = []
    init = decoder_process._DecoderProcess.__init__
    monkeypatch.setattr(decoder_process._DecoderProcess, "__init__", lambda self: (init(self), started.append(self))[0])
    reading = audio.Reading(tmp_path / "a.m4a", RATE, 1.0)
    found = []
    for block in reading:
        found.append(block)
        if len(found) == 1:
            started[0]._process.kill()
    seconds = sum(map(len, found)) / RATE
    assert 1 < seconds < 29
    assert reading.summary.missing == f"only {seconds:.1f} of 30.0 s could be decoded"


@pytest.mark.usefixtures("no_idle_processes")
def test_a_decoder_process_is_reused_unless_reading_is_abandoned(tmp_path):
    for name in ("a.m4a", "b.m4a"):
        write(tmp_path / name, Track(tone(48_000, 20.0)))
    audio.load(tmp_path / "a.m4a")
    (process,) = decoder_process._idle
    audio.load(tmp_path / "b.m4a")
    assert decoder_process._idle == [process]
    with pytest.raises(InputError, match="there is no track 2"):
        audio.load(Recording(tmp_path / "a.m4a", track=2))
    assert decoder_process._idle == [process]
    audio.check(tmp_path / "a.m4a")
    assert len(audio.load(tmp_path / "b.m4a")) > 15_000
    assert decoder_process._idle == [process]
    next(audio.blocks(tmp_path / "a.m4a", RATE, 1.0))
    assert decoder_process._idle == [] and process._process.returncode is not None


@pytest.mark.usefixtures("no_idle_processes")
def test_modules_in_the_working_folder_are_not_imported(tmp_path, monkeypatch):
    (tmp_path / "av.py").write_text("raise SystemExit('not this one')")
    write(tmp_path / "a.m4a", Track(tone(48_000, 1.0)))
    monkeypatch.chdir(tmp_path)
    assert len(audio.load("a.m4a")) > 15_000


def test_a_file_name_may_have_any_bytes(tmp_path):
    path = tmp_path / os.fsdecode(b"\xff \xe6.m4a")
    write(tmp_path / "a.m4a", Track(tone(48_000, 1.0)))
    (tmp_path / "a.m4a").rename(path)
    assert len(audio.load(path)) > 15_000


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: round(len(content) * share)])


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.aiff", "a.mp3", "a.w64", "a.caf", "a.au"])
def test_the_decoded_part_of_an_incomplete_file_is_reported(tmp_path, name):
    sound = np.random.default_rng(0).normal(0, 0.1, 20 * 44_100)
    soundfile.write(tmp_path / name, sound, 44_100)
    assert read(tmp_path / name)[1].missing == ""
    cut(tmp_path / name, 0.3)
    found, summary = read(tmp_path / name)
    assert summary.missing == f"only {len(found) / RATE:.1f} of 20.0 s could be decoded"


@pytest.mark.parametrize(("name", "codec"), [("a.m4a", "aac"), ("a.mkv", "aac"), ("a.webm", "libopus")])
def test_the_decoded_part_of_an_incomplete_container_is_reported(tmp_path, name, codec):
    sound = np.random.default_rng(0).normal(0, 0.1, 20 * 48_000).astype(np.float32)
    options = {"movflags": "+faststart"} if name == "a.m4a" else None
    write(tmp_path / name, Track(sound, codec), options=options)
    assert read(tmp_path / name)[1].missing == ""
    cut(tmp_path / name, 0.3)
    found, summary = read(tmp_path / name)
    assert summary.missing == f"only {len(found) / RATE:.1f} of 20.0 s could be decoded"


@pytest.mark.parametrize("name", ["a.ogg", "a.opus", "a.mp4"])
def test_an_incomplete_file_of_unknown_length_is_reported(tmp_path, name):
    sound = np.random.default_rng(0).normal(0, 0.1, 20 * 48_000).astype(np.float32)
    if name == "a.mp4":
        write(
            tmp_path / name, Track(sound), options={"movflags": "empty_moov+frag_keyframe", "frag_duration": "1000000"}
        )
    else:
        subtype = "OPUS" if name == "a.opus" else "VORBIS"
        soundfile.write(tmp_path / name, sound, 48_000, format="OGG", subtype=subtype)
    assert read(tmp_path / name)[1].missing == ""
    cut(tmp_path / name, 0.32)
    found, summary = read(tmp_path / name)
    assert summary.missing == f"the file is cut off after {len(found) / RATE:.1f} s"


def test_an_incomplete_wma_file_is_reported(tmp_path):
    sound = np.random.default_rng(0).normal(0, 0.1, 20 * 48_000).astype(np.float32)
    write(tmp_path / "a.wma", Track(np.stack([sound, sound], 1), "wmav2"))
    assert read(tmp_path / "a.wma")[1].missing == ""
    cut(tmp_path / "a.wma", 0.3)
    found, summary = read(tmp_path / "a.wma")
    assert summary.missing == f"only {len(found) / RATE:.1f} of 20.0 s could be decoded"


def test_a_very_short_part_of_a_flac_is_reported(tmp_path):
    soundfile.write(tmp_path / "a.flac", np.zeros(15 * RATE), RATE)
    size = (tmp_path / "a.flac").stat().st_size
    cut(tmp_path / "a.flac", 0.5)
    assert "of 15.0 s could be decoded" in read(tmp_path / "a.flac")[1].missing, size


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFFFFF, 0x7FFF0000])
def test_the_length_in_an_unfinished_header_is_ignored(tmp_path, size):
    soundfile.write(tmp_path / "a.wav", tone(RATE, 1.0), RATE)
    content = (tmp_path / "a.wav").read_bytes()
    start = content.index(b"data") + 4
    (tmp_path / "a.wav").write_bytes(content[:start] + struct.pack("<I", size) + content[start + 4 :])
    found, summary = read(tmp_path / "a.wav")
    assert (len(found), summary.missing) == (RATE, "")


def test_sound_may_end_before_the_picture(tmp_path):
    for name in ("a.mp4", "a.mkv"):
        write(tmp_path / name, Track(tone(48_000, 0.5)), picture=True)
        assert read(tmp_path / name)[1].missing == ""


@pytest.mark.parametrize("name", ["a.mkv", "a.mp4", "a.ts"])
def test_the_best_sound_track_is_read(tmp_path, name):
    rng = np.random.default_rng(0)
    silence, voice = np.zeros(3 * 48_000, np.float32), tones(48_000, (0.5, 2.0))
    noise = rng.normal(0, 0.2, 3 * 48_000).astype(np.float32)
    write(tmp_path / name, Track(silence), Track(noise), Track(voice))
    found, summary = read(tmp_path / name)
    assert len(onsets(found)) == 2
    expected = "sound track 3 of 3 was read (track 1 is silent); --track chooses another"
    assert summary.remark == expected
    found, summary = read(Recording(tmp_path / name, track=2))
    assert len(onsets(found)) != 2
    assert summary.remark == "sound track 2 of 3 was read; --track chooses another"
    with pytest.raises(InputError, match=r"has 3 sound tracks; there is no track 4"):
        audio.load(Recording(tmp_path / name, track=4))


def test_the_first_of_two_voices_is_read_with_a_remark(tmp_path):
    write(tmp_path / "a.mkv", Track(tones(48_000, (0.5,), length=3)), Track(tones(48_000, (0.5, 2.0))))
    found, summary = read(tmp_path / "a.mkv")
    assert (len(onsets(found)), summary.remark) == (1, "sound track 1 of 2 was read; --track chooses another")


def test_there_is_no_remark_about_a_silent_second_track(tmp_path):
    write(tmp_path / "a.mkv", Track(tone(48_000, 1.0)), Track(np.zeros(48_000, np.float32)))
    assert read(tmp_path / "a.mkv")[1].remark == ""


def test_periodicity_of_tones_and_noise():
    rng = np.random.default_rng(0)
    assert periodicity(tone(48_000, 0.04, 220), 48_000) > 0.95
    assert periodicity(tone(8000, 0.04, 110), 8000) > 0.9
    assert periodicity(rng.normal(0, 1, 1920), 48_000) < 0.7
    assert periodicity(np.zeros(1920), 48_000) == 0.0


@pytest.mark.parametrize("name", ["a.wav", "a.mka"])
def test_a_channel_can_be_chosen(tmp_path, name):
    left, right = tone(48_000, 1.0, 300), tone(48_000, 1.0, 500)
    both = np.stack([left, right], 1)
    if name == "a.wav":
        soundfile.write(tmp_path / name, both, 48_000)
    else:
        write(tmp_path / name, Track(both, "flac"))
    for channel, hz in ((1, 300), (2, 500)):
        found = audio.load(Recording(tmp_path / name, channel=channel))
        assert np.abs(np.fft.rfft(found)).argmax() == pytest.approx(hz * len(found) / RATE, abs=1)
    with pytest.raises(InputError, match="has 2 channels; there is no channel 3"):
        audio.load(Recording(tmp_path / name, channel=3))


def test_names_of_channels_are_parsed():
    assert [audio.parse_channel(text) for text in ("mix", "left", "right", "1", "12")] == [None, 1, 2, 1, 12]
    for wrong in ("", "0", "-1", "middle", "²", "9999"):
        with pytest.raises(UsageError, match="--channel"):
            audio.parse_channel(wrong)


def test_a_mono_recording_has_no_right_channel(tmp_path):
    soundfile.write(tmp_path / "a.wav", tone(RATE, 1.0), RATE)
    with pytest.raises(InputError, match="has one channel"):
        audio.load(Recording(tmp_path / "a.wav", channel=2))
    with pytest.raises(InputError, match="has one sound track"):
        audio.load(Recording(tmp_path / "a.wav", track=2))


def test_a_seek_before_the_start_prints_no_message(tmp_path, monkeypatch):
    printed = []
    monkeypatch.setattr("sys.unraisablehook", printed.append)
    path = tmp_path / "a.aiff"
    soundfile.write(path, np.zeros(1000), RATE)
    path.write_bytes(path.read_bytes().replace(b"SSND", b"XSND"))
    with pytest.raises(InputError):
        audio.load(path)
    assert not printed
