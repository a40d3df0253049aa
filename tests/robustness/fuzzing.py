"""Fuzzing targets: valid inputs, and a function that must return or raise a clear error.

Inputs are good ones that are mutated: bits, bytes, numbers, tokens, lines, parts of other inputs. A target's function
gives back nothing; an exception other than `SingtransError`, a line that is not one, or ten seconds, is a finding.
"""

import io
import json
import random
import re
import signal
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from singtrans import Note, PitchTrack, SingtransError, Transcription
from singtrans.cli.defaults import Option, read_defaults
from singtrans.decoding.config import DecoderConfig
from singtrans.decoding.decoder import Posteriors, decode
from singtrans.formats import WRITERS, Options, load_notes, load_pitch, write
from singtrans.formats.conversion import load_transcription
from singtrans.formats.lyrics import parse_lyrics, read_lyrics
from singtrans.formats.page.page import read_page
from singtrans.model.config import Config
from tests.robustness import hostile_containers

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
    """One thing to be fuzzed.

    Attributes:
        seeds: good inputs, by what their files would be called.
        check: is given a path and what lies there.
    """

    seeds: dict[str, bytes]
    check: Callable[[Path, bytes], None]


def mutated(content: bytes, rng: random.Random, others: list[bytes]) -> bytes:
    """A copy with one to eight changes."""
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
    """What is found on an input, or nothing."""

    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
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
        signal.signal(signal.SIGALRM, before)
    return ""


def transcription() -> Transcription:
    notes = (Note(0.5, 1.0, 60.1, 0.9), Note(1.0, 1.6, 62.0, 0.5), Note(2.0, 3.0, 64.25, 0.7))
    time = np.arange(0, 3.2, 0.02)
    midi = np.where(time < 0.5, np.nan, 60.0 + time)
    return Transcription(notes, PitchTrack(time, midi, np.full(len(time), 0.5)), 3.2, "song.wav", "solo")


def written(name: str) -> bytes:
    file, module = io.BytesIO(), WRITERS[name]
    options = Options(tempo=100.0, lyrics=parse_lyrics("la la-la"))
    module.write(transcription(), file, options)
    return file.getvalue()


def _mxl() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("META-INF/container.xml", '<c><rootfiles><rootfile full-path="a.xml"/></rootfiles></c>')
        archive.writestr("a.xml", written("musicxml"))
    return file.getvalue()


def _notes(path: Path, _: bytes) -> None:
    for note in load_notes(path):
        assert 0 <= note.onset < note.offset <= 1e6


def _convert(path: Path, _: bytes) -> None:
    found = load_transcription(path)
    ends = max((note.offset for note in found.notes), default=0.0)
    for name in WRITERS:
        if name in ("svg", "pdf", "musicxml") or (name == "wav" and max(ends, found.duration) > 20):
            continue  # their engravers are tried on fewer and smaller inputs, in the tests of formats
        for options in (Options(tempo="auto", tuning="auto", quantize="1/16"), Options(pitch_bend=True)):
            write(found, io.BytesIO(), name, options)


def _config(_: Path, content: bytes) -> None:
    Config.from_json(content.decode("utf-8", "replace"), "a model")


def _toml(path: Path, _: bytes) -> None:
    known = {"format": Option("formats", several=True), "tempo": Option("tempo"), "jobs": Option("jobs")}
    read_defaults(path, {"transcribe": known, "convert": {}})


def _decoder(_: Path, content: bytes) -> None:
    """Posteriors of any values, also such as no network should give."""
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


def _seeds_of_text() -> dict[str, bytes]:
    short = '"ooTextFile"\n"TextGrid"\n0\n2\n<exists>\n1\n"IntervalTier"\n"notes"\n0\n2\n2\n0\n1\n"C4"\n1\n2\n""\n'
    return {
        "a.csv": written("csv"),
        "b.csv": b"TIME,VALUE,DURATION,LEVEL,LABEL\n0.5,220,0.4,0.1,x\n1,230.5,0.3,0.1,y\n",
        "c.csv": written("sv"),
        "d.csv": b"name,ph_seq,ph_dur,ph_num,note_seq,note_dur\nsong,SP n,0.2 0.1,1 2,rest C4+12,0.2 0.6\n",
        "e.tsv": b"onset\toffset\tpitch\n0,5\t1,0\t60\n1,0\t1,5\t61\n",
        "f.txt": written("ustar"),
        "g.txt": b"#BPM:280,5\n#GAP:100\n#RELATIVE:YES\nP1\n: 0 4 7 a\n- 8 8\nB 4 100\n* 2 3 4 py\nP2\n: 1 1 1 a\nE\n",
        "h.txt": written("labels"),
        "i.TextGrid": short.encode(),
        "j.notes": b"0.0\n0.156735, 0.394739, 60, 0.028\n1, 0.5, 62, 0.1\n",
    }


def targets() -> dict[str, Target]:
    """All targets by name."""
    rng = np.random.default_rng(0)
    posteriors = {str(n): rng.uniform(0, 1, (n, 16)).astype(np.float32).tobytes() for n in (3, 40, 150)}
    two = {"annotations": [{"namespace": "note_hz", "data": [{"time": 0.4, "duration": 0.5, "value": 220.0}]}]}
    page = (
        b'<script type="application/json" id="data">'
        + json.dumps({"notes": [[0, 1, 60, 0.5]], "duration": 1, "audio": "a"}).encode()
    )
    return {
        "decoder": Target(posteriors, _decoder),
        "text": Target(_seeds_of_text(), _notes),
        "json": Target(
            {
                "a.json": written("json"),
                "b.jams": json.dumps(two).encode(),
                "c.json": b'{"song": [[0.42, 0.96, 60], [1.1, 1.5, 62]], "other": [[0, 1, 50]]}',
                "d.json": b"[[0.42, 0.96, 60], [1.1, 1.5, 62]]",
            },
            _notes,
        ),
        "midi": Target({"a.mid": written("mid")}, _notes),
        "musicxml": Target({"a.musicxml": written("musicxml"), "b.mxl": _mxl()}, _notes),
        "f0": Target(
            {"a.f0.csv": written("f0"), "b.pv": b"0\n60.5\n61\n" * 9}, lambda path, _: load_pitch(path) and None
        ),
        "lyrics": Target({"a.txt": b"Twin-kle lit-tle star\n~ _ how-\n"}, lambda path, _: read_lyrics(path) and None),
        "convert": Target({"a.json": written("json"), "b.mid": written("mid"), "c.csv": written("csv")}, _convert),
        "page": Target({"a.html": page + b"</script>"}, lambda path, _: read_page(path) and None),
        "toml": Target({"singtrans.toml": b'[transcribe]\nformat = ["mid"]\ntempo = 90\njobs = 2\n[convert]\n'}, _toml),
        "recordings": Target(hostile_containers.seeds(), hostile_containers.read),
        "config": Target({"config": Config().to_json().encode()}, _config),
    }


def fuzz(name: str, rounds: Callable[[], bool], seed: int, folder: Path) -> tuple[int, dict[str, bytes]]:
    """Mutate and try until ``rounds`` says that it is enough; how many were tried, and findings with an input each."""
    target, rng = targets()[name], random.Random(seed)
    names, seeds = list(target.seeds), list(target.seeds.values())
    found: dict[str, bytes] = {}
    count = 0
    while rounds():
        which = rng.randrange(len(seeds))
        content = mutated(seeds[which], rng, seeds)
        line = attempt(target, folder / names[which], content)
        count += 1
        if line:
            found.setdefault(re.sub(r"\d+", "#", line)[:120], b"%s\n" % names[which].encode() + content)
    return count, found
