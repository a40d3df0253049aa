"""Recordings as archives hold them: broken, mislabelled, odd or malicious, each with what must become of it.

Most that hold sound hold the same tune, the first six notes of a sample recording.
"""

import os
import shutil
import socket
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import soundfile

from singtrans import audio

TUNE, PART, SILENT, ANY = "the tune's notes", "the notes that are left, or one line", "no notes", "notes, or one line"
"""What may become of a recording; anything else is a part of the one line that says why there is nothing."""

RATE = 16_000
SECONDS = 2.95
_SOURCE = Path(__file__).parents[2] / "sample_audio" / "frere_jacques.flac"


@dataclass(frozen=True)
class Case:
    """One hostile recording.

    Attributes:
        name: what is wrong with it.
        outcome: one of the outcomes above, or what the line must hold.
        make: makes it in an empty folder; its path.
        long: whether it takes more than a few seconds.
    """

    name: str
    outcome: str
    make: Callable[[Path], Path]
    long: bool = False


@cache
def tune() -> np.ndarray:
    """(n,) float32 at `RATE`: a phrase of six notes."""
    return audio.load(_SOURCE, RATE)[: round(SECONDS * RATE)]


def wav(path: Path, samples: np.ndarray | None = None, rate: int = RATE, **kind: str) -> Path:
    soundfile.write(path, tune() if samples is None else samples, rate, **kind)
    return path


def encoded(path: Path, codec: str, rate: int = 48_000, **options: str) -> Path:
    """The tune through one of PyAV's encoders; the ending names the container."""
    samples = audio.load(_SOURCE, rate)[: round(SECONDS * rate)]
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = 128_000
        for start in range(0, len(samples), 4800):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 4800], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def video(path: Path) -> Path:
    """A picture without sound."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        for _ in range(20):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.full((32, 32, 3), 128, np.uint8))))
        container.mux(stream.encode(None))
    return path


def patched(path: Path, offset: int, layout: str, *values: int) -> Path:
    """The file with some bytes of its header replaced."""
    content = bytearray(path.read_bytes())
    struct.pack_into(layout, content, offset, *values)
    path.write_bytes(content)
    return path


CONTAINERS: dict[str, Callable[[Path], Path]] = {
    "wav": lambda f: wav(f / "a.wav"),
    "flac": lambda f: wav(f / "a.flac"),
    "ogg": lambda f: wav(f / "a.ogg"),
    "aiff": lambda f: wav(f / "a.aiff"),
    "au": lambda f: wav(f / "a.au"),
    "caf": lambda f: wav(f / "a.caf"),
    "w64": lambda f: wav(f / "a.w64"),
    "mp3": lambda f: wav(f / "a.mp3"),
    "opus": lambda f: encoded(f / "a.opus", "libopus"),
    "m4a": lambda f: encoded(f / "a.m4a", "aac"),
    "aac": lambda f: encoded(f / "a.aac", "aac"),
    "mkv": lambda f: encoded(f / "a.mkv", "flac"),
    "webm": lambda f: encoded(f / "a.webm", "libopus"),
    "wma": lambda f: encoded(f / "a.wma", "wmav2"),
    "avi": lambda f: encoded(f / "a.avi", "pcm_s16le"),
}


def cases(places: int = 20) -> Iterator[Case]:
    """All of them; each container is cut short at that many places."""
    for group in (_empty, _cut, _headers, _samples, _rates_and_channels, _names, _no_files, _foreign, _long):
        yield from group(places) if group is _cut else group()


def _bytes(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content)
        return folder / name

    return make


def _empty() -> Iterator[Case]:
    yield Case("no bytes at all", "is empty (0 bytes)", _bytes("a.wav", b""))
    yield Case("one byte", "convert it to WAV or FLAC", _bytes("a.wav", b"R"))
    for kind in ("wav", "flac", "ogg", "aiff", "mp3"):
        yield Case(f"a {kind} of no samples", "", lambda f, k=kind: wav(f / f"a.{k}", np.zeros(0, np.float32)))
    for size in (4, 12, 44):
        yield Case(f"the first {size} bytes of a WAV", "", lambda f, n=size: _shortened(CONTAINERS["wav"](f), n))
    noise = np.random.default_rng(0)
    for ending in ("wav", "flac", "ogg", "mp3", "m4a", "wma", "mkv", "raw", "au", "vox"):
        # FFmpeg takes anything named .raw for a video.
        line = "" if ending == "raw" else "not a recording"
        yield Case(f"random bytes named .{ending}", line, _bytes(f"a.{ending}", noise.bytes(5000)))
    yield Case("zeros named .wav", "not a recording", _bytes("a.wav", bytes(100_000)))
    yield Case("zeros named .mp3", "not a recording", _bytes("a.mp3", bytes(100_000)))
    yield Case("text named .wav", "not a recording", _bytes("a.wav", b"la la la\n" * 500))


def _shortened(path: Path, size: int) -> Path:
    os.truncate(path, size)
    return path


def _cut(places: int) -> Iterator[Case]:
    for kind, make in CONTAINERS.items():
        for place in range(places):
            share = (place + 0.5) / places

            def cut(folder: Path, make=make, share=share) -> Path:
                path = make(folder)
                return _shortened(path, int(share * path.stat().st_size))

            yield Case(f"{kind} cut off at {100 * share:.1f} %", PART, cut)

        def holed(folder: Path, make=make) -> Path:
            path = make(folder)
            content = bytearray(path.read_bytes())
            middle = len(content) // 2
            content[middle : middle + 500] = np.random.default_rng(1).bytes(500)
            path.write_bytes(content)
            return path

        yield Case(f"{kind} with 500 random bytes in its middle", ANY, holed)


def _headers() -> Iterator[Case]:
    def header(offset: int, layout: str, *values: int) -> Callable[[Path], Path]:
        return lambda f: patched(wav(f / "a.wav"), offset, layout, *values)

    for size in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF):
        yield Case(f"a WAV whose RIFF claims {size:,} bytes", TUNE, header(4, "<I", size))
    yield Case("a WAV whose data claim 4 GB", TUNE, header(40, "<I", 0xFFFFFFFF))
    yield Case("a WAV whose data claim 2 GB", TUNE, header(40, "<I", 0x7FFFFFF0))
    yield Case("a WAV whose data claim no bytes", ANY, header(40, "<I", 0))
    yield Case("a WAV whose data claim half of what is there", PART, header(40, "<I", 3 * RATE))
    yield Case("a WAV whose data claim an odd number of bytes", TUNE, header(40, "<I", 2 * round(SECONDS * RATE) - 1))
    yield Case("a WAV whose format chunk claims 4 GB", "", header(16, "<I", 0xFFFFFFF0))
    yield Case("a WAV of format 0xABCD", "", header(20, "<H", 0xABCD))
    yield Case("a WAV of 0 bits", "", header(34, "<H", 0))
    yield Case("a WAV of 4095 bits", "", header(34, "<H", 4095))
    yield Case("a WAV of block length 0", ANY, header(32, "<H", 0))
    yield Case("a FLAC that claims 2^36 samples", TUNE, lambda f: _flac_length(wav(f / "a.flac"), (1 << 36) - 1))
    yield Case("a FLAC that claims 10 samples", ANY, lambda f: _flac_length(wav(f / "a.flac"), 10))
    yield Case("an ID3 tag that claims 256 MB", ANY, _bytes("a.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + bytes(1000)))


def _flac_length(path: Path, samples: int) -> Path:
    content = bytearray(path.read_bytes())
    content[21] = (content[21] & 0xF0) | (samples >> 32)
    struct.pack_into(">I", content, 22, samples & 0xFFFFFFFF)
    path.write_bytes(content)
    return path


def _samples() -> Iterator[Case]:
    def of(make: Callable[[], np.ndarray], subtype: str = "FLOAT", rate: int = RATE) -> Callable[[Path], Path]:
        return lambda f: wav(f / "a.wav", make(), rate, subtype=subtype)

    def spoilt(value: float) -> np.ndarray:
        samples = tune().copy()
        samples[::5000] = value
        return samples

    time = np.arange(3 * RATE) / RATE
    yield Case("NaN here and there", TUNE, of(lambda: spoilt(np.nan)))
    yield Case("infinities here and there", TUNE, of(lambda: spoilt(np.inf)))
    yield Case("nothing but NaN", SILENT, of(lambda: np.full(RATE, np.nan)))
    yield Case("nothing but infinity", SILENT, of(lambda: np.full(RATE, np.inf)))
    yield Case("denormals alone", SILENT, of(lambda: np.full(RATE, 1e-40)))
    yield Case("samples of 1e38", ANY, of(lambda: np.full(RATE, 1e38)))
    yield Case("doubles beyond single precision", ANY, of(lambda: np.full(RATE, 1e300), "DOUBLE"))
    yield Case("the tune at 1e30 times full scale", TUNE, of(lambda: tune() * np.float32(1e30)))
    yield Case("the tune at -200 dB", TUNE, of(lambda: tune() * np.float32(1e-10)))
    yield Case("digital silence", SILENT, of(lambda: np.zeros(RATE)))
    yield Case("full scale and nothing else (DC)", SILENT, of(lambda: np.ones(3 * RATE)))
    yield Case("the tune on DC of half scale", TUNE, of(lambda: 0.3 * tune() / abs(tune()).max() + 0.5))
    yield Case("a full-scale square wave", ANY, of(lambda: np.sign(np.sin(2 * np.pi * 220 * time))))
    yield Case("full-scale noise", ANY, of(lambda: np.random.default_rng(0).uniform(-1, 1, 3 * RATE)))
    yield Case("an impulse", ANY, of(lambda: (time == 1.0).astype(float)))
    yield Case("one sample", SILENT, of(lambda: np.ones(1)))
    yield Case("two samples", SILENT, of(lambda: np.ones(2)))
    yield Case("319 samples, one less than a frame", SILENT, of(lambda: tune()[:319]))
    for subtype in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW", "IMA_ADPCM"):
        yield Case(f"{subtype} samples", TUNE, of(lambda: 0.5 * tune() / abs(tune()).max(), subtype))


def _rates_and_channels() -> Iterator[Case]:
    def declared(rate: int) -> Callable[[Path], Path]:
        return lambda f: patched(wav(f / "a.wav"), 24, "<I", rate)

    for rate in (0, 1, 7, 999, 2_000_000, 0x7FFFFFFF, 0xFFFFFFFF):
        yield Case(f"a declared rate of {rate:,} Hz", "", declared(rate))
    yield Case("a declared rate of 1,000 Hz", ANY, declared(1000))
    for rate, outcome in {768_000: TUNE, 44_056: TUNE, 8_000: ANY}.items():  # 8 kHz leave little of consonants
        yield Case(
            f"a true rate of {rate:,} Hz",
            outcome,
            lambda f, r=rate: wav(f / "a.wav", audio.load(_SOURCE, r)[: round(SECONDS * r)], r),
        )
    for channels in (0, 1025, 65_535):
        yield Case(f"{channels} declared channels", "", lambda f, n=channels: patched(wav(f / "a.wav"), 22, "<H", n))

    def of(make: Callable[[], np.ndarray], rate: int = RATE) -> Callable[[Path], Path]:
        return lambda f: wav(f / "a.wav", make(), rate)

    for channels in (2, 3, 6, 17, 64):
        yield Case(f"{channels} equal channels", TUNE, of(lambda n=channels: np.tile(tune()[:, None], n)))
    wide = np.zeros((96_000, 1024), np.int16)
    yield Case("1024 channels at 192 kHz", SILENT, lambda f: wav(f / "a.wav", wide, 192_000, subtype="PCM_U8"))
    yield Case("one of two channels silent", TUNE, of(lambda: np.stack([tune(), 0 * tune()], 1)))
    yield Case("63 of 64 channels silent", TUNE, of(lambda: np.outer(tune(), np.eye(64)[9])))
    yield Case("two channels out of phase", TUNE, of(lambda: np.stack([tune(), -tune()], 1)))
    yield Case("64 channels, each other one out of phase", TUNE, of(lambda: np.outer(tune(), [1, -1] * 32)))


NAMES: tuple[bytes, ...] = (
    *(b"two  words", b'it\'s "so"', b"line\nbreak", b"tab\tand\rreturn", b"-v", b"--help", b"%s {0} {}"),
    *(b"$(touch owned)", b"`touch owned`", b"; touch owned", b"&& touch owned |", b"*?[a]", b"[bold]red", b"\\"),
    *("🎤 ålå".encode(), b"bad \xff\xfe utf8", "\u202egnp.exe".encode(), b"\x1b[2J\x1b]0;owned\x07", b"a" * 251),
    *(b"=cmd|' calc'!A0", b"<script>alert(1)<script>", b"CON", b"...", b"~", b"x.mid.tar"),
)
"""Names without their ending; none may be taken for anything but a name."""


def _names() -> Iterator[Case]:
    for name in NAMES:

        def make(folder: Path, name=name) -> Path:
            path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name + b".wav"))
            return wav(folder / "a.wav").rename(path)

        yield Case(f"the name {name[:30]!r}{'…' if len(name) > 30 else ''}", TUNE, make)
    for ending in ("mp3", "flac", "txt", "raw", "mid", "WAV", "m4a"):
        yield Case(f"a WAV named .{ending}", TUNE, lambda f, e=ending: wav(f / "a.wav").rename(f / f"b.{e}"))
    yield Case("an MP3 named .wav", TUNE, lambda f: wav(f / "a.mp3").rename(f / "b.wav"))
    yield Case("an M4A named .flac", TUNE, lambda f: CONTAINERS["m4a"](f).rename(f / "b.flac"))
    yield Case("a name without an ending", TUNE, lambda f: wav(f / "a.wav").rename(f / "b"))
    yield Case("a name of 300 bytes", "", lambda f: f / ("a" * 300 + ".wav"))


def _no_files() -> Iterator[Case]:
    def link(target: str) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            (folder / "a.wav").symlink_to(target)
            return folder / "a.wav"

        return make

    def good_link(folder: Path) -> Path:
        (folder / "there").mkdir()
        wav(folder / "there" / "b.wav")
        return link("there/b.wav")(folder)

    def special(kind: str) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            if kind == "pipe":
                os.mkfifo(folder / "a.wav")
            elif kind == "folder":
                (folder / "a.wav").mkdir()
            else:
                with socket.socket(socket.AF_UNIX) as listener:
                    here = Path.cwd()
                    os.chdir(folder)  # such a path may have no more than 100 bytes
                    listener.bind("a.wav")
                    os.chdir(here)
            return folder / "a.wav"

        return make

    yield Case("a file that is not there", "does not exist", lambda f: f / "a.wav")
    yield Case("a link to a recording", TUNE, good_link)
    yield Case("a broken link", "does not exist", link("nowhere"))
    yield Case("a link to itself", "cannot be read", link("a.wav"))
    yield Case("a pipe", "pipe or a device", special("pipe"))
    yield Case("a socket", "pipe or a device", special("socket"))
    yield Case("an empty folder named .wav", "no recordings in this folder", special("folder"))
    yield Case("/dev/zero", "pipe or a device", link("/dev/zero"))
    yield Case("/dev/null", "pipe or a device", link("/dev/null"))
    if Path("/proc/self/mem").exists():
        yield Case("a file whose reading fails", "cannot be read", link("/proc/self/mem"))


def _foreign() -> Iterator[Case]:
    yield Case("an MP4 without sound", "no sound track", lambda f: video(f / "a.mp4"))
    yield Case("an MKV without sound", "no sound track", lambda f: video(f / "a.mkv"))
    key = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": "0" * 32, "encryption_kid": "1" * 32}
    yield Case("an encrypted MP4", ANY, lambda f: encoded(f / "a.mp4", "aac", **key))
    yield Case("a ZIP named .m4a", "not a recording", _zip)
    yield Case("a PDF named .mp3", "not a recording", _bytes("a.mp3", b"%PDF-1.7\n" + b"1 0 obj\n" * 200))
    png = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02")
    yield Case("a picture named .wav", "", _bytes("a.wav", png + bytes(200)))
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


def _long() -> Iterator[Case]:
    def sparse(hours: float) -> Callable[[Path], Path]:
        def make(folder: Path) -> Path:
            size = round(hours * 3600 * 8000) * 2
            path = wav(folder / "a.wav", np.zeros(1), 8000)
            patched(path, 4, "<I", 36 + size)
            patched(path, 40, "<I", size)
            return _shortened(path, 44 + size)

        return make

    yield Case("ten minutes of nothing, sparse", SILENT, sparse(1 / 6))
    yield Case("30 hours of nothing, sparse", SILENT, sparse(30), long=True)
    yield Case("2 hours of the tune", ANY, lambda f: wav(f / "a.flac", np.tile(tune(), 2400)), long=True)


def room_for(folder: Path, number: int) -> Path:
    """An empty folder of its own for a case."""
    room = folder / f"{number:03}"
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    return room
