"""Fuzzing targets: functions that must return or raise a clear error, each with valid inputs.

Valid inputs are mutated: bits, bytes, numbers, tokens and lines are changed, and parts of other inputs are inserted. An
input is a finding if the function raises an exception other than `SingtransError`, if the message is not a single line,
or if the call takes more than ten seconds.
"""

import io
import json
import random
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from singtrans import SingtransError
from singtrans.cli.defaults import Option, read_defaults
from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.decoder import Posteriors, decode
from singtrans.errors import InputError
from singtrans.formats import WRITERS, Options, ReadOptions, load_notes, load_pitch, read_song, write
from singtrans.formats.conversion import load_transcription
from singtrans.formats.lyrics import read_lyrics
from singtrans.formats.page.content import read_page
from singtrans.model.config import Config
from tests.robustness import hostile_containers
from tests.robustness.label_seeds import label_seeds, lyric_seeds, written

LIMIT = 10  # seconds

_NUMBERS = (
    *(b"0", b"-0", b"-1", b"1e308", b"1e-320", b"-1e9", b"1e6", b"999999", b"0.0001", b"nan", b"inf", b"1e999"),
    *(b"4294967296", b"65535", b"127.5", b"128", b"9" * 400, b"0x10", b"1,5", b"1_0", b"\xd9\xa1", b"true", b"null"),
)
_TOKENS = (
    *(b'"', b"'", b",", b";", b"\t", b"\n", b"\r", b"\0", b"{", b"}", b"[", b"]", b"<", b">", b"&a;", b"#", b":"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xff", b"=", b"-", b"~", b"rest", b"C4", b"H9", b"#BPM:", b"ooTextFile", b"xmin"),
    *(b"onset", b"offset", b"hz", b"note_seq", b"[[" * 50, b"(" * 50, b"<note>", b"</measure>", b"<backup/>"),
)


@dataclass(frozen=True)
class Target:
    """A function to be fuzzed.

    Attributes:
        seeds: valid inputs by file name.
        check: function that is called with a path and the content of the file.
    """

    seeds: dict[str, bytes]
    check: Callable[[Path, bytes], None]


def mutated(content: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """Return a copy with one to eight changes."""
    bad = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at, length = rng.randrange(len(bad) + 1), rng.choice((1, 1, 2, 4, 8, 40, 200))
        kind = rng.randrange(10)
        if kind == 0 and at < len(bad):
            bad[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            bad[at : at + length] = rng.randbytes(length)
        elif kind == 2:
            del bad[at : at + length]
        elif kind == 3:
            del bad[at:]
        elif kind == 4:
            other = rng.choice(others)
            start = rng.randrange(len(other) + 1)
            bad[at:at] = other[start : start + rng.choice((10, 100, 1000))]
        elif kind == 5:
            bad[at:at] = bad[at : at + length] * rng.choice((1, 2, 50))
        elif kind in (6, 7):
            numbers = list(re.finditer(rb"[-+.\d]+", bad))
            if numbers:
                match = rng.choice(numbers)
                bad[match.start() : match.end()] = rng.choice(_NUMBERS)
        elif kind == 8:
            bad[at:at] = rng.choice(_TOKENS)
        else:
            lines = bytes(bad).split(b"\n")
            rng.shuffle(lines)
            bad = bytearray(b"\n".join(lines))
    return bytes(bad)


def attempt(target: Target, path: Path, content: bytes) -> str:
    """Describe the fault that an input causes; return an empty string if there is none."""
    ignored: list[str] = []

    def late(*_: object) -> None:
        raise TimeoutError

    def note(fault: "sys.UnraisableHookArgs") -> None:
        ignored.append(f"{type(fault.exc_value).__name__}: {fault.exc_value} (printed by Python)")

    before, hook = signal.signal(signal.SIGALRM, late), sys.unraisablehook
    sys.unraisablehook = note  # Python only prints errors in callbacks of libraries
    signal.alarm(LIMIT)
    try:
        path.write_bytes(content)
        target.check(path, content)
    except SingtransError as error:
        line = str(error)
        return f"not one line: {line!r}" if "\n" in line or len(line) > 1000 else ""
    except TimeoutError:
        return f"more than {LIMIT} s"
    except Exception as error:
        place = error.__traceback__
        while place.tb_next:
            place = place.tb_next
        return f"{type(error).__name__}: {error} ({Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno})"
    finally:
        signal.alarm(0)
        sys.unraisablehook = hook
        signal.signal(signal.SIGALRM, before)
    return ignored[0] if ignored else ""


def _notes(path: Path, _: bytes) -> None:
    """Read everything that a conversion reads, and then read the notes again without invalid lines."""
    faults: list[InputError] = []
    for note in load_notes(path, faults=faults):
        assert 0 <= note.onset < note.offset <= 1e6
    assert all("\n" not in str(fault) for fault in faults)
    song = read_song(path, load_transcription(path).notes, ReadOptions())
    assert song.beats is None or (np.diff(song.beats.times) > 0).all()


def _pitch(path: Path, _: bytes) -> None:
    for guesses in (False, True):
        track = load_pitch(path, guesses=guesses)
        assert (np.diff(track.time) > 0).all()


def _convert(path: Path, _: bytes) -> None:
    found = load_transcription(path)
    ends = max((note.offset for note in found.notes), default=0.0)
    for name in WRITERS:
        if name in ("svg", "pdf", "musicxml") or (name == "wav" and max(ends, found.duration) > 20):
            continue  # engravers are tested on fewer and smaller inputs, in the tests of the formats
        for options in (Options(tempo="auto", tuning="auto", quantize="1/16"), Options(pitch_bend=True)):
            write(found, io.BytesIO(), name, options)


def _config(_: Path, content: bytes) -> None:
    Config.from_json(content.decode("utf-8", "replace"), "a model")


def _toml(path: Path, _: bytes) -> None:
    known = {"format": Option("formats", several=True), "tempo": Option("tempo"), "jobs": Option("jobs")}
    read_defaults(path, {"transcribe": known, "convert": {}})


def _decoder(_: Path, content: bytes) -> None:
    """Decode posteriors with arbitrary values, including values that are impossible for a network."""
    values = np.frombuffer(content[: len(content) // 4 * 4], np.float32)
    frames, bins = len(values) // 16, 12
    values = values[: frames * 16].reshape(frames, 16)
    if not frames:
        return
    with np.errstate(all="ignore"):
        posteriors = Posteriors(*values[:, :4].T, values[:, 4:], 0.02, 40.0, bins / 4)
        notes = decode(posteriors, replace(DecoderConfig(), pitch_weight=1.0), frames * 0.02)
    ends = [0.0, *(time for note in notes for time in (note.onset, note.offset))]
    assert ends == sorted(ends) and ends[-1] <= frames * 0.02 + 1e-9


def targets() -> dict[str, Target]:
    """Return all targets by name."""
    rng = np.random.default_rng(0)
    posteriors = {str(n): rng.uniform(0, 1, (n, 16)).astype(np.float32).tobytes() for n in (3, 40, 150)}
    page = (
        b'<script type="application/json" id="data">'
        + json.dumps({"notes": [[0, 1, 60, 0.5]], "duration": 1, "audio": "a"}).encode()
    )
    return {
        "decoder": Target(posteriors, _decoder),
        **{kind: Target(seeds, _notes) for kind, seeds in label_seeds().items() if kind != "f0"},
        "f0": Target(label_seeds()["f0"], _pitch),
        "lyrics": Target(lyric_seeds(), lambda path, _: read_lyrics(path) and None),
        "convert": Target({"a.json": written("json"), "b.mid": written("mid"), "c.csv": written("csv")}, _convert),
        "page": Target({"a.html": page + b"</script>"}, lambda path, _: read_page(path) and None),
        "toml": Target({"singtrans.toml": b'[transcribe]\nformat = ["mid"]\ntempo = 90\njobs = 2\n[convert]\n'}, _toml),
        "recordings": Target(hostile_containers.seeds(), hostile_containers.read),
        "config": Target({"config": Config().to_json().encode()}, _config),
    }


def fuzz(name: str, rounds: Callable[[], bool], seed: int, folder: Path) -> tuple[int, dict[str, bytes]]:
    """Try mutated inputs while ``rounds`` returns True; return the number of inputs, and one input for each finding."""
    target, rng = targets()[name], random.Random(seed)
    names, seeds = list(target.seeds), list(target.seeds.values())
    found: dict[str, bytes] = {}
    count = 0
    while rounds():
        which = rng.randrange(len(seeds))
        content = mutated(seeds[which], rng, seeds)
        line = attempt(target, folder / names[which], content)
        if line.startswith("more than"):  # the input is tried again, because the machine may be busy
            line = attempt(target, folder / names[which], content)
        count += 1
        if line:
            found.setdefault(re.sub(r"\d+", "#", line)[:120], b"%s\n" % names[which].encode() + content)
    return count, found
