"""Malicious labels, scores and defaults. No code or formula in them is run, and no entity or path is followed."""

import csv
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from singtrans import Note, PitchTrack, SingtransError, Transcription
from singtrans.cli.defaults import Option, read_defaults
from singtrans.errors import UsageError
from singtrans.formats import load_notes, save
from singtrans.formats.conversion import convert_file, load_transcription
from singtrans.formats.lyrics import parse_lyrics
from singtrans.formats.options import Options

FORMULAS = ("=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x","y")')
SCRIPT = "</script><script>document.title='owned'</script><img src=x onerror=alert(1)>"


def sung(audio: str = "song.wav") -> Transcription:
    notes = tuple(Note(i * 1.0, i + 0.8, 60.0 + i % 3) for i in range(6))
    nothing = np.zeros(0)
    return Transcription(notes, PitchTrack(nothing, nothing, nothing), 6.0, audio, "solo")


def refused(path: Path, says: str = ".") -> str:
    with pytest.raises(SingtransError, match=says) as error:
        load_notes(path)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("ending", [".csv", ".sv.csv", ".labels.txt"])
def test_cells_of_tables_are_never_formulas(tmp_path, name, ending):
    save(sung(f"{name}.wav"), tmp_path / f"a{ending}", options=Options(lyrics=parse_lyrics(name)))
    text = (tmp_path / f"a{ending}").read_text()
    for row in csv.reader(io.StringIO(text), delimiter="\t" if ending.endswith("txt") else ","):
        assert not [cell for cell in row if cell[:1] in ("=", "+", "-", "@", "\t")]


@pytest.mark.parametrize(
    "audio", ["../../etc/passwd", "/etc/passwd", "..\\..\\x.wav", "C:\\x.wav", "\\\\host\\share\\x.wav", "a/../b.wav"]
)
def test_names_of_recordings_are_written_without_folders(tmp_path, audio):
    """A karaoke player opens the file that a song names, and this name may come from a JSON file of a stranger."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"notes": [{"onset": 0, "offset": 1, "pitch": 60}], "audio": audio}))
    for transcription in (load_transcription(path), sung(audio)):
        save(transcription, tmp_path / "a.txt")
        tag = next(line for line in (tmp_path / "a.txt").read_text().splitlines() if line.startswith("#MP3:"))
        assert not set("/\\:") & set(tag.removeprefix("#MP3:"))


def test_a_script_in_a_title_is_shown_as_text(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"notes": [{"onset": 0, "offset": 1, "pitch": 60}], "audio": SCRIPT, "model": SCRIPT}))
    convert_file(path, tmp_path / "a.report.html")
    page = (tmp_path / "a.report.html").read_text()
    save(sung("harmless"), tmp_path / "b.report.html")
    assert "<img" not in page and "owned'</script>" not in page
    assert page.count("<script") == (tmp_path / "b.report.html").read_text().count("<script")


BOMB = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">{entities}]>
<score-partwise><part-list><score-part id="P1"><part-name>&{last};</part-name></score-part></part-list>
<part id="P1"><measure number="1"><attributes><divisions>1</divisions></attributes>
<note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration><lyric><text>&{last};</text></lyric></note>
</measure></part></score-partwise>"""


def read_in_process(path: Path) -> subprocess.CompletedProcess:
    """Read notes in a separate process, with limits of half a minute and two gigabytes."""
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30));"
        "resource.setrlimit(resource.RLIMIT_CPU, (30, 30));"
        "from singtrans import SingtransError; from singtrans.formats import load_notes\n"
        "try: print(len(load_notes(sys.argv[1])))\n"
        "except SingtransError as error: print('refused:', error)"
    )
    return subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=False)


def test_entities_are_not_expanded(tmp_path):
    laughs = "".join(f'<!ENTITY {chr(97 + i)} "{("&" + chr(96 + i) + ";") * 10}">' for i in range(1, 12))
    path = tmp_path / "bomb.musicxml"
    path.write_text(BOMB.format(entities=laughs, last="l"))
    result = read_in_process(path)
    assert result.returncode == 0, result.stderr
    secret = tmp_path / "secret"
    secret.write_text("secret words")
    path.write_text(BOMB.format(entities=f'<!ENTITY l SYSTEM "file://{secret}">', last="l"))
    try:
        found = load_transcription(path)
    except SingtransError as error:
        assert "secret words" not in str(error)
    else:
        assert "secret words" not in repr(found)


def test_a_compressed_score_of_gigabytes_is_refused(tmp_path):
    path = tmp_path / "a.mxl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("META-INF/container.xml", '<c><rootfile full-path="a.xml"/></c>')
        with archive.open("a.xml", "w", force_zip64=True) as file:
            for _ in range(80):
                file.write(b" " * 1_000_000)
    assert path.stat().st_size < 1_000_000
    refused(path, "unpacks to 80 MB, too many for a score")


@pytest.mark.parametrize("inner", ["../../../etc/passwd", "/etc/passwd", "file:///etc/passwd"])
def test_a_compressed_score_cannot_name_a_file_outside(tmp_path, inner):
    path = tmp_path / "a.mxl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/container.xml", f'<c><rootfile full-path="{inner}"/></c>')
    refused(path, "not MusicXML that can be read")


@pytest.mark.parametrize(
    ("name", "entry", "head"),
    [
        ("a.csv", b"0,1,60\n", b"onset,offset,pitch\n"),
        ("a.json", b"[0,1,60],", b"["),
        ("a.mid", b"\1\x3c\x40\1\x3c\0", b""),
    ],
)
def test_ten_million_notes_are_refused_at_once(tmp_path, name, entry, head):
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(head)
        for _ in range(100):
            file.write(entry * 100_000)
    assert refused(path).endswith("split it.")


def test_a_device_is_refused_as_label(tmp_path):
    for name in ("a.csv", "a.mid", "a.txt", "a.json"):
        (tmp_path / name).symlink_to("/dev/zero")
        refused(tmp_path / name, "pipe or a device")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "b.csv")
        refused(tmp_path / "b.csv", "pipe or a device")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "onset,offset,pitch\n1e308,1e309,60\n"),
        ("a.csv", "onset,offset,pitch\n0,1e300,60\n"),
        ("a.csv", "onset,offset,pitch\n0,1," + "9" * 5000 + "\n"),
        ("a.json", '{"notes": [{"onset": 0, "offset": 1e300, "pitch": 60}]}'),
        ("a.json", '{"notes": [{"onset": 0, "offset": 1, "pitch": 1e300}]}'),
        ("a.json", '{"notes": [], "duration": 1e300}'),
        ("a.json", '{"notes": [], "duration": -1}'),
        ("a.json", "[" * 1_000_000),
        ("a.json", '{"a":' * 1_000_000),
        ("a.json", "[[0, 1, " + "1" * 5000 + "]]"),
        ("a.txt", "#BPM:1e-300\n: 0 1 0 a\n"),
        ("a.txt", "#BPM:100\n#GAP:1e300\n: 0 1 0 a\n"),
        ("a.txt", "#BPM:100\n: 0 1e300 0 a\n"),
        ("a.jams", '{"annotations": [{"namespace": "note_hz", "data": [{"time": 0, "duration": 1, "value": 1e300}]}]}'),
        ("a.TextGrid", '"ooTextFile" "TextGrid" 0 1 <exists> 1e300 "IntervalTier" "notes" 0 1 1e300 0 1 "C4"'),
    ],
)
def test_gigantic_numbers_are_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    refused(tmp_path / name)


def test_a_midi_note_at_the_largest_time_is_refused(tmp_path):
    slow = b"\0\xff\x51\x03\xff\xff\xff"
    track = slow + b"\0\x90\x3c\x40" + b"\xff\xff\xff\x7f\x3d\0" * 40 + b"\0\x3c\0\0\xff\x2f\0"
    head = b"MThd\0\0\0\6\0\0\0\1\0\1MTrk" + len(track).to_bytes(4, "big")
    (tmp_path / "a.mid").write_bytes(head + track)
    refused(tmp_path / "a.mid", "is damaged")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a = " + b"[" * 100_000, "unclosed brackets|TOML"),
        (b"\xff\xfe", "TOML"),
        (b"x" * 2_000_000, "has no defaults"),
        (b"[transcribe]\njobs = {a = 1}\n", "must be a text"),
        (b"[transcribe]\njobs = [1, 2]\n", "must be a text"),
        (b"[transcribe]\njobs = 1979-05-27\n", "must be a text"),
        (b"[transcribe]\n__class__ = 1\n", "is not an option"),
        (b'["../x"]\na = 1\n', "is not a command"),
        (b"transcribe = 1\n", "is not a command"),
        (b"[transcribe]\njobs = 1\njobs = 2\n", "TOML"),
    ],
)
def test_invalid_defaults_are_refused(tmp_path, content, says):
    path = tmp_path / "singtrans.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=says) as error:
        read_defaults(path, {"transcribe": {"jobs": Option("jobs")}})
    assert "\n" not in str(error.value)


def test_defaults_that_are_a_pipe_do_not_hang(tmp_path):
    if not hasattr(os, "mkfifo"):
        pytest.skip("pipes of POSIX")
    os.mkfifo(tmp_path / "singtrans.toml")
    with pytest.raises(UsageError, match="has no defaults"):
        read_defaults(tmp_path / "singtrans.toml", {})
