"""Files that are not proper recordings: empty, incomplete, with a wrong header, or of another kind."""

import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np

from tests.robustness.hostile_cases import (
    ANY,
    CONTAINERS,
    PART,
    RATE,
    SECONDS,
    TUNE,
    Case,
    encoded,
    holding,
    patched,
    shortened,
    wav,
)


def empty() -> Iterator[Case]:
    yield Case("no bytes at all", "is empty (0 bytes)", holding("a.wav", b""))
    yield Case("one byte", "convert it to WAV or FLAC", holding("a.wav", b"R"))
    for kind in ("wav", "flac", "ogg", "aiff", "mp3"):
        yield Case(f"a {kind} of no samples", "", lambda f, k=kind: wav(f / f"a.{k}", np.zeros(0, np.float32)))
    for size in (4, 12, 44):
        yield Case(f"the first {size} bytes of a WAV", "", lambda f, n=size: shortened(CONTAINERS["wav"](f), n))
    noise = np.random.default_rng(0)
    for ending in ("wav", "flac", "ogg", "mp3", "m4a", "wma", "mkv", "raw", "au", "vox"):
        # FFmpeg reads every file with the ending .raw as a video.
        line = "" if ending == "raw" else "not a recording"
        yield Case(f"random bytes named .{ending}", line, holding(f"a.{ending}", noise.bytes(5000)))
    yield Case("zeros named .wav", "not a recording", holding("a.wav", bytes(100_000)))
    yield Case("zeros named .mp3", "not a recording", holding("a.mp3", bytes(100_000)))
    yield Case("text named .wav", "not a recording", holding("a.wav", b"la la la\n" * 500))


def cut_short(places: int) -> Iterator[Case]:
    for kind, make in CONTAINERS.items():
        for place in range(places):
            share = (place + 0.5) / places

            def cut(folder: Path, make=make, share=share) -> Path:
                path = make(folder)
                return shortened(path, int(share * path.stat().st_size))

            yield Case(f"{kind} cut off at {100 * share:.1f} %", PART, cut)

        def holed(folder: Path, make=make) -> Path:
            path = make(folder)
            content = bytearray(path.read_bytes())
            middle = len(content) // 2
            content[middle : middle + 500] = np.random.default_rng(1).bytes(500)
            path.write_bytes(content)
            return path

        yield Case(f"{kind} with 500 random bytes in its middle", ANY, holed)


def headers() -> Iterator[Case]:
    def header(offset: int, layout: str, *values: int) -> Callable[[Path], Path]:
        return lambda f: patched(wav(f / "a.wav"), offset, layout, *values)

    for size in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF):
        yield Case(f"a WAV whose RIFF claims {size:,} bytes", TUNE, header(4, "<I", size))
    yield Case("a WAV whose data claim 4 GB", TUNE, header(40, "<I", 0xFFFFFFFF))
    yield Case("a WAV whose data claim 2 GB", TUNE, header(40, "<I", 0x7FFFFFF0))
    yield Case("a WAV whose data claim no bytes", ANY, header(40, "<I", 0))
    yield Case("a WAV whose header states half of its data", PART, header(40, "<I", 3 * RATE))
    yield Case("a WAV whose data claim an odd number of bytes", TUNE, header(40, "<I", 2 * round(SECONDS * RATE) - 1))
    yield Case("a WAV whose format chunk claims 4 GB", "", header(16, "<I", 0xFFFFFFF0))
    yield Case("a WAV of format 0xABCD", "", header(20, "<H", 0xABCD))
    yield Case("a WAV of 0 bits", "", header(34, "<H", 0))
    yield Case("a WAV of 4095 bits", "", header(34, "<H", 4095))
    yield Case("a WAV of block length 0", ANY, header(32, "<H", 0))
    yield Case("a FLAC that claims 2^36 samples", TUNE, lambda f: _flac_length(wav(f / "a.flac"), (1 << 36) - 1))
    yield Case("a FLAC that claims 10 samples", ANY, lambda f: _flac_length(wav(f / "a.flac"), 10))
    yield Case("an ID3 tag that claims 256 MB", ANY, holding("a.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(1000)))


def _flac_length(path: Path, samples: int) -> Path:
    content = bytearray(path.read_bytes())
    content[21] = (content[21] & 0xF0) | (samples >> 32)
    struct.pack_into(">I", content, 22, samples & 0xFFFFFFFF)
    path.write_bytes(content)
    return path


def foreign() -> Iterator[Case]:
    yield Case("an MP4 without sound", "no sound track", lambda f: _video(f / "a.mp4"))
    yield Case("an MKV without sound", "no sound track", lambda f: _video(f / "a.mkv"))
    key = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "0" * 32, "encryption_kid": "1" * 32}
    yield Case("an encrypted MP4", ANY, lambda f: encoded(f / "a.mp4", "aac", **key))
    yield Case("a ZIP named .m4a", "not a recording", _zip)
    yield Case("a PDF named .mp3", "not a recording", holding("a.mp3", b"%PDF-1.7\n" + b"1 0 obj\n" * 200))
    png = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02")
    yield Case("a picture named .wav", "", holding("a.wav", png + bytes(200)))
    for name, text in {
        "an M3U playlist": "#EXTM3U\n#EXTINF:3,a\n{tune}\n",
        "an HLS playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{tune}\n#EXT-X-ENDLIST\n",
        "an HLS playlist of file:// URLs": "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nfile://{tune}\n",
        "a list for FFmpeg's concat": "ffconcat version 1.0\nfile '{tune}'\n",
        "a PLS playlist": "[playlist]\nFile1={tune}\nNumberOfEntries=1\n",
        "an SDP description": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\n",
    }.items():
        for ending in ("wav", "m3u8"):

            def make(folder: Path, text=text, ending=ending) -> Path:
                (folder / "other").mkdir()
                target = wav(folder / "other" / "t.wav")
                (folder / f"a.{ending}").write_text(text.format(tune=target))
                return folder / f"a.{ending}"

            yield Case(f"{name}, named .{ending}", "", make)
    yield Case("a WAV with 20 MB of junk before its sound", TUNE, lambda f: _junk(f, 20_000_000))
    yield Case("two WAVs one after the other", TUNE, lambda f: _doubled(wav(f / "a.wav")))
    yield Case("an MP3 behind 100 kB of other bytes", ANY, lambda f: _behind(wav(f / "a.mp3")))


def _video(path: Path) -> Path:
    """Write a video without sound."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for _ in range(20):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((32, 32, 3), 128, np.uint8))))
        container.mux(stream.encode(None))
    return path


def _zip(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "a.m4a", "w") as archive:
        archive.write(wav(folder / "t.flac"), "t.flac")
    (folder / "t.flac").unlink()
    return folder / "a.m4a"


def _junk(folder: Path, size: int) -> Path:
    content = wav(folder / "a.wav").read_bytes()
    chunk = b"JUNK" + struct.pack("<I", size) + bytes(size)
    (folder / "a.wav").write_bytes(content[:12] + chunk + content[12:])
    return folder / "a.wav"


def _doubled(path: Path) -> Path:
    path.write_bytes(path.read_bytes() * 2)
    return path


def _behind(path: Path) -> Path:
    path.write_bytes(np.random.default_rng(0).bytes(100_000) + path.read_bytes())
    return path
