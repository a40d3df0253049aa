"""Small recordings in many containers, as seeds for fuzzing."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from singtrans import audio
from tests.helpers.containers import Track, amr, label_channels, tone, write

_RATE = 48_000


@cache
def seeds() -> dict[str, bytes]:
    """Return the content of each recording by name."""
    sound = np.random.default_rng(0).normal(0, 0.1, _RATE).astype(np.float32)
    plain, two, many = Track(sound), np.stack([sound, sound], 1), np.repeat(sound[:, None], 8, 1)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder / "a.m4a", plain, options={"movflags": "+faststart"})
        write(folder / "b.mp4", Track(sound, delay=0.5), picture=True)
        write(folder / "c.mkv", Track(np.zeros_like(sound)), Track(tone(_RATE, 1.0)))
        write(folder / "d.webm", Track(sound, "libopus", gaps=((0.3, 0.6),)))
        write(folder / "e.ts", plain, picture=True)
        write(folder / "f.mkv", Track(many, "flac", layout="7.1"))
        write(folder / "g.mov", Track(two, "pcm_s16le"))
        write(folder / "h.flv", plain)
        write(folder / "i.avi", Track(sound, "libmp3lame"), picture=True)
        write(folder / "j.wma", Track(two, "wmav2"))
        write(folder / "k.mp4", Track(two, "alac"), options={"movflags": "frag_keyframe+empty_moov"})
        write(folder / "l.mp3", Track(sound, "libmp3lame"))
        write(folder / "m.aac", plain)
        for name in ("n.wav", "o.flac", "p.aiff", "q.caf", "r.ogg", "s.w64", "t.au"):
            soundfile.write(folder / name, two, _RATE)
        soundfile.write(folder / "u.opus", sound, _RATE, format="OGG", subtype="OPUS")
        contents = {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
    contents["v.mov"] = label_channels(contents["g.mov"], (2, 1))
    contents["w.amr"] = amr([0] * 30 + [8, 15, 15] * 5 + [0] * 10)
    contents["x.ogg"] = contents["r.ogg"] + contents["u.opus"]
    return contents


def read(path: Path, _: bytes) -> None:
    """Read a recording to its end."""
    reading = audio.Reading(path)
    for block in reading:
        assert np.isfinite(block).all()
    assert reading.summary is not None
