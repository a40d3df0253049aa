"""Reading of recordings: all formats give the same tone; damaged files give the remaining sound or a clear error."""

import struct
from fractions import Fraction

import av
import numpy as np
import pytest
import soundfile

from singtrans import SingtransError, audio

RATE = 16_000


def tone(rate, seconds=2.0, hz=440.0, level=0.5):
    return (level * np.sin(2 * np.pi * hz * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def noise(rate, seconds, channels=1):
    return np.random.default_rng(0).normal(0, 0.1, (round(rate * seconds), channels)).astype(np.float32)


def write_pyav(path, samples, rate, codec, **options):
    """Encode (frames,) or (frames, 2) samples with PyAV; the ending determines the container."""
    samples = samples.reshape(len(samples), -1)
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate)
        stream.layout, stream.bit_rate = layout, 128_000
        for start in range(0, len(samples), 4800):
            part = np.ascontiguousarray(samples[start : start + 4800].T)
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout=layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def write_video(path, sound=None, rate=44_100):
    """Write a video of a grey picture, with or without sound."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        if sound is not None:
            voice = container.add_stream("aac", rate=rate)
            voice.layout = "mono"
        for _ in range(20):
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.full((32, 32, 3), 128, np.uint8))))
        container.mux(video.encode(None))
        if sound is not None:
            frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
            frame.sample_rate, frame.pts = rate, 0
            container.mux(voice.encode(frame))
            container.mux(voice.encode(None))


def frequency(samples, rate=RATE):
    """Measure the frequency of the strongest partial to within 0.1 Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 16 * len(samples)))
    return spectrum.argmax() * rate / (16 * len(samples))


def is_tone(samples, level=0.5, seconds=2.0, slack=0.05, hz=440.0):
    middle = samples[len(samples) // 4 : -len(samples) // 4]
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert len(samples) / RATE == pytest.approx(seconds, abs=slack)
    assert frequency(middle) == pytest.approx(hz, abs=0.5)
    assert np.sqrt(2 * np.mean(middle**2)) == pytest.approx(level, rel=0.05)
    return True


@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("a.wav", "PCM_16"),
        ("a.wav", "PCM_U8"),
        ("a.wav", "PCM_24"),
        ("a.wav", "PCM_32"),
        ("a.wav", "FLOAT"),
        ("a.wav", "DOUBLE"),
        ("a.wav", "ULAW"),
        ("a.flac", "PCM_16"),
        ("a.flac", "PCM_24"),
        ("a.aiff", "PCM_16"),
        ("a.caf", "PCM_24"),
        ("a.au", "PCM_16"),
        ("a.w64", "PCM_16"),
        ("a.rf64", "PCM_16"),
    ],
)
def test_lossless_formats_are_read(tmp_path, name, subtype):
    soundfile.write(tmp_path / name, tone(44_100), 44_100, subtype=subtype)
    assert is_tone(audio.load(tmp_path / name), slack=1 / RATE)


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_any_rate_and_number_of_channels_is_read(tmp_path, rate, channels):
    soundfile.write(tmp_path / "a.wav", np.tile(tone(rate)[:, None], channels), rate)
    assert is_tone(audio.load(tmp_path / "a.wav"), slack=1 / RATE)


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.m4a", "aac", 44_100),
        ("a.m4a", "alac", 44_100),
        ("a.aac", "aac", 48_000),
        ("a.opus", "libopus", 48_000),
        ("a.webm", "libopus", 48_000),
        ("a.wma", "wmav2", 44_100),
        ("a.mka", "flac", 44_100),
        ("a.mkv", "ac3", 48_000),
        ("a.mov", "pcm_s16le", 44_100),
        ("a.mp3", "libmp3lame", 44_100),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_compressed_formats_are_read(tmp_path, name, codec, rate, channels):
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV cannot write {codec}")
    sound = tone(rate)
    write_pyav(tmp_path / name, np.stack([sound] * channels, 1), rate, codec)
    assert is_tone(audio.load(tmp_path / name), slack=0.1)


@pytest.mark.parametrize("name", ["a.ogg", "a.mp3", "a.opus"])
def test_compressed_formats_of_soundfile_are_read(tmp_path, name):
    kind = {"format": "OGG", "subtype": "OPUS"} if name.endswith("opus") else {}
    soundfile.write(tmp_path / name, tone(48_000), 48_000, **kind)
    assert is_tone(audio.load(tmp_path / name), slack=0.03)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov", "a.avi"])
def test_the_sound_of_a_video_is_read(tmp_path, name):
    write_video(tmp_path / name, tone(44_100))
    assert is_tone(audio.load(tmp_path / name), slack=0.1)


@pytest.mark.parametrize(("name", "codec"), [("a.m4a", "aac"), ("a.mp3", "libmp3lame"), ("a.opus", "libopus")])
def test_a_codec_does_not_shift_time(tmp_path, name, codec):
    click = np.zeros(96_000, np.float32)
    click[48_000:48_480] = tone(48_000, 0.01, 1000)
    write_pyav(tmp_path / name, click, 48_000, codec)
    energy = np.square(audio.load(tmp_path / name))
    centre = np.average(np.arange(len(energy)), weights=energy) / RATE
    assert centre == pytest.approx(1.005, abs=0.003)


def test_formats_are_recognised_by_content(tmp_path):
    soundfile.write(tmp_path / "a.mp3", tone(44_100), 44_100, format="WAV")
    write_pyav(tmp_path / "b.m4a", tone(44_100), 44_100, "aac")
    soundfile.write(tmp_path / "c.mp3", tone(44_100), 44_100)
    soundfile.write(tmp_path / "d.flac", tone(44_100), 44_100)
    for old, new in (("b.m4a", "b.wav"), ("c.mp3", "c.flac"), ("d.flac", "d.raw")):
        (tmp_path / old).rename(tmp_path / new)
    for name in ("a.mp3", "b.wav", "c.flac", "d.raw"):
        assert is_tone(audio.load(tmp_path / name), slack=0.03)


@pytest.mark.parametrize("name", ["é 歌 #1 %d.wav", "http:x.wav", "concat:a|b.m4a", "-a.wav"])
def test_unusual_file_names(tmp_path, name):
    soundfile.write(tmp_path / "a.wav", tone(8_000), 8_000)
    (tmp_path / "a.wav").rename(tmp_path / name)
    assert is_tone(audio.load(str(tmp_path / name)))


@pytest.mark.parametrize("rate", [16_000, 44_100, 22_050])
@pytest.mark.parametrize("seconds", [0.001, 0.9, 1.0, 7.3])
def test_blocks_join_to_the_whole_recording(tmp_path, rate, seconds):
    import soxr

    sound = noise(rate, seconds)[:, 0]
    soundfile.write(tmp_path / "a.wav", sound, rate, subtype="FLOAT")
    expected = soxr.resample(sound, rate, RATE)
    for block_seconds in (0.0377, 1.0, 30.0):
        parts = list(audio.blocks(tmp_path / "a.wav", RATE, block_seconds))
        size = round(block_seconds * RATE)
        assert all(len(part) == size for part in parts[:-1])
        assert 0 < len(parts[-1]) <= size
        joined = np.concatenate(parts)
        assert abs(len(joined) - round(len(sound) * RATE / rate)) <= 1
        np.testing.assert_allclose(joined, expected, atol=1e-6)


def test_blocks_must_have_at_least_one_sample(tmp_path):
    with pytest.raises(ValueError, match="at least one sample"):
        next(audio.blocks(tmp_path / "a.wav", RATE, 0))


def test_memory_does_not_grow_with_length(tmp_path):
    import tracemalloc

    with soundfile.SoundFile(tmp_path / "a.wav", "w", RATE, 1) as file:
        for _ in range(300):
            file.write(noise(RATE, 1))
    next(audio.blocks(tmp_path / "a.wav"))  # imports are not measured
    tracemalloc.start()
    for _ in audio.blocks(tmp_path / "a.wav", RATE, 1.0):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000  # the whole recording would take 19 MB


def test_channels_in_anti_phase_do_not_cancel(tmp_path):
    sound = tone(44_100, 3.5)
    soundfile.write(tmp_path / "a.wav", np.stack([sound, -0.98 * sound], 1), 44_100)
    assert is_tone(audio.load(tmp_path / "a.wav"), seconds=3.5, slack=1 / RATE)


def test_anti_phase_in_a_part_of_the_recording(tmp_path):
    sound = tone(RATE, 6.0)
    other = np.where(np.arange(len(sound)) < 3 * RATE, sound, -sound)
    soundfile.write(tmp_path / "a.wav", np.stack([sound, other], 1), RATE)
    samples = audio.load(tmp_path / "a.wav")
    fade = slice(3 * RATE, 3 * RATE + RATE // 100)
    assert np.all(np.abs(samples[fade]) <= np.abs(sound[fade]) + 1e-3)
    samples[fade] = sound[fade]
    np.testing.assert_allclose(samples, sound, atol=1e-3)


def test_a_silent_channel_only_lowers_the_level(tmp_path):
    sound = tone(44_100)
    soundfile.write(tmp_path / "a.wav", np.stack([sound, 0 * sound], 1), 44_100)
    assert is_tone(audio.load(tmp_path / "a.wav"), level=0.25)


def test_silence_is_read_as_zeros(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((48_000, 2)), 48_000)
    assert not audio.load(tmp_path / "a.wav").any()


def test_samples_that_are_not_finite_become_silence(tmp_path):
    sound = tone(44_100)
    sound[1000], sound[2000], sound[3000] = np.nan, np.inf, -np.inf
    soundfile.write(tmp_path / "a.wav", sound, 44_100, subtype="FLOAT")
    samples = audio.load(tmp_path / "a.wav")
    assert np.isfinite(samples).all()
    assert is_tone(samples)


def cut(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: round(len(content) * share)])


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3", "a.ogg", "a.aac", "a.mkv", "a.opus", "a.aiff"])
def test_the_remaining_sound_of_an_incomplete_file_is_read(tmp_path, name, capfd):
    path = tmp_path / name
    sound = noise(48_000, 20)
    codec = {"a.aac": "aac", "a.mkv": "aac", "a.opus": "libopus"}.get(name)
    if codec:
        write_pyav(path, sound, 48_000, codec)
    else:
        with soundfile.SoundFile(path, "w", 48_000, 1) as file:
            for start in range(0, len(sound), 48_000):
                file.write(sound[start : start + 48_000])
    whole = audio.load(path)
    cut(path, 0.6)
    samples = audio.load(path)
    assert 0.5 < len(samples) / len(whole) < 0.7
    same = len(samples) - RATE // 2
    np.testing.assert_allclose(samples[:same], whole[:same], atol=1e-3)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.mkv"])
def test_times_after_damage_are_right(tmp_path, name, capfd):
    path = tmp_path / name
    sound = np.concatenate([noise(44_100, 8), tone(44_100, 4)[:, None]])
    if name == "a.mkv":
        write_pyav(path, sound, 44_100, "flac")
    else:
        soundfile.write(path, sound, 44_100)
    content = bytearray(path.read_bytes())
    middle = len(content) // 3
    content[middle : middle + 300] = np.random.default_rng(1).bytes(300)
    path.write_bytes(content)
    samples = audio.load(path)
    assert len(samples) / RATE == pytest.approx(12, abs=0.3)
    assert frequency(samples[9 * RATE : 11 * RATE]) == pytest.approx(440, abs=0.5)
    assert np.abs(samples).max() < 4
    assert capfd.readouterr() == ("", "")


def test_a_wav_with_an_unfinished_header_is_read(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(44_100), 44_100)
    content = path.read_bytes()
    start = content.index(b"data") + 4
    for size in (0, 0xFFFFFFFF):
        path.write_bytes(content[:start] + struct.pack("<I", size) + content[start + 4 :])
        assert is_tone(audio.load(path))


def refusal(path):
    with pytest.raises(SingtransError) as caught:
        audio.load(path)
    message = str(caught.value)
    assert str(path) in message
    assert "\n" not in message
    return message


def test_missing_files_folders_and_empty_files_are_refused(tmp_path):
    assert "does not exist" in refusal(tmp_path / "nothing.wav")
    assert "is a folder" in refusal(tmp_path)
    (tmp_path / "a.wav").touch()
    assert "0 bytes" in refusal(tmp_path / "a.wav")
    assert "does not exist" in refusal(tmp_path / "a.wav" / "b.wav")


def test_files_without_permission_are_refused(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "a.wav", tone(8_000), 8_000)

    def refuse(*_args, **_kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    assert "Permission denied" in refusal(tmp_path / "a.wav")


def test_a_pipe_is_refused(tmp_path):
    import os

    os.mkfifo(tmp_path / "a.wav")
    assert "pipe" in refusal(tmp_path / "a.wav")


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.m4a", "a.txt", "a.au", "a.raw", "a.ogg", "a"])
@pytest.mark.parametrize("content", [b"These are only words.\n" * 200, bytes(5000), b"x"])
def test_other_files_are_refused(tmp_path, name, content, capfd):
    (tmp_path / name).write_bytes(content)
    refusal(tmp_path / name)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("seed", range(5))
def test_random_bytes_after_an_mp3_header_are_refused_or_read(tmp_path, seed, capfd):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"\xff\xfb\x90\x00" + np.random.default_rng(seed).bytes(5000))
    try:
        assert np.isfinite(audio.load(path)).all()
    except SingtransError as error:
        assert str(path) in str(error)
    assert capfd.readouterr() == ("", "")


def test_files_in_a_playlist_are_not_opened(tmp_path):
    soundfile.write(tmp_path / "a.mp3", tone(44_100), 44_100)
    (tmp_path / "b.wav").write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{tmp_path}/a.mp3\n")
    assert "not a recording" in refusal(tmp_path / "b.wav")


def test_a_video_without_sound_is_refused(tmp_path):
    write_video(tmp_path / "a.mp4")
    assert "no sound" in refusal(tmp_path / "a.mp4")


def test_files_without_samples(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 44_100)
    refusal(tmp_path / "a.wav")
    soundfile.write(tmp_path / "a.wav", np.zeros(1), 192_000)
    refusal(tmp_path / "a.wav")
