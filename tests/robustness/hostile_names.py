"""File names that could be mistaken for something else, and paths that are not regular files."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.robustness.hostile_cases import CONTAINERS, TUNE, Case, wav

NAMES: tuple[bytes, ...] = (
    *(b"two  words", b'it\'s "so"', b"line\nbreak", b"tab\tand\rreturn", b"-v", b"--help", b"%s {0} {}"),
    *(b"$(touch owned)", b"`touch owned`", b"; touch owned", b"&& touch owned |", b"*?[a]", b"[bold]red", b"\\"),
    *("🎤 ålå".encode(), b"bad \xff\xfe utf8", "\u202egnp.exe".encode(), b"\x1b[2J\x1b]0;owned\x07", b"a" * 251),
    *(b"=cmd|' calc'!A0", b"<script>alert(1)<script>", b"CON", b"...", b"~", b"x.mid.tar"),
)
"""Names without an ending. They must not be interpreted as options, URLs or patterns."""


def names() -> Iterator[Case]:
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


def no_files() -> Iterator[Case]:
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
                    os.chdir(folder)  # the path of a socket may have at most about 100 bytes
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
