"""The times of sound follow the time stamps of the file: gaps, delays, edit lists and chained files."""

import av
import numpy as np
import pytest
import soundfile

from singtrans import audio
from singtrans.errors import InputError
from tests.helpers.containers import Track, amr, onsets, tones, write

STARTS = (0.5, 2.0, 3.5, 5.5, 7.0)
KEPT = (0.5, 2.0, 5.5, 7.0)
GAP = (3.2, 5.0)


def near(found, expected, slack=0.03):
    assert len(found) == len(expected), found
    np.testing.assert_allclose(found, expected, atol=slack)
    return True


@pytest.mark.parametrize(
    ("name", "codec", "slack"),
    [
        ("a.webm", "libopus", 0.01),
        ("a.mkv", "aac", 0.03),
        ("a.mka", "libmp3lame", 0.06),
        ("a.mkv", "flac", 0.01),
        ("a.mp4", "aac", 0.01),
        ("a.ts", "aac", 0.03),
        ("a.ogg", "libopus", 0.01),
        ("a.flv", "aac", 0.03),
    ],
)
def test_a_gap_becomes_silence(tmp_path, name, codec, slack):
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV cannot write {codec}")
    write(tmp_path / name, Track(tones(48_000, STARTS), codec, gaps=(GAP,)))
    found = audio.load(tmp_path / name)
    # Without an edit list, all players also play the silence that an AAC encoder adds at the start.
    assert near(onsets(found), KEPT, slack)
    assert len(found) / 16_000 == pytest.approx(8.0, abs=0.1)


def test_times_are_right_after_many_small_losses(tmp_path):
    gaps = tuple((0.2 + 0.3 * i, 0.2 + 0.3 * i + 0.02) for i in range(20) if abs((0.2 + 0.3 * i) % 1 - 0.5) > 0.2)
    sound = tones(48_000, STARTS)
    write(tmp_path / "a.webm", Track(sound, "libopus", gaps=gaps))
    plain = tones(48_000, STARTS)
    soundfile.write(tmp_path / "a.wav", plain, 48_000)
    found = onsets(audio.load(tmp_path / "a.webm"))
    assert abs(found[-1] - 7.0) < 0.03


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.mov", "a.ts"])
def test_times_are_relative_to_the_start_of_the_picture(tmp_path, name):
    write(tmp_path / name, Track(tones(48_000, STARTS), delay=1.5), picture=True)
    assert near(onsets(audio.load(tmp_path / name)), [start + 1.5 for start in STARTS], 0.06)


@pytest.mark.parametrize("name", ["a.mkv", "a.ts", "a.mp4"])
def test_times_are_relative_to_the_start_of_the_file(tmp_path, name):
    write(tmp_path / name, Track(tones(48_000, STARTS), delay=1000.0))
    reading = audio.Reading(tmp_path / name)
    assert near(onsets(np.concatenate(list(reading))), STARTS, 0.05)
    assert reading.summary.missing == ""


@pytest.mark.parametrize(("subtype", "takes"), [("VORBIS", 2), ("OPUS", 2), ("VORBIS", 3), ("OPUS", 4)])
def test_all_parts_of_a_chained_ogg_are_read(tmp_path, subtype, takes):
    content = b""
    for _ in range(takes):
        soundfile.write(tmp_path / "a.ogg", tones(48_000, (0.5,), length=1.6), 48_000, format="OGG", subtype=subtype)
        content += (tmp_path / "a.ogg").read_bytes()
    (tmp_path / "a.ogg").write_bytes(content)
    found = audio.load(tmp_path / "a.ogg")
    assert near(onsets(found), [0.5 + 1.6 * take for take in range(takes)], 0.05)
    assert len(found) / 16_000 == pytest.approx(1.6 * takes, abs=0.05)


@pytest.mark.parametrize(
    "takes", [(("VORBIS", 48_000, 1), ("VORBIS", 44_100, 2)), (("OPUS", 48_000, 2), ("VORBIS", 32_000, 1))]
)
def test_parts_of_a_chained_ogg_may_be_of_different_kinds(tmp_path, takes):
    content = b""
    for subtype, rate, channels in takes:
        sound = np.repeat(tones(rate, (0.5,), length=1.6)[:, None], channels, 1)
        soundfile.write(tmp_path / "a.ogg", sound, rate, format="OGG", subtype=subtype)
        content += (tmp_path / "a.ogg").read_bytes()
    path = tmp_path / "a.ogg"
    path.write_bytes(content)
    reading = audio.Reading(path)
    found = np.concatenate(list(reading))
    assert near(onsets(found), (0.5, 2.1), 0.06)
    assert len(found) / 16_000 == pytest.approx(3.2, abs=0.06)
    assert reading.summary.missing == ""
    assert {(piece.rate, piece.samples.shape[1]) for piece in audio.Reading(path).pieces()} == {takes[0][1:]}
    path.write_bytes(content[:-300])
    reading = audio.Reading(path)
    assert onsets(np.concatenate(list(reading)))[0] == pytest.approx(0.5, abs=0.06)
    assert "cut off" in reading.summary.missing
    with pytest.raises(InputError, match="has one sound track; there is no track 2"):
        audio.load(audio.Recording(path, track=2))


def test_only_the_damaged_part_of_a_chained_ogg_is_lost(tmp_path):
    parts = []
    for _ in range(3):
        soundfile.write(tmp_path / "a.ogg", tones(48_000, (0.5,), length=1.6), 48_000, format="OGG", subtype="VORBIS")
        parts.append((tmp_path / "a.ogg").read_bytes())
    parts[1] = parts[1][:60] + bytes(len(parts[1]) - 60)
    (tmp_path / "a.ogg").write_bytes(b"".join(parts))
    assert near(onsets(audio.load(tmp_path / "a.ogg")), (0.5, 2.1), 0.06)


def test_comfort_noise_does_not_end_a_recording(tmp_path):
    kinds = [0] * 50 + [8, *[15] * 7] * 10 + [0] * 50 + [8]
    (tmp_path / "a.amr").write_bytes(amr(kinds))
    reading = audio.Reading(tmp_path / "a.amr")
    found = np.concatenate(list(reading))
    assert len(found) / 16_000 == pytest.approx(0.02 * len(kinds), abs=0.01)
    assert np.abs(found[round(1.1 * 16_000) : round(2.5 * 16_000)]).max() < 1e-6
    assert np.abs(found[round(2.7 * 16_000) :]).max() > 1e-3
    assert reading.summary.missing == ""


def test_sound_after_a_restart_of_time_is_kept(tmp_path):
    for name, start in (("a.ts", 0.0), ("b.ts", 5000.0)):
        write(tmp_path / name, Track(tones(48_000, (0.5, 2.0)), delay=start))
    (tmp_path / "c.ts").write_bytes((tmp_path / "b.ts").read_bytes() + (tmp_path / "a.ts").read_bytes())
    found = audio.load(tmp_path / "c.ts")
    assert near(onsets(found), (0.5, 2.0, 3.5, 5.0), 0.1)
